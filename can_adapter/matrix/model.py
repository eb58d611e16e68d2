"""Signal matrices: which messages a bus carries and how signals lie in them.

What leaves this module are our own frozen descriptions, so nobody above depends on a file format.
They come from a book where one knows the file, else from the file itself.  What a signal is good
for is not known here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Final

from bsw.shipped import shipped
from can_adapter.bus import EXTENDED

SHIPPED: Final = ("bms.dbc", "vcu.dbc", "ems.dbc", "obc.dbc", "inlet.dbc", "evcc.dbc")
SHIPPED_STATION: Final = ("station.dbc",)
SECOND_INLET: Final = "inlet2.dbc"
"""For vehicles that have one; named in ``can.matrix`` beside the others."""


ARXML: Final = ".arxml"


class SendType(Enum):
    """When a message is sent; the values are the names used in DBC files."""

    CYCLIC = "Cyclic"
    ON_CHANGE = "OnChange"
    CYCLIC_AND_ON_CHANGE = "CyclicAndOnChange"


@dataclass(frozen=True, slots=True)
class E2eSpec:
    """End-to-end protection of a message: AUTOSAR profile, data id, octet of the header."""

    profile: int
    data_id: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Mux:
    """A signal is there only while ``selector`` has one of ``values``."""

    selector: str
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One signal.  ``low`` and ``high`` are physical; ``initial`` is as it lies in the frame."""

    name: str
    start: int
    length: int
    big_endian: bool = False
    signed: bool = False
    floating: bool = False
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[tuple[int, str], ...] = ()
    initial: float = 0
    comment: str = ""
    mux: Mux | None = None
    selects: bool = False

    @property
    def bits(self) -> frozenset[int]:
        """The bits it occupies: 8 x octet + bit, bit 0 the lowest of its octet."""
        if not self.big_endian:
            return frozenset(range(self.start, self.start + self.length))
        bits, position = [], self.start
        for _ in range(self.length):
            bits.append(position)
            position = position + 15 if position % 8 == 0 else position - 1
        return frozenset(bits)


@dataclass(frozen=True, slots=True)
class MessageSpec:
    """One message.  ``cycle`` and ``min_delay`` in nanoseconds, 0 for none."""

    name: str
    id: int
    length: int
    extended: bool = False
    fd: bool = True
    sender: str = ""
    cycle: int = 0
    min_delay: int = 0
    send_type: SendType = SendType.CYCLIC
    signals: tuple[SignalSpec, ...] = ()
    e2e: E2eSpec | None = None
    comment: str = ""
    origin: str = ""

    @property
    def key(self) -> int:
        return self.id | EXTENDED if self.extended else self.id

    def signal(self, name: str) -> SignalSpec | None:
        return next((signal for signal in self.signals if signal.name == name), None)

    @property
    def selector(self) -> SignalSpec | None:
        """The signal that tells which of the multiplexed ones are there."""
        return next((signal for signal in self.signals if signal.selects), None)


class MatrixError(Exception):
    """A matrix file cannot be used.  Names the file and what to do."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


@dataclass(frozen=True)
class Matrix:
    """The messages of one bus, from one file or several."""

    messages: tuple[MessageSpec, ...]
    _by_name: dict[str, MessageSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {spec.name: spec for spec in self.messages})

    def __iter__(self) -> Iterator[MessageSpec]:
        return iter(self.messages)

    def message(self, name: str) -> MessageSpec | None:
        return self._by_name.get(name)

    def signal(self, path: str) -> tuple[MessageSpec, SignalSpec] | None:
        """``signal("BMS_Battery.Soc")``, or ``None`` if there is no such signal."""
        name, _, signal_name = path.partition(".")
        message = self._by_name.get(name)
        signal = message.signal(signal_name) if message else None
        return (message, signal) if message and signal else None

    def paths(self) -> tuple[str, ...]:
        return tuple(f"{spec.name}.{signal.name}" for spec in self for signal in spec.signals)

    def sent_by(self, *nodes: str) -> "Matrix":
        return Matrix(tuple(spec for spec in self.messages if spec.sender in nodes))


def shipped_matrix(name: str) -> Path:
    """A matrix that comes with the product."""
    return shipped("config") / "dbc" / name


def find(path: Path) -> Path:
    """The file itself, or the shipped matrix of that name."""
    if path.is_file():
        return path
    ours = shipped_matrix(path.name)
    if path.suffix.lower() == ARXML:
        ours = shipped("arxml") / path.name
    if ours.is_file():
        return ours
    known = sorted(file.name for file in ours.parent.glob("*.dbc"))
    raise ValueError(f"there is no file {str(path)!r}; shipped are {', '.join(known)}")


def load(paths: Iterable[Path]) -> Matrix:
    """Read matrix files into one matrix.  The same message twice, or the same id, is an error."""
    specs: list[MessageSpec] = []
    names: dict[str, MessageSpec] = {}
    keys: dict[int, MessageSpec] = {}
    for path in paths:
        for spec in _read_once(path, _stamp(path)):
            for twin, what in ((names.get(spec.name), "name"), (keys.get(spec.key), "identifier")):
                if twin is not None:
                    reason = f"message {spec.name} (0x{spec.id:X}) has the {what} of {twin.name}"
                    raise MatrixError(path, f"{reason} in {twin.origin}; give it another {what}")
            names[spec.name] = keys[spec.key] = spec
            specs.append(spec)
    return Matrix(tuple(specs))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise MatrixError(path, f"cannot be read: {error.strerror}") from None
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=32)
def _read_once(path: Path, _stamp: tuple[int, int]) -> tuple[MessageSpec, ...]:
    """A file is read when it is checked and again when it is used: remember it in between."""
    return tuple(_read(path))


def _read(path: Path) -> list[MessageSpec]:
    from can_adapter.matrix.book import recall  # noqa: PLC0415 - it needs the types from here

    try:
        content = path.read_bytes()
    except OSError as error:
        raise MatrixError(path, f"cannot be read: {error.strerror}") from None
    known = recall(path, content, (path.parent, shipped_matrix("")))
    if known is not None:
        return known
    from can_adapter.matrix.reader import read  # noqa: PLC0415 - 120 ms with cantools

    return read(path)
