"""All cases: those of the developers' half by their ids, and the further ones by ours."""

from tools.conformance import half_closed
from tools.conformance.newer import contract, devices, malformed, pads
from tools.conformance.newer import station as newer_station
from tools.conformance.newer import vehicle as newer_vehicle
from tools.conformance.station import chains, electrical, twins
from tools.conformance.station import din as din_station
from tools.conformance.station import handshake as handshake_cases
from tools.conformance.station import iso2 as iso2_station
from tools.conformance.station import malformed as station_malformed
from tools.conformance.station import stalls as station_stalls
from tools.conformance.station.cases import Case, case
from tools.conformance.vehicle import cases as vehicle_cases
from tools.conformance.vehicle import chains as vehicle_chains
from tools.conformance.vehicle import malformed as vehicle_malformed
from tools.conformance.vehicle import stalls as vehicle_stalls
from tools.conformance.vehicle import twins as vehicle_twins


def listed() -> list[Case]:
    """Stations first, then vehicles."""
    rows = [case(identity, row) for identity, row in iso2_station.ROWS.items()]
    iso2 = rows + handshake_cases.half_a() + electrical.half_a()
    stations = sorted(iso2, key=lambda one: one.id) + din_station.cases()
    return stations + vehicle_cases.cases()


def further() -> list[Case]:
    twin = handshake_cases.twins() + electrical.twins() + twins.cases() + vehicle_twins.cases()
    broken = station_malformed.cases() + vehicle_malformed.cases()
    stalls = station_stalls.cases() + vehicle_stalls.cases()
    stalls += half_closed.cases()
    return twin + stalls + chains.cases() + vehicle_chains.cases() + broken


def newer() -> list[Case]:
    """ISO 15118-20: our own cases, and their twins."""
    plain = [*newer_station.cases(), *newer_vehicle.cases(), *contract.cases()]
    return [*plain, *devices.cases(), *pads.cases(), *malformed.cases()]


def everything() -> list[Case]:
    return listed() + further() + newer()
