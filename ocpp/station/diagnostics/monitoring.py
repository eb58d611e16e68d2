"""Monitors set, reported and cleared by the back end, and their events sent [N02 to N08].

All of them are the back end's own: none is wired in, so every base but All clears them.
"""

from functools import partial
from math import inf
from typing import Final

from msgspec import UNSET

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.charging.wire import sent
from ocpp.station.desk import ACCEPTED, REJECTED, Desk, Json, Objection, Reply, status
from ocpp.station.diagnostics.monitors import (
    NUMBERS,
    PERIODIC,
    TARGET,
    TARGETS,
    THRESHOLDS,
    Finding,
    Monitor,
    event_data,
    look,
    place_of,
    watched,
)
from ocpp.station.diagnostics.streams import Streams
from ocpp.station.ground import Ground
from ocpp.station.post import Post
from ocpp.station.provisioning.model import WRITE_ONLY, Key, Unknown, Variable
from ocpp.station.provisioning.reports import is_named
from ocpp.station.provisioning.variables import component_of, key_of, variable_of
from ocpp.versions import Version, Wrong

KEPT: Final = "monitors"
LEVEL: Final = "monitors.level"
LOOK_EACH: Final = 1 * S
SHORTEST: Final = 1
LONGEST: Final = 366 * 86_400
"""Seconds between two events of a periodic monitor."""
PER_MESSAGE: Final = 20
CONTROLLER: Final = "MonitoringCtrlr"
KINDS: Final = {
    "ThresholdMonitoring": THRESHOLDS,
    "DeltaMonitoring": {"Delta", *TARGETS},
    "PeriodicMonitoring": PERIODIC,
}


