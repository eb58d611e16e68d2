"""``python -m tools.dev.pictures``: the pictures of the documentation, drawn anew by Chromium.

Each shows a scenario at a moment of virtual time, so that the same sources give the same picture.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.console import Console

from tools.bench.run.dashboard import Drawing
from tools.bench.run.pages import report_of
from tools.bench.run.plain import PlainView
from tools.bench.run.simulated import Simulation
from tools.bench.scenarios.find import read

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "docs" / "pictures"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--virtual-time-budget=6000"),
)
WIDTH: Final = 116


def browser() -> str:
    """Its path, or nothing."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


def shoot(url: str, picture: Path, size: str, *flags: str) -> None:
    """What the browser shows at this address."""
    with tempfile.TemporaryDirectory() as profile:
        words = [f"--user-data-dir={profile}", f"--window-size={size}", f"--screenshot={picture}"]
        subprocess.run(
            [browser(), *FLAGS, *flags, *words, url], check=True, capture_output=True, timeout=180
        )


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
    shoot(page.as_uri(), picture, "1000,426")
    return picture


def report(scratch: Path) -> Path:
    """``report.html`` of a whole charge."""
    simulation = Simulation(read("dc-contract"), scratch, 0, PlainView(io.StringIO()))
    played = simulation.play()
    assert played.capture is not None
    page = report_of(scratch, played.capture, played.title)
    assert page is not None
    picture = PICTURES / "report.png"
    shoot(page.as_uri(), picture, "1100,1000")
    return picture


MAKERS: Final[tuple[Callable[[Path], Path], ...]] = (terminal, report)


def main() -> int:
    if not browser():
        print(f"no browser here; install one of {', '.join(BROWSERS)}", file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    for make in MAKERS:
        with tempfile.TemporaryDirectory() as scratch:
            print(make(Path(scratch)).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
