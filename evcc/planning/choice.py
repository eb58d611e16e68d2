"""Which of the station's schedules, and what of it: the need first, then the money.

A plan is never dearer than taking all power at once, because that is one of the plans compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf
from typing import Final

from bsw.prices.bill import Bill, Drawn, bill
from bsw.prices.tariff import Algorithm, Rule, Stack
from evcc.planning.optimum import Battery, Run, Steps, finish, runs, solve
from evcc.planning.slots import BELOW, Abilities, Offer, cut

DAY: Final = 86_400
HOUR: Final = 3600.0
KILO: Final = 1000.0
ROUNDS: Final = 3
"""How often the powers below which each price by peak stays are tried again."""
MOST_STACKS: Final = 48
"""So many stacks are tried one by one; with more of them the first guesses have to do."""
MOST_PAIRED: Final = 6


@dataclass(frozen=True, slots=True)
class Need:
    """Wh in the battery: what it holds, what it wants, what it keeps when giving, what it takes.

    ``departure`` is seconds from now; without it a day is planned.
    """

    held: float
    target: float
    least: float = 0.0
    most: float = inf
    departure: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The course chosen under one offer, and what it brings and costs."""

    number: int
    runs: tuple[Run, ...]
    held: float
    """Wh in the battery at the end."""
    paid: Bill
    earned: Bill
    short: float
    """Wh that are missing at the end."""

    @property
    def cost(self) -> float:
        return self.paid.total - self.earned.total

    def power_at(self, second: float) -> float:
        found = (run.power for run in self.runs if run.begin <= second < run.end)
        return next(found, 0.0)


def choose(offers: Sequence[Offer], need: Need, can: Abilities) -> Plan:
    """What ``choosing`` finds, all at once."""
    return finish(choosing(offers, need, can))


def choosing(offers: Sequence[Offer], need: Need, can: Abilities) -> Steps[Plan]:
    """The plan that misses least of the target, then the cheapest, then the station's order."""
    plans: list[Plan] = []
    for offer in offers:
        cheapest = yield from best(offer, need, can)
        plans += [cheapest, (yield from at_once(offer, need, can))]
    return min(plans, key=lambda plan: (round(max(0.0, plan.short)), round(plan.cost, 6)))


def best(offer: Offer, need: Need, can: Abilities) -> Steps[Plan]:
    """The cheapest plan of this one offer."""
    if offer.tariff is None or offer.tariff.algorithm is not Algorithm.PEAK_POWER:
        return (yield from _planned(offer, need, can, {}))
    return (yield from _below_peaks(offer, need, can))


def at_once(offer: Offer, need: Need, can: Abilities) -> Steps[Plan]:
    """All power from now on until the target is reached, whatever it costs."""
    free = replace(offer, tariff=None, back=(), back_tariff=None)
    slots = cut(free, can, _horizon(offer, need), {})
    energies = yield from solve(slots, _battery(offer, need))
    return _told(offer, need, can, runs(slots, energies))


def _below_peaks(offer: Offer, need: Need, can: Abilities) -> Steps[Plan]:
    """By peak price each stack's range is a choice.

    Begins with none, with all of one range, and with the ranges that prices by present power would
    use; then the best of them is changed stack by stack, and by pairs where they are few.
    """
    tariff = offer.tariff
    stacks = [] if tariff is None else [stack for stack in tariff.stacks if len(stack.rules) > 1]
    found = ((yield from _planned(offer, need, can, {})), dict[int, float]())
    by_power = yield from _as_by_power(offer, need, can, stacks)
    for tried in (*_uniform(stacks), by_power):
        found = _better(found, ((yield from _planned(offer, need, can, tried)), tried))
    for _ in range(ROUNDS):
        before = found
        for changes in _changes(stacks):
            tried = {**found[1], **changes}
            found = _better(found, ((yield from _planned(offer, need, can, tried)), tried))
        if found is before:
            break
    return found[0]


