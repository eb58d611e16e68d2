"""A wallbox without a modem, from its configuration: pilot, lock, contactor, meter."""

from typing import Any

import pytest

from bsw.cp.duty import DIGITAL, duty_from_current
from bsw.cp.pilot import PilotState
from bsw.os.clock import S
from bsw.sim.hardware import CableHardware
from ecu.world import World
from secc.config import SeccConfig
from secc.ecu.build import build_station

OWN = {"hardware": {"driver": "own", "own": "cable"}}
WALLBOX: dict[str, Any] = {
    **OWN,
    "session": {"modes": ["AC_three_phase_core"], "ac_current": 16.0},
    "basic": {"offered": "only"},
}


class Wallbox:
    def __init__(self, said: dict[str, Any]) -> None:
        config = SeccConfig.model_validate(said)
        self.world = World()
        base = self.world.base()
        doors = self.world.station_doors(base, config)
        self.cable = self.world.cables[0]
        self.driver = CableHardware(self.world.scheduler, self.cable)
        doors.own_hardware = self.driver
        self.ecu = build_station(base, config, doors)
        base.run(self.ecu.start)
        self.run(1)

    def run(self, seconds: float) -> None:
        scheduler = self.world.scheduler
        scheduler.run(scheduler.now + round(seconds * S))

    def plug(self) -> None:
        self.cable.plug()
        self.run(0.2)

    def show(self, state: PilotState) -> None:
        self.cable.vehicle.show(state)
        self.run(1)

    @property
    def duty(self) -> float:
        return self.cable.vehicle.read().duty

    def closed(self) -> bool:
        return bool(self.driver.contactors.closed)

    def locked(self) -> bool:
        return bool(self.driver.lock.locked)


def test_a_car_is_charged_locked_and_metered_and_let_go() -> None:
    box = Wallbox(WALLBOX)
    box.plug()
    assert box.duty == 100.0, "no protocol is ever asked for"
    assert box.ecu.outlet.offer is None, "and none is served"
    box.run(1)
    assert box.duty == pytest.approx(duty_from_current(16.0), abs=0.1)
    assert not box.closed()
    box.show(PilotState.C)
    assert box.closed()
    assert box.locked()
    box.run(36)
    meter = box.ecu.charger.state.meter
    assert meter is not None
    assert meter.energy_Wh_import.total == pytest.approx(3 * 16 * 230 * 36 / 3600, rel=0.06)
    box.show(PilotState.B)
    assert not box.closed()
    box.cable.unplug()
    box.run(2)
    assert not box.locked()
    assert (box.duty, box.ecu.outlet.results) == (100.0, [])


def test_where_a_session_may_begin_the_pilot_asks_for_one_first() -> None:
    box = Wallbox({**WALLBOX, "basic": {"after": "20 s"}})
    box.plug()
    assert box.duty == DIGITAL
    box.run(21)
    assert box.duty == pytest.approx(duty_from_current(16.0), abs=0.1)


def test_where_it_is_not_offered_nobody_charges_by_a_duty_cycle() -> None:
    box = Wallbox({**WALLBOX, "basic": {"offered": "never"}})
    box.plug()
    box.run(120)
    assert box.duty == DIGITAL
    box.show(PilotState.C)
    assert not box.closed()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({**WALLBOX, "hardware": {"driver": "none"}}, "no modem"),
        ({**WALLBOX, "session": {"modes": ["DC_extended"]}}, "no mode of the outlet is AC"),
        (
            {
                **WALLBOX,
                "session": {
                    "modes": ["AC_three_phase_core"],
                    "payment": ["Contract"],
                    "tls": True,
                },
            },
            "nobody could pay",
        ),
    ],
)
def test_a_wallbox_that_could_never_charge_is_refused(said: dict[str, Any], told: str) -> None:
    wrongs = list(SeccConfig.model_validate(said).problems())
    assert any(told in one.message for one in wrongs), wrongs
