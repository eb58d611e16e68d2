"""Events: the bounded mailbox, other threads, and turns between events and alarms."""

import threading
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.os.clock import MS, NothingLeft, S, TimeStandsStill, VirtualClock
from bsw.os.mailbox import Event, Mailbox, MailboxFull
from bsw.os.scheduler import EVENTS_PER_TURN, Scheduler
from tests.os.worlds import World, world


def test_events_run_in_the_order_of_posting(both: World) -> None:
    seen: list[int] = []
    for n in range(200):
        both.scheduler.post(partial(seen.append, n), name="event")
    both.run_for(MS)
    assert seen == list(range(200))


def test_an_event_may_post_the_next(both: World) -> None:
    seen: list[int] = []

    def step(n: int) -> None:
        seen.append(n)
        if n < 10:
            both.scheduler.post(lambda: step(n + 1), name="step")

    both.scheduler.post(lambda: step(0), name="step")
    both.run_for(2 * MS)
    assert seen == list(range(11))


@pytest.mark.parametrize("kind", ["virtual", "host"])
def test_a_full_mailbox_refuses_the_newest_and_counts(kind: str) -> None:
    with world(kind, bound=3) as small:
        seen: list[int] = []
        for n in range(3):
            small.scheduler.post(partial(seen.append, n), name="event")
        with pytest.raises(MailboxFull, match="'flood' refused: 3 events are waiting"):
            small.scheduler.post(lambda: seen.append(99), name="flood")
        small.run_for(MS)
        assert seen == [0, 1, 2]
        assert small.scheduler.mailbox.refused == 1
        assert small.scheduler.mailbox.highest == 3


def test_an_owed_event_is_taken_even_by_a_full_mailbox() -> None:
    mailbox = Mailbox(1)
    mailbox.put(Event("first", lambda: None))
    mailbox.put(Event("outcome", lambda: None), owed=True)
    assert [event.name for event in iter(mailbox.take, None)] == ["first", "outcome"]


@given(st.lists(st.sampled_from(["put", "take"]), max_size=60), st.integers(1, 5))
def test_the_mailbox_is_a_queue_with_a_bound(steps: list[str], bound: int) -> None:
    mailbox, model, serial = Mailbox(bound), list[str](), 0
    for step in steps:
        if step == "take":
            event = mailbox.take()
            assert (event.name if event else None) == (model.pop(0) if model else None)
            continue
        serial += 1
        if len(model) == bound:
            with pytest.raises(MailboxFull):
                mailbox.put(Event(str(serial), lambda: None))
        else:
            mailbox.put(Event(str(serial), lambda: None))
            model.append(str(serial))
        assert len(mailbox) == len(model) <= mailbox.highest <= bound


def test_a_thread_wakes_a_scheduler_that_waits_for_nothing_else(host: World) -> None:
    seen: list[str] = []

    def arrive() -> None:
        seen.append(threading.current_thread().name)
        host.scheduler.stop()

    poster = threading.Timer(0.02, lambda: host.scheduler.post(arrive, name="from outside"))
    poster.start()
    host.scheduler.run()
    poster.join()
    assert seen == [threading.main_thread().name]


def test_events_of_many_threads_all_arrive_each_thread_in_its_order(host: World) -> None:
    seen: list[tuple[int, int]] = []

    def flood(thread: int) -> None:
        for n in range(500):
            host.scheduler.post(partial(seen.append, (thread, n)), name="event")

    threads = [threading.Thread(target=flood, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    host.run_until(lambda: len(seen) == 2000)
    for thread in threads:
        thread.join()
    for number in range(4):
        assert [n for thread, n in seen if thread == number] == list(range(500))


def test_a_flood_of_events_does_not_starve_a_task(both: World) -> None:
    ran: list[int] = []

    def flood() -> None:
        both.spend(10_000)
        both.scheduler.post(flood, name="flood")

    for _ in range(EVENTS_PER_TURN * 3):
        both.scheduler.post(flood, name="flood")
    both.scheduler.every(5 * MS, lambda: ran.append(both.clock.now()), name="task")
    both.run_until(lambda: len(ran) >= 5)


def test_a_flood_of_alarms_does_not_starve_an_event(both: World) -> None:
    seen: list[int] = []

    def again() -> None:
        both.spend(10_000)
        both.scheduler.after(0, again, name="alarm flood")

    for _ in range(40):
        both.scheduler.after(0, again, name="alarm flood")
    both.scheduler.after(
        5 * MS,
        lambda: both.scheduler.post(lambda: seen.append(both.clock.now()), name="event"),
        name="poster",
    )
    both.run_until(lambda: bool(seen))


def test_a_flood_of_alarms_does_not_hide_the_outside(host: World) -> None:
    seen: list[str] = []

    def again() -> None:
        host.spend(10_000)
        host.scheduler.after(0, again, name="alarm flood")

    for _ in range(40):
        host.scheduler.after(0, again, name="alarm flood")
    poster = threading.Timer(
        0.005, lambda: host.scheduler.post(lambda: seen.append("seen"), name="from outside")
    )
    poster.start()
    host.run_until(lambda: bool(seen))
    poster.join()
    assert seen == ["seen"]


def test_virtual_time_says_that_nothing_is_left(virtual: World) -> None:
    with pytest.raises(NothingLeft, match="no alarm is armed"):
        virtual.scheduler.run()


def test_virtual_time_that_stands_still_is_reported_and_not_endured() -> None:
    scheduler = Scheduler(VirtualClock(5 * S))

    def again() -> None:
        scheduler.post(again, name="again")

    scheduler.post(again, name="again")
    with pytest.raises(TimeStandsStill, match="stands still at 5000000000 ns"):
        scheduler.run(6 * S)
