"""What every translator between our words and a version's messages offers.

A translator is pure: the same record and calendar give the same message, each time it is sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Protocol

from bsw.os.clock import MS, S
from ocpp.catalogue import Message
from ocpp.station.contracts.shown import Contract
from ocpp.station.records import ChargingState, Instant, Reading, Token
from ocpp.station.store import Row

Timed = Callable[[Instant], str]
"""An instant as the text that goes on the wire."""


class Standing(Enum):
    """What the back end says of a token, in 2.x's words."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE = "NotAllowedTypeEVSE"
    NOT_HERE = "NotAtThisLocation"
    NOT_NOW = "NotAtThisTime"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A token's standing, its group, until when that holds (seconds since 1970), a text for it.

    ``evses`` are the only outlets where it may charge, empty: all of them.
    ``certificate`` is what is said of a contract's chain, in the words of 2.x, ``tariff`` the
    driver's own of 2.1 as it came, ``transfers`` the transfers of energy that are allowed, if the
    back end has said so.
    """

    standing: Standing
    group: str | None = None
    until: float | None = None
    text: str = ""
    certificate: str = ""
    tariff: Mapping[str, Any] | None = None
    evses: tuple[int, ...] = ()
    transfers: tuple[str, ...] | None = None

    def at(self, evse: int) -> "Verdict":
        """As it is at this outlet [C01.FR.20, C01.FR.21]."""
        if not self.accepted or not self.evses or evse in self.evses:
            return self
        return replace(self, standing=Standing.NOT_HERE)

    @property
    def accepted(self) -> bool:
        """The token, and the contract's chain where one was judged."""
        sound = self.certificate in {"", "Accepted"}
        return self.standing is Standing.ACCEPTED and sound


@dataclass(frozen=True, slots=True)
class Learned:
    """What the answer to an event tells: the back end's own id (1.6), of the token, of the cost."""

    remote_id: int | None = None
    verdict: Verdict | None = None
    cost: float | None = None
    text: str = ""
    limits: Mapping[str, Any] | None = None


class Registration(Enum):
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class ConnectorState(Enum):
    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


@dataclass(frozen=True, slots=True)
class ConnectorView:
    """All that any version's word for a connector depends on."""

    state: ConnectorState
    charging: ChargingState = ChargingState.IDLE
    authorized: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to a BootNotification.  ``interval`` in nanoseconds, ``unix_ns`` since 1970."""

    registration: Registration
    interval: int
    unix_ns: int


@dataclass(frozen=True, slots=True)
class RemoteStart:
    """The back end wants a transaction; ``evse`` is ``None`` if the station may choose."""

    token: Token
    evse: int | None = None
    remote_start: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteStop:
    """The back end wants a transaction to end: by our id, or by its own (1.6)."""

    transaction: str | None = None
    remote_id: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a station says of itself in BootNotification."""

    vendor: str
    model: str
    serial: str = ""
    firmware: str = ""


Request = tuple[str, Mapping[str, Any]]
"""An action and its fields."""


class Translator(Protocol):
    """One version's way of saying things."""

    def event(self, row: Row, timed: Timed) -> Request | None:
        """The message for an event; ``None`` if the version says nothing at it."""

    def learned(self, action: str, answer: Message) -> Learned: ...
    def boot(self, identity: Identity, reason: str) -> Request: ...
    def state(self, view: "ConnectorView") -> str:
        """The word for how a connector is."""

    def whole(self, views: "Sequence[ConnectorView]") -> str | None:
        """The word for how the station is, if the version has a place for it."""

    def status(self, evse: int, connector: int, state: str, timestamp: str) -> Request: ...
    def values(self, evse: int, reading: Reading, timed: Timed) -> Request:
        """What an outlet's meter shows outside of a transaction."""

    def authorize(self, token: Token, contract: Contract | None = None) -> Request: ...
    def verdict(self, answer: Message) -> Verdict | None:
        """``None``: the back end cannot judge a contract; it may be asked for the token alone."""

    def remote_start(self, message: Message) -> RemoteStart: ...
    def remote_stop(self, message: Message) -> RemoteStop: ...


def registered(answer: Message) -> Registered:
    """The same fields in every version."""
    return Registered(Registration(answer.status), answer.interval * S, unix_ns(answer.currentTime))


def unix_ns(moment: datetime) -> int:
    return round(moment.timestamp() * 1000) * MS


def timed(calendars: Mapping[int, int]) -> Timed:
    """From what is known of each run's calendar."""

    def text(instant: Instant) -> str:
        return timestamp(calendars[instant.run] + instant.ns)

    return text


def timestamp(unix_ns: int) -> str:
    """RFC 3339 in UTC with three decimals."""
    moment = datetime.fromtimestamp(unix_ns // S, tz=timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{unix_ns % S // MS:03}Z"
