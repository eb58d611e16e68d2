"""EcuM, BswM, ComM, WdgM and the time base."""

from datetime import timezone

import pytest

from bsw.dlt import silent
from bsw.mode.bswm import BswM, FightingRules, Rule
from bsw.mode.comm import Channel, ComM, Mode
from bsw.mode.ecum import EcuM, Room, StartFailed, State, WakeUp
from bsw.mode.wdgm import Alive, WdgM
from bsw.os.clock import MS, Action, S, VirtualClock
from bsw.os.scheduler import FIRST, Scheduler
from bsw.stbm import EARLIEST, Quality, TimeBase

LOG = silent().logger("test")


def scheduler() -> Scheduler:
    return Scheduler(VirtualClock())


class House:
    """Rooms that take notes."""

    def __init__(self, *names: str) -> None:
        self.scheduler = scheduler()
        self.notes: list[str] = []
        self.rooms = tuple(self.room(name) for name in names)

    def room(self, name: str) -> Room:
        def stop(done: Action) -> None:
            self.notes.append(f"-{name}")
            if name != "stuck":
                self.scheduler.after(10 * MS, done, name=name)

        def start() -> None:
            if name == "broken":
                raise RuntimeError("no such device")
            self.notes.append(f"+{name}")

        return Room(
            name,
            start,
            stop,
            lambda: self.notes.append(f"zz {name}"),
            lambda: self.notes.append(f"!! {name}"),
        )

    def ecum(self) -> EcuM:
        return EcuM(self.rooms, self.scheduler, LOG, lambda _state: None)


def test_rooms_start_in_order_and_stop_in_reverse() -> None:
    house = House("nvm", "can", "link")
    ecum = house.ecum()
    ecum.start()
    done: list[int] = []
    ecum.stop(lambda: done.append(house.scheduler.now))
    house.scheduler.run(S)
    assert house.notes == ["+nvm", "+can", "+link", "-link", "-can", "-nvm"]
    assert ecum.state is State.STOPPED
    assert done == [30 * MS]


def test_a_room_that_does_not_start_takes_the_others_down_again() -> None:
    house = House("nvm", "broken", "link")
    with pytest.raises(StartFailed, match="broken does not start: no such device"):
        house.ecum().start()
    house.scheduler.run(S)
    assert house.notes == ["+nvm", "-nvm"]


def test_a_room_that_does_not_start_leaves_an_ecu_that_can_be_stopped() -> None:
    house = House("nvm", "broken")
    ecum = house.ecum()
    with pytest.raises(StartFailed):
        ecum.start()
    done: list[str] = []
    ecum.stop(lambda: done.append("while it stops"))
    house.scheduler.run(S)
    ecum.stop(lambda: done.append("afterwards"))
    assert done == ["while it stops", "afterwards"]
    assert house.notes == ["+nvm", "-nvm"]


@pytest.mark.parametrize("started", range(4))
def test_a_stop_between_two_rooms_takes_down_those_that_have_started(started: int) -> None:
    names = ("nvm", "can", "link")
    house = House(*names)
    ecum = house.ecum()
    steps = ecum.steps()
    coming = [next(steps) for _ in range(min(started + 1, 3))]
    assert coming == list(names[: started + 1])
    if started == len(names):
        assert list(steps) == []
    done: list[int] = []
    ecum.stop(lambda: done.append(house.scheduler.now))
    assert list(steps) == []
    house.scheduler.run(S)
    begun = names[:started]
    assert house.notes == [f"+{name}" for name in begun] + [f"-{name}" for name in begun[::-1]]
    assert done == [10 * MS * started]
    assert ecum.state is State.STOPPED


def test_a_room_that_does_not_stop_is_left_behind_and_named() -> None:
    house = House("nvm", "stuck")
    ecum = house.ecum()
    ecum.start()
    ecum.stop(lambda: None)
    house.scheduler.run(20 * S)
    assert ecum.left_behind == ["stuck"]
    assert house.notes[-1] == "-nvm"


def test_sleep_and_wake_with_a_reason() -> None:
    house = House("can", "link")
    ecum = house.ecum()
    assert not ecum.sleep()
    ecum.start(WakeUp.PLUG)
    assert ecum.sleep()
    assert not ecum.sleep()
    assert ecum.wake(WakeUp.PILOT)
    assert not ecum.wake(WakeUp.TIMER)
    assert ecum.wake_up is WakeUp.PILOT
    assert house.notes[2:] == ["zz link", "zz can", "!! can", "!! link"]


