"""A vehicle with two inlets and one ECU: one of them charges, the other waits."""

import pytest

from bsw.cp.pilot import Drive, PilotState
from bsw.cp.switch import PilotSwitch
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from can_adapter.signals.values import LockState
from can_adapter.vehicle.bus import VEHICLE_VALUES
from evcc.config import HardwareConfig
from evcc.health.events import MESSAGES
from evcc.health.reception import CARRIERS
from tests.ecu.benches import EcuBench
from tools.bench.hardware.units import InletUnit
from tools.bench.world.whole import WholeOptions


def bench(station_at: int) -> EcuBench:
    setup = WholeOptions(protocols=("iso2",), soc=30.0, inlets=2, station_at=station_at)
    made = EcuBench(setup).start()
    made.run(2)
    return made


def told(made: EcuBench) -> int | None:
    return made.vehicle.obc.node.heard.ecu.active_inlet


def inlet(made: EcuBench, number: int) -> InletUnit:
    second = made.vehicle.second_inlet
    assert second is not None
    return made.vehicle.inlet if number == 1 else second


@pytest.mark.parametrize("number", [1, 2])
def test_either_inlet_charges_with_its_own_lock_and_pilot(number: int) -> None:
    made = bench(number)
    assert told(made) is None
    made.charge()
    assert told(made) == number
    assert inlet(made, number).state.lock is LockState.LOCKED
    assert inlet(made, 3 - number).state.lock is LockState.UNLOCKED
    made.vehicle.vcu.wishes.charge = False
    made.until_ended(1, within=60)
    made.vehicle.vcu.wishes.unlock = True
    made.until(lambda: inlet(made, number).state.lock is LockState.UNLOCKED, 15.0)
    made.unplug()
    made.run(1)
    assert told(made) is None
    assert made.standing == set()


@pytest.mark.parametrize("number", [1, 2])
def test_a_second_plug_waits_and_disturbs_nothing(number: int) -> None:
    made = bench(number)
    made.charge()
    made.other_cable.source(Drive(duty=5.0))
    made.plug_other()
    made.run(10)
    assert made.charging
    assert told(made) == number
    assert made.other_cable.vehicle.read().state is PilotState.B
    made.vehicle.vcu.wishes.inlet = 3 - number  # refused: energy flows
    made.run(5)
    assert made.charging
    assert told(made) == number
    assert made.standing == set()


def test_the_plug_that_waited_charges_when_the_first_one_has_gone() -> None:
    made = bench(2)
    made.plug_other()
    made.run(4)
    assert told(made) == 1
    made.plug()
    made.run(20)
    assert not made.charging
    assert made.cable.vehicle.read().state is PilotState.B
    made.unplug_other()
    made.until(lambda: made.charging, 40.0, 0.25)
    assert told(made) == 2
    assert inlet(made, 2).state.lock is LockState.LOCKED


def test_the_vehicle_chooses_among_two_plugs() -> None:
    made = bench(2)
    made.plug_other()
    made.run(4)
    made.plug()
    made.run(4)
    assert told(made) == 1
    made.vehicle.vcu.wishes.inlet = 2
    made.until(lambda: made.charging, 40.0, 0.25)
    assert told(made) == 2


def test_a_hot_contact_of_the_inlet_in_use_counts_and_of_the_other_one_does_not() -> None:
    made = bench(2)
    made.charge()
    made.vehicle.inlet.state.defects.heat = 60.0
    made.run(2)
    assert made.state.derating == 1.0
    inlet(made, 2).state.defects.heat = 60.0
    made.run(2)
    assert made.state.derating == pytest.approx(0.5, abs=0.1)


def test_a_defect_of_the_inlet_in_use_has_its_code() -> None:
    made = bench(2)
    made.charge()
    inlet(made, 2).state.defects.sensor_lost = True
    made.until(lambda: made.current < 1.0, 2.0)
    assert {"SENSORS_DC_LOST", "SENSOR_DC_1_OPEN"} <= made.standing


def test_the_second_inlets_message_is_needed_where_it_is_in_use() -> None:
    made = bench(2)
    made.charge()
    inlet(made, 2).node.stop()
    made.until(lambda: made.current < 1.0, 4.0)
    assert made.dem.stands("CAN_TIMEOUT_INLET2_STATE")
    made = bench(1)
    made.charge()
    inlet(made, 2).node.stop()
    made.run(4)
    assert made.charging
    assert made.dem.stands("CAN_TIMEOUT_INLET2_STATE")


def test_a_switch_lets_nobody_see_two_plugs() -> None:
    scheduler = Scheduler(VirtualClock())
    cables = {number: SimulatedCable(scheduler) for number in (1, 2)}
    switch = PilotSwitch({number: cable.vehicle for number, cable in cables.items()})
    seen: list[str] = []
    switch.listen(lambda pilot: seen.append(str(pilot)))
    for cable in cables.values():
        cable.source(Drive(duty=5.0))
        cable.plug()
    scheduler.run(1 * S)
    assert (seen, str(switch.read())) == ([], "A1")
    switch.activate(1)
    switch.show(PilotState.C)
    scheduler.run(2 * S)
    switch.activate(2)
    scheduler.run(3 * S)
    assert seen == ["B2", "C2", "A1", "B2"]
    assert cables[1].vehicle.read().state is PilotState.B


def test_two_inlets_need_two_pilots() -> None:
    (wrong,) = HardwareConfig(inlets=2).problems()
    assert wrong.example == "driver: plug"


def test_each_group_of_values_has_a_message_with_trouble_codes() -> None:
    groups = {role.group for role in VEHICLE_VALUES.roles.values()}
    assert set(CARRIERS) == groups
    assert set(CARRIERS.values()) == set(MESSAGES)
