"""Charging profiles in the words of OCPP 1.6 and 2.x: read from what was sent, told in a report."""

from collections.abc import Callable
from datetime import datetime, timezone
from itertools import groupby
from math import inf
from typing import Any, Final

import msgspec

from ocpp.station.charging.composite import Limit, Span, Supply
from ocpp.station.charging.profiles import (
    DAY,
    UPDATED,
    WEEK,
    Cap,
    Kind,
    Period,
    Profile,
    Purpose,
    Schedule,
    Wall,
)
from ocpp.station.twoway import modes
from ocpp.station.twoway.modes import Mode
from ocpp.versions import Version

EVERY: Final = {"Daily": DAY, "Weekly": WEEK}
STATION_16: Final = "ChargePointMaxProfile"
CLOSE: Final = 1e-6
PER_REPORT: Final = 10
Json = dict[str, Any]


def sent(message: msgspec.Struct) -> Json:
    """A part of a message as it was sent."""
    fields: Json = msgspec.to_builtins(message, enc_hook=float)
    return fields


def instant(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def shown(seconds: float) -> str:
    """An instant as the messages have it, to the millisecond."""
    text = datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def purpose(word: str) -> Purpose:
    return Purpose.STATION if word == STATION_16 else Purpose(word)


def on_wall(text: str) -> float:
    """What a clock on the wall shows, whatever zone is written behind it [K01.FR.90]."""
    shown = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return shown.replace(tzinfo=timezone.utc).timestamp()


def read(
    wire: Json,
    evse: int,
    *,
    now: float,
    transaction: str | None = None,
    wall: Wall | None = None,
    source: str = "CSO",
) -> Profile:
    """A profile of either version; ``transaction`` is ours where 1.6 has another's id."""
    older = "chargingProfileId" in wire
    schedules = wire["chargingSchedule"]
    kind = Kind(wire["chargingProfileKind"])
    since, until = wire.get("validFrom"), wire.get("validTo")
    if kind is Kind.DYNAMIC:
        wire = {**wire, "dynUpdateTime": shown(now)}  # [K28.FR.05]
    return Profile(
        id=wire["chargingProfileId" if older else "id"],
        evse=evse,
        level=wire["stackLevel"],
        purpose=purpose(wire["chargingProfilePurpose"]),
        kind=kind,
        schedules=tuple(_schedule(one, wall) for one in ([schedules] if older else schedules)),
        every=EVERY.get(wire.get("recurrencyKind", "")),
        valid_from=-inf if since is None else instant(since),
        valid_to=inf if until is None else instant(until),
        transaction=transaction if older else wire.get("transactionId"),
        updated=now if kind is Kind.DYNAMIC else None,
        source=source,
        wire=wire,
        came=now,
        offline=wire.get("maxOfflineDuration"),
        forgotten=wire.get("invalidAfterOfflineDuration", False),
    )


def _schedule(wire: Json, wall: Wall | None) -> Schedule:
    start, cap = wire.get("startSchedule"), wire.get("limitAtSoC")
    local = bool(wire.get("useLocalTime")) and start is not None and wall is not None
    begin = None if start is None else on_wall(start) if local else instant(start)
    return Schedule(
        unit=wire["chargingRateUnit"],
        periods=tuple(period(one) for one in wire["chargingSchedulePeriod"]),
        start=begin,
        duration=wire.get("duration"),
        number=wire.get("id", 0),
        wall=wall if local else None,
        delay=wire.get("randomizedDelay", 0),
        cap=None if cap is None else Cap(cap["soc"], cap["limit"]),
    )


def updated(wire: Json, change: Json, now: float) -> Json:
    """A dynamic profile with the values of an update in its one period [K28.FR.09]."""
    (schedule,) = wire["chargingSchedule"]
    (before,) = schedule["chargingSchedulePeriod"]
    schedule = {**schedule, "chargingSchedulePeriod": [{**before, **change}]}
    return {**wire, "chargingSchedule": [schedule], "dynUpdateTime": shown(now)}


def period_of(wire: Json) -> Period:
    """The one of a dynamic profile."""
    return period(wire["chargingSchedule"][0]["chargingSchedulePeriod"][0])


_NEWER: Final = {
    "profile": ("maxOfflineDuration", "invalidAfterOfflineDuration", *UPDATED),
    "period": ("operationMode", "dischargeLimit", "setpoint", "evseSleep"),
}
"""What 2.0.1 has no field for."""


def in_words(version: Version | None, wire: Json) -> Json:
    """As a version can say it: before 2.1 there is one direction, and nothing is dynamic."""
    if version is Version.V21 or "chargingProfileId" in wire:
        return wire
    older = {name: value for name, value in wire.items() if name not in _NEWER["profile"]}
    if older["chargingProfileKind"] == Kind.DYNAMIC.value:
        older["chargingProfileKind"] = Kind.RELATIVE.value
    older["chargingSchedule"] = [
        {
            **each,
            "chargingSchedulePeriod": [_one_way(one) for one in each["chargingSchedulePeriod"]],
        }
        for each in wire["chargingSchedule"]
    ]
    return older


def known_in(version: Version | None, profile: Profile) -> bool:
    """Whether the version that is spoken has words for it."""
    dynamic = profile.kind is Kind.DYNAMIC and profile.source == "CSO"
    newer = profile.purpose in {Purpose.PRIORITY, Purpose.LOCAL} or dynamic
    return not newer or version is Version.V21


def _one_way(wire: Json) -> Json:
    least = max(0.0, wire.get("setpoint", 0.0))
    kept = {name: value for name, value in wire.items() if name not in _NEWER["period"]}
    return {"limit": least, **kept}


def period(wire: Json) -> Period:
    return Period(
        start=wire.get("startPeriod", 0),
        limit=wire.get("limit"),
        phases=wire.get("numberPhases"),
        phase=wire.get("phaseToUse"),
        others=(wire.get("limit_L2"), wire.get("limit_L3")),
        v2x=modes.read(wire),
    )


SUPPORTS: Final = {
    "useLocalTime": ("SupportsUseLocalTime", "local time"),
    "randomizedDelay": ("SupportsRandomizedDelay", "a random delay"),
    "limitAtSoC": ("SupportsLimitAtSoC", "a limit by state of charge"),
}
"""Parts of a 2.1 schedule, and the variable that says whether they count [K01.FR.123 to FR.125]."""
LINES: Final = ("dischargeLimit_L2", "dischargeLimit_L3", "setpoint_L2", "setpoint_L3")
"""What a period may not say: both directions are set for all phases together."""


def not_kept_to(wire: Json, able: Callable[[str], bool]) -> str:
    """What of a schedule cannot be kept to; empty if all can; ``able`` reads a variable."""
    schedules = wire["chargingSchedule"]
    for schedule in schedules if isinstance(schedules, list) else [schedules]:
        for name, (variable, words) in SUPPORTS.items():
            if schedule.get(name) and not able(variable):
                return words
        for one in schedule["chargingSchedulePeriod"]:
            if any(one.get(name) is not None for name in LINES):
                return "set points of single phases"
    return ""


def told_composite(
    spans: list[Span], supply: Supply, unit: str, *, phases: bool = True, modes: bool = False
) -> list[Json]:
    """Periods relative to the first span; instants between seconds go to the second before."""
    begin = spans[0].begin
    periods: dict[int, Json] = {}
    for span in spans:
        start = int(span.begin - begin + CLOSE)
        told = _told(start, span.limit, supply, unit, phases=phases)
        if modes:
            told |= _both_ways(span.limit, supply, unit)
        periods[start] = told
    return list(periods.values())


def _told(start: int, limit: Limit, supply: Supply, unit: str, *, phases: bool) -> Json:
    amount = limit.amperes if unit == "A" else supply.watts(limit.amperes, limit.phases)
    told: Json = {"startPeriod": start, "limit": tenth(amount)}
    if limit.apart:  # [K08.FR.09]
        amounts = [one if unit == "A" else supply.watts(one, 1) for one in limit.apart]
        names = ("limit", "limit_L2", "limit_L3")
        told |= {name: tenth(one) for name, one in zip(names, amounts, strict=True)}
    if phases and not supply.dc:
        told["numberPhases"] = limit.phases
        if limit.phase is not None:
            told["phaseToUse"] = limit.phase
    return told


def _both_ways(limit: Limit, supply: Supply, unit: str) -> Json:
    """What 2.1 says besides; nothing of it where energy goes one way [K08.FR.08]."""
    told: Json = {}
    if limit.mode is not Mode.CHARGING:
        told["operationMode"] = limit.mode.value
        told["dischargeLimit"] = -tenth(_amount(limit.back, limit, supply, unit))
    if limit.setpoint is not None:
        told["setpoint"] = tenth(_amount(limit.setpoint, limit, supply, unit))
    if limit.asleep:
        told["evseSleep"] = True
    return told


def _amount(amperes: float, limit: Limit, supply: Supply, unit: str) -> float:
    return amperes if unit == "A" else supply.watts(amperes, limit.phases)


def tenth(amount: float) -> float:
    """Down to a tenth, as 1.6 asks for it; never more than is allowed, in no direction."""
    if amount < 0:
        return -tenth(-amount)
    return int(amount * 10 + CLOSE) / 10


def reported(request: int, found: tuple[Profile, ...], version: Version | None) -> list[Json]:
    """ReportChargingProfiles in parts, by whose limit it is and where."""
    parts: list[tuple[tuple[str, int], list[Profile]]] = []
    for place, group in groupby(sorted(found, key=_place), key=_place):
        members = list(group)
        parts += [
            (place, members[begin : begin + PER_REPORT])
            for begin in range(0, len(members), PER_REPORT)
        ]
    return [
        {
            "requestId": request,
            "chargingLimitSource": source,
            "evseId": evse,
            "chargingProfile": [in_words(version, dict(profile.wire)) for profile in members],
            "tbc": number < len(parts),
        }
        for number, ((source, evse), members) in enumerate(parts, 1)
    ]


def _place(profile: Profile) -> tuple[str, int]:
    return profile.source, profile.evse
