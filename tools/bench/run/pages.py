"""The report of a run, for a browser."""

from pathlib import Path

from bsw.program.hostfault import told
from tools.bench.run.bench import REPORT
from tools.capture.sources import events
from tools.monitor.judge import Judge
from tools.report.page import write


def report_of(out: Path, capture: Path, title: str) -> Path | None:
    """What cannot be written costs the run nothing."""
    page = out / REPORT
    try:
        write(page, title, Judge().judged(events(capture)))
    except OSError as error:
        print(f"  no report: {page}: {told(error, place=False)}")
        return None
    return page
