"""``v2g bench run``: what a person and a program see of a scenario while it plays."""

import base64
import gzip
import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bsw.trace_file import verify
from tools.bench.run.dashboard import Drawing, TerminalView, clock, sparkline
from tools.bench.run.plain import JsonView, PlainView
from tools.bench.run.scene import PRE_CHARGE, TLS, Scene
from tools.bench.run.simulated import Pace, Simulation
from tools.bench.scenarios.find import read
from tools.capture.sources import events
from tools.cli import main
from tools.monitor.judge import Judge

ROOT = Path(__file__).parents[2]
QUICK = ("--soc", "79.98", "--speed", "0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def said(folder: Path) -> str:
    """A whole run by contract, as it is printed into a pipe."""
    words = ["bench", "run", "dc-contract", "--out", str(folder), *QUICK]
    ended = subprocess.run(
        [sys.executable, "-c", HEARS_CTRL_C, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_lines_name_the_phases_with_the_norms_limits(said: str) -> None:
    for phase in ("SLAC", "TLS", "Cable check", "Pre-charge", "Stop"):
        assert f"{phase} done after" in said
    for limit in ("of 72 s", "of 40 s", "of 7 s", " kWh"):
        assert limit in said
    assert "\033" not in said


def test_the_verdict_says_what_was_charged_and_where_to_look(said: str, folder: Path) -> None:
    (verdict,) = [line for line in said.splitlines() if line.startswith("Charged ")]
    assert "kWh in" in verdict
    assert "messages, slowest answer" in verdict
    assert f"v2g decode {folder}/run.pcapng" in said
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    for who in ("evcc", "secc"):
        assert verify(folder / f"{who}.trace.jsonl").intact


def test_the_report_has_the_capture_and_both_sides_with_what_can_said(
    said: str, folder: Path
) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    (packed,) = re.findall(r"[A-Za-z0-9+/]{5000,}={0,2}", page)
    data = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert data["sources"] == ["run.pcapng", "evcc.trace.jsonl", "secc.trace.jsonl"]
    told = json.dumps(data)
    for part in ("CM_SLAC_PARM.REQ", "certificates", "BMS_Battery", "CurrentDemandRes"):
        assert part in told, part


def test_the_capture_opens_and_breaks_no_rule(said: str, folder: Path) -> None:
    judged = list(Judge().judged(events(folder / "run.pcapng")))
    names = {event.name for event, _ in judged}
    assert {"CM_SLAC_PARM.REQ", "PaymentDetailsReq", "CurrentDemandRes", "SessionStopRes"} <= names
    assert [finding for _, found in judged for finding in found] == []


def test_an_unhappy_end_names_exchange_timer_and_next_step(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["no-voltage", "--out", str(tmp_path), "--speed", "0"]
    assert main(["bench", "run", *words]) == 0  # as it expects
    told = capsys.readouterr().out
    assert "still ongoing after the limit, at PreCharge, chain" in told
    assert "peer DE*PWX*E000001" in told
    assert "next step: see what the station waits for" in told
    assert "Pre-charge failed after 7." in told


def test_another_end_than_expected_is_status_1_and_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "title: mine\nvehicle: {soc: 80 %}\nexpect: {vehicle: [isolation fault]}\n",
        encoding="utf-8",
    )
    assert main(["bench", "run", str(path), "--out", str(tmp_path / "r"), "--speed", "0"]) == 1
    assert "not as expected: the vehicle's end: terminated" in capsys.readouterr().out


def test_a_program_gets_scenes_and_a_verdict(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["stop-button", "--out", str(tmp_path), "--speed", "0", "--json"]
    assert main(["bench", "run", *words]) == 0
    *scenes, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert last["verdict"]["endings"] == ["terminated, at SessionStop"]
    scene = scenes[-1]["scene"]
    assert scene["made"] == ["stop button"]
    assert [one["name"] for one in scene["trouble"]] == ["STOP_SWITCH"]
    assert {one["name"] for one in scene["phases"] if one["state"] == "done"} >= {"Charging"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["chrge"], "no scenario 'chrge'; did you mean charge?"),
        (["--secc", "a.yaml"], "--secc is for processes; add --live"),
        (["--soc", "120"], "--soc is a percentage from 0 to 100"),
        (["--role", "station"], "--role is for processes; add --live"),
        (["--live", "--role", "station"], "--role is for a real interface; add --interface"),
        (["--live", "--modem"], "--modem is for a real interface; add --interface"),
        (["--live", "--speed", "10"], "--speed is for the simulation"),
        (["--live", "chrge"], "no scenario 'chrge'; did you mean charge?"),
        (["--live", "token-gone"], "'token out': the keys of the vehicle's process lie in files"),
        (["--live", "prices"], "station.prices: the schedules of a station's process come from"),
        (["--interface", "lo", "--secc", "a.yaml"], "--secc: we are the vehicle here; --role"),
    ],
)
def test_what_cannot_be_is_refused(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["bench", "run", "--out", str(tmp_path / "r"), *words]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


HEARS_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from tools.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""Whoever starts the tests in the background has them, and so their children, ignore it."""


def test_ctrl_c_ends_in_order(tmp_path: Path) -> None:
    words = ["bench", "run", "charge", "--out", str(tmp_path), "--speed", "15"]
    running = subprocess.Popen(
        [sys.executable, "-c", HEARS_CTRL_C, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if "Charging" in line:
            break
    running.send_signal(signal.SIGINT)
    rest = running.stdout.read()
    running.stdout.close()
    assert running.wait() == 130
    assert "Interrupted; everything was ended in order." in rest
    assert verify(tmp_path / "evcc.trace.jsonl").intact


def seen(name: str, seconds: float, folder: Path) -> Scene:
    """A scenario, so many seconds after power-on."""
    simulation = Simulation(read(name), folder, 0, PlainView(io.StringIO()))
    try:
        simulation.player.advance(round(seconds * 1e9))
        return simulation.watch.scene()
    finally:
        simulation.player.close()


@pytest.mark.parametrize("width", [60, 120])
def test_a_picture_has_both_halves_and_every_number_a_unit(width: int, tmp_path: Path) -> None:
    scene = seen("din", 12.0, tmp_path)
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(Drawing().draw(scene, width))
    text = console.export_text().replace("\u00a0", " ")
    for part in ("vehicle charges", "station delivers", "DIN 70121", "▶ Charging", " V", " A",
                 "kWh", "give me", "you get", "°C", "messages", "slowest answer"):  # fmt: skip
        assert part in text, part
    assert "✔ TLS" not in text
    assert max(len(line) for line in text.splitlines()) <= width


def test_faults_stand_with_their_cause(tmp_path: Path) -> None:
    scene = seen("hot-inlet", 38.0, tmp_path)
    console = Console(record=True, width=120, file=io.StringIO())
    view = TerminalView(console)
    view.show(scene)
    view.close()
    text = console.export_text()
    assert "made: inlet too hot" in text
    assert "TEMPERATURE_CRITICAL" in text


def test_phases_that_do_not_come_are_not_shown(tmp_path: Path) -> None:
    scene = seen("ac-three-phase", 2.0, tmp_path)
    names = [phase.name for phase in scene.phases]
    assert TLS not in names
    assert PRE_CHARGE not in names
    out = io.StringIO()
    JsonView(out).show(scene)
    assert json.loads(out.getvalue())["scene"]["pilot"] in {"B", "C"}


def test_a_machine_that_cannot_keep_up_lets_time_go() -> None:
    times = iter([0.0, 1.0, 1.1, 100.0])
    pace = Pace(15.0, lambda: next(times))
    assert pace.due(slowly=True) == 1_000_000_000
    pace.spent(1_000_000_000)
    assert pace.due(slowly=False) == 1_500_000_000
    assert pace.due(slowly=False) == 2_000_000_000


def test_small_helpers() -> None:
    assert clock(4.23) == "4.2 s"
    assert clock(185.0) == "3:05 min"
    assert sparkline([0.0, 5.0, 10.0], 3) == " ▄█"
    assert len(sparkline([float(one) for one in range(1000)], 40)) == 40
    assert sparkline([], 10) == ""
