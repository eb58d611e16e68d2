"""Limits that a host may narrow, what it may have tried at an empty plug, and the way to update."""

from collections.abc import Callable

import pytest

from bsw.island.messages import (
    UPDATE_WORD,
    Action,
    Counters,
    Has,
    Job,
    Limits,
    Outcome,
    Result,
    State,
    Status,
    ToHost,
    Update,
    UpdateAck,
)
from tests.island.bench import EVERYTHING, Bench, station, vehicle
from tests.island.core import Core

LIMITS = Limits(emergency=550_000, error=520_000, trip=200_000, hottest=800, fold=0)


def limit(bench: Bench, **values: int) -> None:
    told = {name: getattr(LIMITS, name) for name in ("emergency", "error", "trip", "hottest")}
    bench.core.say(Limits(**(told | values), fold=bench.mark))
    bench.run(2)


def last(bench: Bench, kind: type[ToHost]) -> ToHost:
    return [one for one in bench.said if isinstance(one, kind)][-1]


def refused(bench: Bench) -> int:
    bench.run(1100)
    counters = last(bench, Counters)
    assert isinstance(counters, Counters)
    return counters.refused


OVER = (
    # fault, which input and how much, ms until found, ms until open at 100 A
    ("overvoltage", "voltage_mv", 550_001, 9, 0),
    ("overvoltage", "voltage_mv", -550_001, 9, 0),
    ("voltage_high", "voltage_mv", 520_001, 400, 3000),
    ("overcurrent", "flow", 200_001, 100, 100),
)


@pytest.mark.parametrize("make", [station, vehicle])
@pytest.mark.parametrize(("fault", "what", "much", "found", "opened"), OVER)
def test_what_is_above_its_limit_is_found_and_opened_in_time(
    make: Callable[[], Bench], fault: str, what: str, much: int, found: int, opened: int
) -> None:
    bench = make()
    limit(bench)
    bench.close()
    if what == "flow":
        bench.flow = much
    else:
        bench.core.inputs.voltage_mv = much
    bench.run(found - 1)
    assert fault not in bench.core.view.active
    bench.run(3)
    assert fault in bench.core.view.active
    assert bench.opening() <= opened + 3
    assert fault in bench.run(2).held


def test_at_its_limit_and_for_less_than_its_time_nothing_happens() -> None:
    bench = station()
    limit(bench)
    bench.close()
    for much, ms in ((520_000, 1000), (549_000, 300), (400_000, 500), (560_000, 7), (400_000, 50)):
        bench.core.inputs.voltage_mv = much
        bench.run(ms)
    assert bench.closed
    assert not bench.held


@pytest.mark.parametrize("has", [EVERYTHING & ~Has.METERS, EVERYTHING])
def test_a_limit_needs_a_fresh_meter(has: Has) -> None:
    bench = station(has=int(has))
    limit(bench)
    bench.core.inputs.metered = not has & Has.METERS
    bench.close()
    bench.core.inputs.voltage_mv = 900_000
    bench.run(1000)
    assert not bench.held


def test_while_closed_limits_become_narrower_and_never_wider() -> None:
    bench = station()
    limit(bench)
    bench.close()
    for wider in (
        {"emergency": 550_001},
        {"emergency": 0},
        {"error": 530_000},
        {"trip": 0},
        {"hottest": 801},
    ):
        limit(bench, **wider)
    assert refused(bench) == 5
    limit(bench, emergency=500_000, error=480_000, trip=150_000, hottest=700)
    bench.core.inputs.voltage_mv = 500_001
    bench.run(20)
    assert bench.held >= {"overvoltage"}


@pytest.mark.parametrize(
    "wrong", [{"emergency": -1}, {"error": -1}, {"trip": -1}, {"hottest": -401}, {"hottest": 901}]
)
def test_what_makes_no_sense_is_refused_at_any_time(wrong: dict[str, int]) -> None:
    bench = station()
    limit(bench, **wrong)
    assert refused(bench) == 1


def test_with_contactors_open_limits_may_widen_and_a_new_host_says_its_own() -> None:
    bench = station()
    limit(bench)
    limit(bench, emergency=900_000, error=0)
    bench.core.inputs.voltage_mv = 800_000
    bench.run(500)
    assert not bench.held
    limit(bench, emergency=900_000, error=0, hottest=500)
    bench.core.inputs.temperature[0] = 600
    bench.run(1100)
    assert bench.held == {"temperature"}
    bench.greet(0xCAFE_0002)
    bench.core.inputs.voltage_mv = 2_000_000
    bench.run(1200)
    assert "temperature" not in bench.core.view.active
    assert "overvoltage" not in bench.held


