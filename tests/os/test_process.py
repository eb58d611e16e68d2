"""How an ECU process ends: in order, in bounded time, and with a status that says which."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]

ECU = """
import sys, time
from bsw.base_host import open_base
from bsw.base_config import BaseConfig, LogConfig, TraceConfig
from bsw.os.clock import MS, S
from bsw.os.config import OsConfig
from bsw.os.process import Status

base = open_base(BaseConfig(
    os=OsConfig(stop_within={stop_within} * MS, stuck_after={stuck_after} * MS),
    log=LogConfig(form="json"),
    trace=TraceConfig(file=None),
))
process, scheduler, log = base.process, base.scheduler, base.dlt.logger("test")
resort = lambda: log.warning("last_resort")

def on_stop(stop):
    log.info("ordered_stop", cause=stop.cause.value, detail=stop.detail)
    scheduler.after(20 * MS, process.finished, name="stopped")

process.ends_by(on_stop, resort)
scheduler.every(10 * MS, lambda: None, name="task")
scheduler.after(0, lambda: log.info("ready"), name="ready")
{body}
sys.exit(base.run())
"""


@dataclass
class Ecu:
    process: "subprocess.Popen[str]"
    errors: IO[str]

    def wait_for(self, event: str) -> None:
        for line in self.errors:
            if f'"{event}"' in line:
                return
        pytest.fail(f"{event} was never logged")

    def ended(self) -> tuple[int, dict[str, dict[str, object]]]:
        _, rest = self.process.communicate(timeout=20)
        records = [json.loads(line) for line in rest.splitlines() if line.startswith("{")]
        return self.process.returncode, {r["event"]: r["fields"] for r in records}


def ecu(body: str = "", *, stop_within: int = 2000, stuck_after: int = 5000) -> Ecu:
    code = ECU.format(body=textwrap.dedent(body), stop_within=stop_within, stuck_after=stuck_after)
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    )
    assert process.stderr is not None
    return Ecu(process, process.stderr)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)]
)
def test_a_signal_leads_to_the_ordered_stop(number: signal.Signals, status: int) -> None:
    one = ecu()
    one.wait_for("ready")
    one.process.send_signal(number)
    ended, events = one.ended()
    assert ended == status
    assert events["ordered_stop"] == {"cause": "signal", "detail": number.name}
    assert "last_resort" not in events


HANGS = """
def hang(stop):
    log.info("hangs")
    scheduler.after(150 * MS, lambda: log.info("later"), name="later")
