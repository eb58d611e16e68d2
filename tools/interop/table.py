"""The matrix as a page of the documentation, as HTML and as JSON."""

import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tools.interop.matrix import Cell, Used
from tools.interop.ratios import Ratio, ratios
from tools.report.sheet import TAIL, head

BEGIN: Final = "<!-- interop: begin -->"
END: Final = "<!-- interop: end -->"
COLUMNS: Final = (
    "case",
    "vehicle",
    "station",
    "ended well",
    "set-up, ms",
    "loops/s",
    "vehicle: turn ms, CPU s, MiB",
    "station: turn ms, CPU s, MiB",
)
RATIO_COLUMNS: Final = ("case", "figure", "ours", "theirs", "times better", "goal")


def row(one: Cell) -> list[str]:
    return [
        one.case,
        one.vehicle,
        one.station,
        f"{one.good} of {one.runs}",
        _said(one.set_up, 0),
        _said(one.rate, 1),
        _used(one.by_vehicle),
        _used(one.by_station),
    ]


def _used(used: Used) -> str:
    return ", ".join((_said(used.turn, 1), _said(used.cpu, 1), _said(used.rss, 0)))


def _said(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def ratio_row(one: Ratio) -> list[str]:
    mark = "" if one.reached else " (not reached)"
    ours, theirs = _said(one.ours, 1), _said(one.theirs, 1)
    return [one.case, one.what, ours, theirs, f"{one.times:.1f}{mark}", f"{one.goal:.0f}"]


def markdown(about: dict[str, str], cells: Sequence[Cell]) -> str:
    """With the marks, so that it can be put in their place."""
    parts = [BEGIN, "", "; ".join(f"{name} {value}" for name, value in about.items()), ""]
    parts += _lines(COLUMNS, [row(one) for one in cells])
    failed = [one for one in cells if one.why]
    if failed:
        parts += ["", "What did not end well:", ""]
        parts += [f"- {_name(one)}: {_cell(one.why)}" for one in failed]
    found = [ratio_row(one) for one in ratios(cells)]
    if found:
        parts += ["", *_lines(RATIO_COLUMNS, found)]
    return "\n".join([*parts, "", END])


def _name(one: Cell) -> str:
    return f"{one.case}, vehicle {one.vehicle}, station {one.station}"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|---" * len(columns) + "|"
    for cells in rows:
        yield "| " + " | ".join(map(_cell, cells)) + " |"


def put_into(page: Path, text: str) -> None:
    """Between the marks; ``ValueError`` where the page has none."""
    whole = page.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no {BEGIN} ... {END}")
    page.write_text(before + text + after, encoding="utf-8")


def write(folder: Path, about: dict[str, str], cells: Sequence[Cell]) -> None:
    told: dict[str, Any] = {
        **about,
        "cells": [one.as_json() for one in cells],
        "ratios": [{**asdict(one), "reached": one.reached} for one in ratios(cells)],
    }
    text = json.dumps(told, indent=1, ensure_ascii=False)
    (folder / "interop.json").write_text(text + "\n", encoding="utf-8")
    (folder / "interop.md").write_text(markdown(about, cells) + "\n", encoding="utf-8")
    (folder / "interop.html").write_text(_page(about, cells), encoding="utf-8")


def _page(about: dict[str, str], cells: Sequence[Cell]) -> str:
    words = html.escape("; ".join(f"{name} {value}" for name, value in about.items()))
    parts = [head("Ours and theirs"), f"<p>{words}</p>\n", _table_head(COLUMNS)]
    for one in cells:
        style = "pass" if one.good == one.runs else "fail"
        shown = [html.escape(text) for text in row(one)]
        shown[0] = f'<a href="{html.escape(one.folder)}/">{shown[0]}</a>'
        if one.why:
            shown[3] += f"<br><small>{html.escape(one.why)}</small>"
        parts.append(f'<tr class="{style}"><td>{"</td><td>".join(shown)}</td></tr>\n')
    parts += ["</table>\n<h2>Beside their own pair</h2>\n", _table_head(RATIO_COLUMNS)]
    for ratio in ratios(cells):
        style = "pass" if ratio.reached else "inconclusive"
        shown = [html.escape(text) for text in ratio_row(ratio)]
        parts.append(f'<tr class="{style}"><td>{"</td><td>".join(shown)}</td></tr>\n')
    return "".join([*parts, "</table>", TAIL])


def _table_head(columns: Sequence[str]) -> str:
    return f"<table><tr><th>{'</th><th>'.join(map(html.escape, columns))}</th></tr>\n"
