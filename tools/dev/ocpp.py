"""``python -m tools.dev.ocpp``: which cases and requirements of OCPP have a test, from the tests.

A test names the cases it plays (``TC_B_09``) in its name, its words or the names of its parameters;
a requirement counts as tested if one of its cases is, or if a test names it, and only in the
versions that the test runs in.  What is neither has a reason in ``tests/data/ocpp/reasons.tsv``, by
the longest prefix, and there it says whether that is still open or nothing this station has.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DATA: Final = ROOT / "tests" / "data" / "ocpp"
PAGE: Final = ROOT / "docs" / "ocpp-cases.md"
CASE: Final = re.compile(r"tc_([a-s])_(\d\d)", re.IGNORECASE)
REQUIREMENT: Final = re.compile(r"\b[A-S]\d\d\.FR\.\d+\b")
ELSEWHERE: Final = "not here"
HEAD: Final = """# Cases and requirements of OCPP

Made by `python -m tools.dev.ocpp`; do not edit.

The Open Charge Alliance's test documents for OCPP 2.0.1 name {cases} cases for a station; {tested}
of them are played by the tests below, in 2.0.1, in 2.1, and in 1.6 where it has the message.  The
steps are ours.  {missing} are not, each with its reason.

Of {shall_201} requirements of 2.0.1 that a station shall fulfil, {done_201} are seen by a test that
speaks 2.0.1, {both} of them by one that speaks 2.1 as well; {other_201} more are rules of something
that this station does not have.  Of {shall_21} that 2.1 adds or changes, {done_21} are seen by a
test that speaks 2.1; {other_21} more are rules of something that it does not have.
"""


V16, V201, V21 = "1.6", "2.0.1", "2.1"
EVERY: Final = frozenset({V16, V201, V21})
WORDS: Final = {
    "V16": frozenset({V16}),
    "V201": frozenset({V201}),
    "V21": frozenset({V21}),
    "ONLY_21": frozenset({V21}),
    "SINCE_2": frozenset({V201, V21}),
    "ALL": EVERY,
    "NEWEST_FIRST": EVERY,
}
"""What in a test's source makes it run in which versions."""


@dataclass(frozen=True, slots=True)
class Test:
    """A test and the versions of OCPP that it speaks; one that speaks none is for all."""

    name: str
    versions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Requirement:
    name: str
    version: str
    level: str


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]


