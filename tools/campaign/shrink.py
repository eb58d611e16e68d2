"""Makes a failing session small: the fewest steps, the roundest times, the simplest scenario.

Each try is a whole run.  It counts as the same failure when one of the rules that were broken
first is broken again; what else breaks meanwhile does not matter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bsw.os.clock import S
from tools.bench.scenarios.find import read
from tools.bench.scenarios.model import Scenario, Step
from tools.campaign.session import Result, play

SIMPLEST = ("dc-card", "ac-three-phase", "iso20-dc")
"""Tried instead of the scenario that failed, the simplest first."""

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The shortest failing run that was found, what it broke, and how many tries that took."""

    scenario: Scenario
    result: Result
    tries: int


class Shrinker:
    """``most`` bounds the tries."""

    def __init__(self, failed: Result, scenario: Scenario, *, most: int = 60) -> None:
        self._rules = failed.rules
        self._seed = failed.seed
        self._name = failed.scenario
        self._best = scenario
        self._result = failed
        self._tries = 0
        self._most = most

    def shrink(self) -> Shrunk:
        """Until nothing gets smaller any more."""
        improved = True
        while improved and self._tries < self._most:
            improved = any(self._try(one, name) for one, name in self._smaller())
        return Shrunk(self._best, self._result, self._tries)

    def _try(self, scenario: Scenario, name: str) -> bool:
        if self._tries >= self._most:
            return False
        self._tries += 1
        result = play(self._seed, name, scenario)
        if not self._rules & result.rules:
            return False
        self._best, self._result, self._name = scenario, result, name
        return True

    def _smaller(self) -> Iterator[tuple[Scenario, str]]:
        """The biggest steps first; the first that still fails is taken."""
        best = self._best
        for fewer in _fewer(best.meanwhile):
            yield best.model_copy(update={"meanwhile": fewer}), self._name
        place = SIMPLEST.index(self._name) if self._name in SIMPLEST else len(SIMPLEST)
        for name in SIMPLEST[:place]:
            plain = read(name)
            fields = {"meanwhile": best.meanwhile, "seed": best.seed, "within": best.within}
            yield plain.model_copy(update=fields), name
        for rounder in _rounder(best.meanwhile):
            yield best.model_copy(update={"meanwhile": rounder}), self._name
        if best.seed != 1:
            yield best.model_copy(update={"seed": 1}), self._name


def _fewer(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """None, either half, all but one."""
    if not steps:
        return
    yield ()
    half = len(steps) // 2
    if half > 1:
        yield steps[:half]
        yield steps[half:]
    for number in range(len(steps)):
        if len(steps) > 1:
            yield (*steps[:number], *steps[number + 1 :])


def _rounder(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """One step at once, or at a whole second."""
    for number, step in enumerate(steps):
        for after in (0, step.after // S * S):
            if after < step.after:
                other = step.model_copy(update={"after": after})
                yield (*steps[:number], other, *steps[number + 1 :])
                break
