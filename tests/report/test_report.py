"""The report of a session: one file, small, that tells what is in it without a browser too."""

import base64
import gzip
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bsw.chrgm.messages import iso2
from tests.capture.makers import connection, framed, pcapng_of
from tests.capture.test_decode import ONE, changed, moved, place, write
from tests.peers.recordings import Frame, Recording
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player
from tools.capture.sources import events
from tools.cli import main
from tools.dev.chromium import tab
from tools.monitor.judge import Judge
from tools.report.page import report

CHROMIUM = shutil.which("chromium")


def page(path: Path) -> str:
    return report(path.name, Judge().judged(events(path)))[0]


def data(text: str) -> dict[str, Any]:
    found = re.search(r'<script id="data"[^>]*>([^<]*)</script>', text)
    assert found is not None
    told: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return told


def longer(recording: Recording, turns: int) -> Recording:
    """The charge loop again and again, as often as in a session of that length."""
    first = place(recording, "CurrentDemandReq")
    loop, rest = recording.frames[first : first + 2], recording.frames[first + 2 :]
    frames: list[Frame] = list(recording.frames[:first])
    for turn in range(turns):
        frames += [
            replace(frame, at=loop[0].at + 100 * turn + 10 * n) for n, frame in enumerate(loop)
        ]
    later = 100 * turns
    frames += [replace(frame, at=frame.at + later) for frame in rest]
    return replace(recording, frames=tuple(frames))


def test_a_report_needs_nothing_but_itself(tmp_path: Path) -> None:
    text = page(write(tmp_path, ONE))
    assert re.findall(r"""(?:src|href)\s*=|url\(|https?://|import\s""", text) == []


def test_it_tells_the_facts_the_phases_and_the_curves(tmp_path: Path) -> None:
    told = data(page(write(tmp_path, ONE)))
    assert told["facts"]["protocol"] == "ISO 15118-2"
    assert told["facts"]["paid by"] == "ExternalPayment"
    assert [name for name, _, _ in told["phases"]] == [
        *("Set-up", "Services", "Authorization", "Parameters"),
        *("Cable check", "Pre-charge", "Charging", "Stop", "Close"),
    ]
    assert {name for name, *_ in told["curves"]} >= {"SoC", "voltage", "current", "power"}
    assert all(len(times) == len(values) for _, _, times, values in told["curves"])
    assert len(told["rows"]) > len(ONE.frames)
    assert told["findings"] == 0


def test_energy_is_volts_times_amperes_over_time(tmp_path: Path) -> None:
    steady = longer(ONE, 1)
    volts = iso2.PhysicalValue(multiplier=0, unit=iso2.Unit.V, value=400)
    amps = iso2.PhysicalValue(multiplier=0, unit=iso2.Unit.A, value=90)
    at = place(steady, "CurrentDemandRes")
    steady = changed(steady, at, {"evse_present_voltage": volts, "evse_present_current": amps})
    told = data(page(write(tmp_path, longer(steady, 1_001))))
    kwh = float(told["facts"]["energy"].split()[0])
    assert kwh == pytest.approx(400 * 90 * 100 / 3.6e6, rel=0.02)


def test_what_cannot_be_true_is_a_finding_and_in_no_curve(tmp_path: Path) -> None:
    absurd = iso2.PhysicalValue(multiplier=3, unit=iso2.Unit.V, value=32_767)
    wrong = changed(ONE, place(ONE, "CurrentDemandRes"), {"evse_present_voltage": absurd})
    told = data(page(write(tmp_path, moved(wrong, place(ONE, "PreChargeRes"), 2_500))))
    assert told["findings"] == 3
    assert {text.split(":")[0] for texts in told["found"].values() for text in texts} == {
        "value",
        "limit",
        "answer",
    }
    (volts,) = [values for name, _, _, values in told["curves"] if name == "voltage"]
    assert max(volts) < 1_500


def test_half_an_hour_stays_below_a_megabyte(tmp_path: Path) -> None:
    long = longer(ONE, 18_000)
    path = tmp_path / "long.pcapng"
    path.write_bytes(pcapng_of(connection(framed(long))))
    text = page(path)
    assert len(text.encode()) < 1_000_000
    assert len(data(text)["rows"]) > 36_000


def test_a_title_from_outside_is_no_program(tmp_path: Path) -> None:
    path = write(tmp_path, ONE, "<script>alert(1)<.pcapng")
    assert "<script>alert" not in page(path)


def test_the_command_writes_it_and_its_status_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = moved(ONE, place(ONE, "CurrentDemandRes"), 400)
    out = tmp_path / "report.html"
    assert main(["decode", "--html", str(out), str(write(tmp_path, late))]) == 1
    assert "1 findings" in capsys.readouterr().out
    assert main(["decode", "--html", str(tmp_path), str(write(tmp_path, late))]) == 2
    assert "v2g decode: " in capsys.readouterr().err


