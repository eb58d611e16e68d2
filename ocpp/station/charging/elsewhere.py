"""What the site says, not the back end: its limits and its own power [K11 to K13, K27].

Both hold at once and are announced.  They stand among the profiles as external constraints and as
local generation, with negative numbers, which no back end sets or clears.  Where the back end
leaves a transaction to an external system, what is said here goes into its profile [Q05].
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal

from ocpp.station.charging.book import Book
from ocpp.station.charging.profiles import Kind, Profile, Purpose
from ocpp.station.charging.wire import Json, in_words, period_of, read, shown, tenth, updated
from ocpp.station.ground import Ground
from ocpp.station.records import Trigger
from ocpp.station.twoway.grid import Order
from ocpp.station.twoway.modes import FOLLOWS_OUTSIDE, Mode
from ocpp.versions import Version

CONTROLLER: Final = "SmartChargingCtrlr"
Source = Literal["EMS", "SO", "Other"]
_NUMBERS: Final[dict[Source, int]] = {"EMS": -1, "SO": -2, "Other": -3}
_OF_GENERATION: Final = -3
"""More than those of limits."""
_OURS: Final = (Purpose.TRANSACTION, Purpose.DEFAULT)
_FIELDS: Final = ("limit", "dischargeLimit", "setpoint")


class Elsewhere:
    """The block.  ``book`` is asked each time: there is one of it for the whole station."""

    def __init__(
        self,
        ground: Ground,
        book: Callable[[], Book],
        *,
        now: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """``changed``: a limit may be another one, though no profile is."""
        self._ground = ground
        self._changed = changed
        self._book = book
        self._now = now
        self._told: dict[tuple[Source, Purpose], Order] = {}
        self._orders: dict[Source, Order] = {}

    @property
    def order(self) -> Order:
        """What all of them say together: the lowest limits, and the first set point."""
        orders = [self._orders[each] for each in _NUMBERS if each in self._orders]
        return Order(
            min((each.limit for each in orders if each.limit is not None), default=None),
            max((each.discharge for each in orders if each.discharge is not None), default=None),
            next((each.setpoint for each in orders if each.setpoint is not None), None),
        )

    def limit(self, source: Source, watts: float) -> bool:
        """The whole station may draw so much from now on."""
        return self.take(source, Order(limit=watts))

    def take(self, source: Source, order: Order) -> bool:
        """Its word from now on.  False: the back end has disallowed that [Q06.FR.08, K11.FR.07]."""
        self._orders[source] = order
        self._pass_on(order)
        allowed = self._allowed
        if allowed:
            now = self._now()
            wire = _wire(_NUMBERS[source], Kind.DYNAMIC, [_period(0, order)], now)
            self._impose(source, {**wire, "dynUpdateTime": shown(now)})
            if self._is_news((source, Purpose.EXTERNAL), order):
                self._announce(source, wire)
        self._changed()
        return allowed

    def generate(self, source: Source, watts: float) -> None:
        """So much is made here now, and may be drawn on top of all limits [K27.FR.01]."""
        number = _NUMBERS[source] + _OF_GENERATION
        plain: Json = {"startPeriod": 0, "limit": tenth(watts)}
        wire = _wire(number, Kind.RELATIVE, [plain], self._now())
        wire["chargingProfilePurpose"] = Purpose.LOCAL.value
        self._impose(source, wire)
        if self._is_news((source, Purpose.LOCAL), Order(watts)):
            self._announce(source, wire)

    def plan(self, source: Source, steps: Sequence[tuple[int, Order]]) -> bool:
        """Its word over time, from now on in seconds [Q06.FR.01, Q06.FR.03]."""
        if not self._allowed:
            return False
        now = self._now()
        periods = [_period(start, each) for start, each in steps]
        wire = _wire(_NUMBERS[source], Kind.ABSOLUTE, periods, now)
        self._orders.pop(source, None)
        self._told.pop((source, Purpose.EXTERNAL), None)
        self._impose(source, wire)
        self._announce(source, wire)
        return True

    def lift(self, source: Source) -> None:
        """That limit is gone."""
        self._orders.pop(source, None)
        if not self._book().lift(source, Purpose.EXTERNAL):
            self._changed()
            return
        self._told.pop((source, Purpose.EXTERNAL), None)
        if self._speaks:
            self._ground.tell("ClearedChargingLimit", {"chargingLimitSource": source})
        self._tell_rates()

    @property
    def _allowed(self) -> bool:
        return not self._ground.model.flag(CONTROLLER, "ExternalConstraintsProfileDisallowed")

    @property
    def _speaks(self) -> bool:
        return self._ground.version not in {None, Version.V16}

    def _impose(self, source: Source, wire: Json) -> None:
        self._book().impose(read(wire, 0, now=self._now(), source=source))

    def _pass_on(self, order: Order) -> None:
        """Into profiles that follow it, with the time [Q05.FR.05, Q05.FR.06, K29.FR.03]."""
        for profile in self._book().held:
            mode = profile.schedule.periods[0].v2x.mode
            follows = mode in FOLLOWS_OUTSIDE and profile.purpose in _OURS
            change = _change(order, mode) if profile.schedule.unit == "W" else {}
            if follows and profile.kind is Kind.DYNAMIC and change:
                now = self._now()
                wire = updated(dict(profile.wire), change, now)
                self._book().update(profile.id, period_of(wire), now, wire)

    def _is_news(self, what: tuple[Source, Purpose], order: Order) -> bool:
        """By more than LimitChangeSignificance per cent of what was told before [K11.FR.02]."""
        before = self._told.get(what)
        share = self._ground.model.number(CONTROLLER, "LimitChangeSignificance")
        news = before is None or any(
            _differs(old, new, share)
            for old, new in zip(_values(before), _values(order), strict=True)
        )
        if news:
            self._told[what] = order
        return news

    def _announce(self, source: Source, wire: Json) -> None:
        """Only 2.1 can tell a limit from power of one's own [K27.FR.03]."""
        version = self._ground.version
        own = wire["chargingProfilePurpose"] == Purpose.LOCAL.value
        more = {"isLocalGeneration": True} if own else {}
        fields: Json = {"chargingLimit": {"chargingLimitSource": source, **more}}
        both_ways = any(
            name in period
            for period in wire["chargingSchedule"][0]["chargingSchedulePeriod"]
            for name in ("dischargeLimit", "setpoint")
        )
        if both_ways or self._ground.model.flag(CONTROLLER, "NotifyChargingLimitWithSchedules"):
            fields["chargingSchedule"] = in_words(version, wire)["chargingSchedule"]
        if self._speaks and (not own or version is Version.V21):
            self._ground.tell("NotifyChargingLimit", fields)
        self._tell_rates()

    def _tell_rates(self) -> None:
        """Transactions go on at another rate [K11.FR.04, K13.FR.03]."""
        for place in self._ground.places.values():
            place.outlet.measure(Trigger.RATE_CHANGED)


