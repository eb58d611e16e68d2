"""Charging profiles in the words of OCPP 1.6 and 2.x: read from a message, told in a report."""

from collections.abc import Mapping
from datetime import datetime, timezone
from math import inf
from typing import Any, Final

import msgspec

from ocpp.station.charging.composite import Limit, Span, Supply
from ocpp.station.charging.profiles import DAY, WEEK, Kind, Period, Profile, Purpose, Schedule

EVERY: Final = {"Daily": DAY, "Weekly": WEEK}
PURPOSES_16: Final = {"ChargePointMaxProfile": Purpose.STATION}
CLOSE: Final = 1e-6


def given(value: Any) -> Any:  # noqa: ANN401 - a field of any type
    """``None`` for what was left out."""
    return None if value is msgspec.UNSET else value


def instant(when: datetime) -> float:
    return when.timestamp()


def shown(seconds: float) -> str:
    """An instant as the messages have it, to the millisecond."""
    text = datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def read(message: Any, evse: int, *, now: float, transaction: str | None = None) -> Profile:  # noqa: ANN401
    """A profile of either version; ``transaction`` is ours where the message has another's id."""
    older = hasattr(message, "chargingProfileId")
    schedules = message.chargingSchedule
    listed = [schedules] if older else list(schedules)
    kind = Kind(_word(message.chargingProfileKind))
    recurring = given(message.recurrencyKind)
    since, until = given(message.validFrom), given(message.validTo)
    return Profile(
        id=message.chargingProfileId if older else message.id,
        evse=evse,
        level=message.stackLevel,
        purpose=_purpose(_word(message.chargingProfilePurpose)),
        kind=kind,
        schedules=tuple(_schedule(schedule) for schedule in listed),
        every=None if recurring is None else EVERY[_word(recurring)],
        valid_from=-inf if since is None else instant(since),
        valid_to=inf if until is None else instant(until),
        transaction=transaction if older else given(message.transactionId),
        updated=now if kind is Kind.DYNAMIC else None,
        update_every=_maybe(message, "dynUpdateInterval"),
        offline_for=_maybe(message, "maxOfflineDuration"),
        dies_offline=bool(_maybe(message, "invalidAfterOfflineDuration")),
        wire=msgspec.to_builtins(message, enc_hook=float),
    )


def _word(value: Any) -> str:  # noqa: ANN401 - a string, or a member of an enumeration
    return str(getattr(value, "value", value))


def _purpose(word: str) -> Purpose:
    return PURPOSES_16.get(word) or Purpose(word)


def purpose(word: Any) -> Purpose:  # noqa: ANN401 - a string, or a member of an enumeration
    return _purpose(_word(word))


def _maybe(message: Any, name: str) -> Any:  # noqa: ANN401 - a field that not all versions have
    return given(getattr(message, name, None))


def _schedule(message: Any) -> Schedule:  # noqa: ANN401 - a ChargingSchedule of any version
    start = given(message.startSchedule)
    return Schedule(
        unit=_word(message.chargingRateUnit),
        periods=tuple(_period(period) for period in message.chargingSchedulePeriod),
        start=None if start is None else instant(start),
        duration=given(message.duration),
        number=_maybe(message, "id") or 0,
        least_rate=given(message.minChargingRate),
    )


def _period(message: Any) -> Period:  # noqa: ANN401 - a ChargingSchedulePeriod of any version
    return Period(
        start=message.startPeriod,
        limit=given(message.limit),
        phases=given(message.numberPhases),
        phase=_maybe(message, "phaseToUse"),
    )


def told_composite(
    spans: list[Span], supply: Supply, unit: str, *, phases: bool = True
) -> list[dict[str, Any]]:
    """Periods relative to the first span; instants between seconds go to the second before."""
    begin = spans[0].begin
    periods: dict[int, dict[str, Any]] = {}
    for span in spans:
        start = int(span.begin - begin + CLOSE)
        periods[start] = _told(start, span.limit, supply, unit, phases=phases)
    return list(periods.values())


def _told(start: int, limit: Limit, supply: Supply, unit: str, *, phases: bool) -> dict[str, Any]:
    amount = limit.amperes if unit == "A" else supply.watts(limit.amperes, limit.phases)
    period: dict[str, Any] = {"startPeriod": start, "limit": tenth(amount)}
    if phases and not supply.dc:
        period["numberPhases"] = limit.phases
        if limit.phase is not None:
            period["phaseToUse"] = limit.phase
    return period


def tenth(amount: float) -> float:
    """Down to a tenth, as 1.6 asks for it; never more than is allowed."""
    return int(amount * 10 + CLOSE) / 10


def report(profile: Profile) -> Mapping[str, Any]:
    """What was sent, as it was sent."""
    return profile.wire