class Monitoring:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground, post: Post) -> None:
        self._ground = ground
        self.streams = Streams(desk, ground)
        self._post = post
        kept = ground.memory.read(KEPT, list[Monitor], [])
        self._all = {each.id: each for each in kept}
        self._level = ground.memory.read(LEVEL, int, 9)
        self._events = 0
        self._looking = ground.scheduler.alarm(self._look, name="ocpp.monitors")
        desk.take(
            {
                "SetVariableMonitoring": self._set_all,
                "ClearVariableMonitoring": self._clear,
                "SetMonitoringBase": self._base,
                "SetMonitoringLevel": self._set_level,
                "GetMonitoringReport": self._report,
            }
        )
        ground.model.set(CONTROLLER, "ActiveMonitoringLevel", str(self._level))
        for each in self._all.values():
            each.due = None  # counted from this start on
        if self._all:
            self._looking.rearm(LOOK_EACH)

    def close(self) -> None:
        self._looking.cancel()
        self.streams.close()

    def accepted(self) -> None:
        """After a start, streams are opened anew."""
        for each in self._all.values():
            if each.stream is not None:
                self.streams.wish(each.id, each.stream)

    def notify(self, key: Key, name: str, code: str) -> None:
        """Told by the station itself, unless a monitor tells of each change [I08.FR.31]."""
        variable = self._ground.model.find(key, name)
        if any(
            each.kind == "Delta" and watched(self._ground.model, each) is variable
            for each in self._all.values()
        ):
            return
        data: Json = {
            "trigger": "Alerting",
            "actualValue": variable.actual.now,
            "eventNotificationType": "HardWiredNotification",
            **({"techCode": code[:50]} if code else {}),
        }
        self._send(variable, data, kept=True)

    def _look(self) -> None:
        self._looking.rearm(LOOK_EACH)
        ground = self._ground
        before = [(each.alerting, each.base) for each in self._all.values()]
        found = [
            finding
            for each in self._all.values()
            if (finding := look(ground.model, each, ground.scheduler.now, ground.unix_ns))
        ]
        if before != [(each.alerting, each.base) for each in self._all.values()]:
            self._write()
        for finding in found:
            told = finding.monitor.severity <= self._level
            if told and not self.streams.takes(finding.monitor.id, finding.actual):
                self._tell(finding)

    def _tell(self, finding: Finding) -> None:
        place = self._ground.places.get(finding.variable.component.evse)
        data = event_data(finding, None if place is None else place.outlet.transaction)
        if finding.variable.actual.mutability == WRITE_ONLY:
            data["actualValue"] = ""
        if self._ground.version is Version.V21:
            data["severity"] = finding.monitor.severity
        bound = self._ground.model.number(CONTROLLER, "OfflineQueuingSeverity")
        self._send(finding.variable, data, kept=finding.monitor.severity <= bound)

    def _send(self, variable: Variable, data: Json, *, kept: bool) -> None:
        self._events += 1
        data = {
            **data,
            "eventId": self._events,
            "timestamp": self._ground.stamp(),
            "component": component_of(variable.component),
            "variable": variable_of(variable),
        }
        fields = {"seqNo": 0, "tbc": False, "eventData": [data]}
        self._post.send("NotifyEvent", fields, kept=kept, dated="generatedAt")

    def _write(self) -> None:
        self._ground.memory.write(KEPT, list(self._all.values()))

    def _set_all(self, message: Message) -> Reply:
        most = self._ground.model.number(CONTROLLER, "ItemsPerMessage", "SetVariableMonitoring")
        if len(message.setMonitoringData) > most:
            raise Objection(Wrong.OCCURRENCE, f"at most {most:.0f} elements")
        results = [self._set(each) for each in message.setMonitoringData]
        self._write()
        if self._all and not self._looking.armed:
            self._looking.rearm(LOOK_EACH)
        good = {each["id"] for each in results if each["status"] == "Accepted"}
        return Reply({"setMonitoringResult": results}, partial(self._open_streams, good))

    def _open_streams(self, monitors: set[int]) -> None:
        for number in sorted(monitors & self._all.keys()):
            self.streams.wish(number, self._all[number].stream)

    def _set(self, wanted: Message) -> Json:
        result: Json = {
            "component": component_of(key_of(wanted.component)),
            "variable": _echo(wanted.variable),
            "type": wanted.type,
            "severity": wanted.severity,
        }
        instance = wanted.variable.instance
        try:
            variable = self._ground.model.find(
                key_of(wanted.component),
                wanted.variable.name,
                "" if instance is UNSET else instance,
            )
        except Unknown as unknown:
            return {**result, "status": unknown.status}
        word = self._unfit(wanted, variable)
        if word:
            return {**result, "status": word}
        number = max(self._all, default=0) + 1 if wanted.id is UNSET else wanted.id
        transaction = wanted.transaction is not UNSET and wanted.transaction
        made = Monitor(
            number, place_of(variable), wanted.type, wanted.value, wanted.severity, transaction
        )
        params = getattr(wanted, "periodicEventStream", UNSET)  # 2.1
        made.stream = None if params is UNSET else sent(params)
        if wanted.type == "Delta":
            made.base = variable.actual.now
        look(self._ground.model, made, self._ground.scheduler.now, self._ground.unix_ns)
        made.alerting = False  # what is beyond it already is told at the next look
        self._all[number] = made
        return {**result, "id": number, "status": "Accepted"}

    def _unfit(self, wanted: Message, variable: Variable) -> str:
        """2.x's word for why it cannot be set; empty if it can."""
        numeric = variable.traits.data_type in NUMBERS
        if not _can_be(wanted.type, variable):
            return "UnsupportedMonitorType"
        traits = variable.traits
        low = traits.least is not None and wanted.value < traits.least
        high = traits.most is not None and numeric and wanted.value > traits.most
        least, most = (SHORTEST, LONGEST) if wanted.type in PERIODIC else (0, inf)
        bounded = least <= wanted.value <= most
        if wanted.type in THRESHOLDS and (low or high):
            return "Rejected"
        if not 0 <= wanted.severity <= 9 or (wanted.type not in THRESHOLDS and not bounded):
            return "Rejected"
        known = None if wanted.id is UNSET else self._all.get(wanted.id)
        if wanted.id is not UNSET and (known is None or known.place != place_of(variable)):
            return "Rejected"  # [N04.FR.13, N04.FR.16]
        same = [
            each
            for each in self._all.values()
            if (each.place, each.kind, each.severity)
            == (place_of(variable), wanted.type, wanted.severity)
            and each is not known
        ]
        return "Duplicate" if same else ""

    def _clear(self, message: Message) -> Reply:
        results = []
        for number in message.id:
            found = self._all.pop(number, None)
            self.streams.drop(number)
            word = "NotFound" if found is None else "Accepted"
            results.append({"id": number, "status": word})
        self._write()
        return Reply({"clearMonitoringResult": results})

    def _base(self, message: Message) -> Reply:
        if message.monitoringBase != "All":
            for number in self._all:
                self.streams.drop(number)
            self._all.clear()
            self._write()
        self._ground.model.set(CONTROLLER, "ActiveMonitoringBase", message.monitoringBase)
        return Reply(ACCEPTED)

    def _set_level(self, message: Message) -> Reply:
        if not 0 <= message.severity <= 9:
            return Reply(REJECTED)
        self._level = message.severity
        self._ground.memory.write(LEVEL, self._level)
        self._ground.model.set(CONTROLLER, "ActiveMonitoringLevel", str(self._level))
        return Reply(ACCEPTED)

    def _report(self, message: Message) -> Reply:
        kinds: set[str] = set()
        for word in () if message.monitoringCriteria is UNSET else message.monitoringCriteria:
            kinds |= KINDS[word]
        named = () if message.componentVariable is UNSET else message.componentVariable
        rows = []
        for each in self._all.values():
            variable = watched(self._ground.model, each)
            if variable is None or (kinds and each.kind not in kinds):
                continue
            if not named or any(is_named(variable, one) for one in named):
                rows.append((variable, each))
        if not rows:
            return Reply(status("EmptyResultSet"))
        return Reply(ACCEPTED, lambda: self._told(message.requestId, rows, 0))

    def _told(self, request: int, rows: list[tuple[Variable, Monitor]], seq: int) -> None:
        part, rest = rows[:PER_MESSAGE], rows[PER_MESSAGE:]
        fields: Json = {
            "requestId": request,
            "seqNo": seq,
            "generatedAt": self._ground.stamp(),
            "tbc": bool(rest),
            "monitor": [self._row(variable, each) for variable, each in part],
        }

        def then(answer: Message | None) -> None:
            if rest and answer is not None:
                self._told(request, rest, seq + 1)

        self._ground.questions.ask(("NotifyMonitoringReport", fields), then)

    def _row(self, variable: Variable, monitor: Monitor) -> Json:
        shown: Json = {
            "id": monitor.id,
            "transaction": monitor.transaction,
            "value": monitor.value,
            "type": monitor.kind,
            "severity": monitor.severity,
        }
        if self._ground.version is Version.V21:
            shown["eventNotificationType"] = "CustomMonitor"
        return {
            "component": component_of(variable.component),
            "variable": variable_of(variable),
            "variableMonitoring": [shown],
        }


def _can_be(kind: str, variable: Variable) -> bool:
    """Whether a variable can be watched in this way."""
    numeric = variable.traits.data_type in NUMBERS
    able = {
        **dict.fromkeys(THRESHOLDS, numeric),
        **dict.fromkeys(TARGETS, numeric and TARGET in variable.attributes),
        **dict.fromkeys(PERIODIC | {"Delta"}, True),
    }
    return variable.traits.monitored and able.get(kind, False)


def _echo(variable: Message) -> Json:
    more = {} if variable.instance is UNSET else {"instance": variable.instance}
    return {"name": variable.name, **more}
