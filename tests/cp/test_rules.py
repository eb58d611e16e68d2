"""The rules on samples: every edge of every band, and when a state counts, to the millisecond."""

import pytest

from bsw.cp import table
from bsw.cp.circuit import RESISTANCE, Levels, levels, state_from_volts
from bsw.cp.pilot import Drive, E, Pilot, PilotState
from bsw.cp.proximity import OUT, Connector, Proximity, proximity
from bsw.cp.rules import PilotRules, classify
from bsw.cp.table import DIODE_HOLD, DIODE_PROVED, DIODE_SHORT, TRANSITIONS
from tests.tidy.tree import ROOT
from tools.island.table import python_module, read

SURE = {"A": 12000, "B": 9000, "C": 6000, "D": 3000, "E": 0, "F": -12000, "FAULT": -5000}


def test_the_rules_here_are_those_of_the_table() -> None:
    made: dict[str, object] = {}
    exec(python_module(read(ROOT)), made)
    names = [name for name in vars(table) if name.isupper()]
    assert {"LEVELS", "TRANSITIONS", "FAULTS", "PROXIMITY"} <= set(names)
    assert {name: getattr(table, name) for name in names} == {name: made[name] for name in names}


@pytest.mark.parametrize(
    ("millivolts", "was", "means"),
    [
        (13001, "A", "FAULT"),
        (13000, "A", "A"),
        (11001, "B", "A"),
        (11000, "A", "A"),
        (11000, "B", "B"),
        (10000, "A", "B"),
        (8000, "A", "B"),
        (8000, "C", "C"),
        (7000, "B", "C"),
        (5000, "C", "C"),
        (5000, "D", "D"),
        (4000, "C", "D"),
        (2000, "D", "E"),
        (-1000, "E", "E"),
        (-1000, "F", "FAULT"),
        (-2000, "E", "FAULT"),
        (-10000, "F", "F"),
        (-10000, "E", "FAULT"),
        (-11000, "A", "F"),
        (-13000, "F", "FAULT"),
        (-2147483648, "A", "FAULT"),
    ],
)
def test_a_level_belongs_to_the_band_below_its_edge(millivolts: int, was: str, means: str) -> None:
    assert classify(millivolts, was) == means


@pytest.mark.parametrize(
    ("volts", "state"),
    [(11.0, None), (11.001, PilotState.A), (8.0, None), (2.0, PilotState.E), (2.001, PilotState.D)],
)
def test_a_simulated_level_obeys_the_same_edges(volts: float, state: PilotState | None) -> None:
    assert state_from_volts(volts) is state


@pytest.mark.parametrize("vehicle", [False, True])
@pytest.mark.parametrize("edge", sorted(TRANSITIONS))
def test_a_state_counts_when_it_stood_still_for_its_time(
    edge: tuple[str, str], *, vehicle: bool
) -> None:
    before, after = edge
    hold, station_does, vehicle_does = TRANSITIONS[edge]
    rules = PilotRules(vehicle=vehicle)
    assert (rules.state, rules.action) == ("UNKNOWN", "keep")
    rules.state = before
    assert rules.feed(SURE[after], SURE["F"], 1000, oscillates=False) == before
    assert rules.feed(SURE[after], SURE["F"], 1000 + hold - 1, oscillates=False) == before
    assert rules.feed(SURE[after], SURE["F"], 1000 + hold, oscillates=False) == after
    assert rules.action == (vehicle_does if vehicle else station_does)


def test_a_state_that_went_away_begins_anew() -> None:
    rules = PilotRules(vehicle=False)
    rules.settle("A", 0)
    rules.settle("A", 10)
    rules.settle("B", 20)
    rules.settle("A", 39)
    rules.settle("B", 40)
    rules.settle("B", 59)
    assert rules.state == "A"
    rules.settle("B", 60)
    assert rules.state == "B"


def charging(*, vehicle: bool = False) -> PilotRules:
    rules = PilotRules(vehicle=vehicle)
    for now in (0, 10):
        rules.feed(SURE["C"], DIODE_PROVED, now, oscillates=True)
    assert rules.state == "C"
    return rules


def found(rules: PilotRules) -> tuple[bool, bool]:
    return rules.diode_proved, rules.diode_short


def test_the_diode_is_proved_by_the_negative_half_wave_of_an_oscillating_pilot() -> None:
    rules = PilotRules(vehicle=False)
    assert found(rules) == (False, False)
    rules.state = "C"
    rules.feed(SURE["C"], DIODE_PROVED, 0, oscillates=False)
    rules.feed(SURE["C"], DIODE_PROVED + 1, 1, oscillates=True)
    assert found(rules) == (False, False)
    rules.feed(SURE["C"], DIODE_PROVED, 2, oscillates=True)
    assert found(rules) == (True, False)
    rules.state = "E"
    rules.diode_proved = False
    rules.feed(SURE["E"], DIODE_PROVED, 3, oscillates=True)
    assert found(rules) == (False, False), "nothing hangs there"


