"""Controls of the grid: set, told, cleared by the back end; begun, ended and felt here [R04, R05].

LimitMaxDischarge is kept to by the station itself; the others are for an inverter that the
integrator names by its modes, which is told what counts and tells when it has to step in.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.charging.wire import Json, sent
from ocpp.station.der.controls import MOST, Control, Controls, Notice, field_of, objection
from ocpp.station.desk import ACCEPTED, ONLY_21, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.post import Post

KEPT: Final = "der-controls"
CONTROLLERS: Final = ("DCDERCtrlr", "ACDERCtrlr")
LIMIT: Final = "LimitMaxDischarge"
PER_REPORT: Final = 24
_SHORT: Final = frozenset({"enterService", "gradient"})
"""Reported without isDefault and isSuperseded: they are always default."""
_GIVEN: Final = {"fixedPFAbsorb": "fixedPF", "fixedPFInject": "fixedPF"}


class Der:
    """The block.  ``changed``: other controls count from now on."""

    def __init__(self, desk: Desk, ground: Ground, post: Post, changed: Callable[[], None]) -> None:
        self._ground = ground
        self._post = post
        self._changed = changed
        self._controls = Controls(ground.memory.read(KEPT, list[Control], []))
        self._alarm = ground.scheduler.alarm(self.look, name="ocpp.der")
        self._deviation: tuple[str, str] | None = None
        desk.take(
            {
                "SetDERControl": self._set,
                "GetDERControl": self._get,
                "ClearDERControl": self._clear,
            },
            versions=ONLY_21,
        )

    def close(self) -> None:
        self._alarm.cancel()

    @property
    def share(self) -> float:
        """How much of what an outlet takes back may be given, by the grid's limit."""
        limits = (each for each in self._controls.executed() if each.kind == LIMIT)
        return min((_share(each) for each in limits), default=1.0)

    def look(self) -> None:
        """What begins, what ends; once the time is known, and whenever one is due."""
        if self._ground.unix_ns is None:
            return
        for notice in self._controls.look(self._ground.seconds):
            self._tell(notice)
        self._settle()

    def deviates(self, kind: str | None, fault: str = "", info: str = "") -> None:
        """The grid makes it do otherwise than the profile says, or (``None``) no more [R05]."""
        now = None if kind is None else (kind, fault)
        before, self._deviation = self._deviation, now
        if now == before:
            return
        told = now or before
        assert told is not None
        fields: Json = {"controlType": told[0]}
        if told[1]:
            fields["gridEventFault"] = told[1]
        if info:
            fields["extraInfo"] = info[:200]
        if now is None:
            fields["alarmEnded"] = True
        self._post.send("NotifyDERAlarm", fields, kept=True, dated="timestamp")

    def limits(self, deviates: bool) -> None:  # noqa: FBT001 - one of two states
        """Its own limit of what is given back takes something away, or does no more."""
        ours = self._deviation is None or self._deviation[0] == LIMIT
        if ours:
            self.deviates(LIMIT if deviates else None)

    @property
    def _supported(self) -> set[str]:
        model, evses = self._ground.model, self._ground.places
        lists = (
            model.get(name, "ModesSupported", evse=evse) for name in CONTROLLERS for evse in evses
        )
        return {word.strip() for words in lists for word in words.split(",") if word.strip()}

    def _settle(self) -> None:
        """Keep what there is, let it count, and wake when the next one is due."""
        controls, now = self._controls, self._ground.seconds
        self._ground.memory.write(KEPT, controls.all)
        self._alarm.cancel()
        if controls.next is not None:
            self._alarm.rearm(max(1, round((controls.next - now) * S)))
        told = {each.id: (each.kind, each.values) for each in controls.executed()}
        self._ground.charger.grid(told)
        self._changed()

    def _tell(self, notice: Notice) -> None:
        fields: Json = {"controlId": notice.control, "started": notice.started}
        if notice.superseded:
            fields["supersededIds"] = list(notice.superseded)
        self._post.send("NotifyDERStartStop", fields, kept=True, dated="timestamp")

    def _set(self, message: Message) -> Reply:
        fields = sent(message)
        kind = fields["controlType"]
        if kind not in self._supported:
            return Reply(status("NotSupported"))
        why = objection(fields, self._ground.seconds)
        if why:
            return Reply(status("Rejected", "InvalidValue", why))
        if len(self._controls.all) >= MOST:
            return Reply(status("Rejected", "TooManyElements", f"{MOST} controls are held"))
        values = fields[field_of(kind)]
        control = Control(fields["controlId"], kind, fields["isDefault"], values)
        gone = self._controls.put(control, self._ground.seconds)
        more = {"supersededIds": list(gone)} if gone else {}
        self._settle()
        return Reply({**ACCEPTED, **more}, self.look)

    def _found(self, message: Message) -> list[Control]:
        number, kind, default = message.controlId, message.controlType, message.isDefault
        return [
            each
            for each in self._controls.all
            if number in {UNSET, each.id}
            and kind in {UNSET, each.kind}
            and default in {UNSET, each.default}
        ]

    def _strange(self, message: Message) -> bool:
        return message.controlType is not UNSET and message.controlType not in self._supported

    def _get(self, message: Message) -> Reply:
        if self._strange(message):
            return Reply(status("NotSupported"))
        found = self._found(message)
        if not found:
            return Reply(status("NotFound"))
        return Reply(ACCEPTED, partial(self._report, message.requestId, found))

    def _report(self, request: int, found: list[Control]) -> None:
        parts = [found[at : at + PER_REPORT] for at in range(0, len(found), PER_REPORT)]
        for number, part in enumerate(parts, 1):
            fields: Json = {"requestId": request, "tbc": number < len(parts)}
            for each in part:
                fields.setdefault(field_of(each.kind), []).append(_told(each))
            self._ground.tell("ReportDERControl", fields)

    def _clear(self, message: Message) -> Reply:
        """Without id and type all of them, of which there may be none [R04.FR.44]."""
        if self._strange(message):
            return Reply(status("NotSupported"))
        found = self._found(message)
        if not found and (message.controlId, message.controlType) != (UNSET, UNSET):
            return Reply(status("NotFound"))
        for each in found:
            self._controls.all.remove(each)
        self._settle()
        return Reply(ACCEPTED)


def _share(control: Control) -> float:
    return max(0.0, min(1.0, float(control.values.get("pctMaxDischargePower", 100)) / 100))


def _told(control: Control) -> Json:
    field = field_of(control.kind)
    told: Json = {"id": control.id, _GIVEN.get(field, field): control.values}
    if field in _SHORT:
        return told
    told |= {"isDefault": control.default, "isSuperseded": control.superseded}
    return {**told, "curveType": control.kind} if field == "curve" else told