def test_a_rule_acts_on_the_edges_of_its_condition() -> None:
    notes: list[str] = []
    bswm = BswM(
        (
            Rule(
                "sleep",
                lambda modes: modes.get("plug") == "out" and modes.get("can") == "quiet",
                lambda: notes.append("sleep"),
                lambda: notes.append("stay"),
            ),
        ),
        LOG,
    )
    for group, mode in [("plug", "out"), ("can", "quiet"), ("can", "quiet"), ("plug", "in")]:
        bswm.report(group, mode)
    assert notes == ["sleep", "stay"]


def test_an_action_may_change_a_mode_in_turn() -> None:
    notes: list[str] = []
    rules = (
        Rule("b", lambda modes: modes.get("b") == "on", lambda: notes.append("b")),
        Rule("a", lambda modes: modes.get("a") == "on", lambda: bswm.report("b", "on")),
    )
    bswm = BswM(rules, LOG)
    bswm.report("a", "on")
    assert notes == ["b"]


def test_two_rules_that_fight_are_found() -> None:
    def flip(modes: str) -> Action:
        return lambda: bswm.report("x", modes)

    rules = (Rule("fight", lambda m: m.get("x") == "on", flip("off"), flip("on")),)
    bswm = BswM(rules, LOG)
    with pytest.raises(FightingRules, match="fight"):
        bswm.report("x", "on")


def test_a_channel_is_up_while_anybody_needs_it_and_a_little_longer() -> None:
    clock = scheduler()
    switched: list[bool] = []
    manager = ComM()
    channel = manager.add(Channel("plc", clock, LOG, switched.append, linger=2 * S))
    channel.request("session")
    channel.request("diagnostics")
    channel.release("session")
    clock.run(10 * S)
    assert [channel.mode] == [Mode.UP]
    assert not manager.idle
    channel.release("diagnostics")
    clock.run(11 * S)
    assert channel.mode is Mode.RELEASED
    channel.request("session")
    channel.release("session")
    clock.run(14 * S)
    assert switched == [True, False]
    assert manager["plc"].mode is Mode.DOWN


