"""What a tester may configure, kept in non-volatile memory and used from the next start on.

A setting has a number, a size and a range.  What was written is read back at once; what the ECU
works with is the state at its start, so that no value changes in the middle of a charge.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Final

from bsw.chrgm.protocols import SPOKEN
from bsw.dcm.context import Did
from bsw.nvm.service import Block, Nvm

BLOCK: Final = "settings"
VERSION: Final = 1
PROTOCOLS: Final = {one.number: one.name for one in reversed(SPOKEN)}
"""What this ECU speaks."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in milliseconds, temperatures in degrees Celsius."""

    plug_settle: int = 2_000
    lock_move: int = 600
    lock_pause: int = 2_650
    relock_after: int = 5_000
    temperature_sensors: bool = True
    dc_derate_from: int = 70
    dc_stop_at: int = 90
    ac_derate_from: int = 80
    ac_stop_at: int = 95
    plug_and_charge: bool = True
    protocols: tuple[str, ...] = ()
    """In order of preference; empty leaves the configuration file's order."""
    schedules: bool = True
    vehicle_id: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    number: int
    name: str
    size: int
    low: int
    high: int
    level: int = 1

    def pack(self, value: Any) -> bytes:  # noqa: ANN401 - a field of ``Settings``
        return int(value).to_bytes(self.size, "big")

    def unpack(self, octets: bytes) -> int:
        number = int.from_bytes(octets, "big")
        if not self.low <= number <= self.high:
            raise ValueError(f"{self.name} is {self.low} to {self.high}, not {number}")
        return number


@dataclass(frozen=True, slots=True)
class Switch(Number):
    low: int = 0
    high: int = 1

    def unpack(self, octets: bytes) -> bool:
        return bool(Number.unpack(self, octets))


@dataclass(frozen=True, slots=True)
class Priorities:
    """Four octets, best first; 0 for no more."""

    number: int = 0x0121
    name: str = "protocols"
    size: int = 4
    level: int = 1

    def pack(self, value: Any) -> bytes:  # noqa: ANN401 - a field of ``Settings``
        codes = {name: code for code, name in PROTOCOLS.items()}
        return bytes(codes[name] for name in value).ljust(self.size, b"\x00")

    def unpack(self, octets: bytes) -> list[str]:
        chosen = [code for code in octets if code]
        gap = bytes(chosen).ljust(self.size, b"\x00") != octets
        if gap or len(set(chosen)) != len(chosen) or not set(chosen) <= set(PROTOCOLS):
            known = ", ".join(f"{code} {name}" for code, name in PROTOCOLS.items())
            raise ValueError(f"protocol codes ({known}), each once, best first, then zeros")
        return [PROTOCOLS[code] for code in chosen]


@dataclass(frozen=True, slots=True)
class Identity:
    """Seventeen characters; the vehicle's, not the ECU's."""

    number: int = 0xF190
    name: str = "vehicle_id"
    size: int = 17
    level: int = 2

    def pack(self, value: object) -> bytes:
        return str(value).encode().ljust(self.size, b"0")

    def unpack(self, octets: bytes) -> str:
        text = octets.decode("ascii", "replace")
        if not (text.isascii() and text.isalnum()):
            raise ValueError("letters and digits only")
        return text


Item = Number | Priorities | Identity

ITEMS: Final[tuple[Item, ...]] = (
    Number(0x0101, "lock_move", 2, 100, 5_000),
    Number(0x0102, "lock_pause", 2, 0, 30_000),
    Number(0x0103, "relock_after", 2, 0, 60_000),
    Number(0x0104, "plug_settle", 2, 0, 10_000),
    Switch(0x0110, "temperature_sensors", 1),
    Number(0x0111, "dc_derate_from", 1, 30, 120),
    Number(0x0112, "dc_stop_at", 1, 40, 130),
    Number(0x0113, "ac_derate_from", 1, 30, 120),
    Number(0x0114, "ac_stop_at", 1, 40, 130),
    Switch(0x0120, "plug_and_charge", 1),
    Priorities(),
    Switch(0x0122, "schedules", 1),
    Identity(),
)


class SettingStore:
    """``active`` was read at the start; ``stored`` is what the next start will use."""

    def __init__(self, nvm: Nvm, default: Settings | None = None) -> None:
        self._nvm = nvm
        self._default = default or Settings()
        nvm.register(Block(BLOCK, VERSION, {}))
        self.active = self.stored

    @property
    def stored(self) -> Settings:
        kept = self._nvm.read(BLOCK)
        return Settings(**{name: kept.get(name, now) for name, now in _values(self._default)})

    def identifiers(self) -> Iterator[Did]:
        """One writable data identifier for each setting."""
        for item in ITEMS:
            write = partial(self._write, item)
            yield Did(item.number, item.name, self._reader(item), write, item.size, item.level)

    def restore(self) -> None:
        """Back to the configuration file's values, from the next start on."""
        self._nvm.restore(BLOCK)

    def _reader(self, item: Item) -> Callable[[], bytes]:
        return lambda: item.pack(getattr(self.stored, item.name))

    def _write(self, item: Item, octets: bytes) -> None:
        content: Mapping[str, Any] = {**self._nvm.read(BLOCK), item.name: item.unpack(octets)}
        hypothetical = Settings(
            **{name: content.get(name, now) for name, now in _values(self._default)}
        )
        _coherent(hypothetical)
        self._nvm.write(BLOCK, content)


def _values(settings: Settings) -> list[tuple[str, object]]:
    return [(one.name, getattr(settings, one.name)) for one in fields(settings)]


def _coherent(settings: Settings) -> None:
    for side in ("dc", "ac"):
        low, high = getattr(settings, f"{side}_derate_from"), getattr(settings, f"{side}_stop_at")
        if low >= high:
            raise ValueError(f"{side}: derating from {low} degC must begin below {high} degC")
