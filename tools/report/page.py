"""The report's one file: the page with its style and program, and the data packed inside it."""

import base64
import gzip
import html
import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from tools.capture.events import Event
from tools.monitor.finding import Finding
from tools.report.digest import Digest

TEMPLATE = "report.html"


def report(title: str, judged: Iterable[tuple[Event, tuple[Finding, ...]]]) -> tuple[str, Digest]:
    """The text of the page, and what went into it."""
    digest = Digest(title)
    for event, findings in judged:
        digest.take(event, findings)
    text = json.dumps(digest.data(), separators=(",", ":"), ensure_ascii=False)
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")
    page = files("tools.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return page.replace("@TITLE@", html.escape(title)).replace("@DATA@", packed), digest


def write(path: Path, title: str, judged: Iterable[tuple[Event, tuple[Finding, ...]]]) -> Digest:
    text, digest = report(title, judged)
    path.write_text(text, encoding="utf-8")
    return digest
