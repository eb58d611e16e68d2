"""The few octets of a certificate that TLS needs to name a root: subject, issuer, public key.

Names are compared octet by octet, so they are cut out and never encoded anew.  Whether a
certificate is any good is not asked here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_LABELS = {
    bytes.fromhex("550403"): "CN",
    bytes.fromhex("550406"): "C",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("0992268993f22c640119"): "DC",
}
_CONTEXT_0 = 0xA0
_LONGEST = 4  # octets of a length: no certificate is larger than 4 GiB


class DerError(ValueError):
    """Octets that are no DER, or not the DER that should stand here."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Slices of a certificate: names and key as they stand there, tag and length included."""

    subject: bytes
    issuer: bytes
    spki: bytes

    @property
    def key_octets(self) -> bytes:
        """The content of the public key's BIT STRING."""
        _, key = _children(_content(self.spki), 2)
        return _content(key)[1:]


def outline(certificate: bytes) -> Outline:
    tbs = _children(_content(certificate), 1)[0]
    fields = _children(_content(tbs), 8, at_least=6)
    if fields[0][0] == _CONTEXT_0:
        fields = fields[1:]
    if len(fields) < 6:
        raise DerError("a certificate has a serial, an issuer, dates, a subject and a key")
    return Outline(subject=fields[4], issuer=fields[2], spki=fields[5])


def name_text(name: bytes) -> str:
    """A distinguished name for people: ``CN=V2G Root 1, O=Example, DC=V2G``."""
    try:
        return ", ".join(_attributes(name)) or "(empty name)"
    except DerError:
        return f"(no name: {name[:16].hex()})"


def _attributes(name: bytes) -> Iterator[str]:
    for relative in _elements(_content(name)):
        for attribute in _elements(_content(relative)):
            oid, value = _children(_content(attribute), 2)
            label = _LABELS.get(_content(oid), _content(oid).hex())
            text = _content(value).decode("utf-8", "replace")
            yield f"{label}={''.join(c if c.isprintable() else '?' for c in text)}"


def _content(element: bytes) -> bytes:
    start, end = _span(element, 0)
    return element[start:end]


def _children(content: bytes, limit: int, *, at_least: int | None = None) -> list[bytes]:
    found: list[bytes] = []
    for child in _elements(content):
        found.append(child)
        if len(found) == limit:
            break
    if len(found) < (limit if at_least is None else at_least):
        raise DerError("an element lacks a part")
    return found


def _elements(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        _, end = _span(content, at)
        yield content[at:end]
        at = end


def _span(octets: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at this place starts and ends."""
    if at + 2 > len(octets):
        raise DerError("an element is cut short")
    length, start = octets[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= _LONGEST:
            raise DerError("an element has no definite length")
        length = int.from_bytes(octets[start : start + count], "big")
        start += count
    if start + length > len(octets):
        raise DerError("an element is cut short")
    return start, start + length