process.ends_by(hang, resort)
"""


def test_another_signal_ends_it_at_once_however_soon() -> None:
    one = ecu(HANGS, stop_within=60_000)
    one.wait_for("ready")
    one.process.send_signal(signal.SIGTERM)
    one.wait_for("hangs")
    one.process.send_signal(signal.SIGINT)
    ended, events = one.ended()
    assert ended == 72
    assert events["stop_not_in_order"] == {"reason": "a second signal, SIGINT"}


def test_the_same_signal_told_twice_is_one_order() -> None:
    """As ``timeout`` sends it: to its child, and at once to the whole group."""
    again = "signal.raise_signal(signal.SIGTERM)"
    one = ecu(f"import signal; scheduler.after(0, lambda: ({again}, {again}), name='told twice')")
    ended, events = one.ended()
    assert ended == 0
    assert "last_resort" not in events
    assert events["ordered_stop"] == {"cause": "signal", "detail": "SIGTERM"}


def test_a_second_signal_ends_it_at_once() -> None:
    one = ecu(HANGS, stop_within=60_000)
    one.wait_for("ready")
    one.process.send_signal(signal.SIGTERM)
    one.wait_for("later")
    one.process.send_signal(signal.SIGTERM)
    ended, events = one.ended()
    assert ended == 72
    assert "last_resort" in events
    assert events["stop_not_in_order"] == {"reason": "a second signal, SIGTERM"}


def test_a_stop_that_is_never_finished_ends_at_its_deadline() -> None:
    one = ecu("process.ends_by(lambda stop: None, resort)", stop_within=200)
    one.wait_for("ready")
    one.process.send_signal(signal.SIGTERM)
    ended, events = one.ended()
    assert ended == 71
    assert events["stop_not_in_order"] == {"reason": "the stop was not over within 0.2 s"}
    assert "last_resort" in events


def test_an_exception_in_a_task_is_reported_and_stops_the_ecu() -> None:
    one = ecu("scheduler.every(30 * MS, lambda: 1 / 0, name='current demand')")
    ended, events = one.ended()
    assert ended == 70
    assert events["development_error"]["where"] == "current demand"
    assert str(events["development_error"]["what"]).startswith("ZeroDivisionError")
    assert events["ordered_stop"]["cause"] == "fault"


def test_a_broken_promise_reported_to_det_stops_the_ecu() -> None:
    one = ecu("scheduler.after(30 * MS, lambda: base.det.report('cursor', 'two open'), name='x')")
    ended, events = one.ended()
    assert ended == 70
    assert events["ordered_stop"] == {"cause": "fault", "detail": "cursor: two open"}


def test_a_fault_during_the_stop_still_ends_in_bounded_time() -> None:
    one = ecu(
        """
        def on_stop(stop):
            raise RuntimeError("no stop either")
        process.ends_by(on_stop, resort)
        scheduler.after(30 * MS, lambda: 1 / 0, name="task")
        """,
        stop_within=300,
    )
    ended, events = one.ended()
    assert ended in {70, 71}
    assert "last_resort" in events


def test_a_task_that_never_ends_is_broken_off_and_named() -> None:
    one = ecu(
        """
        def spin():
            while True:
                pass
        scheduler.after(30 * MS, spin, name="spinning task")
        """,
        stuck_after=300,
    )
    ended, events = one.ended()
    assert ended == 70
    assert events["development_error"]["where"] == "spinning task"
    assert events["ordered_stop"]["cause"] == "fault"


def test_a_task_stuck_before_the_first_beat_is_broken_off_too() -> None:
    one = ecu("scheduler.at(0, lambda: time.sleep(60), name='first of all')", stuck_after=300)
    ended, events = one.ended()
    assert ended == 70
    assert events["development_error"]["where"] == "first of all"


def test_a_task_that_sleeps_is_broken_off_too() -> None:
    one = ecu("scheduler.after(30 * MS, lambda: time.sleep(60), name='sleeper')", stuck_after=300)
    ended, events = one.ended()
    assert ended == 70
    assert events["development_error"]["where"] == "sleeper"


def test_a_start_may_take_longer_than_any_later_task() -> None:
    one = ecu(
        """
        def start():
            time.sleep(0.8)
            yield "job"
            scheduler.after(30 * MS, process.done, name="job")
        sys.exit(base.run(start))
        """,
        stuck_after=200,
    )
    ended, events = one.ended()
    assert ended == 0
    assert "development_error" not in events


def test_a_task_stuck_right_after_a_long_start_is_broken_off() -> None:
    one = ecu(
        """
        def start():
            time.sleep(0.5)
            scheduler.after(0, lambda: time.sleep(40), name="sleeper")
            yield from ()
        sys.exit(base.run(start))
        """,
        stuck_after=200,
    )
    ended, events = one.ended()
    assert ended == 70
    assert events["development_error"]["where"] == "sleeper"


def test_a_task_that_swallows_exceptions_does_not_hold_up_the_end() -> None:
    one = ecu(
        """
        def stubborn():
            while True:
                try:
                    time.sleep(60)
                except Exception:
                    log.info("swallowed")
        scheduler.after(30 * MS, stubborn, name="stubborn")
        """,
        stuck_after=200,
    )
    ended, events = one.ended()
    assert ended == 72
    assert "swallowed" in events
    assert "last_resort" in events


def test_a_stop_that_blocks_is_broken_off() -> None:
    one = ecu("process.ends_by(lambda stop: time.sleep(60), resort)", stop_within=200)
    one.wait_for("ready")
    one.process.send_signal(signal.SIGTERM)
    ended, events = one.ended()
    assert ended == 72
    assert "last_resort" in events


def test_a_job_that_is_done_ends_with_its_own_status() -> None:
    one = ecu("scheduler.after(30 * MS, lambda: process.done(Status.FAILED, 'no'), name='job')")
    ended, events = one.ended()
    assert ended == 1
    assert events["ordered_stop"] == {"cause": "done", "detail": "no"}


def test_what_cannot_start_stops_in_order_and_says_why() -> None:
    one = ecu(
        """
        from bsw.base import CannotStart
        def start():
            yield from ()
            raise CannotStart("there is no bus can7")
        process.ends_by(lambda stop: process.finished(), resort)
        try:
            base.run(start)
        except CannotStart as error:
            print(f'{{"event": "said", "fields": {{"why": "{error}"}}}}', file=sys.stderr)
            sys.exit(1)
        """
    )
    ended, events = one.ended()
    assert ended == 1
    assert events["said"] == {"why": "there is no bus can7"}
    assert "ready" not in events
    assert events["stopping"]["detail"] == "cannot start"


def test_signals_are_heard_while_the_rooms_start() -> None:
    one = ecu(
        """
        def start():
            log.info("starting")
            time.sleep(0.3)
            yield "the next room"
            log.info("not to be")
        sys.exit(base.run(start))
        """
    )
    one.wait_for("starting")
    one.process.send_signal(signal.SIGTERM)
    ended, events = one.ended()
    assert ended == 0
    assert events["ordered_stop"]["cause"] == "signal"
    assert "not to be" not in events


def test_a_start_that_is_broken_off_closes_what_it_has_opened() -> None:
    one = ecu(
        """
        def start():
            try:
                process.done(detail="changed its mind")
                yield "bus"
            finally:
                log.info("closed", stopping=process.stopping.detail)
        sys.exit(base.run(start))
        """
    )
    ended, events = one.ended()
    assert ended == 0
    assert events["closed"] == {"stopping": "changed its mind"}


def test_the_loop_turns_between_the_steps_of_a_start() -> None:
    one = ecu(
        """
        import os
        ours, theirs = os.pipe()
        heard = lambda: (os.read(ours, 1), log.info("heard"), process.done())
        base.clock.watch(ours, "pipe", readable=heard)
        def start():
            scheduler.after(0, lambda: log.info("task"), name="task")
            os.write(theirs, b"x")
            while True:
                yield "one more"
        sys.exit(base.run(start))
        """
    )
    ended, events = one.ended()
    assert ended == 0
    assert {"task", "heard"} <= set(events)


def test_a_parent_that_does_not_read_does_not_stop_the_loop() -> None:
    one = ecu(
        """
        scheduler.every(MS, lambda: log.info("x" * 80 + str(scheduler.now)), name="chatter")
        scheduler.after(1500 * MS, process.done, name="job")
        """
    )
    assert one.process.wait(timeout=20) == 0
    status, _ = one.ended()
    assert status == 0


def test_a_host_that_stops_the_process_is_no_stuck_task() -> None:
    one = ecu(stuck_after=500)
    one.wait_for("ready")
    one.process.send_signal(signal.SIGSTOP)
    time.sleep(1.5)  # three times what a task may take
    one.process.send_signal(signal.SIGCONT)
    one.wait_for("host_stalled")
    one.process.send_signal(signal.SIGTERM)
    status, events = one.ended()
    assert status == 0
    assert events["ordered_stop"]["cause"] == "signal"


def test_what_the_stuck_task_did_is_said() -> None:
    for body, how in (("while True: pass", "computes"), ("time.sleep(60)", "waits in a call")):
        one = ecu(
            f"def stuck():\n    {body}\nscheduler.after(0, stuck, name='stuck')", stuck_after=300
        )
        status, events = one.ended()
        assert status == 70
        assert how in str(events["ordered_stop"]["detail"])
        assert "of CPU time in" in str(events["ordered_stop"]["detail"])


def test_a_stop_that_the_host_held_up_gets_its_time_again() -> None:
    one = ecu(
        "process.ends_by(lambda stop: (log.info('ordered_stop'), "
        "scheduler.after(800 * MS, process.finished, name='stopped')), resort)",
        stop_within=1000,
    )
    one.wait_for("ready")
    one.process.send_signal(signal.SIGTERM)
    one.wait_for("ordered_stop")
    one.process.send_signal(signal.SIGSTOP)
    time.sleep(3)
    one.process.send_signal(signal.SIGCONT)
    status, _ = one.ended()
    assert status == 0
