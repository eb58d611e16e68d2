"""Roots that the back end has installed, and who trusts them.

Those of back ends and of manufacturers are files in the station's state folder; those for vehicles
and contracts go into the store that judges them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from keym.faults import KeymError
from keym.keeping.store import CertificateStore
from keym.x509.certificate import Malformed, parse
from keym.x509.profile import RootKind
from ocpp.station.security.hashes import Hashes

OWN: Final = {"CSMSRootCertificate": "csms", "ManufacturerRootCertificate": "manufacturer"}
JUDGED: Final = {
    "V2GRootCertificate": RootKind.V2G,
    "MORootCertificate": RootKind.MO,
    "OEMRootCertificate": RootKind.OEM,
}
MOST: Final = 20
"""Of each kind that is kept here."""


class OwnCertificate(Protocol):
    """The station's own, which is not deleted by name [M04.FR.06]."""

    @property
    def certificate(self) -> Path | None: ...


@dataclass(frozen=True, slots=True)
class Given:
    """What the integrator's files have already."""

    roots: bool
    certificate: Path | None


class StationVault:
    """Implements ``ocpp.station.security.roots.Vault``."""

    def __init__(
        self,
        folder: Path,
        own: OwnCertificate,
        given: Given,
        judged: Callable[[], CertificateStore | None],
    ) -> None:
        self._folder = folder
        self._own = own
        self._given = given
        self._judged = judged

    def files(self, kind: str) -> list[Path]:
        """Those kept here, as PEM."""
        return sorted((self._folder / OWN[kind]).glob("*.pem"))

    def install(self, kind: str, certificate: str) -> str:
        try:
            root = x509.load_pem_x509_certificate(certificate.encode())
            root.verify_directly_issued_by(root)
            parse(root.public_bytes(Encoding.DER))
        except (Malformed, ValueError, TypeError, InvalidSignature):
            return "Rejected"
        if kind in OWN:
            return self._keep(kind, root)
        store = self._judged()
        if kind not in JUDGED or store is None:
            return "Rejected"
        try:
            store.add_root(JUDGED[kind], root.public_bytes(Encoding.DER))
        except KeymError:
            return "Rejected"
        return "Accepted"

    def installed(self, kind: str) -> Sequence[Hashes]:
        if kind in OWN:
            return [hashes_of(_der(path)) for path in self.files(kind)]
        return [hashes_of(each) for _, each in self._of_store(kind)]

    def delete(self, hashes: Hashes) -> str:
        for kind in OWN:
            for path in self.files(kind):
                if hashes_of(_der(path)) == hashes:
                    return self._drop(kind, path)
        for kind in JUDGED:
            for name, each in self._of_store(kind):
                store = self._judged()
                if store is not None and hashes_of(each) == hashes:
                    store.remove(name)
                    return "Accepted"
        return "Failed" if self._is_own(hashes) else "NotFound"

    def secures(self, profile: int) -> bool:
        rooted = self._given.roots or bool(self.files("CSMSRootCertificate"))
        return rooted and (profile < 3 or self.certified)

    @property
    def certified(self) -> bool:
        return self._own.certificate is not None or self._given.certificate is not None

    def _keep(self, kind: str, root: x509.Certificate) -> str:
        octets = root.public_bytes(Encoding.PEM)
        path = self._folder / OWN[kind] / f"{sha256(octets).hexdigest()}.pem"
        if not path.exists() and len(self.files(kind)) >= MOST:
            return "Rejected"  # [M05.FR.06]
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(octets)
            part.replace(path)
        except OSError:
            return "Failed"
        return "Accepted"

    def _drop(self, kind: str, path: Path) -> str:
        """The last one that a back end can be proven by stays [M04.FR.02]."""
        last = kind == "CSMSRootCertificate" and len(self.files(kind)) == 1
        if last and not self._given.roots:
            return "Failed"
        path.unlink(missing_ok=True)
        return "Accepted"

    def _of_store(self, kind: str) -> list[tuple[str, bytes]]:
        store = self._judged()
        if store is None or kind not in JUDGED:
            return []
        return [(root.name, root.certificate.der) for root in store.roots(JUDGED[kind])]

    def _is_own(self, hashes: Hashes) -> bool:
        """Its issuer's key is not here: name and number say enough."""
        path = self._own.certificate or self._given.certificate
        if path is None:
            return False
        own = hashes_of(_der(path))
        return (own.name, own.serial) == (hashes.name, hashes.serial)


def hashes_of(der: bytes) -> Hashes:
    """Of a certificate that signed itself, or as if it had."""
    root = parse(der)
    return Hashes(
        sha256(root.issuer.der).hexdigest(),
        sha256(root.key_octets).hexdigest(),
        f"{root.serial:x}",
    )


def _der(path: Path) -> bytes:
    """Of the first certificate in a file."""
    [first, *_] = x509.load_pem_x509_certificates(path.read_bytes())
    return first.public_bytes(Encoding.DER)
