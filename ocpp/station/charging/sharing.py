"""A limit of the whole station shared by its outlets: equal parts, what one leaves goes on."""

from collections.abc import Mapping
from dataclasses import replace

from ocpp.station.charging.composite import Limit, Supply
from ocpp.station.charging.profiles import Purpose


def shared(total: float, wanted: Mapping[int, float]) -> dict[int, float]:
    """What each gets of ``total``: never more than it wants, else the same as the others."""
    given = dict.fromkeys(wanted, 0.0)
    left, open_ones = max(0.0, total), sorted(wanted, key=lambda each: wanted[each])
    while open_ones:
        part = left / len(open_ones)
        least = open_ones.pop(0)
        given[least] = min(wanted[least], part)
        left -= given[least]
    return given


def held_down(
    limits: Mapping[int, Limit], parts: Mapping[int, float], supplies: Mapping[int, Supply]
) -> dict[int, Limit]:
    """The limits of outlets that get less of the station's than they would have."""
    found = {}
    for evse, part in parts.items():
        limit, supply = limits[evse], supplies[evse]
        if part < supply.watts(limit.amperes, limit.phases):
            amperes, wish = supply.per_phase(part, limit.phases), limit.setpoint
            setpoint = None if wish is None else min(wish, amperes)
            found[evse] = replace(
                limit, amperes=amperes, apart=(), by=Purpose.STATION, setpoint=setpoint
            )
    return found
