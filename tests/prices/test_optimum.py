"""The planned course against a linear program of another maker, over random tariffs."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from random import Random

import numpy as np
import pytest

from bsw.prices.tariff import Algorithm, Rule, Stack, Tariff
from evcc.planning.choice import Need, Plan, at_once, best
from evcc.planning.optimum import finish
from evcc.planning.slots import Abilities, Limit, Offer, limit_at

linprog = pytest.importorskip("scipy.optimize").linprog

SEEDS = 1000


@dataclass
class Program:
    """min cost·x with the battery's energy after each slot between two bounds."""

    costs: list[float] = field(default_factory=list)
    bounds: list[tuple[float, float]] = field(default_factory=list)
    effects: list[tuple[int, float]] = field(default_factory=list)

    def add(self, slot: int, most: float, cost: float, effect: float) -> None:
        self.costs.append(cost)
        self.bounds.append((0.0, most))
        self.effects.append((slot, effect))

    def solve(self, slots: int, lows: list[float], highs: list[float]) -> float | None:
        matrix = np.zeros((slots, len(self.costs)))
        for column, (slot, effect) in enumerate(self.effects):
            matrix[slot:, column] = effect
        both = np.vstack([matrix, -matrix])
        limits = np.array([*highs, *(-low for low in lows)])
        found = linprog(self.costs, A_ub=both, b_ub=limits, bounds=self.bounds, method="highs")
        return float(found.fun) if found.success else None


