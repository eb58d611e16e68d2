"""The profiles a station holds: what it takes, replaces, shows and forgets.

Owns the rules of acceptance; each refusal is a reason code of OCPP 2.x and a sentence.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ocpp.station.charging.composite import PHASES, Supply
from ocpp.station.charging.profiles import (
    UPDATED,
    Kind,
    Period,
    Profile,
    Purpose,
    Schedule,
    increasing,
)
from ocpp.station.twoway.modes import Refusal

FOR_STATION_ALONE: Final = (Purpose.STATION, Purpose.LOCAL)
LATE: Final = (Purpose.TRANSACTION, Purpose.DEFAULT)
"""Whose periods may be delayed by chance [K01.FR.95]."""
NOT_BY_BACKEND: Final = (Purpose.EXTERNAL, Purpose.LOCAL)


@dataclass(frozen=True, slots=True)
class BookRules:
    """``most`` profiles are held, with ``most_periods`` in a schedule, up to ``most_level``."""

    units: tuple[str, ...] = ("A", "W")
    most: int = 100
    most_periods: int = 1024
    most_level: int = 100
    most_schedules: int = 3
    phase_switching: bool = False
    purposes: tuple[Purpose, ...] = (
        Purpose.STATION,
        Purpose.DEFAULT,
        Purpose.TRANSACTION,
        Purpose.PRIORITY,
    )
    kinds: tuple[Kind, ...] = tuple(Kind)


RULES: Final = BookRules()
KEYS_16: Final = {
    "ChargeProfileMaxStackLevel": str(RULES.most_level),
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": str(RULES.most_periods),
    "MaxChargingProfilesInstalled": str(RULES.most),
    "ConnectorSwitch3to1PhaseSupported": "false",
    "SupportedFeatureProfiles": "SmartCharging",
}
"""What 1.6 calls them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Criteria of a question; what is left out matches all."""

    ids: tuple[int, ...] = ()
    evse: int | None = None
    purpose: Purpose | None = None
    level: int | None = None
    sources: tuple[str, ...] = ()

    def matches(self, profile: Profile) -> bool:
        return (
            (not self.ids or profile.id in self.ids)
            and self.evse in (None, profile.evse)
            and self.purpose in (None, profile.purpose)
            and self.level in (None, profile.level)
            and (not self.sources or profile.source in self.sources)
        )


class Book:
    """``changed`` is told after each change, with all that is held."""

    def __init__(
        self,
        supplies: Mapping[int, Supply],
        rules: BookRules,
        *,
        changed: Callable[[tuple[Profile, ...]], None],
        held: Iterable[Profile] = (),
        apart: Callable[[int], bool] = lambda _: False,
    ) -> None:
        """``apart`` tells whether the vehicle at an outlet has phases with limits of their own."""
        self._apart = apart
        self._supplies = supplies
        self._rules = rules
        self._changed = changed
        self._held: dict[tuple[str, int], Profile] = {_key(profile): profile for profile in held}

    @property
    def held(self) -> tuple[Profile, ...]:
        return tuple(self._held.values())

    def add(
        self,
        profile: Profile,
        transactions: Mapping[int, str | None],
        *,
        replaces: bool = False,
    ) -> Refusal | None:
        """Take what the back end sends, or say why not; ``transactions`` is what runs where.

        ``replaces`` is 1.6: a profile of equal rank takes the place of the other.
        """
        refusal = self.objection(profile, transactions)
        rivals = self._rivals(profile, replaces=replaces)
        if refusal is None and rivals and not replaces:
            why = f"profile {rivals[0].id} has the same purpose and stack level"
            refusal = Refusal("DuplicateProfile", why)
        if refusal is not None:
            return refusal
        for other in rivals:
            del self._held[_key(other)]
        self._held[_key(profile)] = profile
        self._changed(self.held)
        return None

    def impose(self, profile: Profile) -> None:
        """A limit from elsewhere than the back end: the site, the grid, the island."""
        self._held[_key(profile)] = profile
        self._changed(self.held)

    def lift(self, source: str, purpose: Purpose) -> bool:
        """That is gone.  False: there was none."""
        return self._drop(
            each for each in self.held if (each.source, each.purpose) == (source, purpose)
        )

    def clear(self, wanted: Wanted) -> bool:
        """What the back end set and now takes away; nothing else goes by its word [K10.FR.06]."""
        return self._drop(
            each
            for each in self.held
            if each.purpose not in NOT_BY_BACKEND and wanted.matches(each)
        )

    def ended(self, transaction: str) -> None:
        """A transaction's own profiles go with it [K02.FR.05]."""
        self._drop(each for each in self.held if each.transaction == transaction)

    def find(self, wanted: Wanted) -> tuple[Profile, ...]:
        return tuple(profile for profile in self.held if wanted.matches(profile))

    def update(
        self, number: int, period: Period, now: float, wire: Mapping[str, Any] | None = None
    ) -> Refusal | None:
        """The one period of a dynamic profile [K28]; ``wire`` is how it is told from now on."""
        found = next((each for each in self.held if each.id == number), None)
        if found is None or found.kind is not Kind.DYNAMIC:
            return Refusal("InvalidProfile", f"no dynamic profile {number} is held")
        schedule = replace(found.schedule, periods=(period,))
        self._held[_key(found)] = replace(
            found, schedules=(schedule,), updated=now, wire=wire or found.wire
        )
        self._changed(self.held)
        return None

    def forget(self, profiles: tuple[Profile, ...]) -> None:
        """They hold no more, whoever set them."""
        self._drop(profiles)

    def choose(self, transaction: str, number: int) -> bool:
        """The vehicle has taken this schedule of the transaction's profile: it counts from now on.

        Nobody is told: what may flow changes, what is offered does not.
        """
        own = [each for each in self.held if each.transaction == transaction]
        places = (
            place
            for profile in own
            for place, each in enumerate(profile.schedules)
            if each.number == number
        )
        place = next(places, None)
        if place is None:
            return False
        for profile in own:
            [chosen] = profile.alone(place).schedules
            self._held[_key(profile)] = replace(profile, chosen=chosen)
        return True

    def objection(self, profile: Profile, transactions: Mapping[int, str | None]) -> Refusal | None:
        """Why this profile cannot be taken."""
        for rule in (_purpose, _place, _transaction, _kind, _schedules, _phases):
            refusal = rule(profile, self._rules, self._supplies, transactions)
            if refusal is not None:
                return refusal
        return self._mixed(profile) or self._conflict(profile)

    def _mixed(self, profile: Profile) -> Refusal | None:
        """Phases that other profiles use otherwise, or that the vehicle has not told apart."""
        periods = _periods(profile)
        chosen = {one.phase for one in periods} - {None}
        others = {
            one.phase
            for other in self.held
            if other.purpose is not profile.purpose
            and (profile.evse == other.evse or 0 in {profile.evse, other.evse})
            and profile.overlaps(other)
            for one in _periods(other)
        } - {None}
        own = profile.purpose is Purpose.TRANSACTION and self._apart(profile.evse)
        apart = [one for one in periods if one.apart]
        return _first(
            (
                bool(chosen and others and chosen != others),
                "PhaseConflict",
                "another profile is for another phase",
            ),
            (
                bool(apart) and not own,
                "PhaseConflict",
                "limits of single phases are a TxProfile's, for a vehicle that told its own",
            ),
            (
                any(one.limit is None for one in apart),
                "PhaseConflict",
                "limits of L2 and L3 go with one of L1",
            ),
        )

    def _conflict(self, profile: Profile) -> Refusal | None:
        known = self._held.get(_key(profile))
        if known is not None and known.purpose in NOT_BY_BACKEND:
            return Refusal("InvalidProfileId", f"profile {profile.id} is not the back end's")
        if known is None and len(self._held) >= self._rules.most:
            return Refusal("InvalidProfile", f"{self._rules.most} profiles are held, no more fit")
        return None

    def _rivals(self, profile: Profile, *, replaces: bool) -> list[Profile]:
        """Others that would speak at the same time with the same rank [K01.FR.06, FR.39, FR.52]."""
        return [
            other
            for other in self.held
            if other.id != profile.id
            and (other.purpose, other.level) == (profile.purpose, profile.level)
            and other.transaction == profile.transaction
            and (
                profile.evse == other.evse
                if replaces
                else _same_place(profile, other) and profile.overlaps(other)
            )
        ]

    def _drop(self, profiles: Iterable[Profile]) -> bool:
        gone = list(profiles)
        for profile in gone:
            del self._held[_key(profile)]
        if gone:
            self._changed(self.held)
        return bool(gone)


