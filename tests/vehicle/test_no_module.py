"""A bench without the station's hardware: the inlet feels what the ECU was told, or the wish."""

import pytest

from bsw.os.clock import MS
from can_adapter.signals.values import ContactorRequest, SessionState
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import SessionStatus, StationPresent
from tests.vehicle.worlds import Place
from tools.bench.hardware.no_module import Belief, NoModule


class Bench(Place):
    def __init__(self, belief: Belief) -> None:
        super().__init__()
        self.module.stop()
        port = self.vehicle_bus.attach("EVSE")
        NoModule(self.scheduler, port, VehicleCanConfig(), self.vehicle, belief)
        self.vehicle.plug_in()

    def tell(self, state: SessionState, volts: float | None, amps: float | None) -> None:
        self.evcc.publisher.publish(SessionStatus(session_state=state))
        self.evcc.publisher.publish(
            StationPresent(evse_present_voltage=volts, evse_present_current=amps)
        )
        self.run_for(700 * MS)

    @property
    def battery(self) -> float:
        return self.vehicle.battery.ocv

    @property
    def inlet(self) -> float:
        return self.vehicle.wires.cable.inlet_voltage

    @property
    def current(self) -> float:
        return self.vehicle.wires.cable.current


def test_the_inlet_has_the_voltage_that_was_told() -> None:
    bench = Bench("told")
    bench.tell(SessionState.PRE_CHARGE, 321.0, 0.0)
    assert bench.inlet == pytest.approx(321.0, abs=1.0)
    bench.tell(SessionState.STOPPING, 0.0, 0.0)
    assert bench.inlet < 10.0


@pytest.mark.parametrize("belief", ["told", "wished"])
def test_the_battery_gets_the_current_that_was_told(belief: Belief) -> None:
    bench = Bench(belief)
    bench.tell(SessionState.PRE_CHARGE, bench.battery, 0.0)
    bench.wish(ContactorRequest.CLOSE)
    bench.run_for(500 * MS)
    bench.tell(SessionState.CHARGING, bench.battery + 20.0, 42.0)
    assert bench.current == pytest.approx(42.0, abs=0.5)


def test_a_station_of_1_volt_leaves_the_inlet_at_the_battery_if_that_is_wished() -> None:
    bench = Bench("wished")
    bench.tell(SessionState.PRE_CHARGE, 1.0, 1.0)
    assert bench.inlet == pytest.approx(bench.battery, abs=1.0)
    bench.tell(SessionState.WELDING_DETECTION, 1.0, 0.0)
    assert bench.inlet < 10.0


def test_ac_is_there_while_the_session_charges() -> None:
    bench = Bench("told")
    bench.tell(SessionState.CHARGING, None, None)
    assert bench.vehicle.wires.ac.energized
    bench.tell(SessionState.STOPPING, None, None)
    assert not bench.vehicle.wires.ac.energized
