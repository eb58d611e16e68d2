"""The ECUs start step by step: a stop at any step is in order, and a refusal is said clearly."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.north.processes import free_port

ROOT = Path(__file__).parents[2]

QUIET = ["trace.file=null", "log.form=json", "log.level=debug"]


def started(role: str, *settings: str) -> "subprocess.Popen[str]":
    own = f"network.sdp_port={free_port()}"
    words = [word for setting in (*QUIET, own, *settings) for word in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, "-m", f"{role}.cli", "run", *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def told(process: "subprocess.Popen[str]", until: str) -> list[str]:
    """Events up to the named one; a step of the start goes by the name of the step."""
    assert process.stderr is not None
    events: list[str] = []
    for line in process.stderr:
        record = json.loads(line)
        events.append(record["fields"].get("step", record["event"]))
        if events[-1] == until:
            break
    return events


@pytest.mark.parametrize(
    ("role", "step"),
    [
        *(("evcc", step) for step in ("running", "session", "bus", "keys", "can", "supervision")),
        *(("secc", step) for step in ("running", "parts", "plug", "power")),
    ],
)
def test_a_stop_during_the_start_is_in_order_and_soon(role: str, step: str) -> None:
    process = started(role, "can.bus.interface=none")
    with process:
        before = told(process, step)
        assert before[-1] == step
        process.send_signal(signal.SIGTERM)
        after = told(process, "")
        assert process.wait(timeout=20) == 0
    assert "stopping" in after
    assert "development_error" not in after
    assert "stop_not_in_order" not in after


STEPS = {
    "evcc": ["session", "parts", "building", "iso2", "din", "bus", "plug", "keys", "rooms", "can"],
    "secc": [
        "session",
        "parts",
        "building",
        "iso2",
        "din",
        "bus",
        "plug",
        "keys",
        "rooms",
        "power",
    ],
}


@pytest.mark.parametrize("role", STEPS)
def test_the_loop_turns_between_all_steps(role: str) -> None:
    process = started(role, "can.bus.interface=none")
    with process:
        events = told(process, "ready")
        process.send_signal(signal.SIGTERM)
        told(process, "")
    assert events[0] == "running"
    assert [event for event in events if event in STEPS[role]][: len(STEPS[role])] == STEPS[role]
    assert not any("SessionSetup" in step for step in events), "messages have time"


def test_a_refusal_in_a_late_step_closes_what_was_open_and_says_why() -> None:
    process = started("evcc", "can.bus.interface=socketcan", "can.bus.channel=can7")
    with process:
        assert process.stderr is not None
        *records, said = process.stderr.read().splitlines()
        assert process.wait(timeout=20) == 1
    assert said.startswith("evcc: can: cannot open CAN bus socketcan:can7")
    steps = [json.loads(line)["fields"].get("step") for line in records]
    assert "bus" in steps
    assert "plug" not in steps


@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_protocols_are_prepared_once_all_rooms_run(role: str) -> None:
    process = started(role, "can.bus.interface=none", "session.protocols=[din, iso2]")
    with process:
        told(process, "ready")
        steps = told(process, "prepared")
        process.send_signal(signal.SIGTERM)
        told(process, "")
        assert process.wait(timeout=20) == 0
    assert steps[-1] == "prepared"
    assert steps.index("din SessionSetup") < steps.index("iso2 SessionSetup")
