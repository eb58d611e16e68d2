"""``v2g monitor``: what broke a rule, and an exit status that a machine can act on."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.capture.makers import connection, framed, pcapng_of
from tests.capture.test_decode import ONE, moved, place
from tools.cli import main
from tools.monitor.words import RULES


def capture(folder: Path, *, late: bool) -> str:
    path = folder / "one.pcapng"
    told = moved(ONE, place(ONE, "CurrentDemandRes"), 400) if late else ONE
    path.write_bytes(pcapng_of(connection(framed(told))))
    return str(path)


def test_silence_is_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", capture(tmp_path, late=False)]) == 0
    assert capsys.readouterr().out == f"# {len(ONE.frames)} messages, no rule was broken\n"


def test_a_finding_is_told_with_its_message_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = capture(tmp_path, late=True)
    assert main(["monitor", path]) == 1
    head, message, finding, verdict = capsys.readouterr().out.splitlines()
    assert head.startswith(f"# {path}: seconds since 2026-")
    assert "CurrentDemandRes" in message
    assert finding.strip().startswith("! answer: CurrentDemandRes after ")
    assert verdict.endswith("1 findings: answer 1")


def test_a_rule_may_be_ignored(tmp_path: Path) -> None:
    assert main(["monitor", "--ignore", "answer", capture(tmp_path, late=True)]) == 0


def test_findings_for_programs_and_for_ci(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    junit = tmp_path / "junit.xml"
    assert main(["monitor", "--json", "--junit", str(junit), capture(tmp_path, late=True)]) == 1
    (told,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (told["rule"], told["message"], told["limit_ms"]) == ("answer", "CurrentDemandRes", 250)
    suite = ET.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == (str(len(RULES)), "1")
    (failed,) = [one.get("name") for one in suite if one.find("failure") is not None]
    assert failed == "answer"


def test_what_holds_no_message_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "can.log"
    log.write_text("(1790000000.000250) can0 123#0102\n")
    assert main(["monitor", str(log)]) == 2
    assert "v2g monitor: no message could be read" in capsys.readouterr().err


def test_every_rule_says_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", "--rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:16].strip() for line in lines[::2]] == list(RULES)
    assert all(line.strip().startswith("[") for line in lines[1::2])