def test_a_short_counts_after_its_time_and_until_the_plug_is_out() -> None:
    rules = charging()
    low = DIODE_SHORT + 1
    rules.feed(SURE["C"], low, 100, oscillates=True)
    rules.feed(SURE["C"], low, 100 + DIODE_HOLD - 1, oscillates=True)
    assert found(rules) == (True, False)
    rules.feed(SURE["C"], low, 100 + DIODE_HOLD, oscillates=True)
    assert found(rules) == (False, True)
    rules.feed(SURE["C"], DIODE_PROVED, 200, oscillates=True)
    assert rules.diode_short
    for now in (300, 310, 320):
        rules.feed(SURE["A"], SURE["F"], now, oscillates=False)
    assert found(rules) == (False, False)


@pytest.mark.parametrize(("low", "oscillates"), [(DIODE_SHORT, True), (DIODE_SHORT + 1, False)])
def test_a_doubt_in_between_begins_anew(low: int, *, oscillates: bool) -> None:
    rules = charging()
    rules.feed(SURE["C"], DIODE_SHORT + 1, 100, oscillates=True)
    rules.feed(SURE["C"], low, 110, oscillates=oscillates)
    rules.feed(SURE["C"], DIODE_SHORT + 1, 111, oscillates=True)
    rules.feed(SURE["C"], DIODE_SHORT + 1, 100 + DIODE_HOLD, oscillates=True)
    assert not rules.diode_short


def test_a_vehicle_does_not_judge_its_own_diode() -> None:
    rules = charging(vehicle=True)
    for now in range(100, 200, 10):
        rules.feed(SURE["C"], 0, now, oscillates=True)
    assert found(rules) == (False, False)


def test_a_circuit_in_fault_shows_zero_volts_on_both_half_waves() -> None:
    seen = levels(E, 2740.0)
    assert (seen.high, seen.low) == (0.0, 0.0)
    assert levels(Drive(99.9), 2740.0).low == -12.0
    assert levels(Drive(100), 2740.0).low > 0


@pytest.mark.parametrize(("low", "there"), [(-11.0, True), (-10.9999, False)])
def test_the_diode_of_a_circuit_is_found_from_its_level_on(low: float, *, there: bool) -> None:
    assert Levels(9.0, low).diode_found is there


@pytest.mark.parametrize(
    ("resistance", "current"),
    [
        (74.9, None),
        (75, 63),
        (149.9, 63),
        (150, 32),
        (339.9, 32),
        (340, 20),
        (999.9, 20),
        (1000, 13),
        (2199.9, 13),
        (2200, None),
    ],
)
def test_a_cable_is_read_to_the_edge_of_its_band(resistance: float, current: float | None) -> None:
    said = OUT if current is None else Proximity(plugged=True, cable_current=current, button=False)
    assert proximity(Connector.TYPE2, resistance) == said


@pytest.mark.parametrize(
    ("resistance", "said"),
    [
        (74.9, OUT),
        (75, Proximity(plugged=True, button=False)),
        (314.9, Proximity(plugged=True, button=False)),
        (315, Proximity(plugged=True, button=True)),
        (999.9, Proximity(plugged=True, button=True)),
        (1000, OUT),
    ],
)
def test_a_latch_is_read_to_the_edge_of_its_band(resistance: float, said: Proximity) -> None:
    assert proximity(Connector.TYPE1, resistance) == said
    assert not Proximity(plugged=True).button


def test_nobody_presses_a_button_or_doubts_a_diode_unless_told() -> None:
    assert Proximity(plugged=True) == Proximity(plugged=True, cable_current=None, button=False)
    assert Pilot(PilotState.B) == Pilot(PilotState.B, duty=100.0, diode_short=False)
    assert Levels(9.0, -12.0).diode_found


@pytest.mark.parametrize(("duty", "good"), [(0.0, False), (0.5, True), (100.0, True)])
def test_a_duty_cycle_lies_above_nothing(duty: float, *, good: bool) -> None:
    if good:
        assert Drive(duty).duty == duty
    else:
        with pytest.raises(ValueError, match="above 0"):
            Drive(duty)


def test_the_levels_of_a_circuit_are_those_of_the_standards_resistors() -> None:
    assert levels(Drive(5.0), 2740.0).high == pytest.approx(8.98, abs=0.01)
    assert levels(Drive(5.0), RESISTANCE[PilotState.C]).high == pytest.approx(6.0, abs=0.05)
    assert levels(Drive(5.0), RESISTANCE[PilotState.D]).high == pytest.approx(2.93, abs=0.05)
