"""What ``make mutants`` changes in a module, and that every change is one that can be run."""

import ast

import pytest

from tests.tidy.tree import ROOT
from tools.dev.mutants import __main__ as command
from tools.dev.mutants.mutate import Mutant, mutants
from tools.dev.mutants.rooms import EQUIVALENT, ROOMS, files

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
    }
    for one in mutants("x.py", SOURCE):
        assert after(one) != SOURCE
        ast.parse(after(one))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_modules_tests_and_changes_that_can_be_read(room: str) -> None:
    paths = files(room, ROOT)
    assert paths
    assert all((ROOT / tests).exists() for tests in ROOMS[room][1])
    for path in paths[:3]:
        source = (ROOT / path).read_bytes()
        for mutant in mutants(path, source.decode())[:40]:
            ast.parse(mutant.applied(source))


def test_what_is_called_equivalent_says_why() -> None:
    assert all(len(reason) > 20 for reason in EQUIVALENT.values())


def test_an_unknown_room_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mutants", "--room", "v2gpt"])
    assert command.main() == 2
    assert "v2gtp" in capsys.readouterr().err
