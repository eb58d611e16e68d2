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
    WEEK,
    Cap,
    Kind,
    Period,
    Profile,
    Purpose,
    Schedule,
    Wall,
)

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


def period(wire: Json) -> Period:
    return Period(
        start=wire.get("startPeriod", 0),
        limit=wire.get("limit"),
        phases=wire.get("numberPhases"),
        phase=wire.get("phaseToUse"),
        others=(wire.get("limit_L2"), wire.get("limit_L3")),
    )


SUPPORTS: Final = {
    "useLocalTime": ("SupportsUseLocalTime", "local time"),
    "randomizedDelay": ("SupportsRandomizedDelay", "a random delay"),
    "limitAtSoC": ("SupportsLimitAtSoC", "a limit by state of charge"),
}
"""Parts of a 2.1 schedule, and the variable that says whether they count [K01.FR.123 to FR.125]."""
NOT_KEPT_TO_IN_PERIOD: Final = {
    "evseSleep": "sleep of the EVSE",
    "dischargeLimit": "a discharge limit",
    "setpoint": "a set point",
}


MODE: Final = "operation mode"


def reason_of(unable: str) -> str:
    """The code for what cannot be kept to [K01.FR.115, K01.FR.123 to FR.126]."""
    return "InvalidOperationMode" if unable.startswith(MODE) else "InvalidSchedule"


def not_kept_to(wire: Json, able: Callable[[str], bool]) -> str:
    """What of a schedule cannot be kept to; empty if all can; ``able`` reads a variable."""
    schedules = wire["chargingSchedule"]
    for schedule in schedules if isinstance(schedules, list) else [schedules]:
        for name, (variable, words) in SUPPORTS.items():
            if schedule.get(name) and not able(variable):
                return words
        for one in schedule["chargingSchedulePeriod"]:
            for name, words in NOT_KEPT_TO_IN_PERIOD.items():
                if one.get(name):
                    return words
            if one.get("operationMode", "ChargingOnly") != "ChargingOnly":
                return f"{MODE} {one['operationMode']}"
    return ""


def told_composite(
    spans: list[Span], supply: Supply, unit: str, *, phases: bool = True
) -> list[Json]:
    """Periods relative to the first span; instants between seconds go to the second before."""
    begin = spans[0].begin
    periods: dict[int, Json] = {}
    for span in spans:
        start = int(span.begin - begin + CLOSE)
        periods[start] = _told(start, span.limit, supply, unit, phases=phases)
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


def tenth(amount: float) -> float:
    """Down to a tenth, as 1.6 asks for it; never more than is allowed."""
    return int(amount * 10 + CLOSE) / 10


def reported(request: int, found: tuple[Profile, ...]) -> list[Json]:
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
            "chargingProfile": [profile.wire for profile in members],
            "tbc": number < len(parts),
        }
        for number, ((source, evse), members) in enumerate(parts, 1)
    ]


def _place(profile: Profile) -> tuple[str, int]:
    return profile.source, profile.evse