def test_limits_without_a_configuration_or_of_another_session_are_nobodys() -> None:
    bench = Bench()
    bench.core.step()
    bench.greet()
    limit(bench)
    bench.configure()
    bench.mark ^= 1
    limit(bench)
    bench.mark ^= 1
    bench.run(2)
    assert refused(bench) == 1
    bench.core.inputs.voltage_mv = 1_900_000
    bench.run(50)
    assert not bench.held


# What it tries out


def act(bench: Bench, job: int, number: int = 1) -> None:
    bench.core.say(Action(job, number, bench.mark))
    bench.run(2)


def test_open_contactors_with_the_right_feedback_are_good_and_others_are_not() -> None:
    bench = station()
    act(bench, Job.CONTACTORS, 9)
    assert last(bench, Result) == Result(Job.CONTACTORS, 9, Outcome.DONE)
    bench.contactor_welded = 1
    bench.run(20)
    act(bench, Job.CONTACTORS, 10)
    assert last(bench, Result) == Result(Job.CONTACTORS, 10, Outcome.FAILED)


def test_the_lock_goes_there_and_back() -> None:
    bench = station()
    act(bench, Job.LOCK)
    assert bench.core.outputs.motor == 2
    bench.run(1000)
    assert last(bench, Result) == Result(Job.LOCK, 1, Outcome.DONE)
    assert (bench.core.inputs.lock, bench.core.outputs.motor) == (1, 0)


def test_a_jammed_lock_and_a_plug_that_comes_end_it() -> None:
    bench = station()
    bench.lock_stuck = True
    act(bench, Job.LOCK)
    bench.run(1600)
    assert last(bench, Result) == Result(Job.LOCK, 1, Outcome.FAILED)
    other = station()
    act(other, Job.LOCK, 2)
    act(other, Job.CONTACTORS, 3)
    assert refused(other) == 1, "one at a time"
    again = station()
    act(again, Job.LOCK, 4)
    again.plug_in()
    assert last(again, Result) == Result(Job.LOCK, 4, Outcome.FAILED)


def test_with_a_plug_in_and_for_what_it_does_not_know_it_refuses() -> None:
    bench = station(has=int(EVERYTHING & ~Has.LOCK))
    for number, job in enumerate((Job.LOCK, 77)):
        act(bench, job, number)
        assert last(bench, Result) == Result(job, number, Outcome.REFUSED)
    bench.plug_in()
    act(bench, Job.CONTACTORS, 5)
    assert last(bench, Result) == Result(Job.CONTACTORS, 5, Outcome.REFUSED)
    bench.mark ^= 1
    act(bench, Job.CONTACTORS, 6)
    assert last(bench, Result) == Result(Job.CONTACTORS, 5, Outcome.REFUSED)


# The way to update


def ask_update(bench: Bench, word: int = UPDATE_WORD) -> None:
    bench.core.say(Update(word, bench.mark))
    bench.run(2)


def test_an_empty_plug_may_go_over_to_the_boot_loader_and_only_a_restart_leads_back() -> None:
    bench = station()
    ask_update(bench)
    assert last(bench, UpdateAck) == UpdateAck(0)
    assert bench.core.outputs.update
    heard = len(bench.said)
    bench.plug_in()
    bench.want(permit=3, lock=2)
    bench.core.say(Action(Job.CONTACTORS, 1, bench.mark))
    bench.run(500)
    assert bench.said[heard:] == [], "it speaks no more"
    out = bench.core.outputs
    assert (out.contactors, out.drive, out.motor) == (0, 0, 0)
    ask_update(bench)
    assert last(bench, UpdateAck) == UpdateAck(0)
    bench.core.say(Limits(0, 0, 0, 0, bench.mark))


def test_a_plug_or_a_wrong_word_or_another_session_keeps_the_program() -> None:
    bench = station()
    ask_update(bench, 1)
    assert not [one for one in bench.said if isinstance(one, UpdateAck)]
    bench.mark ^= 1
    ask_update(bench)
    bench.mark ^= 1
    bench.plug_in()
    ask_update(bench)
    assert last(bench, UpdateAck) == UpdateAck(1)
    assert not bench.core.outputs.update
    assert refused(bench) == 2


def test_the_state_says_update_before_it_falls_silent() -> None:
    bench = station()
    bench.core.say(Update(UPDATE_WORD, bench.mark))
    core: Core = bench.core
    assert core.view.updating == State.UPDATE
    assert not [one for one in bench.hear() if isinstance(one, Status)]
