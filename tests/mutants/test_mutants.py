"""What ``make mutants`` changes in a module, and that every change is one that can be run."""

import ast
from types import CodeType
from typing import Any

import pytest

from tests.tidy.tree import ROOT
from tools.dev.mutants import __main__ as command
from tools.dev.mutants.mutate import Mutant, mutants
from tools.dev.mutants.page import PAGE, Row, rows, written
from tools.dev.mutants.rooms import EQUIVALENT, ROOMS, files
from tools.dev.mutants.swap import Loaded, differences

SOURCE = '''"""Words."""
from typing import Final

LIMIT: Final[int] = 3
NAME = "word"


def inside(x: int, *, most: int = LIMIT) -> bool:
    """More words."""
    assert x is not None
    if x < 0 or not most:
        return False
    return x + 1 <= most and f"{x}" in NAME


def count(xs: Annotated[list[int], Few(4)], *, flat: bool = field(kw_only=True)) -> list[int]:
    most: Annotated[int, Bound(5)]
    total = 0.5
    total += len(xs)
    if 0 <= total < most:
        return xs
    return None
'''


def after(mutant: Mutant) -> str:
    return mutant.applied(SOURCE.encode()).decode()


def test_each_kind_of_change_is_made_and_nothing_else() -> None:
    made = {(one.line, one.after) for one in mutants("x.py", SOURCE)}
    assert made == {
        (4, "4"),
        (11, "(x < 0) and (not most)"),
        (11, "(not (x < 0 or not most))"),
        (11, "(x) <= (0)"),
        (11, "1"),
        (12, "True"),
        (13, "(x + 1 <= most) or (f'{x}' in NAME)"),
        (13, '(not (x + 1 <= most and f"{x}" in NAME))'),
        (13, "(x + 1) < (most)"),
        (13, "(x) - (1)"),
        (13, "2"),
        (13, "(f'{x}') not in (NAME)"),
        (17, "6"),
        (18, "1.5"),
        (19, "total -= len(xs)"),
        (20, "1"),
        (20, "(0) < (total) < (most)"),
        (20, "(0) <= (total) <= (most)"),
        (21, "None"),
    }
    for one in mutants("x.py", SOURCE):
        assert after(one) != SOURCE
        ast.parse(after(one))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_modules_tests_and_changes_that_can_be_read(room: str) -> None:
    paths = files(room, ROOT)
    assert paths
    assert all((ROOT / tests).exists() for tests in ROOMS[room].tests)
    for path in paths[:2]:
        source = (ROOT / path).read_bytes()
        for mutant in mutants(path, source.decode())[:9]:
            ast.parse(mutant.applied(source))


def test_what_runs_with_a_change_are_the_lines_from_its_statement_on() -> None:
    source = "def f(x):\n    return (\n        x\n        + 1\n    )\n"
    assert {(one.after, one.first, one.last) for one in mutants("x.py", source)} == {
        ("(x) - (1)", 2, 4),
        ("2", 2, 4),
        ("None", 2, 4),
    }


def code(text: str) -> CodeType:
    return compile(text, "x.py", "exec", dont_inherit=True)


WRITTEN = "LIMIT = 3\nclass X:\n    most = 4\n    def f(self, x=5):\n        return x + 1\n"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("x + 1", "x + 2", ["f"]),
        ("LIMIT = 3", "LIMIT = 4", None),
        ("most = 4", "most = 5", None),
        ("x=5", "x=6", None),
        ("x=5", "x=5", []),
    ],
)
def test_only_what_functions_do_can_be_put_in_place(
    before: str, after: str, found: list[str] | None
) -> None:
    pairs = differences(code(WRITTEN), code(WRITTEN.replace(before, after)))
    assert (pairs if pairs is None else [new.co_name for _, new in pairs]) == found


def test_a_changed_function_stands_in_for_the_loaded_one() -> None:
    room: dict[str, Any] = {"__name__": "x"}
    exec(code(WRITTEN), room)
    thing = room["X"]()
    loaded = Loaded("x.py")
    good, changed = WRITTEN.encode(), WRITTEN.replace("+ 1", "+ 7").encode()
    assert loaded.swap("x.py", good, changed)
    assert thing.f(3) == 10
    assert not loaded.swap("y.py", good, changed), "not loaded: it takes an import"


def test_the_share_is_of_those_judged_and_the_order_is_the_seeds_alone() -> None:
    score = command.Score("sap", killed=17, survived=3, equivalent=2)
    assert str(score) == "sap           17 of 20 killed, 85%, 2 equivalent"
    names = [[one.name for one in command.sample("sap", seed, 9)] for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 9


def test_what_is_called_equivalent_says_why() -> None:
    assert all(len(reason) > 20 for reason in EQUIVALENT.values())


def test_an_unknown_room_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mutants", "--room", "v2gpt"])
    assert command.main() == 2
    assert "v2gtp" in capsys.readouterr().err


def test_the_page_keeps_the_rows_of_other_rooms() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(rows(text)) <= set(ROOMS)
    once = written(text, [("sap", Row(39, 40, 1)), ("tls", Row(9, 10, 2))])
    again = written(once, [("tls", Row(17, 20, 3))])
    assert rows(again) == rows(text) | {"sap": Row(39, 40, 1), "tls": Row(17, 20, 3)}
    assert "| 40 | 39 | 98 % | 1 |" in again
    assert written(again, []) == again
