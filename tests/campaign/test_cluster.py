"""The same campaign on a Dask cluster: the same results, though a worker is killed in between."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.campaign.book import FILE, digest
from tools.campaign.crew import chunks, here
from tools.campaign.plan import Plan
from tools.campaign.session import Result
from tools.cli import main

pytest.importorskip("distributed")

SCENARIOS = ("no-common-protocol",)
SESSIONS = 60
PATIENT = 240.0
"""Seconds; a busy host is no finding."""

Program = subprocess.Popen[bytes]


@contextlib.contextmanager
def started(folder: Path, name: str, *words: str) -> Iterator[Program]:
    with (folder / f"{name}.out").open("wb") as said:
        program = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT)
        try:
            yield program
        finally:
            program.kill()
            program.wait()


def dask(
    folder: Path, name: str, what: str, *more: str
) -> contextlib.AbstractContextManager[Program]:
    words = (sys.executable, "-m", f"distributed.cli.dask_{what}", *more)
    return started(folder, name, *words, "--scheduler-file", str(folder / "scheduler"))


def until(found: Path, octets: bytes, program: Program) -> None:
    """The file has it, or the program that writes it has ended."""
    end = time.monotonic() + PATIENT
    while not (found.exists() and octets in found.read_bytes()):
        assert program.poll() is None, f"{found.name} does not come any more"
        assert time.monotonic() < end, f"{found.name} does not come"
        time.sleep(0.02)


@contextlib.contextmanager
def cluster(folder: Path, count: int) -> Iterator[tuple[str, list[Program]]]:
    """Its address and its workers, two threads each as a worker has them on two cores."""
    alone = ("--host", "127.0.0.1", "--no-dashboard")
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(dask(folder, "scheduler", "scheduler", *alone, "--port", "0"))
        until(folder / "scheduler", b"}", first)
        ways = ("--host", "127.0.0.1", "--no-dashboard", "--no-nanny", "--nthreads", "2")
        workers = [
            stack.enter_context(dask(folder, f"worker-{number}", "worker", *ways))
            for number in range(count)
        ]
        for number, worker in enumerate(workers):
            until(folder / f"worker-{number}.out", b"Registered to", worker)
        yield json.loads((folder / "scheduler").read_text())["address"], workers


def results_in(path: Path) -> list[Result]:
    return [Result.from_json(json.loads(line)) for line in path.read_text().splitlines()[1:]]


@pytest.mark.long
def test_a_cluster_gives_the_same_though_a_worker_is_killed(tmp_path: Path) -> None:
    plan, out = tmp_path / "plan.yaml", tmp_path / "out"
    plan.write_text(f"scenarios: [{', '.join(SCENARIOS)}]\n")
    words = ("campaign", "run", str(plan), "--sessions", str(SESSIONS), "--out", str(out))
    with cluster(tmp_path, 3) as (address, workers):
        command = (sys.executable, "-m", "tools.cli", *words, "--scheduler", address)
        with started(tmp_path, "campaign", *command) as campaign:
            until(out / FILE, b'"seed"', campaign)
            os.kill(workers[0].pid, signal.SIGKILL)
            assert campaign.wait(PATIENT) == 0, (tmp_path / "campaign.out").read_text()
    results = results_in(out / FILE)
    assert sorted(one.seed for one in results) == list(range(1, SESSIONS + 1))
    tasks = chunks(Plan(scenarios=SCENARIOS), list(range(1, SESSIONS + 1)), "")
    assert digest(results) == digest(one for some in here(tasks) for one in some)


def test_where_there_is_no_cluster_the_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.campaign.crew.ANSWERS", "100ms")
    words = ["campaign", "run", "--sessions", "1", "--out", str(tmp_path)]
    assert main([*words, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "no Dask scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err
