"""The few octets of a certificate that TLS needs to name a root: subject, issuer, public key.

Names are compared octet by octet, so they are cut out and never encoded anew.  Whether a
certificate is any good is not asked here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bsw.der import BIT_STRING, OID, SEQUENCE, SET, DerError, Element, Reader, bit_string, oid

_LABELS = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
}
_VERSION = 0xA0


@dataclass(frozen=True, slots=True)
class Outline:
    """Slices of a certificate: names and key as they stand there, tag and length included."""

    subject: bytes
    issuer: bytes
    spki: bytes

    @property
    def key_octets(self) -> bytes:
        """The content of the public key's BIT STRING."""
        key = Reader(self.spki, "a public key").take(SEQUENCE).inside("a public key")
        key.take(SEQUENCE)
        return bit_string(key.take(BIT_STRING))


def outline(certificate: bytes) -> Outline:
    """Raises ``DerError`` if it is none."""
    whole = Reader(certificate, "a certificate").take(SEQUENCE).inside("a certificate")
    fields = whole.take(SEQUENCE).inside("a certificate's content")
    fields.maybe(_VERSION)
    _serial, _algorithm, issuer, _dates, subject, key = (fields.any() for _ in range(6))
    return Outline(subject=subject.whole, issuer=issuer.whole, spki=key.whole)


def name_text(name: bytes) -> str:
    """A distinguished name for people: ``CN=V2G Root 1, O=Example, DC=V2G``."""
    try:
        return ", ".join(_attributes(name)) or "(empty name)"
    except DerError:
        return f"(no name: {name[:16].hex()})"


def _attributes(name: bytes) -> Iterator[str]:
    for relative in _all(Reader(name, "a name").take(SEQUENCE)):
        if relative.tag != SET:
            raise DerError("a name is made of sets")
        for attribute in _all(relative):
            inside = attribute.inside("an attribute")
            kind, value = oid(inside.take(OID)), inside.any()
            text = value.content.decode("utf-8", "replace")
            shown = "".join(c if c.isprintable() else "?" for c in text)
            yield f"{_LABELS.get(kind, kind)}={shown}"


def _all(element: Element) -> Iterator[Element]:
    reader = element.inside("a name")
    while reader.more:
        yield reader.any()
