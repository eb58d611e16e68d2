"""Blocking work as jobs: one contract for the thread and for its simulated twin."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from bsw.os.clock import MS
from bsw.os.worker import HostWorker, Outcome, SimulatedWorker, Worker, WorkerClosed, WorkerFull
from tests.os.worlds import World, worker_on, world


@pytest.fixture
def worker(both: World) -> Iterator[Worker]:
    made = worker_on(both, bound=4)
    yield made
    made.close()


def test_the_outcome_arrives_as_an_event(both: World, worker: Worker) -> None:
    outcomes: list[Outcome[int]] = []
    worker.submit("sum", lambda: 20 + 22, outcomes.append)
    assert outcomes == []
    both.run_until(lambda: bool(outcomes))
    assert outcomes[0].result() == 42


def test_an_exception_travels_to_who_asked(both: World, worker: Worker) -> None:
    outcomes: list[Outcome[int]] = []

    def fail() -> int:
        raise OSError("token removed")

    worker.submit("sign", fail, outcomes.append)
    both.run_until(lambda: bool(outcomes))
    with pytest.raises(OSError, match="token removed"):
        outcomes[0].result()


def test_jobs_run_one_at_a_time_in_order(both: World, worker: Worker) -> None:
    done: list[int] = []
    for n in range(4):
        worker.submit(f"job {n}", partial(int, n), lambda o: done.append(o.result()))
    both.run_until(lambda: len(done) == 4)
    assert done == [0, 1, 2, 3]


def test_a_cancelled_job_tells_nobody(both: World, worker: Worker) -> None:
    done: list[str] = []
    job = worker.submit("cancelled", lambda: "no", lambda o: done.append(o.result()))
    job.cancel()
    worker.submit("kept", lambda: "yes", lambda o: done.append(o.result()))
    both.run_until(lambda: bool(done))
    assert done == ["yes"]


def test_a_full_worker_refuses_the_newest(both: World, worker: Worker) -> None:
    gate = threading.Event()
    done: list[int] = []

    def wait() -> int:
        gate.wait(0.0 if both.virtual else 5.0)
        return 0

    def fill() -> None:
        for _ in range(6):
            worker.submit("slow", wait, lambda o: done.append(o.result()))

    with pytest.raises(WorkerFull, match="refused: 4 jobs are waiting"):
        fill()
    gate.set()
    both.run_until(lambda: len(done) >= 4)


def test_a_closed_worker_takes_and_tells_nothing_more(both: World, worker: Worker) -> None:
    done: list[str] = []
    for n in range(3):
        worker.submit(f"job {n}", lambda: "late", lambda o: done.append(o.result()))
    assert worker.close()
    with pytest.raises(WorkerClosed, match="'after' refused"):
        worker.submit("after", lambda: 1, lambda _o: None)
    both.run_for(20 * MS)
    assert len(done) <= 1  # the one that ran already


def test_simulated_jobs_take_their_modelled_time_one_after_the_other(virtual: World) -> None:
    delays = {"sign": 30 * MS, "digest": 1 * MS}
    worker = SimulatedWorker(virtual.scheduler, lambda name: delays[name])
    done: list[tuple[str, int]] = []

    def note(name: str, _outcome: Outcome[str]) -> None:
        done.append((name, virtual.clock.now() // MS))

    for name in ("sign", "digest", "sign"):
        worker.submit(name, lambda: "", partial(note, name))
    virtual.run_for(100 * MS)
    assert done == [("sign", 30), ("digest", 31), ("sign", 61)]


def test_a_blocked_job_does_not_hold_up_the_end(host: World) -> None:
    started, gate = threading.Event(), threading.Event()
    worker = HostWorker(host.scheduler)

    def hang() -> None:
        started.set()
        gate.wait(10)

    worker.submit("hangs", hang, lambda _o: None)
    assert started.wait(5)
    assert not worker.close(within=10 * MS)
    gate.set()


def test_an_outcome_survives_a_full_mailbox() -> None:
    with world("host", bound=2) as small:
        worker = HostWorker(small.scheduler)
        for _ in range(2):
            small.scheduler.post(lambda: None, name="filler")
        done: list[int] = []
        worker.submit("job", lambda: 7, lambda o: done.append(o.result()))
        while len(small.scheduler.mailbox) < 3:
            pass
        small.run_until(lambda: bool(done))
        assert done == [7]
        assert worker.close()


def test_a_job_may_end_when_the_clock_is_gone() -> None:
    begun, release = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert release.wait(10)

    with world("host") as host:
        worker = HostWorker(host.scheduler)
        worker.submit("slow", slow, lambda _: None)
        assert begun.wait(10)
        assert not worker.close(within=1 * MS)
    release.set()
    assert worker.close()
