"""What people hand to ``v2g pki show``: files and folders in whatever form, sorted into kinds.

PEM with any number of blocks, DER certificates, CRLs and OCSP responses, PKCS#7 bundles, folders
of all these.  What cannot be read becomes a ``Trouble`` with the reason; private keys are named
and never opened.
"""

from dataclasses import dataclass, field
from pathlib import Path

from bsw import der
from bsw.der import DerError
from bsw.program.hostfault import told
from keym.judging.status import Response, RevocationList, read_list, read_response
from keym.x509 import pem
from keym.x509.certificate import Certificate, Malformed, parse
from keym.x509.pem import PemError

SUFFIXES = frozenset(
    {".pem", ".der", ".crt", ".cer", ".crl", ".p7b", ".p7c", ".ocsp", ".ors", ".key"}
)
MOST_FILES = 500
LARGEST_FILE = 8 * 1024 * 1024
_SIGNED_DATA = "1.2.840.113549.1.7.2"


@dataclass(frozen=True, slots=True)
class Trouble:
    place: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sheaf:
    """The certificates of one file, in its order."""

    place: str
    certificates: tuple[Certificate, ...]


@dataclass(slots=True)
class Intake:
    """Everything that was found."""

    sheaves: list[Sheaf] = field(default_factory=list)
    lists: list[tuple[str, bytes, RevocationList]] = field(default_factory=list)
    responses: list[tuple[str, bytes, Response]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def certificates(self) -> list[Certificate]:
        return [one for sheaf in self.sheaves for one in sheaf.certificates]

    def take(self, path: Path) -> None:
        """A file, or all files of a folder that look like ours; of these one may be closed."""
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
            if not inside:
                self.troubles.append(Trouble(str(path), "no certificate files in this folder"))
            if len(inside) > MOST_FILES:
                detail = f"{len(inside)} files; only the first {MOST_FILES} are read"
                self.troubles.append(Trouble(str(path), detail))
            for one in inside[:MOST_FILES]:
                self._attempt(one)
        else:
            self._take_file(path)

    def _attempt(self, path: Path) -> None:
        try:
            self._take_file(path)
        except OSError as error:
            self.troubles.append(Trouble(str(path), told(error, place=False)))

    def _take_file(self, path: Path) -> None:
        if path.stat().st_size > LARGEST_FILE:
            self.troubles.append(Trouble(str(path), "too large to hold certificates"))
            return
        octets = path.read_bytes()
        if not pem.looks_like(octets):
            self._take_der(str(path), octets)
            return
        try:
            blocks = pem.decode(octets)
        except PemError as error:
            self.troubles.append(Trouble(str(path), str(error)))
            return
        self._take_blocks(str(path), blocks)

    def _take_blocks(self, place: str, blocks: list[pem.Block]) -> None:
        certificates: list[Certificate] = []
        for number, block in enumerate(blocks, 1):
            here = place if len(blocks) == 1 else f"{place}, block {number}"
            if block.is_private:
                self.keys.append(here)
            elif block.label == pem.CERTIFICATE:
                try:
                    certificates.append(parse(block.octets))
                except Malformed as error:
                    self.troubles.append(Trouble(here, f"no certificate: {error}"))
            else:
                self._take_der(here, block.octets)
        if certificates:
            self.sheaves.append(Sheaf(place, tuple(certificates)))

    def _take_der(self, place: str, octets: bytes) -> None:
        """The kind shows in the structure; what fits none is explained as a certificate."""
        try:
            self.sheaves.append(Sheaf(place, (parse(octets),)))
        except Malformed as error:
            if not self._take_other(place, octets):
                self.troubles.append(Trouble(place, f"no certificate: {error}"))

    def _take_other(self, place: str, octets: bytes) -> bool:
        try:
            self.lists.append((place, octets, read_list(octets)))
        except Malformed:
            pass
        else:
            return True
        try:
            self.responses.append((place, octets, read_response(octets)))
        except Malformed as error:
            if octets[2:4] == b"\x0a\x01":
                self.troubles.append(Trouble(place, f"OCSP response: {error}"))
                return True
        else:
            return True
        return self._take_bundle(place, octets)

    def _take_bundle(self, place: str, octets: bytes) -> bool:
        try:
            members = bundle(octets)
        except DerError:
            return False
        try:
            self.sheaves.append(Sheaf(place, tuple(map(parse, members))))
        except Malformed as error:
            self.troubles.append(Trouble(place, f"PKCS#7 bundle: no certificate: {error}"))
        return True


def bundle(octets: bytes) -> list[bytes]:
    """The certificates of a PKCS#7 bundle in DER.  Raises ``DerError`` for anything else."""
    what = "the bundle"
    outer = der.single(octets, der.SEQUENCE, what).inside(what)
    if der.oid(outer.take(der.OID)) != _SIGNED_DATA:
        raise DerError("this is no bundle of certificates")
    content = der.single(outer.take(0xA0).content, der.SEQUENCE, what).inside(what)
    content.take(der.INTEGER)
    content.take(der.SET)
    content.take(der.SEQUENCE)
    members = content.take(0xA0).inside(what)
    found: list[bytes] = []
    while members.more:
        found.append(members.take(der.SEQUENCE).whole)
    return found
