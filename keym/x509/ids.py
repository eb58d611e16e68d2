"""The identifiers that certificates and messages carry: eMAID, PCID, EVCCID, EVSEID.

Each is parsed once, into its parts, and written in the form the receiver wants.  Parsing is
tolerant by default (case, separators, a check digit that does not fit), because such ids are in
use; ``strict=True`` takes only what the norm describes.  Whose ids they are is not known here.
"""

import re
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SEPARATORS = re.compile(r"[-*]")


class IdError(ValueError):
    """Text that is not the identifier it should be: says what it should look like."""

    def __init__(self, what: str, text: str, want: str) -> None:
        safe = "".join(character if character.isprintable() else "?" for character in text[:3])
        shown = safe if len(text) <= 3 else f"{safe}... ({len(text)} characters)"
        super().__init__(f"{shown!r} is no {what}: {want}")


def check_digit(text: str) -> str:
    """The check digit that belongs behind ``text`` (capital letters and digits)."""
    return next(digit for digit in ALPHABET if has_check_digit(text + digit))


def has_check_digit(text: str) -> bool:
    """Whether the last character is the check digit of those before it.

    Each character gives two numbers modulo 2 and two modulo 3.  They are weighted with the powers
    of one matrix each, and the sums over all characters, the digit included, have to vanish.
    """
    a, b, c, d = 0, 0, 0, 0
    for character in reversed(text):
        value = ALPHABET.index(character)
        a, b = b + value // 18, a + b + value // 9
        c, d = d + value // 3, c + 2 * d + value
    return a % 2 == b % 2 == 0 and c % 3 == d % 3 == 0


@dataclass(frozen=True, slots=True)
class Emaid:
    """Names a charging contract.  Two spellings of one contract are equal; the digit is no part.

    ``instance`` has nine characters, or six in the older form of DIN 91286, whose check digit
    follows another rule and is not judged.
    """

    country: str
    provider: str
    instance: str
    digit: str | None = None

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "Emaid":
        plain = _plain(text)
        found = _EMAID.fullmatch(plain) or (None if strict else _EMAID_DIN.fullmatch(plain))
        if found is None:
            raise IdError("eMAID", text, "write it like DE-8AA-001234567-0, last digit optional")
        emaid = cls(found["country"], found["provider"], found["instance"], found["digit"])
        if strict and not _EMAID_WRITTEN.fullmatch(text):
            raise IdError("eMAID", text, "separators stand only between its parts")
        if strict and not emaid.digit_fits:
            raise IdError("eMAID", text, f"its check digit would be {emaid.computed_digit}")
        return emaid

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Emaid) and self.contract == other.contract

    def __hash__(self) -> int:
        return hash(self.contract)

    @property
    def contract(self) -> str:
        """The 14 characters (11 in the older form) that say which contract it is."""
        return self.country + self.provider + self.instance

    @property
    def provider_id(self) -> str:
        """Country and provider, as stations list them in SupportedProviders."""
        return self.country + self.provider

    @property
    def computed_digit(self) -> str:
        return check_digit(self.contract)

    @property
    def digit_fits(self) -> bool:
        """True as well if there is none, or if it follows the older rule."""
        return self.digit is None or len(self.instance) == 6 or self.digit == self.computed_digit

    def __str__(self) -> str:
        """As messages carry it: 14 or 15 characters without separators."""
        return self.contract + (self.digit or "")

    def separated(self, separator: str = "-") -> str:
        parts = (self.country, self.provider, self.instance, self.digit)
        return separator.join(part for part in parts if part is not None)


