"""The diode of the vehicle's pilot circuit, judged by both half waves."""

import pytest

from bsw.cp.circuit import RESISTANCE, SUPPLY, DiodeCheck, levels, state_from_volts
from bsw.cp.pilot import X1, Drive, F, Pilot, PilotState
from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.plug.client import PlugClient
from bsw.sim.cable import SimulatedCable

SHOWN = [PilotState.B, PilotState.C, PilotState.D]
DIGITAL = Drive(5.0)


@pytest.mark.parametrize("state", SHOWN)
@pytest.mark.parametrize("duty", [5.0, 10.0, 53.3, 96.0])
def test_a_diode_loads_one_half_wave_and_a_short_both(state: PilotState, duty: float) -> None:
    good = levels(Drive(duty), RESISTANCE[state])
    bad = levels(Drive(duty), RESISTANCE[state], diode=False)
    assert good.low == -SUPPLY
    assert abs(bad.high + bad.low) <= 1.2
    assert (good.diode_found, bad.diode_found) == (True, False)
    assert state_from_volts(bad.high) is state, "the positive half wave alone tells nothing"


def test_an_open_cable_has_no_diode_to_find_wrong() -> None:
    check = DiodeCheck()
    seen = levels(DIGITAL, float("inf"), diode=False)
    assert not check.judge(seen, PilotState.A, oscillates=True)


def test_f_does_not_reach_its_level_over_a_short() -> None:
    seen = levels(F, RESISTANCE[PilotState.B], diode=False)
    assert state_from_volts(seen.high) is not PilotState.F


class Garage:
    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.cable = SimulatedCable(self.scheduler)
        self.cable.plug()
        self.run()

    def run(self, duration: int = 100 * MS) -> Pilot:
        self.scheduler.run(self.scheduler.now + duration)
        return self.cable.station.read()


def test_it_is_found_when_the_oscillator_begins() -> None:
    garage = Garage()
    garage.cable.diode(shorted=True)
    assert not garage.run().diode_short, "a steady pilot cannot show it"
    garage.cable.source(DIGITAL)
    assert garage.run() == Pilot(PilotState.B, 5.0, diode_short=True)
    assert not garage.cable.vehicle.read().diode_short, "the vehicle does not see it"


@pytest.mark.parametrize("state", SHOWN)
def test_it_is_found_in_100_ms_while_it_oscillates(state: PilotState) -> None:
    garage = Garage()
    garage.cable.source(DIGITAL)
    garage.cable.vehicle.show(state)
    before = garage.run()
    garage.cable.diode(shorted=True)
    after = garage.run(100 * MS)
    assert before.ready is (state is not PilotState.B)
    assert after.diode_short
    assert not after.ready


def test_it_stays_found_until_the_plug_was_out() -> None:
    garage = Garage()
    garage.cable.diode(shorted=True)
    garage.cable.source(DIGITAL)
    garage.run()
    garage.cable.diode(shorted=False)
    garage.cable.source(X1)
    assert garage.run(1 * S).diode_short
    garage.cable.unplug()
    garage.run()
    garage.cable.plug()
    garage.cable.source(DIGITAL)
    assert not garage.run().diode_short


def test_the_plug_of_a_process_carries_the_finding() -> None:
    client = PlugClient("station", silent().logger("plug"))
    heard: list[Pilot] = []
    client.pilot.listen(heard.append)
    client.received(b'{"pilot": ["C", 5.0, true]}\n')
    assert heard == [Pilot(PilotState.C, 5.0, diode_short=True)]
