"""All cases: those of the developers' half by their ids, and the further ones by ours."""

from tools.conformance import (
    din_station,
    electrical,
    handshake_cases,
    iso2_station,
    twins,
    vehicle_cases,
    vehicle_twins,
)
from tools.conformance.cases import Case, case


def listed() -> list[Case]:
    """Stations first, then vehicles."""
    rows = [case(identity, row) for identity, row in iso2_station.ROWS.items()]
    iso2 = rows + handshake_cases.half_a() + electrical.half_a()
    stations = sorted(iso2, key=lambda one: one.id) + din_station.cases()
    return stations + vehicle_cases.cases()


def further() -> list[Case]:
    return handshake_cases.twins() + electrical.twins() + twins.cases() + vehicle_twins.cases()


def everything() -> list[Case]:
    return listed() + further()