def _same_place(one: Profile, other: Profile) -> bool:
    """A default for the whole station stands at each outlet [K01.FR.52]."""
    everywhere = one.purpose is Purpose.DEFAULT and 0 in {one.evse, other.evse}
    return one.evse == other.evse or everywhere


def _key(profile: Profile) -> tuple[str, int]:
    """What comes from elsewhere has numbers of its own."""
    return ("" if profile.source == "CSO" else profile.source, profile.id)


Supplies = Mapping[int, Supply]
Transactions = Mapping[int, str | None]


def _purpose(
    profile: Profile, rules: BookRules, supplies: Supplies, transactions: Transactions
) -> Refusal | None:
    del supplies, transactions
    if profile.purpose in NOT_BY_BACKEND:
        return Refusal("InvalidProfile", f"{profile.purpose.value} is not set by a back end")
    if profile.purpose not in rules.purposes:
        return Refusal("UnsupportedPurpose", f"{profile.purpose.value} is not known here")
    if not 0 <= profile.level <= rules.most_level:
        return Refusal("InvalidStackLevel", f"stack levels here are 0 to {rules.most_level}")
    return None


def _place(
    profile: Profile, rules: BookRules, supplies: Supplies, transactions: Transactions
) -> Refusal | None:
    del rules, transactions
    if profile.evse != 0 and profile.evse not in supplies:
        return Refusal("UnknownEvse", f"no EVSE {profile.evse} at this station")
    if profile.purpose in FOR_STATION_ALONE and profile.evse != 0:
        return Refusal("InvalidProfile", f"{profile.purpose.value} is for EVSE 0")
    return None


