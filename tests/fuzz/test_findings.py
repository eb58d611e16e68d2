"""A finding is on disk when it is made, with its seed and octets, and the next run keeps it."""

import json
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from bsw.sdp.messages import Response, Security
from tools.api.client import Client, Trouble
from tools.fuzz.ecu import Ecu
from tools.fuzz.figures import MOST_FINDINGS, Figures
from tools.fuzz.findings import MOST, NAME
from tools.fuzz.plan import Plan
from tools.fuzz.vehicle import answers


def read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


def test_a_finding_is_written_at_once_with_what_was_sent_in_its_session(tmp_path: Path) -> None:
    figures = Figures(kept=Plan(None, None, 7_001, tmp_path / "vehicle" / "1").kept())
    figures.begin(session="7001/3", kind="din", place="PreCharge")
    figures.put("SessionSetup", (b"\x01\xfe",))
    figures.begin(session="7001/4", kind="iso2 ac", place="SessionStop")
    figures.put("SessionSetup", (b"\x01", b"\xfe\x80"))
    figures.put("SessionStop", (b"\xff",))
    figures.found("the session does not end")
    (one,) = read(tmp_path / "vehicle")
    assert one.pop("at")
    assert one == {
        "found": "the session does not end",
        "seed": 7_001,
        "session": "7001/4",
        "kind": "iso2 ac",
        "place": "SessionStop",
        "sent": [
            {"state": "SessionSetup", "octets": "01fe80"},
            {"state": "SessionStop", "octets": "ff"},
        ],
    }
    assert figures.sent == 3


def test_findings_beyond_those_told_are_written_and_another_run_adds_its_own(
    tmp_path: Path,
) -> None:
    for seed in (1, 2):
        figures = Figures(kept=Plan(None, None, seed, tmp_path / "0").kept())
        for number in range(MOST_FINDINGS + 5):
            figures.found(f"thing {number}")
    assert len(figures.findings) == MOST_FINDINGS
    assert [one["seed"] for one in read(tmp_path)] == [1] * 25 + [2] * 25
    for number in range(MOST):
        figures.found(f"thing {number}")
    assert len(read(tmp_path)) == 25 + MOST


def test_adding_up_what_several_ecus_found_writes_nothing_again(tmp_path: Path) -> None:
    one = Figures(kept=Plan(None, None, 1, tmp_path / "0").kept())
    one.found("a thing")
    whole = Figures(kept=Plan(None, None, 2, tmp_path / "1").kept())
    whole.add(one)
    assert whole.findings == ["a thing"]
    assert len(read(tmp_path)) == 1


def test_a_complaint_in_the_log_is_seen_once_by_the_session_that_caused_it(tmp_path: Path) -> None:
    ecu = Ecu("evcc", tmp_path, {"no.such.key": 1})
    try:
        assert ecu.process.wait(60) != 0
        ecu.complaints()
        with ecu.log.open("a") as log:
            log.write('{"level": "warning"}\n{"level": "error", "event": "x"}\n')
        assert ecu.complaints() == ['{"level": "error", "event": "x"}']
        assert ecu.complaints() == []
    finally:
        ecu.process.kill()


def test_a_good_session_is_never_led_astray_by_discovery() -> None:
    good = Response("::1", 15118, Security.NONE).octets()
    rng = random.Random(1)
    hostile = [answers(rng, good, hostile=True) for _ in range(300)]
    assert {len(one) for one in hostile} == {1, 2}
    assert all(one[-1] == good for one in hostile)
    assert {answers(rng, good, hostile=False) for _ in range(300)} == {(good,)}


def test_an_ecu_that_does_not_answer_is_trouble_not_a_traceback(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(tmp_path / "door"))
        door.listen()
        with (
            Client(tmp_path / "door", timeout=0.05) as client,
            pytest.raises(Trouble, match="does not answer"),
        ):
            client.ask(cmd="resume", args={})
