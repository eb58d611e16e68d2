"""``api.fresh`` as configured: measurements told by commands do not count for ever."""

import pytest

from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from evcc.config import VehicleApiConfig
from evcc.north.side import North
from evcc.vehicle import Asked
from tools.bench.world.dials import Dials
from tools.bench.world.plug import NoUser


class Told:
    """A north side as an ECU makes it, with contactors closed and energy allowed."""

    def __init__(self, config: VehicleApiConfig) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.north = North(self.scheduler, Dials(), config, Asked(), NoUser())
        self.north.wake()
        self.north.vehicle.allow_charging(permission=True)
        self.north.vehicle.update_contactor_state(closed=True)

    def measure(self) -> None:
        self.north.vehicle.update_dc_present_values(
            inlet_voltage=400, battery_voltage=400, current=100
        )

    def permitted_at(self, seconds: int) -> bool:
        self.scheduler.run(seconds * S)
        return self.north.blend.now.permission


def test_a_client_that_falls_silent_while_energy_flows_loses_the_permission() -> None:
    told = Told(VehicleApiConfig(values="north"))
    assert told.permitted_at(5)
    assert not told.permitted_at(7), "nobody has measured for more than 5 s"
    told.measure()
    assert told.permitted_at(8)


@pytest.mark.parametrize("seconds", [2, 30])
def test_how_long_they_count_is_configured(seconds: int) -> None:
    told = Told(VehicleApiConfig(values="north", fresh=seconds * S))
    assert told.permitted_at(seconds)
    assert not told.permitted_at(seconds + 2)


def test_a_person_who_types_switches_it_off() -> None:
    told = Told(VehicleApiConfig(values="north", fresh=0))
    assert told.permitted_at(3600)
