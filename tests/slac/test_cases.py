"""The table of ISO 15118-5 cases (``iso15118-5.md``) is complete and true."""

import re
from importlib import import_module
from pathlib import Path

from tests.slac.casebook import covered

HERE = Path(__file__).parent
KNOWN = (HERE.parent / "data" / "slac" / "iso15118-5-cases.txt").read_text().split()
ROW = re.compile(r"^\| ((?:EVCC|SECC)_\w+) \| (.*) \| (.*) \|$", re.MULTILINE)
TEST = re.compile(r"^`(test_\w+)\.(test_\w+)`$")


def table() -> dict[str, str]:
    return {name: where for name, _, where in ROW.findall((HERE / "iso15118-5.md").read_text())}


def named_in_tests() -> dict[str, set[str]]:
    """Which tests name which case."""
    found: dict[str, set[str]] = {}
    for path in HERE.glob("test_*.py"):
        module = import_module(f"tests.slac.{path.stem}")
        for name, member in vars(module).items():
            if name.startswith("test_"):
                for case in covered(member):
                    found.setdefault(case, set()).add(f"{path.stem}.{name}")
    return found


def test_the_table_lists_each_case_once() -> None:
    listed = [name for name, _, _ in ROW.findall((HERE / "iso15118-5.md").read_text())]
    assert sorted(listed) == sorted(KNOWN)
    assert len(KNOWN) == 198


def test_each_case_has_a_test_that_names_it_or_a_reason() -> None:
    named = named_in_tests()
    wrong = []
    for case, where in table().items():
        match = TEST.match(where)
        if match is None:
            if not where.startswith("not covered: "):
                wrong.append(f"{case}: neither a test nor a reason: {where!r}")
        elif f"{match[1]}.{match[2]}" not in named.get(case, ()):
            wrong.append(f"{case}: {where} does not exist or does not name it")
    assert wrong == []


def test_no_test_names_a_case_that_does_not_exist() -> None:
    assert set(named_in_tests()) <= set(KNOWN)
