"""Power supply and isolation monitor of a driver: what they are ordered, what the charger hears."""

from dataclasses import dataclass, field

import pytest

from bsw.base import CannotStart
from bsw.dlt import silent
from bsw.hardware.port import PowerHardware, SupplyRatings
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.hardware import CableHardware
from ecu.world import World
from secc.api.charger import Charger
from secc.api.literals import (
    EnergyTransferMode,
    EvseError,
    IsolationStatus,
    SupportedAppProtocol,
)
from secc.api.objects import DcEvTargetValues
from secc.config import HardwareConfig, SeccConfig
from secc.ecu.build import build_station
from secc.power.driver import CHECK_WITHIN, Activity, DriverPower

RATINGS = SupplyRatings(900.0, 200.0, 60_000.0, 150.0)


@dataclass
class Supply:
    """Its output follows at once; ``dead`` says nothing, ``stuck`` does not rise."""

    ratings: SupplyRatings = RATINGS
    volts: float = 0.0
    amps: float = 0.0
    dead: bool = False
    stuck: bool = False
    told: list[tuple[float, float]] = field(default_factory=list)

    @property
    def present(self) -> tuple[float, float] | None:
        return None if self.dead else (self.volts, self.amps)

    def deliver(self, volts: float, amps: float) -> None:
        self.told.append((volts, amps))
        self.volts = 0.0 if self.stuck else volts

    def off(self) -> None:
        self.told.append((0.0, 0.0))
        self.volts = self.amps = 0.0


@dataclass
class Monitor:
    kilohm: float | None = 5_000.0
    outcome: bool | None = True
    tested: bool | None = None

    def test(self) -> None:
        self.tested = self.outcome


class Board(CableHardware):
    """A plug with a supply and a monitor."""

    def __init__(self, scheduler: Scheduler, cable: SimulatedCable) -> None:
        super().__init__(scheduler, cable)
        self.supply = Supply()
        self.isolation = Monitor()


class Desk:
    def __init__(self, *modes: str) -> None:
        self.scheduler = Scheduler(VirtualClock())
        log = silent().logger("power")
        self.charger = Charger((SupportedAppProtocol.ISO2,), lambda: self.scheduler.now, log)
        self.charger.update_energy_transfer_modes(
            supported_energy_transfer_modes=[
                EnergyTransferMode(mode) for mode in modes or ("DC_extended",)
            ]
        )
        self.board = Board(self.scheduler, SimulatedCable(self.scheduler))
        self.supply, self.monitor = self.board.supply, self.board.isolation
        self.power = DriverPower(
            self.charger, self.scheduler, self.board, self.board.contactors, log
        )
        self.power.start()

    def run(self, ns: int) -> None:
        self.scheduler.run(self.scheduler.now + ns)

    def say(self, name: str) -> None:
        self.charger.variables.publish(name)

    def ask(self, volts: float, amps: float) -> None:
        self.charger.variables.publish(
            "dc_ev_target_voltage_current",
            DcEvTargetValues(dc_ev_target_voltage=volts, dc_ev_target_current=amps),
        )

    def check(self, within: int = 3 * S) -> bool | None:
        self.say("start_cable_check")
        self.run(within)
        return self.charger.state.cable_check


def test_limits_are_told_at_the_start_and_when_they_shrink() -> None:
    desk = Desk()
    told = desk.charger.state.dc_maximum
    assert told is not None
    assert told.evse_maximum_current_limit == 200.0
    desk.supply.ratings = SupplyRatings(900.0, 50.0, 60_000.0, 150.0)
    desk.run(300 * MS)
    told = desk.charger.state.dc_maximum
    assert told is not None
    assert told.evse_maximum_current_limit == 50.0


def test_a_good_cable_is_found_good_and_left_without_voltage() -> None:
    desk = Desk()
    assert desk.check() is True
    assert desk.charger.state.isolation is IsolationStatus.VALID
    volts, amps = max(desk.supply.told)
    assert (volts, round(amps, 3)) == (500.0, 4.545), "a short is found by its current"
    assert desk.supply.volts == 0.0
    assert desk.power.activity is Activity.OFF


@pytest.mark.parametrize(
    ("kilohm", "outcome"), [(99.0, True), (None, True), (5_000.0, False)], ids=str
)
def test_a_cable_that_is_not_good_is_told(*, kilohm: float | None, outcome: bool) -> None:
    desk = Desk()
    desk.monitor.kilohm, desk.monitor.outcome = kilohm, outcome
    assert desk.check() is False
    assert desk.charger.state.isolation is IsolationStatus.FAULT
    assert desk.supply.volts == 0.0


