"""What the on-board charger can and does, in W: in total, or line by line where it can differ.

A charger that names its lines can load them unevenly and is spoken to in the same form; for any
other one the sum is said [V2G20-1820], [V2G20-1821].  Powers out of the battery are magnitudes.
"""

from collections.abc import Callable
from typing import Any

from bsw.chrgm.iso20.lines import Lines
from bsw.chrgm.messages.iso20.common_types import RationalNumber
from bsw.chrgm.modes import Mode
from evcc.session.context import VehicleContext
from evcc.session.current import may_give
from evcc.vehicle import VehicleValues

Word = Callable[[float], RationalNumber]


def watts_per_amp(context: VehicleContext, phases: int) -> float:
    volts = context.view.nominal_voltage or context.state.ac_max_voltage or 0.0
    return volts * phases


class Onboard:
    """The charger of one session; ``mode`` says how many lines are connected."""

    def __init__(self, context: VehicleContext, mode: Callable[[], Mode]) -> None:
        self._context = context
        self._mode = mode

    @property
    def phases(self) -> int:
        return self._mode().phases

    @property
    def by_line(self) -> bool:
        return self.phases > 1 and self._context.state.ac_max_power_l2 is not None

    @property
    def most_in(self) -> Lines:
        """By what it says of its current, and of its power if it says that."""
        state = self._context.state
        line = (state.ac_max_current or 0.0) * watts_per_amp(self._context, 1)
        told = self._lines(state.ac_max_power, state.ac_max_power_l2, state.ac_max_power_l3)
        if told is None:
            return self._even(line * self.phases)
        each = tuple(min(line, one) for one in told.each)
        if each:
            return Lines(sum(each), each)
        return self._even(min(line * self.phases, told.total))

    @property
    def most_out(self) -> Lines:
        """Nothing where nobody told that it can, or while the battery may not give."""
        state = self._context.state
        told = self._lines(state.ac_max_back, state.ac_max_back_l2, state.ac_max_back_l3)
        return self._even(0.0) if told is None or not may_give(state) else told

    @property
    def present(self) -> Lines:
        """As it measures, below zero out of the battery; else what reaches the battery."""
        state = self._context.state
        told = self._lines(state.ac_active, state.ac_active_l2, state.ac_active_l3)
        return self._even(_at_battery(state)) if told is None else told

    def _lines(self, first: float | None, *others: float | None) -> Lines | None:
        """As told; made even where all else is told by line."""
        if first is None:
            return None
        each = [one for one in (first, *others) if one is not None][: self.phases]
        if len(each) == 1:
            return self._even(first)
        return Lines(sum(each), tuple(each) if self.by_line else ())

    def _even(self, total: float) -> Lines:
        if not self.by_line:
            return Lines(total)
        return Lines(total, (total / self.phases,) * self.phases)


def _at_battery(state: VehicleValues) -> float:
    return (state.battery_voltage or 0.0) * (state.battery_current or 0.0)


def spread(name: str, power: Lines, word: Word) -> dict[str, Any]:
    """The element, and those of the other lines: ``spread("ev_maximum_charge_power", ...)``."""
    if not power.each:
        return {name: word(power.total)}
    suffixes = ("", "_l2", "_l3")
    return {f"{name}{suffix}": word(one) for suffix, one in zip(suffixes, power.each, strict=False)}