def dumped(report: Path) -> str:
    """The document as a browser has it once the page's program has run."""
    words = (
        *(str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-sync"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        *(f"--user-data-dir={report.parent / 'browser'}", "--virtual-time-budget=20000"),
        *("--dump-dom", report.as_uri()),
    )
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_shows_every_message(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text(page(write(tmp_path, ONE)), encoding="utf-8")
    shown = dumped(out)
    assert 'data-ready="yes"' in shown
    assert "no rule was broken" in shown
    assert "SupportedAppProtocolReq" in shown
    assert f"{len(ONE.frames) + 3} of {len(ONE.frames) + 3}" in shown


NARROW = """(() => {
  const ys = [], take = (x, y) => ys.push(y), n = 100000, times = [...Array(n).keys()];
  const pen = {beginPath() {}, stroke() {}, moveTo: take, lineTo: take};
  const values = times.map(time => time === 54321 ? 9 : 1);
  plot.view = [0, n];
  plot.line(pen, {times, values, colour: "red"}, time => 46 + time / n * 900, value => value);
  return [Math.max(...ys), ys.length];
})()"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_peak_of_one_sample_among_100_000_is_drawn_with_few_strokes(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text(page(write(tmp_path, ONE)), encoding="utf-8")
    with tab() as opened:
        opened.go(out.as_uri())
        opened.until("document.readyState === 'complete' && typeof plot === 'object'")
        highest, strokes = opened.ask(NARROW)
    assert highest == 9
    assert strokes < 4 * 1000


# Several records


def told_by_both(folder: Path) -> tuple[Path, Path, Path]:
    """The traces of both sides of a charge, and the capture beside them."""
    player = Player(read("ac-contract"), record=folder)
    assert player.play().wrong == ()
    found = []
    for role, base in (("evcc", player.pair.vehicle_base), ("secc", player.pair.station_base)):
        found.append(folder / f"{role}.jsonl")
        found[-1].write_text("".join(record.line for record in base.memory.records))
    player.close()
    return found[0], found[1], folder / "run.pcapng"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    return told_by_both(tmp_path_factory.mktemp("both"))


def rows(told: dict[str, Any], name: str) -> list[tuple[int, int]]:
    """Source and microseconds of the rows of one name."""
    found, time = [], 0
    for step, number, _, _, source, *_ in told["rows"]:
        time += step
        if told["names"][number] == name:
            found.append((source, time))
    return found


def test_the_records_of_both_sides_lie_on_one_axis(
    both: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    assert main(["decode", "--html", str(out), "--beside", *map(str, both)]) == 0
    told = data(out.read_text(encoding="utf-8"))
    assert told["sources"] == ["evcc.jsonl", "secc.jsonl", "run.pcapng"]
    found = rows(told, "SessionSetupReq")
    assert sorted(source for source, _ in found) == [0, 1, 2]
    times = [time for _, time in found]
    assert max(times) - min(times) < 1_000_000
    assert any(layer == "CAN" for layer in told["layers"])
    beside = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (beside["findings"], beside["facts"]["protocol"]) == (0, "ISO 15118-2")
    assert 'failures="0"' in (tmp_path / "report.xml").read_text(encoding="utf-8")


def test_a_record_without_the_calendar_is_moved_to_its_first_message(
    both: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.jsonl"
    kept = both[1].read_text().splitlines()[1:]  # without the record that has the calendar
    bare.write_text("\n".join(kept))
    out = tmp_path / "report.html"
    main(["decode", "--html", str(out), str(both[0]), str(bare)])
    times = [time for _, time in rows(data(out.read_text(encoding="utf-8")), "SessionSetupReq")]
    assert len(times) == 2
    assert max(times) - min(times) < 1_000


def test_every_message_has_its_octets(both: tuple[Path, Path, Path]) -> None:
    told = data(page(both[0]))
    wanted = [event.octets.hex() for event in events(both[0])]
    last: dict[int, str] = {}
    for row, kept, octets in zip(told["rows"], told["octets"], wanted, strict=True):
        if not kept:
            assert octets == ""
            continue
        begin, end, middle = kept.split(",")
        before = last.get(row[1], "")
        tail = before[len(before) - 2 * int(end) :] if int(end) else ""
        last[row[1]] = before[: 2 * int(begin)] + middle + tail
        assert last[row[1]] == octets


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_message_unfolds_to_values_octets_and_the_bus(
    both: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    main(["decode", "--html", str(out), *map(str, both[:2])])
    text = out.read_text(encoding="utf-8")
    picked = 'ladder.pick(ladder.shown.findIndex(row => row.name === "ChargingStatusReq"))'
    ready = 'document.body.dataset.ready = "yes";'
    assert ready in text
    out.write_text(text.replace(ready, f"{ready} {picked};"), encoding="utf-8")
    shown = dumped(out)
    detail = shown[shown.index('id="detail"') :]
    assert "CAN at that time" in detail
    assert "has it" in detail
    assert "80 98" in detail