def test_a_channel_takes_leave_before_it_goes_down() -> None:
    clock = scheduler()
    told: list[tuple[int, Mode]] = []
    channel = Channel(
        "bus", clock, LOG, lambda _up: None, linger=2 * S, leave=300 * MS,
        told=lambda mode: told.append((clock.now // MS, mode)),
    )  # fmt: skip
    channel.request("session")
    channel.release("session")
    clock.run(2_100 * MS)
    assert channel.mode is Mode.LEAVING
    channel.request("tester")
    channel.release("tester")
    clock.run(10 * S)
    assert told == [
        (0, Mode.UP),
        (0, Mode.RELEASED),
        (2_000, Mode.LEAVING),
        (2_100, Mode.UP),
        (2_100, Mode.RELEASED),
        (4_100, Mode.LEAVING),
        (4_400, Mode.DOWN),
    ]


class Dog:
    def __init__(self, on: Scheduler | None = None) -> None:
        self.scheduler = on or scheduler()
        self.fed = 0
        self.failures: list[tuple[str, str]] = []
        self.wdgm = WdgM(
            self.scheduler,
            LOG,
            expired=lambda name, why: self.failures.append((name, why)),
            feed=self._feed,
        )

    def _feed(self) -> None:
        self.fed += 1


def test_a_living_entity_keeps_the_watchdog_fed() -> None:
    dog = Dog()
    entity = dog.wdgm.supervise("loop")
    dog.scheduler.every(100 * MS, entity.alive, name="loop")
    dog.wdgm.start()
    dog.scheduler.run(60 * S)
    assert dog.failures == []
    assert dog.fed == 600


def test_a_dead_entity_is_named_once_and_the_watchdog_starves() -> None:
    dog = Dog()
    entity = dog.wdgm.supervise("loop")
    task = dog.scheduler.every(100 * MS, entity.alive, name="loop")
    dog.scheduler.at(5 * S, task.stop, name="dies")
    dog.wdgm.start()
    dog.scheduler.run(60 * S)
    assert [name for name, _ in dog.failures] == ["loop"]
    assert dog.fed < 75


def test_an_entity_that_runs_wild_is_found_too() -> None:
    dog = Dog()
    entity = dog.wdgm.supervise("wild", Alive(most=20))
    dog.scheduler.every(1 * MS, entity.alive, name="wild")
    dog.wdgm.start()
    dog.scheduler.run(3 * S)
    assert dog.failures[0][1].endswith("1..20 expected")


def test_an_inactive_entity_owes_nothing() -> None:
    dog = Dog()
    entity = dog.wdgm.supervise("session")
    entity.active = False
    dog.wdgm.start()
    dog.scheduler.run(10 * S)
    assert dog.failures == []


class Host(VirtualClock):
    """Virtual time that passes without us, or is spent by a task of ours."""

    def __init__(self) -> None:
        super().__init__()
        self._cpu = 0

    def pass_by(self, duration: int, *, computing: bool = False) -> None:
        self._now += duration
        self._cpu += duration if computing else 0

    def cpu(self) -> int:
        return self._cpu


class SlowDog(Dog):
    """On a host that may hold it up."""

    def __init__(self) -> None:
        self.host = Host()
        super().__init__(Scheduler(self.host))


@pytest.mark.parametrize("stopped", [2 * S, 7 * S, 3600 * S])
def test_a_host_that_stops_us_is_no_dead_entity(stopped: int) -> None:
    dog = SlowDog()
    entity = dog.wdgm.supervise("loop")
    dog.scheduler.every(100 * MS, entity.alive, name="loop")
    dog.scheduler.at(5 * S, lambda: dog.host.pass_by(stopped), name="stopped")
    dog.wdgm.start()
    dog.scheduler.run(20 * S + stopped)
    assert dog.failures == []


def test_who_is_dead_when_the_host_lets_us_go_on_is_found() -> None:
    dog = SlowDog()
    entity = dog.wdgm.supervise("loop")
    task = dog.scheduler.every(100 * MS, entity.alive, name="loop")

    def stopped() -> None:
        dog.host.pass_by(7 * S)
        task.stop()

    dog.scheduler.at(5 * S, stopped, name="stopped")
    dog.wdgm.start()
    dog.scheduler.run(14 * S)
    assert [name for name, _ in dog.failures] == ["loop"]


def test_at_a_tenth_of_a_core_who_still_has_turns_is_alive() -> None:
    dog = SlowDog()
    entity = dog.wdgm.supervise("loop")
    dog.scheduler.every(50 * MS, entity.alive, name="loop")
    for number in range(20):  # each stands before the loop's turn and takes a second and a half
        dog.scheduler.at(
            S + number * MS, lambda: dog.host.pass_by(1500 * MS), name=f"late {number}"
        )
    dog.wdgm.start()
    dog.scheduler.run(60 * S)
    assert dog.failures == []


@pytest.mark.parametrize(("computing", "found"), [(True, ["loop"]), (False, [])])
def test_a_task_of_ours_that_computes_excuses_nobody(*, computing: bool, found: list[str]) -> None:
    dog = SlowDog()
    entity = dog.wdgm.supervise("loop", Alive(least=5))
    dog.scheduler.every(100 * MS, entity.alive, name="loop")
    held = lambda: dog.host.pass_by(3 * S, computing=computing)  # noqa: E731 - one action
    dog.scheduler.at(5050 * MS, held, name="holds up", priority=FIRST)
    dog.wdgm.start()
    dog.scheduler.run(12 * S)
    assert [name for name, _ in dog.failures] == found


def test_a_window_that_went_on_allows_no_more_than_its_share() -> None:
    dog = SlowDog()
    entity = dog.wdgm.supervise("wild", Alive(most=20))
    dog.scheduler.every(1 * MS, entity.alive, name="wild")
    dog.scheduler.at(500 * MS, lambda: dog.host.pass_by(7 * S), name="stopped")
    dog.wdgm.start()
    dog.scheduler.run(9 * S)
    assert dog.failures[0][1].endswith("1..20 expected")


def test_the_time_base_takes_better_sources_and_refuses_worse_ones() -> None:
    clock = scheduler()
    base = TimeBase(lambda: clock.now)
    assert base.unix() == EARLIEST
    assert not base.stamp().trusted
    assert base.set(1_790_000_000, Quality.STATION)
    assert not base.stamp().trusted
    assert base.set(1_790_000_100, Quality.SYNCHRONISED)
    assert not base.set(1_700_000_000, Quality.STATION)
    clock.run(60 * S)
    assert base.unix() == 1_790_000_160
    assert base.stamp().trusted
    assert base.stamp().at.tzinfo is timezone.utc


@pytest.mark.parametrize("unix", [-1, 0, EARLIEST - 1, 2**40])
def test_a_time_that_makes_no_sense_is_not_taken(unix: int) -> None:
    base = TimeBase(lambda: 0)
    assert not base.set(unix, Quality.SYNCHRONISED)
    assert base.quality is Quality.NONE


def test_the_hosts_calendar_is_good_enough_for_certificates() -> None:
    base = TimeBase(lambda: 0)
    assert base.set_from_host()
    assert base.stamp().trusted
