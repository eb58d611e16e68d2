"""Alarms: when they ring, in which order, and how they are called off.  On both clocks."""

from functools import partial

from bsw.os.clock import MS, US, S
from bsw.os.scheduler import FIRST, LAST, NORMAL, Alarm
from tests.os.worlds import World


def test_alarms_ring_in_the_order_of_their_time(both: World) -> None:
    rung: list[str] = []
    start = both.scheduler.now
    for delay, name in ((3, "third"), (1, "first"), (2, "second")):
        both.scheduler.at(start + delay * MS, partial(rung.append, name), name=name)
    both.run_for(5 * MS)
    assert rung == ["first", "second", "third"]


def test_equal_times_ring_by_priority_and_then_by_arming(both: World) -> None:
    rung: list[str] = []
    due = both.scheduler.now + 2 * MS
    for name, priority in (
        ("last", LAST),
        ("normal 1", NORMAL),
        ("first 1", FIRST),
        ("normal 2", NORMAL),
        ("first 2", FIRST),
    ):
        both.scheduler.at(due, partial(rung.append, name), name=name, priority=priority)
    both.run_for(4 * MS)
    assert rung == ["first 1", "first 2", "normal 1", "normal 2", "last"]


def test_a_rearmed_alarm_queues_behind_those_armed_before_it(both: World) -> None:
    rung: list[str] = []
    due = both.scheduler.now + 2 * MS
    early = both.scheduler.at(due, lambda: rung.append("early"), name="early")
    both.scheduler.at(due, lambda: rung.append("other"), name="other")
    early.move(due)
    both.run_for(4 * MS)
    assert rung == ["other", "early"]


def test_an_alarm_never_rings_early(both: World) -> None:
    seen: list[int] = []
    due = [both.scheduler.now + n * 700 * US for n in range(1, 8)]
    for when in due:
        both.scheduler.at(when, lambda: seen.append(both.clock.now()), name="alarm")
    both.run_for(8 * MS)
    assert len(seen) == len(due)
    assert all(rung >= planned for rung, planned in zip(seen, due, strict=True))


def test_virtual_alarms_ring_exactly_on_time(virtual: World) -> None:
    seen: list[int] = []
    virtual.scheduler.after(1_234_567, lambda: seen.append(virtual.clock.now()), name="alarm")
    virtual.run_for(10 * S)
    assert seen == [1_234_567]


def test_an_alarm_in_the_past_rings_as_soon_as_possible(both: World) -> None:
    rung: list[str] = []
    both.scheduler.at(both.scheduler.now - S, lambda: rung.append("late"), name="late")
    both.scheduler.after(0, lambda: rung.append("now"), name="now")
    both.run_for(MS)
    assert rung == ["late", "now"]


def test_a_cancelled_alarm_stays_silent_and_says_so(both: World) -> None:
    rung: list[str] = []
    alarm = both.scheduler.after(MS, lambda: rung.append("no"), name="cancelled")
    states = [alarm.armed]
    alarm.cancel()
    alarm.cancel()
    states.append(alarm.armed)
    both.run_for(3 * MS)
    assert states == [True, False]
    assert rung == []


def test_an_alarm_can_be_cancelled_by_another_of_the_same_instant(both: World) -> None:
    rung: list[str] = []
    due = both.scheduler.now + MS
    victim: list[Alarm] = []

    def cancel() -> None:
        victim[0].cancel()

    both.scheduler.at(due, cancel, name="canceller")
    victim.append(both.scheduler.at(due, lambda: rung.append("victim"), name="victim"))
    both.run_for(3 * MS)
    assert rung == []


def test_a_rearmed_alarm_rings_once_at_its_new_time(both: World) -> None:
    rung: list[int] = []
    start = both.scheduler.now
    alarm = both.scheduler.after(MS, lambda: rung.append(both.clock.now()), name="timeout")
    alarm.rearm(4 * MS)
    both.run_for(8 * MS)
    assert len(rung) == 1
    assert rung[0] >= start + 4 * MS


def test_an_alarm_that_has_rung_can_be_armed_again(both: World) -> None:
    rung: list[str] = []
    alarm = both.scheduler.alarm(lambda: rung.append("rung"), name="again")
    assert not alarm.armed
    for _ in range(3):
        alarm.rearm(MS)
        both.run_for(2 * MS)
        assert not alarm.armed
    assert rung == ["rung"] * 3


def test_an_alarm_may_rearm_itself(both: World) -> None:
    rung: list[int] = []

    def again() -> None:
        rung.append(both.clock.now())
        if len(rung) < 4:
            alarm.rearm(MS)

    alarm = both.scheduler.after(MS, again, name="self")
    both.run_until(lambda: len(rung) == 4)
    both.run_for(3 * MS)
    assert len(rung) == 4


def test_what_is_due_at_the_end_of_a_run_still_runs(virtual: World) -> None:
    rung: list[str] = []
    virtual.scheduler.at(10 * MS, lambda: rung.append("at the end"), name="end")
    virtual.scheduler.at(10 * MS + 1, lambda: rung.append("after it"), name="after")
    virtual.scheduler.run(10 * MS)
    assert rung == ["at the end"]
    assert virtual.scheduler.now == 10 * MS


def test_stop_leaves_the_rest_for_the_next_run(both: World) -> None:
    rung: list[str] = []

    def first() -> None:
        rung.append("first")
        both.scheduler.stop()

    due = both.scheduler.now
    both.scheduler.at(due, first, name="first")
    both.scheduler.at(due, lambda: rung.append("second"), name="second")
    both.scheduler.run()
    assert rung == ["first"]
    both.run_for(MS)
    assert rung == ["first", "second"]


def test_a_timeout_rearmed_with_each_message_takes_no_room(virtual: World) -> None:
    timeout = virtual.scheduler.after(60 * S, lambda: None, name="sequence timeout")
    task = virtual.scheduler.every(MS, lambda: timeout.rearm(60 * S), name="message")
    virtual.run_for(50 * S)
    task.stop()
    assert virtual.scheduler.waiting <= 2
    assert virtual.scheduler.planned < 200


def test_the_heap_swept_of_cancelled_alarms_keeps_its_order(virtual: World) -> None:
    rung: list[int] = []
    alarms = [
        virtual.scheduler.after((997 * n) % 500 * MS, partial(rung.append, n), name=str(n))
        for n in range(500)
    ]
    for n, alarm in enumerate(alarms):
        if n % 5:
            alarm.cancel()
    virtual.run_for(S)
    assert rung == sorted(range(0, 500, 5), key=lambda n: (997 * n) % 500)
