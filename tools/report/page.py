"""The report's one file: the page with its style and program, and the data packed inside it."""

import base64
import gzip
import html
import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from tools.capture.events import Event
from tools.monitor.finding import Finding
from tools.report.digest import Digest

TEMPLATE = "report.html"

Judged = tuple[Event, tuple[Finding, ...]]


def report(title: str, judged: Iterable[Judged]) -> tuple[str, Digest]:
    """The text of the page, and what went into it."""
    return merged(title, ("",), ((0, event, findings) for event, findings in judged))


def merged(
    title: str, sources: Sequence[str], judged: Iterable[tuple[int, Event, tuple[Finding, ...]]]
) -> tuple[str, Digest]:
    """The same of several files, whose events come in the order of their times."""
    digest = Digest(title, sources)
    for source, event, findings in judged:
        digest.take(event, findings, source)
    return _page(title, digest.data()), digest


def _page(title: str, data: dict[str, object]) -> str:
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")
    page = files("tools.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return page.replace("@TITLE@", html.escape(title)).replace("@DATA@", packed)


def write(path: Path, title: str, judged: Iterable[Judged]) -> Digest:
    text, digest = report(title, judged)
    path.write_text(text, encoding="utf-8")
    return digest
