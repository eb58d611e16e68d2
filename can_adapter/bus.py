"""What the signal rooms ask of a CAN bus.

A port sends and hears whole frames and knows the state of its controller.  The simulated bus
and every python-can interface implement it; nothing above can tell them apart.  All calls
return at once, and all callbacks come from the scheduler's thread.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from can_adapter.rings import Ring, RingListener

CLASSIC_LENGTHS: Final = frozenset(range(9))
FD_LENGTHS: Final = CLASSIC_LENGTHS | {12, 16, 20, 24, 32, 48, 64}

EXTENDED: Final = 1 << 31
"""Set in a frame's key when its identifier has 29 bits, as DBC files write it."""


@dataclass(frozen=True, slots=True)
class CanFrame:
    """One data frame.  ``fd`` frames switch to the faster bit rate for their data."""

    id: int
    data: bytes
    extended: bool = False
    fd: bool = True
    key: int = field(init=False, repr=False, compare=False)
    """The identifier, marked where it is an extended one."""
    ring: "Ring | None" = field(default=None, init=False, repr=False, compare=False)
    """Those that it belongs to, if more of its kind follow."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.id | EXTENDED if self.extended else self.id)
        if len(self.data) not in (FD_LENGTHS if self.fd else CLASSIC_LENGTHS):
            kind = "CAN-FD" if self.fd else "classic CAN"
            raise ValueError(f"frame 0x{self.id:X}: {kind} cannot carry {len(self.data)} octets")

    def carrying(self, data: bytes, ring: "Ring | None" = None) -> "CanFrame":
        """The same frame with other data, as long as these; cheaper than one made anew."""
        other = object.__new__(CanFrame)
        put = object.__setattr__
        put(other, "id", self.id)
        put(other, "data", data)
        put(other, "extended", self.extended)
        put(other, "fd", self.fd)
        put(other, "key", self.key)
        put(other, "ring", ring)
        return other

    def __str__(self) -> str:
        width = 8 if self.extended else 3
        return f"{self.id:0{width}X}{'##' if self.fd else '#'}{self.data.hex().upper()}"


class BusState(Enum):
    """The error state of a controller, as ISO 11898-1 has it."""

    ACTIVE = "active"
    WARNING = "warning"
    PASSIVE = "passive"
    OFF = "off"  # takes no part in the bus until ``recover`` is called


@dataclass(slots=True)
class BusCounters:
    """What happened on a port since it was opened."""

    sent: int = 0
    received: int = 0  # and wanted
    refused: int = 0  # we wanted to send and could not
    dropped: int = 0  # heard, but our queue was full
    error_frames: int = 0
    bus_off: int = 0
    recoveries: int = 0


FrameReceiver = Callable[[CanFrame], None]
StateReceiver = Callable[[BusState], None]


class CanPort(Protocol):
    """One controller on one bus."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> BusState: ...
    @property
    def counters(self) -> BusCounters: ...
    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        """Hand each frame of other nodes to ``receive`` and each new state to ``changed``."""

    def accept(self, keys: Collection[int] | None) -> None:
        """Frames with these keys are wanted and no others; ``None``, as in the beginning: all.

        The driver filters as near to the wire as it can, so that others cost nothing.
        """

    def repeats_to(self, listener: "RingListener") -> None:
        """Ask it about frames that say the same over and over.  A bus of wires never asks."""

    def send(self, frame: CanFrame) -> bool:
        """Queue a frame.  False, and counted, when the bus is off or the queue is full."""

    def catch_up(self) -> None:
        """Hand over now what has arrived already; after a stall it is more than one thinks."""

    def recover(self) -> None:
        """Leave bus-off: start the controller again.  ``changed`` tells when it is back."""

    def close(self) -> None: ...


class BusUnavailable(Exception):
    """The configured bus cannot be opened.  Carries what the operator can do."""

    def __init__(self, bus: str, reason: str, hint: str) -> None:
        super().__init__(f"cannot open CAN bus {bus}: {reason}; {hint}")
        self.hint = hint
