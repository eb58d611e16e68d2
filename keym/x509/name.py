"""Distinguished names, compared octet by octet and shown as text.

Who issued what is decided by the octets alone; the texts serve profile rules and people.
"""

from dataclasses import dataclass

from bsw import der
from bsw.der import DerError, Element

COMMON_NAME = "2.5.4.3"
COUNTRY = "2.5.4.6"
ORGANIZATION = "2.5.4.10"
DOMAIN = "0.9.2342.19200300.100.1.25"
_SHORT = {
    COMMON_NAME: "CN",
    COUNTRY: "C",
    ORGANIZATION: "O",
    DOMAIN: "DC",
    "2.5.4.5": "serialNumber",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.11": "OU",
}
MOST_ATTRIBUTES = 32


@dataclass(frozen=True, slots=True)
class Name:
    """``der`` is the whole sequence as it stood in the certificate."""

    der: bytes
    attributes: tuple[tuple[str, str], ...]

    def all(self, oid: str) -> tuple[str, ...]:
        return tuple(text for kind, text in self.attributes if kind == oid)

    @property
    def common_name(self) -> str | None:
        found = self.all(COMMON_NAME)
        return found[0] if len(found) == 1 else None

    @property
    def domains(self) -> tuple[str, ...]:
        return self.all(DOMAIN)

    def __str__(self) -> str:
        """For people: ``CN=Test CPO Sub-CA 2, O=Test PKI``; unprintable characters escaped."""
        return ", ".join(f"{_SHORT.get(oid, oid)}={shown(text)}" for oid, text in self.attributes)


def shown(text: str, limit: int = 64) -> str:
    """Text from outside, made safe for a terminal and a line of a log."""
    printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return printable + ("..." if len(text) > limit else "")


def parse(element: Element) -> Name:
    sets = element.inside("a name")
    attributes: list[tuple[str, str]] = []
    while sets.more:
        members = sets.take(der.SET).inside("a part of a name")
        if not members.more:
            raise DerError("a part of a name is empty")
        while members.more:
            attributes.append(_attribute(members.take(der.SEQUENCE)))
            if len(attributes) > MOST_ATTRIBUTES:
                raise DerError(f"a name has more than {MOST_ATTRIBUTES} attributes")
    return Name(element.whole, tuple(attributes))


def _attribute(element: Element) -> tuple[str, str]:
    pair = element.inside("an attribute of a name")
    oid = der.oid(pair.take(der.OID))
    value = der.text(pair.any())
    pair.end()
    if any(ord(character) < 0x20 or character == "\x7f" for character in value):
        raise DerError("a name has a control character")  # it would read otherwise than it is
    return oid, value
