"""``python -m tools.dev.pictures``: the pictures of the documentation, drawn anew by Chromium.

Each shows a scenario at a moment of virtual time, so that the same sources give the same picture.
"""

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from tools.bench.run.dashboard import Drawing
from tools.bench.run.pages import report_of
from tools.bench.run.plain import PlainView
from tools.bench.run.simulated import Simulation
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player
from tools.capture.sources import events
from tools.dev.chromium import NAMES, find, tab
from tools.report import several

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "docs" / "pictures"
WIDTH: Final = 116
UNFOLDED: Final = """(ladder.pick(ladder.shown.findIndex((row, at) =>
  row.name === "CurrentDemandReq" && at > ladder.shown.length / 2)),
  document.querySelector("#ladder").style.height = "300px",
  document.querySelector("#curves-part").scrollIntoView(), true)"""
"""A program for the report's page."""


def shoot(url: str, picture: Path, size: tuple[int, int]) -> None:
    """What the browser shows at this address."""
    with tab() as page:
        page.size(*size)
        page.go(url)
        page.until("document.readyState === 'complete'")
        page.shoot(picture)


def terminal(scratch: Path) -> Path:
    """``v2g bench run`` in the middle of the charge."""
    simulation = Simulation(read("charge"), scratch, 0, PlainView(io.StringIO()))
    drawing, player = Drawing(), simulation.player
    while player.now < 800_000_000_000:
        player.advance(8_000_000_000)
        drawing.course.take(simulation.watch.scene())
    simulation.watch.speed = 150.0
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(drawing.draw(simulation.watch.scene(), WIDTH))
    player.close()
    page = scratch / "run.html"
    drawn = console.export_svg(title="v2g bench run")
    page.write_text(f"<body style='margin:0;width:1000px'>{drawn}", encoding="utf-8")
    picture = PICTURES / "run.png"
    shoot(page.as_uri(), picture, (1000, 426))
    return picture


def report(scratch: Path) -> Path:
    """``report.html`` of a whole charge."""
    simulation = Simulation(read("dc-contract"), scratch, 0, PlainView(io.StringIO()))
    played = simulation.play()
    assert played.capture is not None
    page = report_of(scratch, played.capture, played.title)
    assert page is not None
    picture = PICTURES / "report.png"
    shoot(page.as_uri(), picture, (1100, 1000))
    return picture


def both(scratch: Path) -> Path:
    """A report of the traces of both sides, one request unfolded."""
    player = Player(read("dc-card"))
    player.play()
    traces = []
    pair = player.pair
    for role, base in (("evcc", pair.vehicle_base), ("secc", pair.station_base)):
        traces.append(scratch / f"{role}.trace.jsonl")
        traces[-1].write_text("".join(record.line for record in base.memory.records))
    player.close()
    page = scratch / "report.html"
    sources = [(path.name, partial(events, path)) for path in traces]
    several.write(page, ", ".join(path.name for path in traces), sources)
    picture = PICTURES / "report-both.png"
    with tab() as browser:
        browser.size(1180, 1560)
        browser.go(page.as_uri())
        browser.until("document.body.dataset.ready === 'yes'")
        browser.until(UNFOLDED)
        browser.shoot(picture)
    return picture


def web(scratch: Path) -> Path:
    """``v2g bench web`` while it charges: light, dark, and on a telephone."""
    del scratch
    words = [sys.executable, "-m", "tools.cli", "bench", "web", "charge", "--port", "0"]
    served = subprocess.Popen([*words, "--speed", "60"], stdout=subprocess.PIPE, text=True)
    assert served.stdout is not None
    try:
        with tab() as page:
            page.size(1280, 1180)
            page.go(served.stdout.readline().split()[0])
            page.until("typeof points === 'object' && points[1].at(-1) > 40", 300)
            page.shoot(PICTURES / "web-light.png")
            page.size(1280, 1180, dark=True)
            page.until("getComputedStyle(document.body).backgroundColor === 'rgb(22, 23, 26)'")
            page.shoot(PICTURES / "web-dark.png")
            page.size(390, 1250, phone=True)
            page.until("document.documentElement.scrollWidth <= 390")
            page.shoot(PICTURES / "web-phone.png")
    finally:
        served.terminate()
        served.wait(60)
        served.stdout.close()
    return PICTURES / "web-light.png"


MAKERS: Final[tuple[Callable[[Path], Path], ...]] = (terminal, report, both, web)


def main() -> int:
    if not find():
        print(f"no browser here; install one of {', '.join(NAMES)}", file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    for make in MAKERS:
        with tempfile.TemporaryDirectory() as scratch:
            print(make(Path(scratch)).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
