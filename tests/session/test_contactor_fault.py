"""A contactor that did not close in one session: the next one asks it again."""

from bsw.cp.pilot import PilotState
from bsw.os.clock import S
from tools.conformance.bench import AC, Setup
from tools.conformance.newer.tester import ScriptedVehicle
from tools.conformance.station.cases import reached
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk

MAINS = Setup(mode=AC)


def next_vehicle(walk: Walk) -> Walk:
    walk.tester.leave()
    walk.lab.unplug()
    walk.lab.run(6 * S)
    again = Walk(walk.lab, VehicleTester(walk.lab))
    again.begin()
    return again


def test_a_vehicle_that_stays_in_b_takes_the_outlet_from_nobody() -> None:
    """It was never asked to close; the station was out of order from then on."""
    walk = reached("Start", MAINS)
    walk.tester.show(PilotState.B)
    answer = walk.tester.ask(walk.words.request("Start"))
    assert answer is not None
    assert answer.body.response_code.value == "FAILED_ContactorError"
    next_vehicle(walk).whole()


def test_nothing_is_left_of_it_behind_the_session_in_iso20() -> None:
    tester = ScriptedVehicle("AC", contactor=False).to("PowerDelivery")
    assert tester.start().response_code.value == "FAILED_ContactorError"
    assert tester.rig.station.faulty, "this session is over by a fault"
    assert tester.rig.charger.state.wrong == frozenset()
