"""Messages for the display: set, told, cleared, and which of them are shown now [O01 to O06]."""

from typing import Any, Final

import msgspec
from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.desk import ACCEPTED, Desk, Json, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.provisioning.model import Key, Unknown
from ocpp.station.records import ChargingState
from ocpp.station.translation import ConnectorState
from ocpp.versions import Version

KEPT: Final = "display"
CONTROLLER: Final = "DisplayMessageCtrlr"
MOST: Final = 50
FORMATS: Final = ("ASCII", "UTF8", "URI")
STATES: Final = ("Charging", "Faulted", "Idle", "Unavailable")
PER_MESSAGE: Final = 10
LOOK_EACH: Final = 1 * S


class Shown(msgspec.Struct, frozen=True):
    """``info`` is the message as it came; times are seconds since 1970."""

    id: int
    priority: str
    info: dict[str, Any]
    state: str = ""
    transaction: str = ""
    begins: float | None = None
    ends: float | None = None

    @property
    def text(self) -> str:
        return str(self.info["message"]["content"])


class Display:
    """The block.  What is to be seen goes to the charger when it changes."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._ground = ground
        kept = ground.memory.read(KEPT, list[Shown], [])
        self._all = {each.id: each for each in kept}
        self._seen: tuple[str, ...] = ()
        self._looking = ground.scheduler.alarm(self.look, name="ocpp.display")
        desk.take(
            {
                "SetDisplayMessage": self._set,
                "GetDisplayMessages": self._get,
                "ClearDisplayMessage": self._clear,
            }
        )
        count = lambda: str(len(self._all))  # noqa: E731
        ground.model.show(Key(CONTROLLER), "DisplayMessages", count)
        if self._all:
            self._looking.rearm(LOOK_EACH)

    def close(self) -> None:
        self._looking.cancel()

    def look(self) -> None:
        """Drop what is over; show what is to be seen."""
        unix_ns = self._ground.unix_ns
        now = None if unix_ns is None else unix_ns / 1e9
        running = {place.outlet.transaction for place in self._ground.places.values()}
        for each in list(self._all.values()):
            over = now is not None and each.ends is not None and now >= each.ends
            if over or (each.transaction and each.transaction not in running):
                del self._all[each.id]
                self._write()
        lines = self._lines(now)
        if lines != self._seen:
            self._seen = lines
            self._ground.charger.show(0, lines)
        if self._all:
            self._looking.rearm(LOOK_EACH)

    def _lines(self, now: float | None) -> tuple[str, ...]:
        """The one that is always in front alone; else those in front, else the cycle."""
        states = {_state_of(place) for place in self._ground.places.values()}
        due = [
            each
            for each in self._all.values()
            if (each.begins is None or (now is not None and now >= each.begins))
            and each.state in {"", *states}
        ]
        for priority in ("AlwaysFront", "InFront", "NormalCycle"):
            texts = tuple(each.text for each in due if each.priority == priority)
            if texts:
                return texts
        return ()

    def _write(self) -> None:
        self._ground.memory.write(KEPT, list(self._all.values()))

    def _set(self, message: Message) -> Reply:
        wanted = message.message
        word = self._unfit(wanted)
        if word:
            return Reply(status(word))
        info: dict[str, Any] = msgspec.to_builtins(wanted)
        made = Shown(
            wanted.id,
            wanted.priority,
            info,
            "" if wanted.state is UNSET else wanted.state,
            "" if wanted.transactionId is UNSET else wanted.transactionId,
            None if wanted.startDateTime is UNSET else wanted.startDateTime.timestamp(),
            None if wanted.endDateTime is UNSET else wanted.endDateTime.timestamp(),
        )
        if made.priority == "AlwaysFront":  # a new one takes the place of the old [O01.FR.16]
            for each in [e for e in self._all.values() if e.priority == "AlwaysFront"]:
                del self._all[each.id]
        self._all[made.id] = made
        self._write()
        return Reply(ACCEPTED, self.look)

    def _unfit(self, wanted: Message) -> str:
        if wanted.message.format not in FORMATS:
            return "NotSupportedMessageFormat"
        if wanted.priority not in self._ground.model.members(CONTROLLER, "SupportedPriorities"):
            return "NotSupportedPriority"
        if wanted.state is not UNSET and wanted.state not in STATES:
            return "NotSupportedState"
        running = {place.outlet.transaction for place in self._ground.places.values()}
        if wanted.transactionId is not UNSET and wanted.transactionId not in running:
            return "UnknownTransaction"
        full = wanted.id not in self._all and len(self._all) >= MOST
        elsewhere = wanted.display is not UNSET
        return "Rejected" if full or elsewhere else self._strange(wanted)

    def _strange(self, wanted: Message) -> str:
        """Of 2.1: the languages of a display, where a variable names them [O01.FR.18, FR.19]."""
        if self._ground.version is not Version.V21:
            return ""
        others = () if wanted.messageExtra is UNSET else wanted.messageExtra
        try:
            known = set(self._ground.model.members(CONTROLLER, "Language"))
        except Unknown:
            return "Rejected" if others else ""
        said = {each.language for each in (wanted.message, *others)} - {UNSET}
        return "" if said <= known else "LanguageNotSupported"

    def _get(self, message: Message) -> Reply:
        ids = None if message.id is UNSET else set(message.id)
        found = [
            each
            for each in self._all.values()
            if (ids is None or each.id in ids)
            and message.priority in {UNSET, each.priority}
            and message.state in {UNSET, each.state}
        ]
        if not found:
            return Reply(status("Unknown"))
        return Reply(ACCEPTED, lambda: self._tell(message.requestId, found))

    def _tell(self, request: int, rows: list[Shown]) -> None:
        part, rest = rows[:PER_MESSAGE], rows[PER_MESSAGE:]
        fields: Json = {
            "requestId": request,
            "tbc": bool(rest),
            "messageInfo": [each.info for each in part],
        }

        def then(answer: Message | None) -> None:
            if rest and answer is not None:
                self._tell(request, rest)

        self._ground.ask("NotifyDisplayMessages", fields, then)

    def _clear(self, message: Message) -> Reply:
        if self._all.pop(message.id, None) is None:
            return Reply(status("Unknown"))
        self._write()
        return Reply(ACCEPTED, self.look)


def _state_of(place: Place) -> str:
    state = place.view.state
    if state is ConnectorState.FAULTED:
        return "Faulted"
    if state is ConnectorState.UNAVAILABLE:
        return "Unavailable"
    return "Charging" if place.outlet.charging is ChargingState.CHARGING else "Idle"
