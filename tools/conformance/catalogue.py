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


def stations() -> list[Case]:
    """Listed, a station under test."""
    rows = [case(identity, row) for identity, row in iso2_station.ROWS.items()]
    found = rows + handshake_cases.half_a() + electrical.half_a() + din_station.cases()
    return sorted(found, key=lambda one: one.id)


def station_twins() -> list[Case]:
    return handshake_cases.twins() + electrical.twins() + twins.cases()


def vehicles() -> list[Case]:
    """Listed, a vehicle under test."""
    return vehicle_cases.cases()


def vehicle_twins_() -> list[Case]:
    return vehicle_twins.cases()


def listed() -> list[Case]:
    return stations() + vehicles()


def further() -> list[Case]:
    return station_twins() + vehicle_twins_()
