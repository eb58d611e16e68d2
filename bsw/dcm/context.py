"""What the services of one diagnostic server share: session, security, and the ECU behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bsw.dcm.access import Access, Rules
from bsw.dcm.codes import Refusal, Refused, Session
from bsw.dcm.records import PLAIN_FRAME, Record
from bsw.dem.memory import Dem
from bsw.os.clock import Action
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler

UNLOCKED_IN = frozenset({Session.EXTENDED, Session.PROGRAMMING})


@dataclass(frozen=True, slots=True)
class Did:
    """A data identifier.  ``write`` checks and returns nothing, or raises ``ValueError``."""

    number: int
    name: str
    read: Callable[[], bytes]
    write: Callable[[bytes], None] | None = None
    size: int | None = None
    level: int = 0  # security level a write needs


@dataclass(frozen=True, slots=True)
class Routine:
    """Something a tester may start; results are octets."""

    number: int
    name: str
    start: Callable[[bytes], bytes]
    stop: Callable[[bytes], bytes] | None = None
    results: Callable[[], bytes] | None = None
    level: int = 1


class KeyCheck(Protocol):
    """Whether a tester that answered ``key`` to ``seed`` knows the secret of this level."""

    def __call__(self, level: int, seed: bytes, key: bytes) -> bool: ...


class AttemptCount(Protocol):
    """How many wrong keys came in a row.  Kept over a restart, or a restart is one more try."""

    @property
    def failures(self) -> int: ...
    def keep(self, failures: int) -> None: ...


@dataclass(slots=True)
class VolatileCount:
    """For an ECU without memory."""

    failures: int = 0

    def keep(self, failures: int) -> None:
        self.failures = failures


class EcuPort(Protocol):
    """What diagnostics may do to the ECU."""

    def reset(self, kind: int) -> None: ...
    def may_reset(self) -> bool: ...
    def silence(self, *, send: bool, receive: bool) -> None:
        """Communication control: normal messages off or on."""


@dataclass(slots=True)
class Context:
    scheduler: Scheduler
    dem: Dem
    ecu: EcuPort
    chance: Randomness
    check_key: KeyCheck
    dids: Mapping[int, Did]
    routines: Mapping[int, Routine]
    frame: tuple[Record, ...] = PLAIN_FRAME  # what a freeze frame consists of, in order
    rules: Rules = field(default_factory=Rules)
    attempts: AttemptCount = field(default_factory=VolatileCount)
    session: Session = Session.DEFAULT
    level: int = 0  # unlocked security level, 0 for none
    after_response: list[Action] = field(default_factory=list)

    def in_extended(self) -> None:
        if self.session is Session.DEFAULT:
            raise Refused(Refusal.SERVICE_NOT_IN_SESSION)

    def granted(self, access: Access) -> None:
        if access.session or access.level:
            self.in_extended()
        self.unlocked(access.level)

    def unlocked(self, level: int) -> None:
        if level > self.level:
            raise Refused(Refusal.SECURITY_ACCESS_DENIED)
