"""What a part needs is an argument of its constructor; nobody hangs it in from outside afterwards.

A hook that was forgotten is seen by no checker: a ``barred`` that nobody set would mean "never
barred".  Where two need one another, both take a protocol whose members are asked for later
(``evcc/ecu/ring.py``); who comes and goes makes itself known by a method that says so.
"""

import ast
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, modules
from tools.dev.house import HUNG_IN, figures, hooks, hung


def test_no_hook_is_hung_in_from_outside() -> None:
    found = hooks(modules(*HUNG_IN))
    assert {str(path.relative_to(ROOT)): names for path, names in found.items()} == {}


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("manager.barred = lambda: can.barred", 1),
        ("near.manager.wear.told = dem.failed", 1),
        ("self.told = told", 0),
        ("state.soc = battery.soc", 0),
    ],
)
def test_a_planted_hook_is_found(code: str, count: int) -> None:
    assert sum(hung(ast.parse(code), {"told"}).values()) == count


def test_the_figures_of_a_house_are_counted(tmp_path: Path) -> None:
    room = tmp_path / "evcc"
    room.mkdir()
    (room / "__init__.py").write_text("")
    (room / "one.py").write_text(
        "from collections.abc import Callable\nfrom typing import Any\n\n\nclass State:\n"
        "    told: Callable[[], None]\n\n    def look(self, at: Any) -> None:  # noqa: ANN401\n"
        "        import json\n\n        json.dumps(at)\n"
    )
    (room / "two.py").write_text(
        "class State: ...\n\n\ndef join(one, two):  # type: ignore[no-untyped-def]\n"
        "    one.told = two.hear\n"
    )
    told = figures(tmp_path)
    assert (told.modules, told.fullest, told.full, told.folders) == (3, 2, 0, 1)
    assert (told.hooks, told.shared_names, told.any, told.lazy_imports) == (1, 1, 1, 1)
    assert (told.noqa, told.type_ignore, told.median_function) == (1, 1, 3)
