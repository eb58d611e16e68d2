"""Every row of the table, in C and in Python, and both on the same random voltages."""

import random

import pytest

from bsw.cp.rules import PilotRules, classify
from bsw.cp.table import LEVELS, STATES, TRANSITIONS
from tests.island.bench import CONFIG, Bench
from tests.island.core import Core, loaded

MIDDLE = {"A": 12000, "B": 9000, "C": 6000, "D": 3000, "E": 0, "F": -12000, "FAULT": -6000}
ROWS = [(before, after, side) for before, after in TRANSITIONS for side in ("station", "vehicle")]


def quiet(side: str) -> Bench:
    """A configured island whose host keeps the oscillator on; nothing read yet."""
    bench = Bench(role=int(side == "vehicle"), has=0)
    bench.core.step()
    bench.greet()
    return bench


def begun(side: str, after: str = "B") -> Bench:
    """In no state yet, the station's oscillator on already, another level seen for a moment."""
    bench = quiet(side)
    bench.configure()
    bench.beat()
    bench.core.step()
    hold_level(bench, "C" if after == "B" else "B", 1)
    return bench


def hold_level(bench: Bench, state: str, ms: int) -> None:
    bench.levels = MIDDLE[state], -12000
    bench.run(ms)


@pytest.mark.parametrize(("before", "after", "side"), ROWS)
def test_each_transition_in_c_and_in_python(before: str, after: str, side: str) -> None:
    hold, station, vehicle = TRANSITIONS[before, after]
    bench = begun(side, after)
    rules = PilotRules(vehicle=side == "vehicle")
    now = 0
    if before != "UNKNOWN":
        hold_level(bench, before, 60)
        for now in range(60):
            rules.settle(before, now)
    assert (bench.core.view.state, rules.state) == (before, before)
    hold_level(bench, after, hold)
    for now in range(60, 60 + hold):
        rules.settle(after, now)
    assert (bench.core.view.state, rules.state) == (before, before), "not before its time"
    hold_level(bench, after, 1)
    rules.settle(after, 60 + hold)
    wanted = station if side == "station" else vehicle
    assert (bench.core.view.state, bench.core.view.action) == (after, wanted)
    assert (rules.state, rules.action) == (after, wanted)
    if wanted not in {"keep", "close", "now", "brief", "soon", "late"}:
        assert wanted in bench.core.view.active


def test_each_level_in_c_and_in_python() -> None:
    core = loaded()
    edges = [above for above, *_ in LEVELS[:-1]]
    samples = sorted({edge + step for edge in edges for step in (-50, -1, 0, 1, 50)})
    for number, was in enumerate(STATES):
        for level in [*samples, *range(-15000, 15001, 97)]:
            assert STATES[core.pilot_classify(level, number)] == classify(level, was)


@pytest.mark.parametrize("seed", range(10))
def test_random_voltages_mean_the_same_to_both(seed: int) -> None:
    chance = random.Random(seed)
    bench = begun("station")
    core: Core = bench.core
    rules = PilotRules(vehicle=False)
    rules.settle("C", core.now)
    for _ in range(400):
        high = chance.choice([*MIDDLE.values(), chance.randint(-14000, 14000)])
        low = chance.choice([-12000, -10500, -9000, chance.randint(-14000, 0)])
        bench.levels = high, low
        for _ in range(chance.choice([1, 2, 5, 9, 10, 11, 20, 21, 40])):
            oscillates = core.outputs.drive == 2
            bench.tick()
            assert rules.feed(high, low, core.now, oscillates=oscillates) == core.view.state
            assert rules.action == core.view.action
            assert rules.diode_short == ("diode_short" in core.view.active)


def test_the_configuration_of_these_tests_is_the_shipped_kind() -> None:
    assert (CONFIG.closing, CONFIG.link) == (100, 300)