def follower(profile: Profile, order: Order, now: float) -> Profile:
    """A profile that has just come and follows an external system has its word at once."""
    periods = profile.schedule.periods
    if profile.kind is not Kind.DYNAMIC or profile.schedule.unit != "W" or not periods:
        return profile  # what has no period is about to be refused
    mode = periods[0].v2x.mode
    change = _change(order, mode)
    if mode not in FOLLOWS_OUTSIDE or not change:
        return profile
    wire = updated(dict(profile.wire), change, now)
    return read(wire, profile.evse, now=now)


def _values(order: Order) -> tuple[float | None, ...]:
    return order.limit, order.discharge, order.setpoint


def _differs(old: float | None, new: float | None, share: float) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) * 100 > share * abs(old)


def _change(order: Order, mode: Mode) -> Json:
    """What of it a period of that mode takes."""
    names = ("setpoint",) if mode is Mode.EXTERNAL else ("limit", "dischargeLimit")
    told = dict(zip(_FIELDS, _values(order), strict=True))
    return {name: told[name] for name in names if told[name] is not None}


def _period(start: int, order: Order) -> Json:
    told = dict(zip(_FIELDS, _values(order), strict=True))
    mode = Mode.EXTERNAL_LIMITS if order.setpoint is None else Mode.EXTERNAL
    amounts = {name: tenth(value) for name, value in told.items() if value is not None}
    return {"startPeriod": start, "operationMode": mode.value, **amounts}


def _wire(number: int, kind: Kind, periods: list[Json], now: float) -> Json:
    schedule: Json = {
        "id": abs(number),
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": periods,
    }
    if kind is Kind.ABSOLUTE:
        schedule["startSchedule"] = shown(now)
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": Purpose.EXTERNAL.value,
        "chargingProfileKind": kind.value,
        "chargingSchedule": [schedule],
    }
