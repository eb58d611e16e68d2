"""What the station offers over time: power by interval, and prices if there are any.

Plain numbers; the handlers put them into the words of their protocol.  A site controller, OCPP
or a test fills the plans; without one there is a single flat plan of what the hardware can do.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

from bsw.prices.tariff import Tariff, later
from secc.prices import PricesConfig
from secc.session.tariffs import shortened
from secc.tariff import tariff, tariff_back

DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """From ``start`` seconds on at most ``power`` watts."""

    start: int
    power: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One tuple: steps from second 0 on, without gaps; ``until`` ends the last.

    ``tariff`` is a SalesTariff of ISO 15118-2, made and signed by the mobility operator;
    ``prices`` are those of ISO 15118-20, ``back`` and ``back_prices`` for energy given back.
    """

    number: int
    steps: tuple[Step, ...]
    until: int = DAY
    tariff: Any = None
    prices: Tariff | None = None
    back: tuple[Step, ...] = ()
    back_prices: Tariff | None = None

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

    def within(self, power: float) -> "Plan":
        """The same with no step above ``power``."""
        steps = tuple(Step(step.start, min(step.power, power)) for step in self.steps)
        return replace(self, steps=steps)

    def cut(self, entries: int) -> "Plan":
        """At most ``entries`` steps; what is cut off becomes part of the last one, at its least.

        A tariff that is too long has its neighbours joined (``secc.tariffs``).
        """
        tariff = None if self.tariff is None else shortened(self.tariff, entries)
        steps, back = _at_most(self.steps, entries), _at_most(self.back, entries)
        if steps is self.steps and back is self.back and tariff is self.tariff:
            return self
        return replace(self, steps=steps, back=back, tariff=tariff)

    def after(self, seconds: int) -> "Plan":
        """The same plan, ``seconds`` later: starts shifted, what is past left out."""
        return replace(
            self,
            steps=_later(self.steps, self.until, seconds),
            until=max(self.until - seconds, 1),
            prices=None if self.prices is None else later(self.prices, seconds),
            back=_later(self.back, self.until, seconds),
            back_prices=None if self.back_prices is None else later(self.back_prices, seconds),
        )


def _at_most(steps: tuple[Step, ...], entries: int) -> tuple[Step, ...]:
    """So many: what is cut off becomes part of the last one, at its least."""
    if len(steps) <= entries:
        return steps
    rest = steps[entries - 1 :]
    return (*steps[: entries - 1], Step(rest[0].start, min(step.power for step in rest)))


def _later(steps: tuple[Step, ...], until: int, seconds: int) -> tuple[Step, ...]:
    bounds = [*(step.start for step in steps), until]
    alive = [
        Step(max(0, step.start - seconds), step.power)
        for step, (_, end) in zip(steps, pairwise(bounds), strict=True)
        if end > seconds
    ]
    if steps and not alive:
        alive = [Step(0, steps[-1].power)]
    return tuple(alive)


@dataclass(slots=True)
class Schedules:
    """The plans on offer.  ``signature`` covers the tariffs, as the operator made it.

    ``prices`` are told where no plan comes from elsewhere.
    """

    plans: tuple[Plan, ...] = ()
    prices: PricesConfig = field(default_factory=PricesConfig)
    signature: Any = None
    ready: bool = True  # false: the back end is still thinking, answer Ongoing
    sent: tuple[Plan, ...] = field(default_factory=tuple)
    _source: Callable[[], tuple[Plan, ...]] | None = None
    _tariff: Callable[[], Tariff | None] = lambda: None

    def made_by(self, source: Callable[[], tuple[Plan, ...]]) -> None:
        """Who makes the plans at the moment they are offered; none made: ``plans`` count."""
        self._source = source

    def priced_by(self, source: Callable[[], Tariff | None]) -> None:
        """Who says what energy costs in the place of ``prices``; none said: those count."""
        self._tariff = source

    def offer(
        self,
        power: float,
        *,
        entries: int | None,
        departure: int | None,
        ceiling: float | None = None,
    ) -> None:
        """Fix what is sent now: the given plans, or one flat plan of the ``power`` there is now.

        ``ceiling`` is what the hardware can, whatever holds just now.
        """
        until = max(DAY, departure or 0)
        plans = self._given(ceiling) or (Plan(1, (Step(0, power),), until),)
        self.sent = tuple(plan.cut(_most(entries)) for plan in plans[:3])

    def _given(self, ceiling: float | None, prices: Tariff | None = None) -> tuple[Plan, ...]:
        """From elsewhere, never more than the hardware can; ``prices`` where nobody set any."""
        made = () if self._source is None else self._source()
        if all(plan.prices is None for plan in made):
            made = tuple(replace(plan, prices=prices) for plan in made)
        return (
            tuple(plan if ceiling is None else plan.within(ceiling) for plan in made) or self.plans
        )

    def offer_priced(
        self,
        now: int,
        *,
        power: float,
        back: float,
        entries: int,
        departure: int | None,
        ceiling: float | None = None,
    ) -> None:
        """The same with the station's own prices, as ISO 15118-20 tells them; ``now`` in UNIX time.

        Who set the plans has set their prices.
        """
        until = max(DAY, departure or 0)
        own = Plan(
            1,
            (Step(0, power),),
            until,
            prices=self._tariff() or tariff(self.prices, now, until),
            back=(Step(0, back),) if back > 0 else (),
            back_prices=tariff_back(self.prices, now, until) if back > 0 else None,
        )
        plans = self._given(ceiling, own.prices) or (own,)
        self.sent = tuple(plan.cut(_most(entries)) for plan in plans[:3])

    def prices_now(self, now: int, departure: int | None) -> Tariff | None:
        """What energy costs where the station sets the power, and no schedule carries a price."""
        if self.plans:
            return self.plans[0].prices
        return self._tariff() or tariff(self.prices, now, max(DAY, departure or 0))

    @property
    def priced(self) -> bool:
        told = bool(self.prices.day) or self._tariff() is not None
        return told or any(plan.prices is not None for plan in self.plans)

    @property
    def in_levels(self) -> bool:
        """How the station's own prices are told; those of plans are money."""
        return self.prices.told == "levels" and not self.plans and self._tariff() is None

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
