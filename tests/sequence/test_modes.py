"""Energy transfer modes: each name that bus and north side have means something."""

import re

import pytest

from bsw.chrgm.modes import MODES, NONE, Transfer, mode_of
from can_adapter.signals.values import EnergyTransferMode as OnTheBus
from secc.api.literals import EnergyTransferMode as InTheInterface
from secc.api.state import StationState
from secc.session.limits import ac_power
from tests.tidy.tree import ROOT

BY_LETTERS = re.compile(r"""startswith\(\(?["'](?:AC|DC)["']""")


def test_each_name_of_bus_and_interface_has_its_mode() -> None:
    names = {mode.name for mode in MODES}
    assert names == {one.value for one in OnTheBus} == {one.value for one in InTheInterface}


@pytest.mark.parametrize(
    ("name", "transfer", "phases"),
    [
        ("AC_single_phase_core", Transfer.AC, 1),
        ("AC_two_phase", Transfer.AC, 2),
        ("AC_three_phase_core", Transfer.AC, 3),
        ("DC_extended", Transfer.DC, 1),
        ("MCS", Transfer.DC, 1),
        ("DC_ACDP", Transfer.DC, 1),
        ("WPT", Transfer.WPT, 1),
    ],
)
def test_what_a_name_means(name: str, transfer: Transfer, phases: int) -> None:
    mode = mode_of(name)
    assert (mode.transfer, mode.phases, mode.kind) == (transfer, phases, transfer.name)
    assert (mode.ac, mode.dc) == (transfer is Transfer.AC, transfer is Transfer.DC)


def test_who_feeds_back_says_so_in_its_name() -> None:
    both = {mode.name for mode in MODES if mode.discharges}
    assert both == {mode.name for mode in MODES if "BPT" in mode.name or "DER" in mode.name}


def test_before_the_choice_nothing_is_meant() -> None:
    assert mode_of("") is NONE
    assert not NONE.ac
    assert not NONE.dc
    assert NONE.kind == ""


def test_an_unknown_name_is_no_dc() -> None:
    with pytest.raises(KeyError):
        mode_of("AC_four_phase")


def test_two_phases_carry_twice_the_power() -> None:
    state = StationState(ac_max_current=10.0)
    one, two = (
        ac_power(state, mode_of(f"AC_{name}")) for name in ("single_phase_core", "two_phase")
    )
    assert (one, two) == (2_300.0, 4_600.0)


def test_nobody_reads_a_mode_from_its_letters() -> None:
    rooms = ("bsw", "csm", "keym", "can_adapter", "ocpp", "evcc", "secc", "tools", "tests")
    reading = [
        str(path.relative_to(ROOT))
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if BY_LETTERS.search(path.read_text(encoding="utf-8"))
    ]
    assert not reading
