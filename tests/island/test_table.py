"""The table of rules is whole, and its C and Python forms are made from it as it stands."""

import copy
from collections.abc import Callable

import pytest

from tests.tidy.tree import ROOT
from tools.island.__main__ import main
from tools.island.table import FORMS, Rules, WrongTable, check, read


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_not_stale(name: str) -> None:
    made = FORMS[name](read(ROOT))
    lies = (ROOT / name).read_text(encoding="utf-8")
    assert lies == made, "run `.venv/bin/python -m tools.island table`"


def lost_row(rules: Rules) -> None:
    del rules["transitions"][5]


def doubled_row(rules: Rules) -> None:
    rules["transitions"].append(rules["transitions"][0])


def unknown_word(rules: Rules) -> None:
    rules["transitions"][3]["station"] = "hope"


def unordered(rules: Rules) -> None:
    rules["levels"].reverse()


def renumbered(rules: Rules) -> None:
    rules["faults"]["button"]["number"] = 40


@pytest.mark.parametrize("spoil", [lost_row, doubled_row, unknown_word, unordered, renumbered])
def test_a_table_that_contradicts_itself_is_refused(spoil: Callable[[Rules], None]) -> None:
    rules = copy.deepcopy(read(ROOT))
    spoil(rules)
    with pytest.raises(WrongTable, match=r"pilot_table\.yaml"):
        check(rules)


def test_a_changed_rule_changes_both_forms() -> None:
    rules = copy.deepcopy(read(ROOT))
    before = [form(rules) for form in FORMS.values()]
    rules["transitions"][0]["hold"] += 1
    assert all(form(rules) != old for form, old in zip(FORMS.values(), before, strict=True))


def test_the_checks_of_the_core_are_commands(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "300000", "--seed", "1"]) == 0
    assert "octets" in capfd.readouterr().out
    assert main(["deadline", "3", "--seed", "1"]) == 0
    assert "worst of 3 runs" in capfd.readouterr().out