def _transaction(
    profile: Profile, rules: BookRules, supplies: Supplies, transactions: Transactions
) -> Refusal | None:
    del rules, supplies
    if profile.purpose is not Purpose.TRANSACTION:
        if profile.transaction is not None:
            return Refusal("InvalidProfile", "only a TxProfile names a transaction")
        return None
    if profile.evse == 0:
        return Refusal("InvalidProfile", "a TxProfile is for one EVSE")
    if profile.transaction is None:
        return Refusal("MissingParam", "a TxProfile names its transaction")
    if transactions.get(profile.evse) != profile.transaction:
        return Refusal("TxNotFound", f"no such transaction at EVSE {profile.evse}")
    return None


def _kind(
    profile: Profile, rules: BookRules, supplies: Supplies, transactions: Transactions
) -> Refusal | None:
    del supplies, transactions
    kind, started = profile.kind, profile.schedule.start is not None
    fixed = kind in {Kind.ABSOLUTE, Kind.RECURRING}
    single = len(profile.schedules) == 1 and len(profile.schedule.periods) == 1
    return _first(
        (kind not in rules.kinds, "UnsupportedKind", f"{kind.value} is not known here"),
        (fixed and not started, "InvalidSchedule", f"{kind.value} needs startSchedule"),
        (kind is Kind.RELATIVE and started, "InvalidSchedule", "Relative has no startSchedule"),
        (
            kind is Kind.RECURRING and profile.every is None,
            "InvalidProfile",
            "Recurring needs recurrencyKind",
        ),
        (
            kind is Kind.RELATIVE and profile.purpose is Purpose.STATION,
            "InvalidProfile",
            "the station's own profile is not Relative",
        ),
        (
            kind is not Kind.DYNAMIC and not UPDATED.isdisjoint(profile.wire),
            "InvalidProfile",
            "only a Dynamic profile is updated",
        ),
        (
            kind is Kind.DYNAMIC and not single,
            "InvalidSchedule",
            "Dynamic has one schedule with one period",
        ),
    )


def _schedules(
    profile: Profile, rules: BookRules, supplies: Supplies, transactions: Transactions
) -> Refusal | None:
    del supplies, transactions
    wrong = _first(
        (
            len(profile.schedules) > rules.most_schedules,
            "InvalidSchedule",
            f"at most {rules.most_schedules} schedules",
        ),
        (
            profile.purpose is Purpose.PRIORITY
            and any(one.duration is not None for one in profile.schedules),
            "InvalidSchedule",
            "PriorityCharging lasts until it ends",
        ),
        (
            profile.purpose not in LATE and any(one.delay for one in profile.schedules),
            "InvalidSchedule",
            "only a TxProfile and a TxDefaultProfile have a random delay",
        ),
    )
    if wrong is not None:
        return wrong
    found = (_schedule(schedule, rules) for schedule in profile.schedules)
    return next((refusal for refusal in found if refusal is not None), None)


def _schedule(schedule: Schedule, rules: BookRules) -> Refusal | None:
    unit, periods = schedule.unit, schedule.periods
    negative = any(period.limit is not None and period.limit < 0 for period in periods)
    return _first(
        (unit not in rules.units, "UnsupportedRateUnit", f"{unit} is not a unit here"),
        (
            len(periods) > rules.most_periods,
            "InvalidSchedule",
            f"at most {rules.most_periods} periods",
        ),
        (
            not increasing(periods),
            "InvalidSchedule",
            "periods begin at 0 and each after the one before",
        ),
        (
            schedule.duration is not None and schedule.duration < 0,
            "InvalidSchedule",
            "a duration is not negative",
        ),
        (negative, "InvalidSchedule", "a limit is not negative"),
    )


def _first(*rules: tuple[bool, str, str]) -> Refusal | None:
    """The first that is broken."""
    return next((Refusal(reason, why) for broken, reason, why in rules if broken), None)


def _periods(profile: Profile) -> list[Period]:
    return [period for schedule in profile.schedules for period in schedule.periods]


def _phases(
    profile: Profile, rules: BookRules, supplies: Supplies, transactions: Transactions
) -> Refusal | None:
    del transactions
    periods = _periods(profile)
    for period in periods:
        if period.phase is not None and (period.phases != 1 or not 1 <= period.phase <= PHASES):
            return Refusal("InvalidSchedule", "phaseToUse goes with numberPhases 1 and is 1 to 3")
        if period.phase is not None and not rules.phase_switching:
            return Refusal("InvalidSchedule", "this station cannot choose the phase")
        if period.phases is not None and not 1 <= period.phases <= PHASES:
            return Refusal("InvalidSchedule", "numberPhases is 1 to 3")
    if rules.phase_switching or not any(schedule.unit == "W" for schedule in profile.schedules):
        return None
    places = supplies.values() if profile.evse == 0 else [supplies[profile.evse]]
    wired = min((supply.phases for supply in places if not supply.dc), default=1)
    if any(period.phases is not None and period.phases < wired for period in periods):
        return Refusal("PhaseConflict", "watts on fewer phases than are wired cannot be held here")
    return None
