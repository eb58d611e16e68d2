"""What the certificate store keeps, and how one entry is written.

An entry is text: a digest over the rest, a few named lines, then certificates in PEM, so that any
tool can look at it.  Private keys are never in it, only the names of their handles.
"""

import hashlib
from dataclasses import dataclass, field

from csm.handles import HandleError, KeyHandle
from keym.faults import EntryDamaged
from keym.x509 import pem
from keym.x509.certificate import Certificate, Malformed, parse
from keym.x509.edition import Edition
from keym.x509.pem import PemError
from keym.x509.profile import RootKind, Use

_TITLE = "Pilotwire-Certificates: 1"
_DIGEST = "Digest: sha256:"


@dataclass(frozen=True, slots=True)
class Root:
    """A root we trust."""

    kind: RootKind
    certificate: Certificate

    @property
    def name(self) -> str:
        return f"root-{self.kind.value}-{self.certificate.fingerprint[:16]}"


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate chain of our own, and the name of its private key.

    ``chain`` is leaf first, without the root.  ``priority`` 1 is taken before 2.  ``replaces`` is
    the entry that this one takes the place of, from the moment this one is there.
    """

    use: Use
    edition: Edition
    chain: tuple[Certificate, ...]
    key: KeyHandle
    priority: int = 100
    replaces: str = field(default="", compare=False)

    @property
    def leaf(self) -> Certificate:
        return self.chain[0]

    @property
    def name(self) -> str:
        return f"{self.use.value}-{self.edition.value}-{self.leaf.fingerprint[:16]}"

    @property
    def ders(self) -> tuple[bytes, ...]:
        return tuple(certificate.der for certificate in self.chain)


Entry = Root | Credential


def written(entry: Entry) -> bytes:
    certificates: tuple[Certificate, ...]
    if isinstance(entry, Root):
        lines = [f"Kind: root-{entry.kind.value}"]
        certificates = (entry.certificate,)
    else:
        lines = [
            f"Kind: {entry.use.value}",
            f"Edition: {entry.edition.value}",
            f"Key: {entry.key}",
            f"Priority: {entry.priority}",
            f"Replaces: {entry.replaces}",
        ]
        certificates = entry.chain
    blocks = b"".join(pem.encode(certificate.der) for certificate in certificates)
    body = "\n".join((_TITLE, *lines, "", "")).encode() + blocks
    return f"{_DIGEST}{hashlib.sha256(body).hexdigest()}\n".encode() + body


def read(name: str, octets: bytes) -> Entry:
    """The entry that ``written`` wrote.  Raises ``EntryDamaged`` for anything else."""
    first, _, body = octets.partition(b"\n")
    if first != f"{_DIGEST}{hashlib.sha256(body).hexdigest()}".encode():
        raise EntryDamaged(f"{name}: its digest does not fit")
    title, *lines = body.partition(b"\n\n")[0].decode(errors="replace").splitlines()
    if title != _TITLE:
        raise EntryDamaged(f"{name}: it is of an unknown form", "update the software, or import it")
    fields = dict(line.partition(": ")[::2] for line in lines)
    try:
        certificates = tuple(map(parse, pem.certificates(body)))
        return _entry(fields, certificates)
    except (Malformed, PemError, HandleError, KeyError, ValueError) as error:
        raise EntryDamaged(f"{name}: {error}") from None


def _entry(fields: dict[str, str], certificates: tuple[Certificate, ...]) -> Entry:
    kind = fields["Kind"]
    if kind.startswith("root-"):
        return Root(RootKind(kind.removeprefix("root-")), certificates[0])
    return Credential(
        Use(kind),
        Edition(fields["Edition"]),
        certificates,
        KeyHandle.parse(fields["Key"]),
        int(fields["Priority"]),
        fields["Replaces"].strip(),
    )
