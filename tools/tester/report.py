"""The run as files: JSON for programs, JUnit for CI, one HTML page for people."""

import html
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ElementTree, SubElement

from tools.report.sheet import TAIL, head
from tools.tester.profile import Device
from tools.tester.verdict import Result, Verdict

_TABLE: Final = "<table><tr><th>case</th><th>verdict</th><th>what</th></tr>\n"


def write(folder: Path, device: Device, about: dict[str, str], results: Sequence[Result]) -> None:
    told: dict[str, Any] = {
        "device": device.name,
        **about,
        "counts": counts(results),
        "failed alike": failed_alike(results),
        "cases": [one.as_json() for one in results],
    }
    text = json.dumps(told, indent=1, ensure_ascii=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    _junit(device, results).write(folder / "junit.xml", encoding="utf-8", xml_declaration=True)
    page = "".join(_page(folder, device, about, results))
    (folder / "report.html").write_text(page, encoding="utf-8")


def counts(results: Sequence[Result]) -> dict[str, int]:
    found = Counter(one.verdict for one in results)
    return {verdict.value: found[verdict] for verdict in Verdict}


def failed_alike(results: Sequence[Result]) -> dict[str, list[str]]:
    """Failures that differ by nothing but place or detail, most first: each kind is one cause."""
    found: dict[str, list[str]] = {}
    for one in results:
        if one.kind and one.verdict is Verdict.FAIL:
            found.setdefault(one.kind, []).append(one.id)
    several = {kind: ids for kind, ids in found.items() if len(ids) > 1}
    return dict(sorted(several.items(), key=lambda item: -len(item[1])))


def _junit(device: Device, results: Sequence[Result]) -> "ElementTree[Element]":
    found = counts(results)
    suite = Element(
        "testsuite",
        name=device.name,
        tests=str(len(results)),
        failures=str(found["fail"]),
        errors=str(found["inconclusive"]),
        skipped=str(found["not applicable"]),
    )
    kinds = {
        Verdict.FAIL: "failure",
        Verdict.INCONCLUSIVE: "error",
        Verdict.NOT_APPLICABLE: "skipped",
    }
    for one in results:
        case = SubElement(
            suite, "testcase", classname=device.role, name=one.id, time=f"{one.took:.3f}"
        )
        if one.verdict in kinds:
            SubElement(case, kinds[one.verdict], message=one.why)
        said = [one.title, *_notes(one)]
        SubElement(case, "system-out").text = "\n".join(said)
    return ElementTree(suite)


def _page(
    folder: Path, device: Device, about: dict[str, str], results: Sequence[Result]
) -> Sequence[str]:
    title = f"{device.name}: {device.role.upper()} under test"
    words = html.escape("; ".join(f"{name} {value}" for name, value in about.items()))
    found = ", ".join(f"{count} {name}" for name, count in counts(results).items())
    parts = [head(title), f"<p>{words}</p><p>{found}</p>\n"]
    parts += [*_alike(failed_alike(results)), _TABLE]
    played = [one for one in results if one.verdict is not Verdict.NOT_APPLICABLE]
    parts += [_row(folder, one) for one in played]
    parts.append("</table>\n<h2>Not applicable</h2>\n")
    parts.append(_TABLE)
    parts += [_row(folder, one) for one in results if one.verdict is Verdict.NOT_APPLICABLE]
    return [*parts, "</table>", TAIL]


def _alike(kinds: Mapping[str, Sequence[str]]) -> list[str]:
    """One line for what a reader would otherwise meet again and again."""
    if not kinds:
        return []
    rows = [
        f'<tr><td>{html.escape(kind)}</td><td class="fail">{len(ids)}</td><td><small>'
        + " ".join(f'<a href="#{html.escape(one)}">{html.escape(one)}</a>' for one in ids)
        + "</small></td></tr>\n"
        for kind, ids in kinds.items()
    ]
    table = "<table><tr><th>what they have in common</th><th>failed</th><th>cases</th></tr>\n"
    return ["<h2>Failed alike</h2>\n", table, *rows, "</table>\n<h2>Played</h2>\n"]


def _row(folder: Path, one: Result) -> str:
    style = "na" if one.verdict is Verdict.NOT_APPLICABLE else one.verdict.value
    name = html.escape(one.id)
    links = " ".join(
        f'<a href="cases/{name}/{html.escape(file)}">{html.escape(file)}</a>' for file in one.files
    )
    notes = _notes(one)
    shown = "".join(f"<br><small>{html.escape(text)}</small>" for text in notes)
    why = f"<br><b>{html.escape(one.why)}</b>" if one.why else ""
    return (
        f'<tr id="{name}"><td>{name}</td><td class="{style}">{one.verdict.value}</td>'
        f"<td>{html.escape(one.title)}{why}{shown} {links}{_ladder(folder, one)}</td></tr>\n"
    )


def _notes(one: Result) -> list[str]:
    """Beside the verdict, and no part of it."""
    notes = [f"not seen: {text}" for text in one.unseen]
    notes += [f"remark: {text}" for text in one.remarks]
    return notes + [f"rule {text}" for text in one.findings]


def _ladder(folder: Path, one: Result) -> str:
    """In the page where something is wrong; beside it everywhere else."""
    path = folder / "cases" / one.id / "ladder.txt"
    if one.verdict not in {Verdict.FAIL, Verdict.INCONCLUSIVE} or not path.exists():
        return ""
    text = html.escape(path.read_text(encoding="utf-8"))
    return f"<details><summary>what was said</summary><pre>{text}</pre></details>"
