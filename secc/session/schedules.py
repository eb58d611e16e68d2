"""What the station offers over time: power by interval, and prices if there are any.

Plain numbers; the handlers put them into the words of their protocol.  A site controller, OCPP
or a test fills the plans; without one there is a single flat plan of what the hardware can do.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

from secc.session.tariffs import shortened

DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """From ``start`` seconds on at most ``power`` watts."""

    start: int
    power: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One tuple: steps from second 0 on, without gaps; ``until`` ends the last.

    ``tariff`` is a SalesTariff of the protocol, made and signed by the mobility operator.
    """

    number: int
    steps: tuple[Step, ...]
    until: int = DAY
    tariff: Any = None

    def power_at(self, second: float) -> float:
        """The limit in force ``second`` seconds after the plan was sent."""
        power = self.steps[0].power
        for step in self.steps:
            if step.start <= second:
                power = step.power
        return power

    def lowest_between(self, begin: int, end: int) -> float:
        """The smallest limit of all intervals that [begin, end) touches."""
        ends = [step.start for step in self.steps[1:]] + [max(self.until, end)]
        return min(
            step.power
            for step, step_end in zip(self.steps, ends, strict=True)
            if step.start < end and step_end > begin
        )

    def cut(self, entries: int) -> "Plan":
        """At most ``entries`` steps; what is cut off becomes part of the last one, at its least.

        A tariff that is too long has its neighbours joined (``secc.tariffs``).
        """
        tariff = None if self.tariff is None else shortened(self.tariff, entries)
        if len(self.steps) <= entries:
            return self if tariff is self.tariff else replace(self, tariff=tariff)
        kept = self.steps[: entries - 1]
        rest = self.steps[entries - 1 :]
        low = min(step.power for step in rest)
        return Plan(self.number, (*kept, Step(rest[0].start, low)), self.until, tariff)

    def after(self, seconds: int) -> "Plan":
        """The same plan, ``seconds`` later: starts shifted, what is past left out."""
        bounds = [*(step.start for step in self.steps), self.until]
        alive = [
            Step(max(0, step.start - seconds), step.power)
            for step, (_, end) in zip(self.steps, pairwise(bounds), strict=True)
            if end > seconds
        ]
        if not alive:
            alive = [Step(0, self.steps[-1].power)]
        return Plan(self.number, tuple(alive), max(self.until - seconds, 1), self.tariff)


@dataclass(slots=True)
class Schedules:
    """The plans on offer.  ``signature`` covers the tariffs, as the operator made it."""

    plans: tuple[Plan, ...] = ()
    signature: Any = None
    ready: bool = True  # false: the back end is still thinking, answer Ongoing
    sent: tuple[Plan, ...] = field(default_factory=tuple)

    def offer(self, hardware_power: float, *, entries: int | None, departure: int | None) -> None:
        """Fix what is sent now: the given plans, or one flat plan of the hardware's power."""
        until = max(DAY, departure or 0)
        plans = self.plans or (Plan(1, (Step(0, hardware_power),), until),)
        self.sent = tuple(plan.cut(_most(entries)) for plan in plans[:3])

    def offer_again(self, plan: Plan, *, entries: int | None) -> None:
        """After a pause the tuple the car had chosen, shortened by the time that passed."""
        self.sent = (plan.cut(_most(entries)),)

    @property
    def sent_signature(self) -> Any:  # noqa: ANN401 - the operator's, as it was given
        """Covers every tariff as it was made: with one changed or left out it would not hold."""
        made = [plan.tariff for plan in self.plans if plan.tariff is not None]
        sent = [plan.tariff for plan in self.sent if plan.tariff is not None]
        return self.signature if made == sent else None

    def numbered(self, number: int) -> Plan | None:
        return next((plan for plan in self.sent if plan.number == number), None)


def _most(entries: int | None) -> int:
    return 1024 if entries is None else max(1, entries)
