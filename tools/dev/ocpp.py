"""``python -m tools.dev.ocpp``: which cases and requirements of OCPP have a test, from the tests.

A test names the cases it plays (``TC_B_09``) in its name, its words or the names of its parameters;
a requirement counts as tested if one of its cases is, or if a test names it.  What is neither has a
reason in ``tests/data/ocpp/reasons.tsv``, by the longest prefix.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DATA: Final = ROOT / "tests" / "data" / "ocpp"
PAGE: Final = ROOT / "docs" / "ocpp-cases.md"
CASE: Final = re.compile(r"tc_([a-s])_(\d\d)", re.IGNORECASE)
REQUIREMENT: Final = re.compile(r"\b[A-S]\d\d\.FR\.\d+\b")
HEAD: Final = """# Cases and requirements of OCPP

Made by `python -m tools.dev.ocpp`; do not edit.

The Open Charge Alliance's test documents for OCPP 2.0.1 name {cases} cases for a station; {tested}
of them are played by the tests below, in 2.0.1, in 2.1, and in 1.6 where it has the message.  The
steps are ours.  {missing} are not, each with its reason.

Of {shall_201} requirements of 2.0.1 that a station shall fulfil, {done_201} are seen by a test; of
{shall_21} that 2.1 adds or changes, {done_21}.
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    name: str
    version: str
    level: str


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]


def named_in_tests() -> dict[str, list[str]]:
    """Each case and requirement, and the tests that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if not CASE.search(text) and not REQUIREMENT.search(text):
            continue
        for name, ids in _of(text):
            for each in ids:
                found[each].append(f"{path.stem}::{name}")
    return found


def _of(text: str) -> Iterable[tuple[str, set[str]]]:
    """Each test of a file and what it names, also through a list it takes its parameters from."""
    tree = ast.parse(text)
    lines = text.splitlines()
    lists: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            lists[node.targets[0].id] = _ids(lines, node.lineno, node.end_lineno)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            ids = _ids(lines, first, node.end_lineno)
            words = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            for word in words & set(lists):
                ids |= lists[word]
            yield node.name, ids


def _ids(lines: list[str], first: int, last: int | None) -> set[str]:
    text = "\n".join(lines[first - 1 : last])
    cases = {f"TC_{block.upper()}_{number}_CS" for block, number in CASE.findall(text)}
    return cases | set(REQUIREMENT.findall(text))


def reason(name: str, known: dict[str, str]) -> str:
    """By the longest prefix; empty if there is none."""
    fitting = [prefix for prefix in known if name.startswith(prefix)]
    return known[max(fitting, key=len)] if fitting else ""


def page() -> str:
    """The whole page; raises ``LookupError`` for what has neither test nor reason."""
    named = named_in_tests()
    known = dict(rows("reasons.tsv"))
    cases = {name: ids.split() for name, ids in rows("cases.tsv")}
    seen = {each for name, ids in cases.items() if name in named for each in ids} | set(named)
    wanted = [Requirement(*row) for row in rows("requirements.tsv")]
    nowhere = [name for name in cases if name not in named and not reason(name, known)]
    nowhere += [r.name for r in wanted if r.name not in seen and not reason(r.name, known)]
    if nowhere:
        raise LookupError(f"neither a test nor a reason: {' '.join(nowhere)}")
    old = [r for r in wanted if r.version == "2.0.1" and r.level == "shall"]
    new = [r for r in wanted if r.version == "2.1" and r.level == "shall"]
    tested = [name for name in cases if name in named]
    head = HEAD.format(
        cases=len(cases),
        tested=len(tested),
        missing=len(cases) - len(tested),
        shall_201=len(old),
        done_201=_share(old, seen),
        shall_21=len(new),
        done_21=_share(new, seen),
    )
    return "\n".join([head, *_cases(cases, named, known), *_requirements(wanted, seen, known), ""])


def _share(some: list[Requirement], seen: set[str]) -> str:
    done = sum(1 for each in some if each.name in seen)
    return f"{done} ({round(100 * done / len(some))} %)"


def _cases(
    cases: dict[str, list[str]], named: dict[str, list[str]], known: dict[str, str]
) -> list[str]:
    lines = ["## Cases", "", "| case | tests, or why there is none |", "|---|---|"]
    for name in cases:
        played = " ".join(
            f"`{each.partition('::')[2]}`" for each in sorted(set(named.get(name, [])))
        )
        lines.append(f"| {name.removesuffix('_CS')} | {played or reason(name, known)} |")
    return [*lines, ""]


def _requirements(wanted: list[Requirement], seen: set[str], known: dict[str, str]) -> list[str]:
    lines = ["## Requirements without a test of their own", ""]
    lines += ["| requirements | why |", "|---|---|"]
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in wanted:
        if each.name not in seen:
            block = each.name.partition(".")[0]
            numbers = groups[block, reason(each.name, known)]
            number = each.name.rpartition(".")[2]
            if number not in numbers:
                numbers.append(number)
    for (block, why), numbers in sorted(groups.items()):
        lines.append(f"| {block}.FR {' '.join(numbers)} | {why} |")
    return lines


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
