"""Lock, plug, inlets and duty cycle: the conditions of the plug side, one row each."""

import pytest

from bsw.cp.pilot import Drive, PilotState
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from can_adapter.signals.values import LockRequest
from evcc.inlet.lock import LockConditions, LockTiming, PlugLock
from evcc.inlet.proximity import PlugWatch
from evcc.inlet.selection import InletArbiter
from evcc.plug.basic import BasicCharging
from evcc.vehicle import Intent, StationView
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults
from tools.bench.world.dials import Dials
from tools.bench.world.whole import WholeOptions

FREE = LockConditions(voltage=10.0, current=0.0, permitted=True, plugged=True)


class Lock:
    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.shown: list[tuple[int, LockRequest]] = []
        self.lock = PlugLock(
            self.scheduler,
            lambda wish: self.shown.append((self.scheduler.now // MS, wish)),
            LockTiming(),
        )
        self.lock.conditions(FREE)

    def run(self, milliseconds: int) -> None:
        self.scheduler.run(self.scheduler.now + milliseconds * MS)


def test_the_lock_motor_rests_between_two_movements() -> None:
    lock = Lock()
    lock.lock.request(locked=True)
    lock.run(100)
    lock.lock.request(locked=False)
    lock.run(20_000)
    assert lock.shown == [(0, LockRequest.LOCK), (600 + 2_650, LockRequest.UNLOCK)]


def test_after_an_unlock_it_does_not_lock_for_five_seconds() -> None:
    lock = Lock()
    lock.lock.request(locked=False)
    lock.run(10)
    lock.lock.request(locked=True)
    lock.run(20_000)
    assert lock.shown == [(0, LockRequest.UNLOCK), (5_000, LockRequest.LOCK)]


def test_a_wish_taken_back_in_time_moves_nothing() -> None:
    lock = Lock()
    lock.lock.request(locked=True)
    lock.lock.request(locked=False)
    lock.lock.request(locked=True)
    lock.run(20_000)
    assert lock.shown == [(0, LockRequest.LOCK)]


@pytest.mark.parametrize(
    ("voltage", "current", "permitted", "plugged", "opens"),
    [
        (59.0, 0.5, True, True, True),
        (61.0, 0.0, True, True, False),
        (10.0, 1.5, True, True, False),
        (10.0, -1.5, True, True, False),
        (10.0, 0.0, False, True, False),
        (10.0, 0.0, False, False, True),
        (None, 0.0, True, True, False),
        (10.0, None, True, True, False),
    ],
)
def test_the_plug_opens_only_without_voltage_and_current_and_with_leave(
    voltage: float | None,
    current: float | None,
    *,
    permitted: bool,
    plugged: bool,
    opens: bool,
) -> None:
    lock = Lock()
    lock.lock.conditions(LockConditions(voltage, current, permitted=permitted, plugged=plugged))
    lock.lock.request(locked=False)
    lock.run(10_000)
    assert bool(lock.shown) is opens


def test_it_opens_as_soon_as_the_voltage_is_gone() -> None:
    lock = Lock()
    lock.lock.conditions(LockConditions(400.0, 0.0, permitted=True, plugged=True))
    lock.lock.request(locked=False)
    lock.run(1_000)
    lock.lock.conditions(FREE)
    assert lock.shown == [(1_000, LockRequest.UNLOCK)]


def test_a_plug_counts_after_two_seconds_without_a_bounce() -> None:
    scheduler = Scheduler(VirtualClock())
    changes: list[tuple[int, bool]] = []
    watch = PlugWatch(scheduler, lambda: changes.append((scheduler.now // MS, watch.connected)))
    watch.feed(plugged=True)
    scheduler.run(1_500 * MS)
    watch.feed(plugged=False)
    watch.feed(plugged=True)
    scheduler.run(3_400 * MS)
    assert changes == []
    scheduler.run(4 * S)
    watch.feed(plugged=None)
    watch.feed(plugged=False)
    assert changes == [(3_500, True), (4_000, False)]


def test_only_one_of_two_inlets_is_active() -> None:
    told: list[int | None] = []
    inlets = InletArbiter(told.append)
    inlets.connected(2, plugged=True)
    inlets.connected(1, plugged=True)
    assert inlets.active == 2
    inlets.select(1)
    assert inlets.active == 1
    inlets.hold(held=True)
    inlets.select(2)
    assert inlets.active == 1
    inlets.connected(1, plugged=False)
    assert inlets.active == 2
    inlets.hold(held=False)
    inlets.connected(2, plugged=False)
    assert told == [2, 1, 2, None]


class Pwm:
    """A cable with a duty cycle that means a current."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.cable = SimulatedCable(self.scheduler)
        self.state = Dials(permission=True, ac_max_current=16.0, locked=True)
        self.allowed = 0.0
        self.basic = BasicCharging(self.scheduler, self.cable.vehicle, self.state, self)
        self.basic.start()
        self.cable.plug()

    def request_lock(self, *, locked: bool) -> None: ...
    def request_contactors(self, *, closed: bool) -> None: ...
    def request_isolation_monitor(self, *, active: bool) -> None: ...
    def request_current(self, amps: float) -> None: ...
    def allow_dc_current(self, amps: float) -> None: ...
    def allow_ac_current(self, amps: float) -> None:
        self.allowed = amps

    def view_changed(self, view: StationView) -> None: ...

    def drive(self, duty: float, milliseconds: int) -> None:
        self.cable.source(Drive(duty=duty))
        self.scheduler.run(self.scheduler.now + milliseconds * MS)


@pytest.mark.parametrize(
    ("duty", "amps"),
    [(10, 6.0), (16, 9.6), (50, 16.0), (8, 6.0), (7.5, 0.0), (5, 0.0), (2, 0.0), (98, 0.0)],
)
def test_the_duty_cycle_says_how_much_after_a_second(duty: float, amps: float) -> None:
    pwm = Pwm()
    pwm.drive(duty, 1_000)
    assert pwm.allowed == 0.0
    pwm.drive(duty, 200)
    assert pwm.allowed == pytest.approx(amps)
    assert pwm.cable.vehicle.read().state is (PilotState.C if amps else PilotState.B)


def test_a_lower_duty_cycle_is_followed_at_once_and_a_stop_too() -> None:
    pwm = Pwm()
    pwm.drive(25, 1_500)
    pwm.drive(12, 60)
    assert pwm.allowed == pytest.approx(7.2)
    pwm.state.intent = Intent.STOP
    pwm.basic.refresh()
    assert pwm.allowed == 0.0


def test_without_a_lock_nothing_flows_by_the_duty_cycle() -> None:
    pwm = Pwm()
    pwm.state.locked = False
    pwm.drive(25, 5_000)
    assert pwm.allowed == 0.0
    pwm.state.locked = True
    pwm.drive(25, 200)
    assert pwm.allowed > 0.0


STOPS = (
    ("permission withdrawn", 4.0),
    ("stop request Normal", 4.0),
    ("stop request Fast", 1.5),
    ("stop button", 4.0),
    ("connector button", 0.2),
    ("inlet too hot", 0.2),
)


@pytest.mark.parametrize(("name", "within"), STOPS, ids=[name for name, _ in STOPS])
def test_each_source_of_a_stop_ends_the_current(name: str, within: float) -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    faults()[name].make(bench.vehicle)
    bench.until(lambda: bench.current < 1.0, within)
    bench.until(lambda: not bench.vehicle.bms.contactors.closed, 3.0)
    assert bench.vehicle.hard_openings == 0 or within < 1.0


def test_a_short_press_of_the_stop_button_is_enough() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    button = faults()["stop button"]
    button.make(bench.vehicle)
    bench.run(0.1)
    button.mend(bench.vehicle)
    bench.until(lambda: len(bench.manager.results) == 1, 20.0)
    bench.run(10)
    assert bench.current == 0.0


def test_a_hot_inlet_gets_less_current_before_it_gets_none() -> None:
    bench = EcuBench(WholeOptions(soc=30.0)).start()
    bench.run(2)
    bench.charge()
    bench.run(10)
    most = bench.state.max_current
    assert most is not None
    bench.vehicle.inlet.state.defects.heat = 80.0 - bench.vehicle.inlet.state.temperature
    bench.run(3)
    assert 0.3 * most < bench.current < 0.55 * most


def test_a_pause_sleeps_and_the_vehicle_wakes_the_station_again() -> None:
    bench = EcuBench(WholeOptions(protocols=("iso2",), soc=30.0)).start()
    bench.run(2)
    bench.charge()
    bench.vehicle.vcu.wishes.pause = True
    bench.until_ended(1, within=60)
    assert bench.manager.results[0].ending.good
    assert bench.services.memory is not None
    bench.run(30)
    assert bench.current == 0.0
    bench.vehicle.vcu.wishes.pause = False
    bench.vehicle.vcu.wishes.wake_station = True
    bench.until(lambda: bench.charging and bench.current > 10.0, 60.0, 0.25)