def drawn(seed: int) -> tuple[Offer, Need, Abilities]:
    """A night of random prices: some with ranges of power, some that take energy back."""
    random = Random(seed)
    count = random.randint(2, 24)
    step = random.choice((300, 900, 1800))
    until = count * step
    tiers = random.random() < 0.4
    gives = random.random() < 0.5
    stacks, back = [], []
    for place in range(count):
        fee = random.choice((0.0, 0.08, 0.2, round(random.uniform(-0.05, 0.6), 3)))
        rules = [Rule(fee)]
        if tiers:
            rules.append(Rule(fee + random.uniform(0.01, 0.2), random.choice((3700.0, 11000.0))))
        stacks.append(Stack(place * step, (place + 1) * step, tuple(rules)))
        earned = min(fee, round(random.uniform(0.0, 0.4), 3))
        back.append(Stack(place * step, (place + 1) * step, (Rule(earned),)))
    powers = [random.choice((0.0, 3700.0, 11000.0, 22000.0)) for _ in range(count)]
    limits = tuple(Limit(i * step, (i + 1) * step, power) for i, power in enumerate(powers))
    offer = Offer(
        1,
        limits,
        Tariff(tuple(stacks), Algorithm.STACKED_ENERGY),
        tuple(Limit(i * step, (i + 1) * step, 10_000.0) for i in range(count)) if gives else (),
        Tariff(tuple(back)) if gives else None,
    )
    held = random.uniform(5_000.0, 40_000.0)
    need = Need(
        held=held,
        target=held + random.uniform(-5_000.0, 40_000.0) * (1.0 if gives else abs(random.random())),
        least=random.uniform(0.0, held),
        most=80_000.0,
        departure=random.choice((None, until, until - step // 2)),
    )
    can = Abilities(
        most=random.choice((7400.0, 11000.0, 50_000.0)),
        most_back=random.choice((5000.0, 11000.0)) if gives else 0.0,
        efficiency=random.choice((1.0, 0.92)),
    )
    return offer, need, can


def optimum(offer: Offer, need: Need, can: Abilities) -> float | None:
    """The linear program's least cost of ending as far up as this plan can."""
    assert offer.tariff is not None
    until = min(need.departure or 86_400, offer.limits[-1].end)
    edges = sorted({0, until, *(limit.begin for limit in offer.limits if limit.begin < until)})
    program = Program()
    reach = need.held
    for slot, (begin, end) in enumerate(pairwise(edges)):
        hours = (end - begin) / 3600
        most = min(can.most, limit_at(offer.limits, begin))
        reach = min(need.most, reach + most * hours * can.efficiency)
        stack = offer.tariff.stack_at(begin)
        assert stack is not None
        for low, high, fee in stack.ranges():
            if min(high, most) > low:
                program.add(slot, (min(high, most) - low) * hours, fee / 1000, can.efficiency)
        if offer.back_tariff is not None:
            back = offer.back_tariff.stack_at(begin)
            assert back is not None
            power = min(can.most_back, limit_at(offer.back, begin))
            program.add(slot, power * hours, -back.rules[0].fee / 1000, -1 / can.efficiency)
    slots = len(edges) - 1
    lows = [(need.least if offer.back else need.held) - need.held] * slots
    lows[-1] = max(lows[-1], min(need.target, reach) - need.held - 1e-6)
    return program.solve(slots, lows, [need.most - need.held] * slots)


def check(plan: Plan, offer: Offer, need: Need, can: Abilities) -> None:
    held, before = need.held, 0
    for run in plan.runs:
        assert run.begin == before < run.end
        before = run.end
        assert run.power <= min(can.most, limit_at(offer.limits, run.begin)) + 1e-6
        assert -run.power <= min(can.most_back, limit_at(offer.back, run.begin)) + 1e-6
        inside = [
            limit for limit in offer.limits if run.begin < limit.end and limit.begin < run.end
        ]
        assert all(run.power <= limit.power + 1e-6 for limit in inside)
        kept = can.efficiency if run.power > 0 else 1 / can.efficiency
        held += run.power * kept * (run.end - run.begin) / 3600
        slack = can.most / 3600 * len(plan.runs)
        assert held <= need.most + slack
        assert held >= min(need.least, need.held) - slack
    assert held == pytest.approx(plan.held)


def test_a_plan_costs_what_a_linear_program_finds_over_a_thousand_random_tariffs() -> None:
    compared = 0
    for seed in range(SEEDS):
        offer, need, can = drawn(seed)
        plan, now = finish(best(offer, need, can)), finish(at_once(offer, need, can))
        check(plan, offer, need, can)
        assert plan.short <= max(0.0, now.short) + 1e-6, seed
        assert plan.cost <= now.cost + 1e-6, seed
        exact = optimum(offer, need, can)
        if exact is None:
            continue
        compared += 1
        # a run ends at a whole second: at most one second of power for each of them is more
        rounding = can.most / 3600 / 1000 * 0.8 * len(plan.runs)
        assert plan.cost <= exact + 0.01 * abs(exact) + rounding, (seed, plan.cost, exact)
        assert plan.cost >= exact - 0.001 - 0.01 * abs(exact) - rounding, (seed, plan.cost, exact)
    assert compared > SEEDS * 0.9


def brute(offer: Offer, need: Need, can: Abilities, steps: int) -> float:
    """The least cost by peak prices, trying all powers of a raster in all of at most four slots."""
    assert offer.tariff is not None
    best_cost = inf
    stacks = offer.tariff.stacks
    choices = [[can.most * i / steps for i in range(steps + 1)] for _ in stacks]

    def walk(place: int, held: float, cost: float) -> None:
        nonlocal best_cost
        if place == len(stacks):
            if held >= need.target - 1e-6:
                best_cost = min(best_cost, cost)
            return
        stack = stacks[place]
        hours = (stack.end - stack.begin) / 3600
        for power in choices[place]:
            energy = power * hours
            walk(place + 1, held + energy, cost + energy / 1000 * stack.rule_at(power).fee)

    walk(0, need.held, 0.0)
    return best_cost


@pytest.mark.parametrize("algorithm", [Algorithm.POWER, Algorithm.PEAK_POWER])
@pytest.mark.parametrize("seed", range(25))
def test_where_the_power_decides_the_price_no_raster_of_powers_is_cheaper(
    algorithm: Algorithm, seed: int
) -> None:
    random = Random(seed)
    stacks = tuple(
        Stack(
            place * 3600,
            (place + 1) * 3600,
            (
                Rule(round(random.uniform(0.1, 0.4), 2)),
                Rule(round(random.uniform(0.1, 0.7), 2), 4000.0),
                Rule(round(random.uniform(0.1, 0.9), 2), 8000.0),
            ),
        )
        for place in range(3)
    )
    offer = Offer(1, (Limit(0, 3 * 3600, 12_000.0),), Tariff(stacks, algorithm))
    need = Need(held=0.0, target=random.uniform(2_000.0, 34_000.0), departure=3 * 3600)
    can = Abilities(most=12_000.0)
    plan = finish(best(offer, need, can))
    check(plan, offer, need, can)
    assert plan.short <= 1e-6
    assert plan.cost <= brute(offer, need, can, 24) * 1.01 + 0.01
