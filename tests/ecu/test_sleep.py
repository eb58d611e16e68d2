"""The ECU asleep: when it falls silent, what wakes it, and that nothing is missed meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bsw.cp.pilot import X1, Drive
from bsw.dem.events import Status
from bsw.mode.ecum import State, WakeUp
from bsw.os.clock import S
from can_adapter.bus import CanFrame
from can_adapter.signals.values import EcuState, EcuWakeUp, VehicleMode
from evcc.sleep.config import ModesConfig, RuleConfig, SleepConfig
from evcc.sleep.modes import Modes
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults
from tools.bench.world.whole import WholeOptions

SLEEPY = SleepConfig(enabled=True, after=5 * S)
Hand = Callable[["Garage"], None]


@dataclass
class Garage:
    """A bench with an ear on the vehicle bus."""

    bench: EcuBench
    ours: list[tuple[int, CanFrame]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ear = self.bench.vehicle_bus.attach("EAR")
        self.ear.listen(self._heard)

    @property
    def modes(self) -> Modes:
        return self.bench.rooms.modes

    @property
    def asleep(self) -> bool:
        return self.bench.ecum.state is State.SLEEP

    @property
    def awake(self) -> bool:
        return self.bench.ecum.state is State.RUN

    def spoken(self) -> int:
        """How many frames of ours were heard since the last question."""
        count = len(self.ours)
        self.ours.clear()
        return count

    def fall_asleep(self, within: float = 30.0) -> None:
        self.bench.until(lambda: self.asleep, within)
        self.bench.run(0.1)
        self.spoken()

    def network(self, *, up: bool) -> None:
        """All other control units speak, or none does."""
        for node in self.bench.vehicle.nodes:
            node.start() if up else node.stop()

    @property
    def told(self) -> EcuWakeUp | None:
        return self.bench.vehicle.obc.node.heard.ecu.ecu_wake_up

    def _heard(self, frame: CanFrame) -> None:
        sender = {0x90, 0xC0, 0xC1, 0xC2, 0x1C0, 0x1C1}
        if frame.id in sender:
            self.ours.append((self.bench.scheduler.now, frame))


def garage(sleep: SleepConfig = SLEEPY, modes: ModesConfig | None = None) -> Garage:
    setup = WholeOptions(protocols=("iso2",), soc=30.0)
    bench = EcuBench(setup, sleep=sleep, modes=modes)
    found = Garage(bench.start())
    bench.run(1)
    return found


def paused() -> Garage:
    found = garage()
    bench = found.bench
    bench.charge()
    bench.vehicle.vcu.wishes.pause = True
    bench.until_ended(1, within=60)
    assert bench.manager.results[0].ending.good
    found.fall_asleep()
    return found


def test_by_default_it_never_sleeps() -> None:
    found = garage(SleepConfig())
    found.bench.run(30)
    assert found.awake
    assert found.modes.bus.users == ("no sleep",)


def test_with_nobody_who_needs_the_bus_it_takes_leave_and_falls_silent() -> None:
    found = garage()
    bench = found.bench
    assert bench.vehicle.bms.node.heard.requests.keep_awake_request is False
    bench.run(4.2)
    assert bench.vehicle.obc.node.heard.ecu.ecu_state is EcuState.GOING_TO_SLEEP
    found.fall_asleep(1.0)
    bench.run(20)
    assert found.spoken() == 0
    assert bench.standing == set()


def test_others_may_fall_silent_first_and_nobody_reports_them_missing() -> None:
    found = garage()
    found.bench.run(1)
    found.network(up=False)
    found.fall_asleep()
    found.bench.run(30)
    assert found.bench.standing == set()
    assert found.asleep


@dataclass(frozen=True)
class Cause:
    """Something that wakes, and the reason that is told."""

    name: str
    act: Hand
    reason: WakeUp


def _tester(found: Garage) -> None:
    found.ear.send(CanFrame(0x7E0, b"\x02\x3e\x00" + bytes(5)))


def _frame(found: Garage) -> None:
    found.network(up=False)
    found.bench.run(5)
    assert found.asleep
    found.network(up=True)


def _plug(found: Garage) -> None:
    found.bench.plug()


CAUSES = (
    Cause("plug", _plug, WakeUp.PLUG),
    Cause("tester", _tester, WakeUp.TESTER),
    Cause("frame after silence", _frame, WakeUp.VEHICLE),
)


@pytest.mark.parametrize("cause", CAUSES, ids=[cause.name for cause in CAUSES])
def test_each_cause_wakes_with_its_reason(cause: Cause) -> None:
    found = garage()
    found.fall_asleep()
    cause.act(found)
    found.bench.run(0.3)
    assert found.awake
    assert found.bench.ecum.wake_up is cause.reason
    found.bench.run(0.5)
    assert found.spoken() > 0
    assert found.told is not None
    assert found.told.name == cause.reason.name


def test_frames_of_a_bus_that_stays_awake_do_not_wake_but_a_wish_in_them_does() -> None:
    found = garage()
    found.bench.vehicle.vcu.wishes.charge = False
    found.fall_asleep()
    found.bench.run(20)
    assert found.asleep
    found.bench.vehicle.vcu.wishes.charge = True
    found.bench.run(0.5)
    assert found.awake
    assert found.bench.ecum.wake_up is WakeUp.VEHICLE


def test_it_does_not_sleep_while_the_vehicle_is_ready_to_drive() -> None:
    found = garage()
    found.bench.vehicle.vcu.wishes.mode = VehicleMode.READY_TO_DRIVE
    found.bench.run(20)
    assert found.awake
    found.bench.vehicle.vcu.wishes.mode = VehicleMode.ASLEEP
    found.fall_asleep()
    found.bench.vehicle.vcu.wishes.mode = VehicleMode.READY_TO_DRIVE
    found.bench.run(1)
    assert found.awake


def test_a_diagnostic_session_keeps_it_awake_and_its_end_lets_it_sleep() -> None:
    found = garage()
    server = found.bench.rooms.server
    server.handle(b"\x10\x03")
    for _ in range(6):
        found.bench.run(3)
        server.handle(b"\x3e\x00")
    assert found.awake
    found.fall_asleep(12.0)


def test_a_tester_that_silences_us_is_obeyed_until_it_allows_us_to_speak() -> None:
    found = garage(SleepConfig())
    server = found.bench.rooms.server
    server.handle(b"\x10\x03")
    server.context.level = 1  # the tester has shown its key
    assert server.handle(b"\x28\x01\x01") == b"\x68\x01"
    found.bench.run(0.2)
    found.spoken()
    found.bench.run(2)
    assert found.spoken() == 0
    assert server.handle(b"\x28\x00\x01") == b"\x68\x00"
    found.bench.run(1)
    assert found.spoken() > 0


def test_a_paused_session_sleeps_and_goes_on_when_the_vehicle_wants_it() -> None:
    found = paused()
    bench = found.bench
    assert bench.services.memory.load() is not None
    bench.run(40)
    assert (found.asleep, found.spoken(), bench.standing) == (True, 0, set())
    bench.vehicle.vcu.wishes.pause = False
    bench.vehicle.vcu.wishes.wake_station = True
    bench.until(lambda: bench.charging, 60.0, 0.25)
    assert bench.ecum.wake_up is WakeUp.VEHICLE
    assert bench.view.session_id


def test_a_paused_session_goes_on_when_the_station_wakes_us() -> None:
    found = paused()
    bench = found.bench
    bench.vehicle.vcu.wishes.pause = False
    bench.run(20)
    bench.cable.source(X1)
    bench.run(1)
    found.network(up=False)
    bench.run(30)
    assert found.asleep
    bench.cable.source(Drive(duty=5.0))
    bench.run(0.1)
    found.network(up=True)
    bench.run(1)
    assert found.awake
    assert bench.ecum.wake_up is WakeUp.PILOT


def test_all_others_asleep_too_the_woken_vehicle_network_brings_the_session_back() -> None:
    found = paused()
    bench = found.bench
    found.network(up=False)
    bench.run(40)
    assert (found.asleep, bench.standing) == (True, set())
    bench.vehicle.vcu.wishes.pause = False
    bench.vehicle.vcu.wishes.wake_station = True
    found.network(up=True)
    bench.until(lambda: bench.charging, 60.0, 0.25)
    assert bench.standing == set()


def test_it_wakes_before_the_departure() -> None:
    found = garage(SleepConfig(enabled=True, after=5 * S, before_departure=8 * 3600 * S - 60 * S))
    found.fall_asleep()
    found.network(up=False)
    found.bench.run(40)
    assert found.asleep
    found.bench.run(20)
    assert found.bench.ecum.wake_up is WakeUp.TIMER
    found.fall_asleep()


def test_a_message_that_is_missing_after_the_wake_up_is_noticed() -> None:
    found = garage()
    found.fall_asleep()
    found.network(up=False)
    found.bench.run(10)
    found.bench.plug()
    found.bench.run(0.5)
    assert found.bench.standing == set()
    found.bench.run(3)
    assert "CAN_TIMEOUT_VCU_PERMISSION" in found.bench.standing


def test_the_operation_cycles_of_trouble_codes_are_those_of_sleep() -> None:
    found = garage()
    found.bench.run(1)
    dem = found.bench.dem
    dem.failed("STOP_LATE")
    assert Status.FAILED_THIS_CYCLE in dem.status("STOP_LATE")
    found.fall_asleep()
    _tester(found)
    found.bench.run(1)
    assert Status.FAILED_THIS_CYCLE not in dem.status("STOP_LATE")
    assert Status.CONFIRMED in dem.status("STOP_LATE")


def test_no_sign_of_life_is_owed_while_asleep() -> None:
    found = garage()
    found.fall_asleep()
    found.bench.run(20)
    assert not found.bench.rooms.watchdog.failed
    _tester(found)
    found.bench.run(4)
    assert not found.bench.rooms.watchdog.failed


def test_a_rule_of_the_integrator_forbids_charging_in_the_workshop() -> None:
    rule = RuleConfig(when={"vehicle": ("Service",)}, do="no-charging")
    found = garage(SleepConfig(), ModesConfig(rules={"in the workshop": rule}))
    found.bench.vehicle.vcu.wishes.mode = VehicleMode.SERVICE
    found.bench.run(1)
    assert found.bench.state.permission is False
    found.bench.plug()
    found.bench.run(10)
    assert not found.bench.charging
    found.bench.vehicle.vcu.wishes.mode = VehicleMode.CHARGING
    found.bench.until(lambda: found.bench.charging, 60.0, 0.25)
    assert found.bench.standing <= {"SESSION_CONDITION_TIMEOUT"}


def test_a_degrading_fault_costs_current_by_a_rule() -> None:
    found = garage(SleepConfig())
    found.bench.charge()
    found.bench.make(faults()["DC+ temperature sensor lost"])
    found.bench.run(1)
    assert found.modes.bswm.modes["faults"] == "degraded"
    assert found.bench.state.derating == 0.5


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"when": {"vehicel": "Service"}}, "did you mean vehicle"),
        ({"when": {"vehicle": "Servise"}}, "did you mean Service"),
        ({"when": {}}, "needs a condition"),
    ],
)
def test_a_rule_over_modes_that_do_not_exist_is_refused(
    rule: dict[str, dict[str, str]], words: str
) -> None:
    problems = list(RuleConfig.model_validate(rule).problems())
    assert words in problems[0].message


def test_alone_on_the_bus_and_needed_by_nobody_it_falls_silent_until_somebody_is_heard() -> None:
    found = garage(SleepConfig())
    found.bench.run(30)
    assert found.spoken() > 1_000  # in company
    found.network(up=False)
    found.bench.run(8)
    found.spoken()
    found.bench.run(20)
    assert (found.spoken(), found.awake) == (0, True)
    found.ear.send(CanFrame(0x7, b"", extended=False, fd=False))
    found.bench.run(1)
    assert found.spoken() > 100
    found.bench.run(7)
    found.spoken()
    found.bench.run(5)
    assert found.spoken() == 0
    found.network(up=True)
    found.bench.run(20)
    assert found.spoken() > 1_000


def test_alone_on_the_bus_it_speaks_while_something_is_plugged_in() -> None:
    found = garage(SleepConfig())
    found.network(up=False)
    found.bench.run(15)
    found.spoken()
    _plug(found)
    found.bench.run(20)
    assert found.spoken() > 1_000


def test_it_speaks_for_ever_where_that_is_wanted() -> None:
    found = garage(SleepConfig(alone=0))
    found.network(up=False)
    found.bench.run(15)
    found.spoken()
    found.bench.run(10)
    assert found.spoken() > 1_000
