"""What goes wrong at the plug: found by both ECUs, each with an island, under the right name."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bsw.cp.table import FAULTS
from bsw.dem.events import Status
from bsw.dlt import silent
from bsw.hardware.port import Side
from evcc.health.events import events
from evcc.health.plug_faults import ALL, EVENTS, SEEN_ANYWAY, events_of
from secc.api.charger import Charger
from secc.api.literals import EvseError, SupportedAppProtocol
from secc.plug.faults import FaultTeller, errors_of
from tests.hardware.test_modem import pair, until
from tests.hardware.twins import Islands
from tests.island.bench import OPEN, Bench

Make = Callable[[Bench], None]


@dataclass(frozen=True)
class Case:
    """``before``: made before the plug is in, else while contactors are closed; ``at``: who has it
    and finds it, where the first to find it ends the session for the other.
    """

    fault: str
    event: str
    error: EvseError
    make: Make
    before: bool = False
    at: tuple[Side, ...] = tuple(Side)


def diode(bench: Bench) -> None:
    bench.diode = False


def short(bench: Bench) -> None:
    bench.levels = (1, 1)


def proximity(bench: Bench) -> None:
    bench.ohm = OPEN


def stuck(bench: Bench) -> None:
    bench.contactor_stuck = 3


def jam(bench: Bench) -> None:
    bench.lock_stuck = True


CASES = (
    Case("diode_short", "PILOT_DIODE", EvseError.EMERGENCY_SHUTDOWN, diode),
    Case("pilot_short", "PILOT_SHORT", EvseError.EMERGENCY_SHUTDOWN, short),
    Case("proximity_lost", "PLUG_FAULT", EvseError.EMERGENCY_SHUTDOWN, proximity),
    *(
        Case("contactor_stuck", "CONTACTOR_FAULT", EvseError.CONTACTOR, stuck, True, (side,))
        for side in Side
    ),
    Case("lock_stuck", "LOCK_ERROR", EvseError.MALFUNCTION, jam, before=True),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.fault} {case.at[0].value}")
def test_who_has_it_finds_it(case: Case) -> None:
    islands = Islands()
    both = pair("own", islands)
    told: set[str] = set()
    both.station.charger.subscribe("plug_faults", lambda one: told.update(one.faults))
    both.start()
    both.run(1)
    entry, errors = both.vehicle.services.dem.entry, both.station.charger.state
    benches = dict(zip((Side.VEHICLE, Side.STATION), islands.benches, strict=True))

    def make() -> None:
        for side in case.at:
            case.make(benches[side])

    def found() -> bool:
        by_station = Side.STATION not in case.at or case.fault in told
        by_vehicle = Side.VEHICLE not in case.at or Status.CONFIRMED in entry(case.event).status
        return by_station and by_vehicle

    if case.before:
        make()
    both.hardware.physics.wires.cable.plugged = True
    islands.plug()
    if not case.before:
        until(both, lambda: all(bench.closed for bench in islands.benches), within=30)
        assert not told
        make()
    until(both, found, within=40)
    until(both, lambda: not any(bench.closed for bench in islands.benches), within=20)
    assert Side.STATION not in case.at or case.error in errors.plug_errors


def test_each_fault_of_the_table_has_an_event_or_a_reason_for_none() -> None:
    assert set(EVENTS) | SEEN_ANYWAY == set(FAULTS)
    assert {event.name for event in events()} >= ALL


def test_words_of_a_driver_of_ones_own_are_a_fault_all_the_same() -> None:
    assert events_of(["gremlins", "pixies"]) == {"PLUG_HARDWARE": "gremlins pixies"}
    assert events_of(["station_fault"]) == {}
    assert errors_of(["gremlins"]) == {EvseError.MALFUNCTION}
    assert errors_of(["ventilation_missing"]) == frozenset()


def test_a_fault_is_told_once_and_taken_back_when_it_is_gone() -> None:
    log = silent().logger("plug")
    charger = Charger((SupportedAppProtocol.ISO2,), now=lambda: 0, log=log)
    told: list[tuple[str, ...]] = []
    charger.subscribe("plug_faults", lambda one: told.append(one.faults))
    cuts: list[str] = []
    teller = FaultTeller(charger, lambda: cuts.append("cut"), log)
    charger.send_error(error=EvseError.RCD)
    for faults in ((), ("lock_lost",), ("lock_lost",), ("ventilation_missing",), ()):
        teller.look(faults)
    assert told == [("lock_lost",), ("ventilation_missing",), ()]
    assert cuts == ["cut"]
    assert charger.state.wrong == {EvseError.RCD}
