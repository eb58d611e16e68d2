"""What one message says against what an earlier one of the session has said.

An offer binds: who chooses something else, asks for more than is there, or tells a meter that runs
backwards, breaks a rule, however well each message reads alone.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from bsw.os.clock import S
from tools.capture.events import Event, Side
from tools.capture.words import Value
from tools.monitor.finding import Finding, late

PATIENCE: Final = 5 * S
"""So long an older limit still excuses who has not followed yet."""

_MORE: Final = 1.05
"""Beyond a limit is what is more than a twentieth above it: both sides round."""

_PRE_CHARGED: Final = 20.0
"""Volts between target and cable when the contactors close.  # IEC 61851-23 CC.3"""

_STOPS_WITHIN: Final = 10 * S
"""On top of the delay that a notification allows."""

_MOST_SAID: Final = 256
Told = dict[str, Value]


class Recent:
    """The highest of what was said lately."""

    def __init__(self) -> None:
        self._said: deque[tuple[int, float]] = deque()
        self._falling: deque[tuple[int, float]] = deque()
        """Those of them after which nothing higher was said: the first is the highest."""

    def add(self, when: int, value: float) -> None:
        said, falling = self._said, self._falling
        while len(said) > 1 and (said[1][0] < when - PATIENCE or len(said) >= _MOST_SAID):
            if falling[0] is said.popleft():
                falling.popleft()
        while falling and falling[-1][1] <= value:
            falling.pop()
        latest = (when, value)
        falling.append(latest)
        said.append(latest)

    def highest(self) -> float | None:
        return self._falling[0][1] if self._falling else None


@dataclass(frozen=True, slots=True)
class Limit:
    """``asked`` of the one side may not go beyond ``given`` of the other."""

    given: tuple[str, ...]
    asked: str
    by: Side
    slack: float = 0.0


LIMITS: Final = (
    Limit(("EVSEMaximumVoltageLimit", "EVSEMaximumVoltage"), "EVTargetVoltage", Side.VEHICLE),
    Limit(
        ("EVSEMaximumCurrentLimit", "EVSEMaximumChargeCurrent"),
        "EVTargetCurrent",
        Side.VEHICLE,
        1.0,
    ),
    Limit(("EVMaximumVoltageLimit", "EVMaximumVoltage"), "EVTargetVoltage", Side.VEHICLE),
    Limit(("EVMaximumVoltageLimit", "EVMaximumVoltage"), "EVSEPresentVoltage", Side.STATION, 10.0),
    Limit(("EVTargetCurrent",), "EVSEPresentCurrent", Side.STATION, 5.0),
)

OFFERED: Final = {
    "ServiceDiscoveryRes": ("PaymentOption", "EnergyTransferMode"),
    "AuthorizationSetupRes": ("AuthorizationServices",),
    "ChargeParameterDiscoveryRes": ("SAScheduleTupleID",),
    "ScheduleExchangeRes": ("ScheduleTupleID",),
}
"""Which answer offers what; a new one takes the place of the old."""

CHOSEN: Final = {
    "SelectedPaymentOption": "PaymentOption",
    "SelectedAuthorizationService": "AuthorizationServices",
    "RequestedEnergyTransferMode": "EnergyTransferMode",
    "SAScheduleTupleID": "SAScheduleTupleID",
    "SelectedScheduleTupleID": "ScheduleTupleID",
}
"""What a request chooses, and of what."""


