"""Values with units, and other values that have a form of their own.

In a file a quantity is written with its unit: ``250 ms``, ``400 V``, ``11 kW``.  In the program
it is a number in the base unit that the type's name says; durations are integer nanoseconds, as
everywhere.  A bare number is refused, because a reader of the file could not know what it means.
"""

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, ValidationInfo

from bsw.os.clock import MS, US, S


@dataclass(frozen=True, slots=True)
class FromText:
    """Marks a type that is read from the text as written, whatever YAML would make of it."""


_FORM = re.compile(r"([-+]?[0-9]+(?:[._]?[0-9]+)*(?:[eE][-+]?[0-9]{1,3})?)\s*(\S*)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A physical quantity: its name, its units (first the base unit), and how to write it."""

    name: str
    units: Mapping[str, Decimal]
    example: str
    preferred: tuple[str, ...]
    whole: bool = False

    def read(self, text: object) -> float:
        form = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
        if form is None:
            raise ValueError(f"{text!r} is no {self.name}")
        number, unit = form.groups()
        if not unit:
            raise ValueError(f"{number} has no unit; known: {', '.join(self.units)}")
        factor = self.units.get(unit)
        if factor is None:
            raise ValueError(f"{unit!r} is no unit of {self.name}; known: {', '.join(self.units)}")
        value = Decimal(number.replace("_", "")) * factor
        if not self.whole:
            return float(value)
        if value < 0 or value != value.to_integral_value():
            raise ValueError(f"{text!r} is no {self.name}: below 0 or below the smallest unit")
        return int(value)

    def write(self, value: float) -> str:
        """The shortest of the preferred forms: ``250 ms`` rather than ``0.25 s``."""
        exact = Decimal(value) if self.whole else Decimal(repr(value))
        forms = [f"{_plain(exact / self.units[unit])} {unit}" for unit in self.preferred]
        return min(forms, key=lambda form: ("." in form, len(form)))


def _plain(number: Decimal) -> str:
    shown = f"{number.normalize():f}"
    return "0" if shown in {"-0", "0"} else shown


def _units(**factors: str) -> dict[str, Decimal]:
    return {unit: Decimal(factor) for unit, factor in factors.items()}


TIME: Final = Quantity(
    "duration",
    {
        **_units(ns="1", us=str(US), ms=str(MS), s=str(S)),
        "min": Decimal(60 * S),
        "h": Decimal(3600 * S),
    },
    "250 ms",
    ("h", "min", "s", "ms", "us", "ns"),
    whole=True,
)
VOLTAGE: Final = Quantity("voltage", _units(V="1", kV="1000", mV="0.001"), "400 V", ("V",))
CURRENT: Final = Quantity("current", _units(A="1", mA="0.001", kA="1000"), "16 A", ("A",))
POWER: Final = Quantity("power", _units(W="1", kW="1000", MW="1e6"), "11 kW", ("kW", "W"))
ENERGY: Final = Quantity("energy", _units(Wh="1", kWh="1000"), "60 kWh", ("kWh", "Wh"))
SHARE: Final = Quantity("percentage", {"%": Decimal(1)}, "80 %", ("%",))
WARMTH: Final = Quantity(
    "temperature", {"°C": Decimal(1), "C": Decimal(1), "degC": Decimal(1)}, "25 °C", ("°C",)
)
ATTENUATION: Final = Quantity("attenuation", {"dB": Decimal(1)}, "10 dB", ("dB",))
SIZE: Final = Quantity(
    "size",
    {"B": Decimal(1), "KiB": Decimal(1024), "MiB": Decimal(1024**2), "GiB": Decimal(1024**3)},
    "64 KiB",
    ("GiB", "MiB", "KiB", "B"),
    whole=True,
)


def from_file(read: Callable[[object], object]) -> PlainValidator:
    """Read the written form from files; take the value itself from Python code."""

    def validate(value: object, info: ValidationInfo) -> object:
        if info.mode == "python" and not isinstance(value, str):
            return value
        return read(value)

    return PlainValidator(validate)


def _written(write: Callable[[object], str]) -> PlainSerializer:
    return PlainSerializer(write, when_used="json")


def _example(text: str) -> object:
    return Field(examples=[text])


Duration = Annotated[
    int, FromText(), from_file(TIME.read), _written(TIME.write), _example(TIME.example)
]
Volts = Annotated[
    float, FromText(), from_file(VOLTAGE.read), _written(VOLTAGE.write), _example(VOLTAGE.example)
]
Amps = Annotated[
    float, FromText(), from_file(CURRENT.read), _written(CURRENT.write), _example(CURRENT.example)
]
Watts = Annotated[
    float, FromText(), from_file(POWER.read), _written(POWER.write), _example(POWER.example)
]
WattHours = Annotated[
    float, FromText(), from_file(ENERGY.read), _written(ENERGY.write), _example(ENERGY.example)
]
Percent = Annotated[
    float, FromText(), from_file(SHARE.read), _written(SHARE.write), _example(SHARE.example)
]
Celsius = Annotated[
    float, FromText(), from_file(WARMTH.read), _written(WARMTH.write), _example(WARMTH.example)
]
Decibels = Annotated[
    float,
    FromText(),
    from_file(ATTENUATION.read),
    _written(ATTENUATION.write),
    _example(ATTENUATION.example),
]
Octets = Annotated[
    int, FromText(), from_file(SIZE.read), _written(SIZE.write), _example(SIZE.example)
]


def between(low: str, high: str, quantity: Quantity) -> AfterValidator:
    """Bounds in the words of the file.

    ``timeout: Annotated[Duration, between("1 ms", "5 s", TIME)] = 250 * MS``
    """
    lowest, highest = quantity.read(low), quantity.read(high)

    def check(value: float) -> float:
        if not lowest <= value <= highest:
            raise ValueError(f"{quantity.write(value)} is not between {low} and {high}")
        return value

    return AfterValidator(check)


_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :-]?)*")
_EVSE_ID = re.compile(r"[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9*]{1,30}")


def read_mac(text: object) -> bytes:
    if not isinstance(text, str) or not _MAC.fullmatch(text):
        raise ValueError(f"{text!r} is no MAC address: six octets in hex")
    return bytes.fromhex(text.replace("-", "").replace(":", ""))


def write_mac(mac: bytes) -> str:
    return mac.hex(":")


def read_hex(text: object) -> bytes:
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise ValueError(f"{text!r} are no octets in hex: two digits each")
    return bytes.fromhex(text.replace("-", "").replace(":", "").replace(" ", ""))


def read_ipv6(text: object) -> str:
    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, str(text)))
    except OSError:
        raise ValueError(f"{text!r} is no IPv6 address (without % and interface)") from None


def read_evse_id(text: object) -> str:
    if not isinstance(text, str) or not _EVSE_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no EVSE id: country, operator, E, outlet")
    return text


Mac = Annotated[
    bytes, FromText(), from_file(read_mac), _written(write_mac), _example("02:00:00:00:00:01")
]
HexBytes = Annotated[
    bytes, FromText(), from_file(read_hex), _written(bytes.hex), _example("8098021050")
]
Ipv6 = Annotated[str, FromText(), from_file(read_ipv6), _example("fe80::1")]
EvseId = Annotated[str, FromText(), from_file(read_evse_id), _example("DE*PWR*E100*1")]
PortNumber = Annotated[int, Field(ge=0, le=65535, examples=[15118])]
