"""What the event memory knows of an event: its trouble code, its debouncing, its status.

The status octet is that of ISO 14229-1; the bits are named here and nowhere else.
"""

from dataclasses import dataclass, field
from enum import Enum, IntFlag

from bsw.os.clock import MS


class Status(IntFlag):
    """The eight bits of a trouble code's status."""

    FAILED = 0x01
    FAILED_THIS_CYCLE = 0x02
    PENDING = 0x04
    CONFIRMED = 0x08
    NOT_COMPLETED_SINCE_CLEAR = 0x10
    FAILED_SINCE_CLEAR = 0x20
    NOT_COMPLETED_THIS_CYCLE = 0x40
    WARNING_INDICATOR = 0x80


FRESH = Status.NOT_COMPLETED_SINCE_CLEAR | Status.NOT_COMPLETED_THIS_CYCLE
"""After a clear: nothing was tested yet."""


class Severity(Enum):
    """What the ECU has to do about a failed event."""

    NOTE = "note"
    DEGRADE = "degrade"  # go on with less
    STOP = "stop"  # ordered stop of charging
    EMERGENCY = "emergency"  # safe state at once


@dataclass(frozen=True, slots=True)
class Debounce:
    """A failure counts after it stood for ``failed``, a recovery after ``passed``."""

    failed: int = 0
    passed: int = 100 * MS


@dataclass(frozen=True, slots=True)
class Event:
    """``code`` is the trouble code, three octets.  ``aging`` in operation cycles without it."""

    name: str
    code: int
    text: str
    severity: Severity = Severity.NOTE
    debounce: Debounce = field(default_factory=Debounce)
    aging: int = 40
    confirm_after: int = 1  # operation cycles in which it failed
    warning: bool = False

    def __post_init__(self) -> None:
        assert 0 < self.code <= 0xFFFFFF, f"{self.name}: a trouble code has three octets"
