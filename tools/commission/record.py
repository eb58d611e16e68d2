"""What a step found, and the protocol of all steps: YAML, JSON or a page to print."""

import html
import json
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Final

import yaml


class Verdict(Enum):
    GOOD = "good"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """``remedy`` where it is wrong, or the reason why it was skipped."""

    name: str
    expected: str
    measured: str
    verdict: Verdict
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.verdict.value:8}{self.name:20} {self.measured}"
        if self.verdict is Verdict.WRONG:
            line += f"; expected {self.expected}"
        return f"{line}; {self.remedy}" if self.remedy else line


def good(name: str, expected: str, measured: str) -> Step:
    return Step(name, expected, measured, Verdict.GOOD)


def wrong(name: str, expected: str, measured: str, remedy: str) -> Step:
    return Step(name, expected, measured, Verdict.WRONG, remedy)


def skipped(name: str, why: str) -> Step:
    return Step(name, "", "not looked at", Verdict.SKIPPED, why)


def judged(name: str, expected: str, measured: str, remedy: str, *, holds: bool) -> Step:
    return good(name, expected, measured) if holds else wrong(name, expected, measured, remedy)


@dataclass(frozen=True, slots=True)
class Head:
    """What the protocol is about."""

    role: str
    device: str
    files: tuple[str, ...]
    date: str


PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Commissioning of {device}</title>
<style>body {{ font: 11pt sans-serif }} td, th {{ border: 1px solid; padding: 2pt 6pt }}
table {{ border-collapse: collapse }} .wrong {{ font-weight: bold }}</style>
<h1>Commissioning: {role} on {device}</h1>
<p>{date}; {files}</p>
<table><tr><th>step<th>expected<th>measured<th>verdict<th>remark</tr>
{rows}</table>
<p>By: ______________________ &nbsp; Signature: ______________________</p>
</html>
"""


def write(path: Path, head: Head, steps: list[Step]) -> None:
    """The form is told by the name's ending."""
    path.write_text(FORMS[path.suffix.lower()](head, steps), encoding="utf-8")


def _plain(head: Head, steps: list[Step]) -> dict[str, object]:
    told = {**asdict(head), "files": list(head.files)}
    rows = [{**asdict(step), "verdict": step.verdict.value} for step in steps]
    return {**told, "good": all(step.verdict is not Verdict.WRONG for step in steps), "steps": rows}


def _yaml(head: Head, steps: list[Step]) -> str:
    text: str = yaml.safe_dump(_plain(head, steps), sort_keys=False, allow_unicode=True)
    return text


def _json(head: Head, steps: list[Step]) -> str:
    return json.dumps(_plain(head, steps), indent=2) + "\n"


def _page(head: Head, steps: list[Step]) -> str:
    rows = "".join(
        f'<tr class="{step.verdict.value}">'
        + "".join(
            f"<td>{html.escape(text)}"
            for text in (
                step.name,
                step.expected,
                step.measured,
                step.verdict.value,
                step.remedy,
            )
        )
        + "</tr>\n"
        for step in steps
    )
    told = {key: html.escape(str(value)) for key, value in asdict(head).items()}
    return PAGE.format(**{**told, "files": html.escape(", ".join(head.files)), "rows": rows})


FORMS: Final = {".yaml": _yaml, ".json": _json, ".html": _page}
