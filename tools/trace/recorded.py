"""One recorded session, out of whatever file: the messages of both sides, and what was agreed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bsw.chrgm.coding.dialect import Dialect
from bsw.chrgm.coding.wire import UNREADABLE
from bsw.chrgm.messages.model import Message
from bsw.chrgm.protocols import dialect_of
from bsw.chrgm.record import Heard
from bsw.chrgm.services import energy_by_number
from tools.capture.events import Event, Layer, Side
from tools.capture.words import values, wire_name

_MODES: Final = ("RequestedEnergyTransferMode", "EVRequestedEnergyTransferType")


@dataclass(frozen=True, slots=True)
class Line:
    """``at`` in nanoseconds since the session's first message."""

    at: int
    side: Side
    heard: Heard

    @property
    def name(self) -> str:
        return wire_name(type(self.heard.body).__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """``lines`` begin after the handshake."""

    protocol: str
    mode: str
    secure: bool
    session_id: bytes
    lines: tuple[Line, ...]

    def of(self, side: Side) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.side is side)


def sessions(events: Iterable[Event]) -> Iterator[Recorded]:
    """Every connection on which a session was spoken."""
    kept: dict[int, list[Event]] = {}
    secure: set[int] = set()
    for event in events:
        if event.name == "TLS agreed":
            secure.add(event.connection)
        spoken = event.layer is Layer.V2G and isinstance(event.message, Message)
        if spoken and event.schema not in {"", "sap"}:
            kept.setdefault(event.connection, []).append(event)
    for connection, found in kept.items():
        yield _recorded(found, secure=connection in secure)


def _recorded(found: list[Event], *, secure: bool) -> Recorded:
    name = _application(found)
    dialect = dialect_of(name)
    start = found[0].when
    lines = tuple(
        Line(event.when - start, event.side, heard)
        for event in found
        if (heard := _heard(dialect, event)) is not None
    )
    ids = [one.heard.session_id for one in lines if one.side is Side.STATION]
    contract = any(one.name == "PaymentDetailsReq" for one in lines)
    return Recorded(
        name, _mode(name, found), secure or contract, ids[0] if ids else bytes(8), lines
    )


def _heard(dialect: Dialect, event: Event) -> Heard | None:
    """``None`` of what none of our roles would take: it never gets as far as them."""
    if event.payload_type not in dialect.payload_types:
        return None
    try:
        return dialect.decode(event.payload_type, event.octets)
    except UNREADABLE:
        return None


def _application(found: list[Event]) -> str:
    """Of ISO 15118-20 the messages apart tell which part of it was agreed."""
    spoken = {event.schema for event in found}
    apart = sorted(one for one in spoken if one.startswith("iso20.") and one != "iso20.common")
    return (apart[0] if apart else found[0].schema.replace("iso20.common", "iso20.dc")).replace(
        ".", "-"
    )


def _mode(name: str, found: list[Event]) -> str:
    """How energy was to flow."""
    for event in found:
        for value in values(event.message):
            if value.path in _MODES:
                return str(value.value)
            if value.path == "SelectedEnergyTransferService/ServiceID":
                service = energy_by_number(name.partition("-")[0]).get(int(value.value))
                return "" if service is None else service.mode.name
    return "DC_extended"