@dataclass(slots=True)
class Relations:
    """One session.  Feed it the messages in their order, each with its values."""

    _limits: list[Recent] = field(default_factory=lambda: [Recent() for _ in LIMITS])
    _offered: dict[str, set[object]] = field(default_factory=dict)
    _services: set[object] = field(default_factory=set)
    _sets: dict[object, set[object]] = field(default_factory=dict)
    _meters: dict[object, float] = field(default_factory=dict)
    _meter: tuple[object, ...] = ()
    _target: float | None = None
    _cable: float | None = None
    _stop_by: int | None = None
    _time: int = 0

    def judge(self, event: Event, values: list[Value]) -> Iterator[Finding]:
        by_name = {_last(value): value for value in values}
        yield from self._beyond(event, by_name)
        if event.side is Side.VEHICLE:
            yield from self._chosen(event, values)
            yield from self._pre_charged(event, by_name)
            yield from self._notified(event)
            yield from self._receipt(event, by_name)
        else:
            self._offers(event, values)
            yield from self._metered(by_name)
            self._notes(event, by_name)
        yield from self._clock(event, by_name)

    # Limits

    def _beyond(self, event: Event, told: Told) -> Iterator[Finding]:
        for limit, recent in zip(LIMITS, self._limits, strict=True):
            asked = told.get(limit.asked) if limit.by is event.side else None
            value = _number(asked)
            if asked is not None and value is not None:
                highest = recent.highest()
                if highest is not None and value > highest * _MORE + limit.slack:
                    text = f"{asked.path} {asked.text}, where {limit.given[0]} is {highest:g}"
                    yield Finding("limit", f"{text} {asked.unit}")
            for name in limit.given:
                given = told.get(name)
                value = None if given is None else _number(given)
                if value is not None:
                    recent.add(event.when, value)

    def _pre_charged(self, event: Event, told: Told) -> Iterator[Finding]:
        if event.name in {"PreChargeReq", "DC_PreChargeReq"}:
            self._target = _number(told.get("EVTargetVoltage"))
            return
        starts = told.get("ChargeProgress", told.get("ReadyToChargeState"))
        if event.name != "PowerDeliveryReq" or self._target is None or self._cable is None:
            return
        off = abs(self._target - self._cable)
        if starts is not None and starts.value in {"Start", True} and off > _PRE_CHARGED:
            yield Finding("limit", f"contactors close with {off:g} V across them after PreCharge")
        self._target = None

    # Offers

    def _offers(self, event: Event, values: list[Value]) -> None:
        for name in OFFERED.get(event.name, ()):
            found: set[object] = {value.value for value in values if _last(value) == name}
            if found:
                self._offered[name] = found
        services = {value.value for value in values if _last(value) == "ServiceID"}
        if event.name == "ServiceDiscoveryRes":
            self._services |= services
        elif event.name == "ServiceDetailRes":
            sets: set[object] = {
                value.value for value in values if _last(value) == "ParameterSetID"
            }
            self._sets |= dict.fromkeys(services, sets)

    def _chosen(self, event: Event, values: list[Value]) -> Iterator[Finding]:
        service: object = None
        for value in values:
            name = _last(value)
            offered = self._offered.get(CHOSEN.get(name, ""))
            if name == "ServiceID":
                service, offered = value.value, self._services
            elif name == "ParameterSetID":
                offered = self._sets.get(service)
            if offered and value.value not in offered:
                yield Finding("offer", f"{event.name}: {name} {value.text} was not offered")

    # Meters

    def _metered(self, told: Told) -> Iterator[Finding]:
        reading = _number(told.get("MeterReading", told.get("ChargedEnergyReadingWh")))
        if reading is None:
            return
        meter = told["MeterID"].value if "MeterID" in told else ""
        before = self._meters.get(meter)
        if before is not None and reading < before:
            yield Finding("meter", f"the meter runs backwards, from {before:g} to {reading:g} Wh")
        self._meters = {meter: reading}
        self._meter = _shown(told)

    def _receipt(self, event: Event, told: Told) -> Iterator[Finding]:
        if event.name not in {"MeteringReceiptReq", "MeteringConfirmationReq"} or not self._meter:
            return
        if _shown(told) != self._meter:
            yield Finding("meter", f"{event.name} confirms another meter reading than was shown")

    # Notifications

    def _notes(self, event: Event, told: Told) -> None:
        notification = told.get("EVSENotification")
        if notification is None or notification.value not in {"StopCharging", "Terminate"}:
            self._stop_by = None
        elif self._stop_by is None:
            delay = _number(told.get("NotificationMaxDelay")) or 0.0
            self._stop_by = event.when + int(delay * S) + _STOPS_WITHIN

    def _notified(self, event: Event) -> Iterator[Finding]:
        if event.name not in _LOOPS or self._stop_by is None or event.when <= self._stop_by:
            return
        since = event.when - self._stop_by + _STOPS_WITHIN
        yield late("notification", f"{event.name} although told to stop", since, _STOPS_WITHIN)
        self._stop_by = None

    # Time

    def _clock(self, event: Event, told: Told) -> Iterator[Finding]:
        if event.side is Side.STATION and "EVSEPresentVoltage" in told:
            self._cable = _number(told["EVSEPresentVoltage"])
        if event.side is not Side.STATION or "TimeStamp" not in told:
            return
        stamp = _number(told["TimeStamp"])
        if stamp is not None and stamp < self._time:
            yield Finding("time", f"TimeStamp {stamp:g} is before {self._time}, said earlier")
        self._time = max(self._time, int(stamp or 0))


_LOOPS: Final = frozenset(
    {"CurrentDemandReq", "ChargingStatusReq", "DC_ChargeLoopReq", "AC_ChargeLoopReq"}
)


def _last(value: Value) -> str:
    """The name alone: no way to it, no number in a list."""
    return _last_of(value.path)


@lru_cache(maxsize=4096)
def _last_of(path: str) -> str:
    return path.rpartition("/")[2].partition("[")[0]


def _number(value: Value | None) -> float | None:
    if value is None or isinstance(value.value, str | bool):
        return None
    return float(value.value)


def _shown(told: Told) -> tuple[object, ...]:
    """What a receipt has to repeat."""
    names = ("MeterID", "MeterReading", "ChargedEnergyReadingWh", "SigMeterReading", "TMeter")
    return tuple(told[name].value if name in told else None for name in names)