@pytest.mark.parametrize("what", ["stuck", "monitor"])
def test_a_check_that_takes_too_long_has_failed(what: str) -> None:
    desk = Desk()
    if what == "stuck":
        desk.supply.stuck = True
    else:
        desk.monitor.outcome = None
    assert desk.check(CHECK_WITHIN - S) is None
    desk.run(2 * S)
    assert desk.charger.state.cable_check is False


def test_orders_follow_the_vehicle_within_what_the_supply_can() -> None:
    desk = Desk()
    desk.ask(400.0, 150.0)
    assert desk.supply.told[-1] == (0.0, 0.0), "nothing before it begins"
    desk.say("start_pre_charge")
    assert desk.supply.told[-1] == (400.0, 2.0)
    desk.say("current_demand_started")
    assert desk.supply.told[-1] == (400.0, 150.0)
    desk.ask(400.0, 500.0)
    assert desk.supply.told[-1] == (400.0, 150.0), "60 kW at 400 V"
    desk.ask(1_000.0, 10.0)
    assert desk.supply.told[-1] == (900.0, 10.0)
    count = len(desk.supply.told)
    desk.run(S)
    assert len(desk.supply.told) >= count + 4, "told again and again"


@pytest.mark.parametrize(
    "end", ["current_demand_finished", "dc_open_contactor", "dlink_error", "dlink_terminate"]
)
def test_whatever_ends_a_charge_switches_off(end: str) -> None:
    desk = Desk()
    desk.ask(400.0, 150.0)
    desk.say("current_demand_started")
    desk.say(end)
    assert desk.supply.told[-1] == (0.0, 0.0)
    desk.ask(400.0, 150.0)
    assert desk.supply.told[-1] == (0.0, 0.0)


def test_a_silent_supply_is_a_malfunction_until_it_speaks() -> None:
    desk = Desk()
    desk.ask(400.0, 150.0)
    desk.say("current_demand_started")
    desk.supply.dead = True
    desk.run(1500 * MS)
    assert EvseError.MALFUNCTION in desk.charger.state.errors
    assert desk.power.activity is Activity.OFF
    desk.supply.dead = False
    desk.run(300 * MS)
    assert not desk.charger.state.errors


def test_isolation_that_falls_during_the_charge_is_told() -> None:
    desk = Desk()
    assert desk.check() is True
    desk.say("current_demand_started")
    desk.monitor.kilohm = 50.0
    desk.run(300 * MS)
    assert desk.charger.state.isolation is IsolationStatus.FAULT


def test_ac_hears_the_contactor_by_its_feedback() -> None:
    desk = Desk("AC_three_phase_core")
    desk.board.contactors.permit(closed=True)
    desk.run(300 * MS)
    assert desk.charger.state.ac_contactor_closed
    desk.board.contactors.permit(closed=False)
    desk.run(300 * MS)
    assert not desk.charger.state.ac_contactor_closed


def test_the_ecu_takes_supply_and_monitor_from_its_driver() -> None:
    hardware = {"driver": "own", "own": "board", "power": "driver"}
    config = SeccConfig.model_validate({"hardware": hardware})
    world = World()
    base = world.base()
    doors = world.station_doors(base, config)
    board = Board(world.scheduler, world.cables[0])
    assert isinstance(board, PowerHardware)
    doors.own_hardware = board
    ecu = build_station(base, config, doors)
    base.run(ecu.start)
    world.scheduler.run(2 * S)
    told = ecu.charger.state.dc_maximum
    assert told is not None
    assert told.evse_maximum_voltage_limit == 900.0
    board.supply.told.clear()
    base.process.done()
    world.scheduler.run(12 * S)
    assert board.supply.told[-1] == (0.0, 0.0)


def test_a_driver_without_a_supply_is_told() -> None:
    hardware = {"driver": "own", "own": "cable", "power": "driver"}
    config = SeccConfig.model_validate({"hardware": hardware})
    world = World()
    base = world.base()
    doors = world.station_doors(base, config)
    doors.own_hardware = CableHardware(world.scheduler, world.cables[0])
    with pytest.raises(CannotStart, match="'cable' has no supply"):
        build_station(base, config, doors)
    (wrong,) = HardwareConfig.model_validate({"power": "driver"}).problems()
    assert wrong.key == "power"