def _uniform(stacks: list[Stack]) -> list[dict[int, float]]:
    """All stacks below the beginning of one range, the highest first."""
    most = max((len(stack.rules) for stack in stacks), default=1)
    return [
        {stack.begin: _below(stack.rules[min(number, len(stack.rules) - 1)]) for stack in stacks}
        for number in range(most - 1, 0, -1)
    ]


def _as_by_power(
    offer: Offer, need: Need, can: Abilities, stacks: list[Stack]
) -> Steps[dict[int, float]]:
    """Below the range after the highest power that would be used if each moment had its price."""
    tariff = replace(offer.tariff, algorithm=Algorithm.POWER) if offer.tariff else None
    plan = yield from _planned(replace(offer, tariff=tariff), need, can, {})
    caps: dict[int, float] = {}
    for stack in stacks:
        used = (run.power for run in plan.runs if run.begin < stack.end and stack.begin < run.end)
        peak = max(used, default=0.0)
        above = (_below(rule) for rule in stack.rules[1:] if rule.power > peak)
        caps[stack.begin] = next(above, inf)
    return caps


def _changes(stacks: list[Stack]) -> Iterator[dict[int, float]]:
    """Other ranges for one stack each, and for two where few stacks leave time for it."""
    if len(stacks) > MOST_STACKS:
        return
    single = [(stack.begin, power) for stack in stacks for power in _ranges(stack)]
    for begin, power in single:
        yield {begin: power}
    if len(stacks) <= MOST_PAIRED:
        for (one, first), (two, second) in combinations(single, 2):
            if one != two:
                yield {one: first, two: second}


def _ranges(stack: Stack) -> list[float]:
    return [inf, *(_below(rule) for rule in stack.rules[1:])]


def _below(rule: Rule) -> float:
    return rule.power - BELOW


Tried = tuple[Plan, dict[int, float]]


def _better(found: Tried, other: Tried) -> Tried:
    one, two = (round(max(0.0, tried[0].short)) for tried in (found, other))
    return other if (two, other[0].cost) < (one, found[0].cost - 1e-9) else found


def _planned(offer: Offer, need: Need, can: Abilities, caps: dict[int, float]) -> Steps[Plan]:
    slots = cut(offer, can, _horizon(offer, need), caps)
    energies = yield from solve(slots, _battery(offer, need))
    return _told(offer, need, can, runs(slots, energies))


def _horizon(offer: Offer, need: Need) -> int:
    """Until departure, or as long as the offer reaches; beyond the offer nothing flows."""
    reach = max((limit.end for limit in (*offer.limits, *offer.back)), default=0)
    wanted = need.departure if need.departure is not None and need.departure > 0 else DAY
    return max(1, min(wanted, reach) if reach > 0 else wanted)


def _battery(offer: Offer, need: Need) -> Battery:
    most = need.most if offer.available is None else min(need.most, need.held + offer.available)
    return Battery(need.held, min(need.target, most), need.least, most)


def _told(offer: Offer, need: Need, can: Abilities, course: list[Run]) -> Plan:
    joined = _joined(course)
    held = need.held + sum(_stored(run, can) for run in joined)
    taken = [Drawn(run.begin, run.end, max(0.0, run.power)) for run in joined]
    given = [Drawn(run.begin, run.end, max(0.0, -run.power)) for run in joined]
    paid = Bill() if offer.tariff is None else bill(offer.tariff, taken)
    earned = Bill() if offer.back_tariff is None else bill(offer.back_tariff, given)
    return Plan(offer.number, joined, held, paid, earned, need.target - held)


def _stored(run: Run, can: Abilities) -> float:
    kept = can.efficiency if run.power > 0 else 1.0 / can.efficiency
    return run.power * kept * (run.end - run.begin) / HOUR


def _joined(course: list[Run]) -> tuple[Run, ...]:
    joined: list[Run] = []
    for run in course:
        if joined and joined[-1].power == run.power and joined[-1].end == run.begin:
            joined[-1] = replace(joined[-1], end=run.end)
        else:
            joined.append(run)
    return tuple(joined)
