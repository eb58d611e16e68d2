"""How good a received value is, and the events of reception that others may want to hear.

Plain data: diagnostics turns events into trouble codes, the session looks at values only.
"""

from dataclasses import dataclass
from enum import Enum

from can_adapter.matrix.codec import Raw
from can_adapter.signals.e2e import E2eStatus
from can_adapter.signals.roles import Value


class Quality(Enum):
    """Whether a value can be used, and if not, why."""

    FRESH = "fresh"
    NEVER = "never received"
    STALE = "too old"
    FLAGGED = "flagged as not valid"
    REFUSED = "out of range"
    UNTRUSTED = "not protected"
    UNBOUND = "not on this bus"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value for people and diagnostics.

    ``last`` is what was said last, usable or not; before the first reception it is the initial
    value of the matrix.  ``age`` is in nanoseconds.
    """

    quality: Quality
    last: Value | None = None
    age: int | None = None
    message: str = ""

    @property
    def value(self) -> Value | None:
        return self.last if self.quality is Quality.FRESH else None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A message did not come in time.  ``silence`` in nanoseconds, since the start if never."""

    message: str
    silence: int


@dataclass(frozen=True, slots=True)
class Returned:
    """A message that had timed out is there again."""

    message: str


@dataclass(frozen=True, slots=True)
class ProtectionLost:
    """A protected message is not trusted any more; the status is that of the last straw."""

    message: str
    status: E2eStatus


@dataclass(frozen=True, slots=True)
class ProtectionRegained:
    message: str


@dataclass(frozen=True, slots=True)
class ValueRefused:
    """A signal is out of its range or has a number without a meaning."""

    role: str
    message: str
    raw: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class FrameMalformed:
    """A frame is shorter than its message."""

    message: str
    length: int


ReceptionEvent = (
    TimedOut | Returned | ProtectionLost | ProtectionRegained | ValueRefused | FrameMalformed
)