@dataclass(frozen=True, slots=True)
class Pcid:
    """Names a vehicle's provisioning certificate: manufacturer, own id, check digit."""

    text: str

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "Pcid":
        """Strict: the 18 characters that the -20 key delivery binds; else 17 to 64."""
        plain = _plain(text)
        if strict and (len(text) != _PCID_LENGTH or text != plain):
            raise IdError("PCID", text, "18 capital letters and digits without separators")
        if not _PCID.fullmatch(plain):
            raise IdError("PCID", text, "17 to 64 letters and digits, the maker's code first")
        return cls(plain)

    @property
    def manufacturer(self) -> str:
        """World manufacturer identifier."""
        return self.text[:3]

    @property
    def digit_fits(self) -> bool:
        """By the eMAID rule; whether issuers follow it for PCIDs is not settled."""
        return has_check_digit(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Evccid:
    """Names a vehicle towards the station: a MAC address up to -2, a vehicle id in -20."""

    text: str

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "Evccid":
        """The -20 form: WMI, ``V``, 15 characters or more, check digit."""
        plain = _plain(text)
        if not _EVCCID.fullmatch(plain):
            raise IdError(
                "EVCCID", text, "write the maker's code, V, 15 or more characters, check digit"
            )
        if strict and not has_check_digit(plain):
            raise IdError("EVCCID", text, f"its check digit would be {check_digit(plain[:-1])}")
        return cls(plain)

    @classmethod
    def of_mac(cls, octets: bytes) -> "Evccid":
        """The -2 and DIN form; DIN peers are seen to pad the six octets to eight with zeros."""
        trimmed = octets[:6] if len(octets) == 8 and not any(octets[6:]) else octets
        if len(trimmed) != 6:
            raise IdError("EVCCID", octets.hex(), "6 octets, the MAC address of the vehicle")
        return cls(trimmed.hex().upper())

    @property
    def mac(self) -> bytes | None:
        return bytes.fromhex(self.text) if _MAC.fullmatch(self.text) else None

    @property
    def digit_fits(self) -> bool:
        return self.mac is not None or has_check_digit(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Evseid:
    """Names an outlet of a station, in the form of ISO 15118 or of DIN 91286."""

    country: str
    operator: str
    outlet: str

    @classmethod
    def parse(cls, text: str, *, strict: bool = False) -> "Evseid":
        plain = text.strip().upper() if text.isascii() and not strict else text
        if strict and not 7 <= len(plain) <= 37:
            raise IdError("EVSEID", text, "7 to 37 characters")
        found = _EVSEID.fullmatch(plain) or _EVSEID_DIN.fullmatch(plain)
        if found is None:
            raise IdError("EVSEID", text, "write it like DE*ABC*E1234*1, or +49*123*456*1")
        return cls(found["country"], found["operator"], found["outlet"])

    @classmethod
    def of_din(cls, octets: bytes) -> "Evseid | None":
        """From the octets of DIN 70121: a digit per half octet, A for ``*`` or ``+``.

        Stations are seen to send plain ASCII or a single zero as well: what names no outlet is
        ``None``, not an error.
        """
        readings = (octets.decode("latin-1").rstrip("\0"), _starred(octets.hex().upper()))
        return next(filter(None, map(_maybe_evseid, readings)), None)

    @property
    def is_din(self) -> bool:
        return self.country.isdigit()

    def __str__(self) -> str:
        if self.is_din:
            return f"+{self.country}*{self.operator}*{self.outlet}"
        return f"{self.country}*{self.operator}*E{self.outlet}"

    def din(self) -> bytes:
        """For DIN 70121: the digits of the older form packed, the newer one as its ASCII."""
        if not self.is_din:
            return str(self).encode("ascii")[:32]
        halves = f"{self.country}A{self.operator}A{self.outlet.replace('*', 'A')}"
        return bytes.fromhex(halves + "A" * (len(halves) % 2))[:32]


def _plain(text: str) -> str:
    """Without separators, in capitals.  Beyond ASCII capitals play tricks, so nothing is done."""
    return _SEPARATORS.sub("", text.strip()).upper() if text.isascii() else text


def _maybe_evseid(text: str) -> Evseid | None:
    try:
        return Evseid.parse(text)
    except IdError:
        return None


def _starred(halves: str) -> str:
    return halves.rstrip("AF").lstrip("A").replace("A", "*")


_START = r"(?P<country>[A-Z]{2})(?P<provider>[A-Z0-9]{3})"
_EMAID = re.compile(_START + r"(?P<instance>[A-Z0-9]{9})(?P<digit>[A-Z0-9])?")
_EMAID_DIN = re.compile(_START + r"(?P<instance>[A-Z0-9]{6})(?P<digit>[A-Z0-9])?")
_EMAID_WRITTEN = re.compile(r"[A-Za-z]{2}-?[A-Za-z0-9]{3}-?[A-Za-z0-9]{9}(-?[A-Za-z0-9])?")
_PCID = re.compile(r"[A-Z0-9]{17,64}")
_PCID_LENGTH = 18
_EVCCID = re.compile(r"[A-Z0-9]{3}V[A-Z0-9]{15,250}[A-Z0-9]")
_MAC = re.compile(r"[0-9A-F]{12}")
_EVSEID = re.compile(
    r"(?P<country>[A-Z]{2})\*?(?P<operator>[A-Z0-9]{3})\*?E(?P<outlet>[A-Z0-9][A-Z0-9*]{0,30})"
)
_EVSEID_DIN = re.compile(
    r"\+?(?P<country>[0-9]{1,3})\*(?P<operator>[0-9]{3,6})\*(?P<outlet>[0-9][0-9*]{0,31})"
)
