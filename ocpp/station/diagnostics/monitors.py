"""What is watched of the device model, and when that is worth a NotifyEvent [N07, N08].

Owns one look at all monitors; how they come to be there is another module's.
"""

from typing import Any, Final

import msgspec

from ocpp.station.provisioning.model import Key, Model, Unknown, Variable

THRESHOLDS: Final = {"UpperThreshold", "LowerThreshold"}
PERIODIC: Final = {"Periodic", "PeriodicClockAligned"}
TARGETS: Final = {"TargetDelta", "TargetDeltaRelative"}
"""Of 2.1: how far a value is from the one that it should have."""
TARGET: Final = "Target"
NUMBERS: Final = {"integer", "decimal"}


class Place(msgspec.Struct, frozen=True):
    """A variable, as it can be remembered."""

    component: str
    instance: str
    evse: int
    connector: int
    variable: str
    which: str = ""

    @property
    def key(self) -> Key:
        return Key(self.component, self.instance, self.evse, self.connector)


class Monitor(msgspec.Struct):
    """``alerting``: beyond its threshold; ``base``: what a delta is counted from."""

    id: int
    place: Place
    kind: str
    value: float
    severity: int
    transaction: bool = False
    alerting: bool = False
    base: str | None = None
    due: int | None = None
    stream: dict[str, Any] | None = None


class Finding(msgspec.Struct, frozen=True):
    """Something to tell: ``trigger`` in 2.x's word."""

    monitor: Monitor
    variable: Variable
    trigger: str
    actual: str
    cleared: bool = False


def place_of(variable: Variable) -> Place:
    key = variable.component
    return Place(key.name, key.instance, key.evse, key.connector, variable.name, variable.instance)


def watched(model: Model, monitor: Monitor) -> Variable | None:
    """``None`` once another configuration has no such variable."""
    try:
        return model.find(monitor.place.key, monitor.place.variable, monitor.place.which)
    except Unknown:
        return None


def look(model: Model, monitor: Monitor, now_ns: int, unix_ns: int | None) -> Finding | None:
    """One monitor at one instant; its memory is brought up to date."""
    variable = watched(model, monitor)
    if variable is None:
        return None
    actual = variable.actual.now
    if monitor.kind in PERIODIC:
        return _periodic(monitor, variable, now_ns, unix_ns)
    if monitor.kind in THRESHOLDS:
        return _threshold(monitor, variable, actual)
    if monitor.kind in TARGETS:
        return _target(monitor, variable, actual)
    return _delta(monitor, variable, actual)


def _threshold(monitor: Monitor, variable: Variable, actual: str) -> Finding | None:
    number = _number(actual)
    if number is None:
        return None
    upper = monitor.kind == "UpperThreshold"
    beyond = number > monitor.value if upper else number < monitor.value
    return _alert(monitor, variable, actual, beyond=beyond)


def _target(monitor: Monitor, variable: Variable, actual: str) -> Finding | None:
    """By an amount, or by a share of the target [N07.FR.22, N07.FR.23]."""
    number, target = _number(actual), _number(variable.attributes[TARGET].now)
    if number is None or target is None:
        return None
    share = abs(target) if monitor.kind == "TargetDeltaRelative" else 1.0
    beyond = abs(number - target) > monitor.value * share
    return _alert(monitor, variable, actual, beyond=beyond)


def _alert(monitor: Monitor, variable: Variable, actual: str, *, beyond: bool) -> Finding | None:
    if beyond is monitor.alerting:
        return None
    monitor.alerting = beyond
    return Finding(monitor, variable, "Alerting", actual, cleared=not beyond)


def _delta(monitor: Monitor, variable: Variable, actual: str) -> Finding | None:
    if monitor.base is None:
        monitor.base = actual
        return None
    number, base = _number(actual), _number(monitor.base)
    if variable.traits.data_type in NUMBERS and number is not None and base is not None:
        moved = abs(number - base) > monitor.value
    else:
        moved = actual != monitor.base
    if not moved:
        return None
    monitor.base = actual
    return Finding(monitor, variable, "Delta", actual)


def _periodic(
    monitor: Monitor, variable: Variable, now_ns: int, unix_ns: int | None
) -> Finding | None:
    every = max(1, round(monitor.value * 1e9))
    aligned = monitor.kind == "PeriodicClockAligned" and unix_ns is not None
    if monitor.due is None:
        into = unix_ns % (86_400 * 10**9) % every if aligned and unix_ns is not None else 0
        monitor.due = now_ns + every - into
        return None
    if now_ns < monitor.due:
        return None
    monitor.due += every
    return Finding(monitor, variable, "Periodic", variable.actual.now)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def event_data(finding: Finding, transaction: str | None) -> dict[str, Any]:
    """In the words of NotifyEvent, but for where and when."""
    cleared = {"cleared": True} if finding.cleared else {}
    return {
        "trigger": finding.trigger,
        "actualValue": finding.actual[:2500],
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": finding.monitor.id,
        **cleared,
        **({} if transaction is None else {"transactionId": transaction}),
    }
