"""A vehicle value is declared once: its role brings it, its rule merges it, no list names it."""

from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from can_adapter.signals.roles import Kind
from can_adapter.vehicle.bus import VEHICLE_VALUES
from can_adapter.vehicle.values import VehicleSnapshot
from evcc.bus.merge import merge
from evcc.bus.told import values_of
from evcc.rules import FAULT, FLOOR, LIMIT, MEASUREMENT, PERMISSION, WISH
from evcc.vehicle import DECLARED, NOTHING_SAID, STOP, Intent, VehicleValues

PLAIN = {name: one.role for name, one in DECLARED.items() if one.role}
GROUPS = {hint.__name__: name for name, hint in get_type_hints(VehicleSnapshot).items()}
JUDGED_AS_WELL = {"energy_request"}  # AC has a role of its own for it
BUS = Path(__file__).parents[2] / "evcc" / "bus"


def told(role: str, value: object) -> VehicleValues:
    """What comes of a snapshot in which nothing else is said."""
    group = GROUPS[VEHICLE_VALUES.roles[role].group]
    silent = VehicleSnapshot()
    part: Any = getattr(silent, group)
    snapshot: Any = replace(silent, **{group: replace(part, **{role: value})})
    return values_of(
        snapshot,
        NOTHING_SAID,
        permitted=True,
        stopped=False,
        barred=None,
        contracts=True,
        silent_ready=True,
        derating=1.0,
    )


@pytest.mark.parametrize(("name", "role"), PLAIN.items(), ids=str)
def test_the_declared_role_brings_the_value_and_no_other_one(name: str, role: str) -> None:
    kind = VEHICLE_VALUES.roles[role].kind
    value = True if kind is Kind.SWITCH else 17
    heard = told(role, value)
    changed = [
        one.name
        for one in fields(VehicleValues)
        if getattr(heard, one.name) != getattr(NOTHING_SAID, one.name)
    ]
    assert changed == [name]
    assert getattr(heard, name) == value


@pytest.mark.parametrize("name", DECLARED)
def test_the_declared_rule_merges_the_value(name: str) -> None:
    examples: dict[str, tuple[Any, Any, Any]] = {
        LIMIT.name: (3, 2, 2),
        FLOOR.name: (3, 2, 3),
        WISH.name: (3, 2, 2),
        MEASUREMENT.name: (3, 2, 3),
        PERMISSION.name: (True, False, False),
        FAULT.name: ("NoData", "NO_ERROR", "NoData"),
        STOP.name: (Intent.STOP, Intent.PAUSE, Intent.STOP),
    }
    bus, north, comes = examples[DECLARED[name].rule.name]
    said: Any = {name: bus}
    assert getattr(merge(replace(NOTHING_SAID, **said), {name: north}), name) == comes


@pytest.mark.parametrize("name", sorted(PLAIN.keys() - JUDGED_AS_WELL))
def test_between_declaration_and_handler_nobody_names_a_value(name: str) -> None:
    """What would be a second place: the bus's side copies, lists and merges none by its name."""
    for module in ("merge.py", "told.py"):
        assert f'"{name}"' not in (BUS / module).read_text("utf-8")
        assert f"{name}=" not in (BUS / module).read_text("utf-8")


def test_nobody_can_write_into_what_holds() -> None:
    with pytest.raises(AttributeError):
        NOTHING_SAID.permission = True  # type: ignore[misc]  # that is the point


def test_other_values_are_made_of_those_that_hold() -> None:
    """As ``replace`` does, names checked, and what it was made of stays as it was."""
    before = VehicleValues(soc=40.0, max_current=200.0)
    after = before.but(soc=41.0)
    assert after == replace(before, soc=41.0)
    assert before.soc == 40.0
    assert after.but(soc=41.0) is after, "nothing is another value"
    with pytest.raises(AssertionError, match="no_such"):
        before.but(no_such=1)
    with pytest.raises(FrozenInstanceError):
        after.soc = 42.0  # type: ignore[misc]
