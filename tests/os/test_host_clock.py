"""The outside: sockets that become ready, hang up, rest and close while the loop runs."""

import os
import signal
import socket
import threading

import pytest

from bsw.os.clock import MS, S
from bsw.os.host import HostClock, Watch
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from tests.os.worlds import World, world


@pytest.fixture
def pair() -> tuple[socket.socket, socket.socket]:
    left, right = socket.socketpair()
    left.settimeout(0)
    right.settimeout(0)
    return left, right


def outside(world: World) -> HostClock:
    assert isinstance(world.clock, HostClock)
    return world.clock


def close(*sockets: socket.socket) -> None:
    for each in sockets:
        each.close()


def test_a_readable_socket_wakes_the_loop(
    host: World, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    heard: list[bytes] = []
    watch = outside(host).watch(
        left.fileno(), "left", readable=lambda: heard.append(left.recv(100))
    )
    host.scheduler.after(2 * MS, lambda: right.sendall(b"charge"), name="peer")
    host.run_until(lambda: bool(heard))
    assert heard == [b"charge"]
    outside(host).forget(watch)
    close(*pair)


def test_a_socket_wakes_a_loop_that_has_a_far_alarm(
    host: World, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair

    def readable() -> None:
        left.recv(100)
        host.scheduler.stop()

    watch = outside(host).watch(left.fileno(), "left", readable=readable)
    host.scheduler.after(60 * S, lambda: None, name="far")
    right.send(b"now")
    begin = host.scheduler.now
    host.scheduler.run(begin + 30 * S)
    assert host.scheduler.now < begin + 30 * S
    outside(host).forget(watch)
    close(*pair)


def test_what_was_not_read_is_offered_again(
    host: World, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    heard: list[bytes] = []
    watch = outside(host).watch(left.fileno(), "left", readable=lambda: heard.append(left.recv(2)))
    right.send(b"abcdef")
    host.run_until(lambda: len(heard) == 3)
    assert heard == [b"ab", b"cd", b"ef"]
    outside(host).forget(watch)
    close(*pair)


def test_a_ready_descriptor_is_queued_once_even_behind_a_flood(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    left, right = pair
    with world("host", bound=100_000) as some:
        heard: list[bytes] = []
        watch = outside(some).watch(
            left.fileno(), "left", readable=lambda: heard.append(left.recv(100))
        )
        right.send(b"x")
        for _ in range(1000):
            some.scheduler.post(lambda: None, name="flood")
        some.run_for(20 * MS)
        assert heard == [b"x"]  # a second, spurious call would have raised BlockingIOError
        outside(some).forget(watch)
    close(*pair)


def test_writable_is_told_when_asked_for(
    host: World, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, _ = pair
    told: list[str] = []

    def writable() -> None:
        told.append("writable")
        outside(host).change(watch)

    watch = outside(host).watch(left.fileno(), "left", writable=writable)
    host.run_for(5 * MS)
    assert told == ["writable"]
    outside(host).forget(watch)
    close(*pair)


def test_a_hang_up_nobody_listens_to_does_not_spin(
    host: World, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    watch = outside(host).watch(left.fileno(), "left", readable=lambda: None)
    outside(host).change(watch)
    right.close()
    before = host.scheduler.activations
    looks = 0

    class Counting:
        def now(self) -> int:
            return host.clock.now()

        def wait_until(self, when: int | None) -> None:
            nonlocal looks
            looks += 1
            host.clock.wait_until(when)

        def wait_within(self, earliest: int, latest: int) -> None:
            del earliest
            self.wait_until(latest)

        def wake(self) -> None:
            host.clock.wake()

        def cpu(self) -> int:
            return host.clock.cpu()

    host.scheduler.clock = Counting()
    host.run_for(20 * MS)
    assert host.scheduler.activations == before
    assert looks < 10
    outside(host).forget(watch)
    close(*pair)


def test_a_rested_watch_takes_up_again(
    host: World, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    heard: list[bytes] = []

    def readable() -> None:
        heard.append(left.recv(100))

    watch = outside(host).watch(left.fileno(), "left", readable=readable)
    outside(host).change(watch)
    right.send(b"waiting")
    host.run_for(3 * MS)
    assert heard == []
    outside(host).change(watch, readable=readable)
    host.run_until(lambda: bool(heard))
    assert heard == [b"waiting"]
    outside(host).forget(watch)
    close(*pair)


def test_a_forgotten_watch_hears_nothing_even_if_its_event_is_queued(
    host: World, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    heard: list[str] = []
    watches: list[Watch] = []

    def forget() -> None:
        outside(host).forget(watches[0])
        outside(host).forget(watches[0])

    watches.append(outside(host).watch(left.fileno(), "left", readable=lambda: heard.append("no")))
    right.send(b"x")
    outside(host).wait_until(host.scheduler.now)  # queues the event
    assert len(host.scheduler.mailbox) == 1
    forget()
    host.run_for(2 * MS)
    assert heard == []
    close(*pair)


def test_a_descriptor_has_one_watch(host: World, pair: tuple[socket.socket, socket.socket]) -> None:
    left, _ = pair
    outside(host).watch(left.fileno(), "first", readable=lambda: None)
    with pytest.raises(ValueError, match="watched already, by 'first'"):
        outside(host).watch(left.fileno(), "second", readable=lambda: None)
    close(*pair)


def test_a_full_mailbox_loses_no_readiness(pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    with world("host", bound=1) as small:
        heard: list[bytes] = []
        watch = outside(small).watch(
            left.fileno(), "left", readable=lambda: heard.append(left.recv(100))
        )
        small.scheduler.post(lambda: None, name="filler")
        right.send(b"kept")
        outside(small).wait_until(small.scheduler.now)
        assert small.scheduler.mailbox.refused == 1
        small.run_until(lambda: bool(heard))
        assert heard == [b"kept"]
        outside(small).forget(watch)
    close(*pair)


def test_a_signal_handler_may_post(host: World) -> None:
    seen: list[str] = []

    def arrive() -> None:
        seen.append("signal")
        host.scheduler.stop()

    before = signal.signal(signal.SIGUSR1, lambda *_: host.scheduler.post(arrive, name="signal"))
    host.scheduler.after(5 * MS, lambda: os.kill(os.getpid(), signal.SIGUSR1), name="kill")
    host.scheduler.run(host.scheduler.now + 5 * S)
    signal.signal(signal.SIGUSR1, before)
    assert seen == ["signal"]


def test_the_timer_is_exact_to_well_below_a_millisecond(host: World) -> None:
    """Not a benchmark: with an epoll timeout alone this would never come true, however long."""
    late: list[int] = []

    def note() -> None:
        late.append(host.clock.now() - (task.next_due - task.period))

    task = host.scheduler.every(1_300_000, note, name="alarm")
    host.run_until(lambda: bool(late) and min(late) < 300_000)


def test_a_timer_that_rang_does_not_wake_again_while_nothing_is_due() -> None:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    waits: list[int | None] = []
    scheduler.after(MS, lambda: waits.append(None), name="once")
    started = threading.Timer(0.2, lambda: scheduler.post(scheduler.stop, name="stop"))
    started.start()
    wait_until = clock.wait_until

    def counted(when: int | None) -> None:
        waits.append(when)
        wait_until(when)

    clock.wait_until = counted  # type: ignore[method-assign]
    scheduler.run()
    clock.close()
    assert len(waits) < 20


def test_where_milliseconds_do_not_matter_the_timer_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer costs twice what a timeout does; no task rings before it is due for that."""
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox, lenient=True)
    armed: list[int | None] = []
    early: list[int] = []
    monkeypatch.setattr(clock._timer, "arm", armed.append)

    def ring() -> None:
        early.append(task.next_due - task.period - scheduler.now)
        if len(early) == 10:
            scheduler.stop()

    task = scheduler.every(10 * MS, ring, name="t", slack=5 * MS)
    scheduler.run()
    clock.close()
    assert max(early) <= 0
    assert armed == []
