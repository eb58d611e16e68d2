"""What a message and its signals are, as our own frozen descriptions.

Whoever reads a file of any format makes these, and nobody above depends on the format.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from can_adapter.bus import EXTENDED

ARXML: Final = ".arxml"


class SendType(Enum):
    """When a message is sent; the values are the names used in DBC files."""

    CYCLIC = "Cyclic"
    ON_CHANGE = "OnChange"
    CYCLIC_AND_ON_CHANGE = "CyclicAndOnChange"


HEADER_BITS: Final = {1: 12, 2: 12, 4: 96, 5: 24, 6: 40, 7: 160, 11: 12}
"""Of each profile.  Where the counter is half an octet, the other half is anybody's."""


@dataclass(frozen=True, slots=True)
class E2eSpec:
    """End-to-end protection of a message: AUTOSAR profile, data id, octet of the header."""

    profile: int
    data_id: int
    offset: int = 0

    @property
    def bits(self) -> range:
        """Where checksum, counter and length lie, as ``SignalSpec.bits`` counts."""
        return range(8 * self.offset, 8 * self.offset + HEADER_BITS.get(self.profile, 0))

    @property
    def span(self) -> tuple[int, int]:
        """The octets that hold these bits begin and end here."""
        return self.offset, self.offset + -(-len(self.bits) // 8)


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

    def guards(self, signal: SignalSpec) -> bool:
        """Whether it belongs to the protection and not to what is said."""
        return self.e2e is not None and signal.bits <= frozenset(self.e2e.bits)

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
