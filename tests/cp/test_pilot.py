"""The pilot circuit and the cable that both simulated ends share."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.cp.circuit import RESISTANCE, levels, state_from_volts
from bsw.cp.debounce import Debounce
from bsw.cp.duty import Meaning
from bsw.cp.pilot import X1, Drive, E, F, Pilot, PilotState
from bsw.cp.proximity import (
    OPEN,
    OUT,
    PRESSED,
    RESISTORS,
    Connector,
    Proximity,
    proximity,
)
from bsw.cp.toggle import Toggler
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable

DIGITAL = Drive(5.0)


@pytest.mark.parametrize("state", [PilotState.B, PilotState.C, PilotState.D])
@pytest.mark.parametrize("drive", [X1, DIGITAL])
def test_each_resistor_shows_its_state(state: PilotState, drive: Drive) -> None:
    seen = levels(drive, RESISTANCE[state])
    assert state_from_volts(seen.high) is state


@pytest.mark.parametrize(
    ("drive", "resistance", "state"),
    [
        (X1, inf, PilotState.A),
        (E, RESISTANCE[PilotState.B], PilotState.E),
        (F, RESISTANCE[PilotState.C], PilotState.F),
        (F, inf, PilotState.F),
    ],
)
def test_open_fault_and_unavailable(drive: Drive, resistance: float, state: PilotState) -> None:
    assert state_from_volts(levels(drive, resistance).high) is state


def test_the_negative_half_wave_is_there_only_while_oscillating() -> None:
    assert levels(DIGITAL, RESISTANCE[PilotState.B]).diode_found
    assert not levels(X1, RESISTANCE[PilotState.B]).diode_found


@pytest.mark.parametrize("volts", [10.5, 7.5, 4.5, -1.5, -5.0])
def test_between_the_bands_nothing_new_is_known(volts: float) -> None:
    assert state_from_volts(volts) is None


@given(st.floats(-13, 13))
def test_every_voltage_is_a_state_or_nothing_new(volts: float) -> None:
    assert state_from_volts(volts) in {*PilotState, None}


class Garage:
    def __init__(self, **options: object) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.cable = SimulatedCable(self.scheduler, **options)  # type: ignore[arg-type]
        self.vehicle: list[Pilot] = []
        self.station: list[Pilot] = []
        self.cable.vehicle.listen(self.vehicle.append)
        self.cable.station.listen(self.station.append)

    def run(self, duration: int = 100 * MS) -> None:
        self.scheduler.run(until=self.scheduler.now + duration)


def test_both_ends_see_a_plug_in() -> None:
    garage = Garage()
    garage.cable.plug()
    garage.run()
    assert garage.vehicle == garage.station == [Pilot(PilotState.B)]
    assert str(garage.vehicle[0]) == "B1"


def test_the_vehicle_reads_what_the_station_drives() -> None:
    garage = Garage()
    garage.cable.plug()
    for drive, shown, meaning in (
        (DIGITAL, "B2", Meaning.DIGITAL),
        (Drive(50), "B2", Meaning.CURRENT),
        (X1, "B1", Meaning.STEADY),
        (E, "E", Meaning.STEADY),
        (F, "F", Meaning.STEADY),
    ):
        garage.cable.station.drive(drive)
        garage.run()
        assert str(garage.cable.vehicle.read()) == shown
        assert garage.cable.vehicle.read().meaning is meaning
    garage.cable.station.drive(Drive(50))
    garage.run()
    assert garage.cable.vehicle.read().current == pytest.approx(30)


@pytest.mark.parametrize("state", [PilotState.B, PilotState.C, PilotState.D])
def test_the_station_reads_what_the_vehicle_shows(state: PilotState) -> None:
    garage = Garage()
    garage.cable.station.drive(DIGITAL)
    garage.cable.plug()
    garage.cable.vehicle.show(state)
    garage.run()
    assert garage.cable.station.read() == Pilot(state, 5.0)


@pytest.mark.parametrize("state", [PilotState.A, PilotState.E, PilotState.F])
def test_a_vehicle_cannot_show_the_stations_states(state: PilotState) -> None:
    with pytest.raises(ValueError, match="B, C or D"):
        Garage().cable.vehicle.show(state)


def test_an_unplugged_vehicle_reads_a_whatever_the_station_drives() -> None:
    garage = Garage()
    for drive in (DIGITAL, E, F):
        garage.cable.station.drive(drive)
        garage.run()
        assert garage.cable.vehicle.read() == Pilot(PilotState.A)


def test_no_current_is_read_in_a_fault() -> None:
    assert Pilot(PilotState.E, 50).current == 0
    assert Pilot(PilotState.A, 50).current == 0
    assert str(Pilot(PilotState.A)) == "A1"


def test_a_change_is_reported_once_it_has_stood_still() -> None:
    garage = Garage(debounce=30 * MS)
    garage.cable.plug()
    garage.run(29 * MS)
    assert garage.station == []
    garage.run(2 * MS)
    assert len(garage.station) == 1


def test_a_bouncing_contact_is_reported_once() -> None:
    garage = Garage(debounce=30 * MS)
    for _ in range(20):
        garage.cable.plug()
        garage.run(5 * MS)
        garage.cable.unplug()
        garage.run(5 * MS)
    garage.cable.plug()
    garage.run()
    assert garage.station == [Pilot(PilotState.B)]


def test_a_resistor_between_two_states_changes_nothing() -> None:
    garage = Garage()
    garage.cable.plug()
    garage.run()
    garage.cable.load(1500.0)  # about 7.5 V
    garage.run()
    assert garage.cable.station.read().state is PilotState.B


@pytest.mark.parametrize("duty", [0, -5, 100.1])
def test_an_impossible_duty_cycle_is_refused(duty: float) -> None:
    with pytest.raises(ValueError, match="duty cycle"):
        Drive(duty)


@pytest.mark.parametrize("current", [13.0, 20.0, 32.0, 63.0])
def test_a_cable_says_what_it_may_carry(current: float) -> None:
    garage = Garage(cable_current=current)
    seen: list[Proximity] = []
    garage.cable.proximity.listen(seen.append)
    assert garage.cable.proximity.read() == OUT
    garage.cable.plug()
    garage.run()
    assert seen == [Proximity(plugged=True, cable_current=current)]
    garage.cable.unplug()
    garage.run()
    assert garage.cable.proximity.read() == OUT


@pytest.mark.parametrize("deviation", [0.9, 1.1])
def test_resistors_may_deviate(deviation: float) -> None:
    for current, resistance in RESISTORS.items():
        read = proximity(Connector.TYPE2, resistance * deviation)
        assert read == Proximity(plugged=True, cable_current=current)


def test_a_pressed_button_is_seen() -> None:
    garage = Garage(connector=Connector.TYPE1)
    garage.cable.plug()
    garage.run()
    assert garage.cable.proximity.read() == Proximity(plugged=True)
    garage.cable.press(PRESSED)
    garage.run()
    assert garage.cable.proximity.read() == Proximity(plugged=True, button=True)


@pytest.mark.parametrize("resistance", [0.0, 10.0, 1e6, OPEN])
@pytest.mark.parametrize("connector", Connector)
def test_a_short_or_nothing_is_no_plug(connector: Connector, resistance: float) -> None:
    assert proximity(connector, resistance) == OUT


def test_a_toggle_shows_c_and_comes_back_to_b() -> None:
    garage = Garage()
    garage.cable.station.drive(DIGITAL)
    garage.cable.plug()
    garage.run()
    garage.station.clear()
    done: list[int] = []
    toggler = Toggler(garage.scheduler, garage.cable.vehicle)
    toggler.run(2, 300 * MS, lambda: done.append(garage.scheduler.now))
    began = garage.scheduler.now
    assert toggler.busy
    garage.run(2 * S)
    assert "".join(pilot.state.name for pilot in garage.station) == "CBCB"
    assert done == [began + 1200 * MS]
    assert not toggler.busy


def test_a_stopped_toggle_goes_back_to_b_at_once() -> None:
    garage = Garage()
    garage.cable.plug()
    toggler = Toggler(garage.scheduler, garage.cable.vehicle)
    toggler.run(3, 300 * MS)
    garage.run(100 * MS)
    toggler.stop()
    garage.run(2 * S)
    assert garage.cable.station.read().state is PilotState.B
    assert len(garage.station) == 2  # C, B


def test_a_value_that_comes_back_in_time_was_never_gone() -> None:
    scheduler = Scheduler(VirtualClock())
    reported: list[int] = []
    debounce = Debounce(scheduler, 0, 10 * MS, reported.append)
    debounce.feed(1)
    scheduler.run(until=5 * MS)
    debounce.feed(0)
    scheduler.run(until=S)
    assert reported == []
    assert debounce.value == 0
