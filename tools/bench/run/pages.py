"""The report of a run for a browser: the capture and what both sides wrote, on one axis."""

from functools import partial
from pathlib import Path

from bsw.program.hostfault import told
from tools.bench.run.bench import REPORT
from tools.capture.sources import Unreadable, events
from tools.report.several import write

TRACES = ("evcc.trace.jsonl", "secc.trace.jsonl")


def report_of(out: Path, capture: Path, title: str) -> Path | None:
    """What cannot be written costs the run nothing.

    The capture has what passed the line, matching and TLS too; the traces have what CAN said.
    """
    page = out / REPORT
    paths = [capture, *(path for name in TRACES if (path := out / name).exists())]
    try:
        write(page, title, [(path.name, partial(events, path)) for path in paths])
    except (OSError, Unreadable) as error:
        why = told(error, place=False) if isinstance(error, OSError) else error
        print(f"  no report: {page}: {why}")
        return None
    return page
