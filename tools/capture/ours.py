"""Session traces of ours as events: messages of both ways, connections, CAN values, ends.

A trace that begins with the calendar has its times by the calendar, so that the traces of both
sides, and a capture beside them, lie on one axis.
"""

from collections.abc import Iterable
from typing import Any, Final

from bsw.v2gtp import PayloadType
from tools.capture.events import Event, Layer, Side
from tools.capture.v2g import Place, V2gReader
from tools.capture.words import Value

_PLAIN: Final = frozenset({"", "none", "plain"})
_ROLES: Final = {"evcc": ("vehicle", "station"), "secc": ("station", "vehicle")}


def is_record(record: dict[str, object]) -> bool:
    return (
        {"serial", "kind", "fields", "time"} <= record.keys()
        and isinstance(record["fields"], dict)
        and type(record["time"]) is int
    )


class OurTrace:
    """One trace, record by record."""

    def __init__(self) -> None:
        self._place = Place()
        self._reader = V2gReader(self._place)
        self._offset = 0
        self._open = False
        self.role = ""

    def record(self, record: dict[str, Any]) -> Iterable[Event]:
        """What ``is_record`` found to be one."""
        kind, fields, when = str(record["kind"]), record["fields"], record["time"]
        if kind == "begin":
            self._begin(fields, when)
        when += self._offset
        if kind == "message":
            return self._message(fields, when)
        if kind == "can":
            return (_can(fields, when),)
        told = Event(when, Layer.FILE, kind, fields={str(name): fields[name] for name in fields})
        if kind == "connected":
            return (told, *self._connected(fields, when))
        if kind == "session-end":
            return (told, *self._ended(when))
        return (told,)

    def _begin(self, fields: dict[str, Any], when: int) -> None:
        self.role = str(fields.get("role", ""))
        unix = fields.get("unix")
        self._offset = unix - when if type(unix) is int else 0

    def _connected(self, fields: dict[str, Any], when: int) -> Iterable[Event]:
        ours, theirs = _ROLES.get(self.role, ("vehicle", "station"))
        ends = {ours: ours, theirs: str(fields.get("peer") or theirs)}
        self._place = Place(ends["vehicle"], ends["station"], self._place.connection + 1)
        self._reader = V2gReader(self._place)
        self._open = True
        yield self._event(when, Layer.TCP, "connection opened", Side.VEHICLE)
        version = str(fields.get("version", fields.get("link", "")))
        if version.lower() not in _PLAIN:
            agreed = {"version": version, "suite": str(fields.get("suite", ""))}
            yield self._event(when, Layer.TLS, "TLS agreed", Side.STATION, agreed)

    def _ended(self, when: int) -> Iterable[Event]:
        if self._open:
            self._open = False
            yield self._event(when, Layer.TCP, "connection closed", Side.VEHICLE)

    def _message(self, fields: dict[str, Any], when: int) -> Iterable[Event]:
        exi = fields.get("exi")
        try:
            octets = bytes.fromhex(str(exi.get("hex", ""))) if isinstance(exi, dict) else b""
        except ValueError:
            octets = b""
        if not octets:
            return (Event(when, Layer.FILE, "message", wrong=("a message without octets",)),)
        kind = fields.get("payload_type", PayloadType.EXI)
        kind = kind if type(kind) is int else int(PayloadType.EXI)
        upward = str(fields.get("name", "")).endswith("Req")
        return (self._reader.message(when, kind, octets, upward=upward),)

    def _event(
        self, when: int, layer: Layer, name: str, side: Side, fields: dict[str, Any] | None = None
    ) -> Event:
        ends = (self._place.vehicle, self._place.station)
        source, destination = ends if side is Side.VEHICLE else ends[::-1]
        return Event(
            when,
            layer,
            name,
            side,
            source,
            destination,
            self._place.connection,
            fields=fields or {},
        )


def _can(fields: dict[str, Any], when: int) -> Event:
    """Values that came from a CAN frame, or went into one, by the names of the matrix."""
    values = {
        str(name): Value(str(name), value if isinstance(value, int | float | str) else str(value))
        for name, value in fields.items()
        if name not in {"frame", "octets"}
    }
    octets = fields.get("octets")
    try:
        raw = bytes.fromhex(octets["hex"]) if isinstance(octets, dict) else b""
    except (ValueError, KeyError, TypeError):
        raw = b""
    return Event(when, Layer.CAN, str(fields.get("frame", "CAN")), fields=values, octets=raw)