def named_in_tests() -> dict[str, list[Test]]:
    """Each case and requirement, and the tests that name it."""
    found: dict[str, list[Test]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if not CASE.search(text) and not REQUIREMENT.search(text):
            continue
        for test, ids in found_in(text):
            for each in ids:
                found[each].append(Test(f"{path.stem}::{test.name}", test.versions))
    return found


def found_in(text: str) -> Iterable[tuple[Test, set[str]]]:
    """Each test of a file and what it names, also through a list it takes its parameters from."""
    tree = ast.parse(text)
    lines = text.splitlines()
    lists: dict[str, set[str]] = {}
    marks: dict[str, frozenset[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            lists[node.targets[0].id] = _ids(lines, node.lineno, node.end_lineno)
            marks[node.targets[0].id] = _spoken([node.value], {})
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            ids = _ids(lines, first, node.end_lineno)
            words = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            for word in words & set(lists):
                ids |= lists[word]
            yield Test(node.name, _versions(node, marks)), ids


def _versions(test: ast.FunctionDef, marks: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """By its parameters; without any by what it makes itself."""
    by_parameters = _spoken(test.decorator_list, marks)
    return by_parameters or _spoken(test.body, marks) or EVERY


def _spoken(nodes: Iterable[ast.AST], marks: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The versions named there; ``Version`` alone is all of them."""
    found: frozenset[str] = frozenset()
    for each in (inner for node in nodes for inner in ast.walk(node)):
        if isinstance(each, ast.Attribute):
            found |= WORDS.get(each.attr, frozenset())
        elif isinstance(each, ast.Name):
            found |= WORDS.get(each.id, marks.get(each.id, frozenset()))
        elif isinstance(each, ast.Call | ast.For):
            whole = each.args if isinstance(each, ast.Call) else [each.iter]
            if any(isinstance(arg, ast.Name) and arg.id == "Version" for arg in whole):
                found |= EVERY
    return found


def _ids(lines: list[str], first: int, last: int | None) -> set[str]:
    text = "\n".join(lines[first - 1 : last])
    cases = {f"TC_{block.upper()}_{number}_CS" for block, number in CASE.findall(text)}
    return cases | set(REQUIREMENT.findall(text))


class Reasons:
    """Why there is no test: by the longest prefix that fits."""

    def __init__(self, table: list[list[str]]) -> None:
        self._known = {prefix: (why, "".join(kind)) for prefix, why, *kind in table}

    def why(self, name: str) -> str:
        """Empty if there is none."""
        return self._of(name)[0]

    def is_elsewhere(self, name: str) -> bool:
        """Whether it is a rule of something that this station does not have."""
        return self._of(name)[1] == ELSEWHERE

    def _of(self, name: str) -> tuple[str, str]:
        fitting = [prefix for prefix in self._known if name.startswith(prefix)]
        return self._known[max(fitting, key=len)] if fitting else ("", "")


@dataclass(frozen=True, slots=True)
class Tables:
    """All that the page is made of; ``seen`` is each requirement and the versions it is seen in."""

    cases: dict[str, list[str]]
    named: dict[str, list[Test]]
    wanted: list[Requirement]
    reasons: Reasons
    seen: dict[str, frozenset[str]]

    def shall(self, version: str) -> list[Requirement]:
        return [each for each in self.wanted if (each.version, each.level) == (version, "shall")]

    def is_done(self, requirement: Requirement) -> bool:
        return requirement.version in self.seen.get(requirement.name, ())

    def done(self, version: str) -> str:
        some = self.shall(version)
        count = sum(1 for each in some if self.is_done(each))
        return f"{count} ({round(100 * count / len(some))} %)"

    def elsewhere(self, version: str) -> int:
        rest = [each for each in self.shall(version) if not self.is_done(each)]
        return sum(1 for each in rest if self.reasons.is_elsewhere(each.name))

    def open(self) -> list[str]:
        """What has neither a test nor a reason."""
        cases = [name for name in self.cases if name not in self.named]
        lines = [each.name for each in self.wanted if not self.is_done(each)]
        return [name for name in [*cases, *lines] if not self.reasons.why(name)]


def tables() -> Tables:
    """From the tests and from the data beside them."""
    named = named_in_tests()
    cases = {name: ids.split() for name, ids in rows("cases.tsv")}
    seen: dict[str, frozenset[str]] = defaultdict(frozenset)
    for name, tests in named.items():
        for each in (name, *cases.get(name, [])):
            for test in tests:
                seen[each] |= test.versions
    wanted = [Requirement(*row) for row in rows("requirements.tsv")]
    return Tables(cases, named, wanted, Reasons(rows("reasons.tsv")), dict(seen))


def page() -> str:
    """The whole page; raises ``LookupError`` for what has neither test nor reason."""
    made = tables()
    nowhere = made.open()
    if nowhere:
        raise LookupError(f"neither a test nor a reason: {' '.join(nowhere)}")
    tested = [name for name in made.cases if name in made.named]
    in_both = [each for each in made.shall(V201) if made.is_done(each)]
    head = HEAD.format(
        cases=len(made.cases),
        tested=len(tested),
        missing=len(made.cases) - len(tested),
        shall_201=len(made.shall(V201)),
        done_201=made.done(V201),
        both=sum(1 for each in in_both if V21 in made.seen[each.name]),
        other_201=made.elsewhere(V201),
        shall_21=len(made.shall(V21)),
        done_21=made.done(V21),
        other_21=made.elsewhere(V21),
    )
    return "\n".join([head, *_cases(made), *_requirements(made), ""])


def _cases(made: Tables) -> list[str]:
    lines = ["## Cases", "", "| case | tests, or why there is none |", "|---|---|"]
    for name in made.cases:
        tests = sorted({each.name for each in made.named.get(name, [])})
        played = " ".join(f"`{each.partition('::')[2]}`" for each in tests)
        lines.append(f"| {name.removesuffix('_CS')} | {played or made.reasons.why(name)} |")
    return [*lines, ""]


def _requirements(made: Tables) -> list[str]:
    lines = ["## Requirements without a test of their own", ""]
    lines += ["| requirements | | why |", "|---|---|---|"]
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in made.wanted:
        if not made.is_done(each):
            block = each.name.partition(".")[0]
            kind = "not here" if made.reasons.is_elsewhere(each.name) else "open"
            numbers = groups[block, kind, made.reasons.why(each.name)]
            number = each.name.rpartition(".")[2]
            if number not in numbers:
                numbers.append(number)
    for (block, kind, why), numbers in sorted(groups.items()):
        lines.append(f"| {block}.FR {' '.join(numbers)} | {kind} | {why} |")
    return lines


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
