"""A traction battery: open-circuit voltage, inner resistance, warmth, and what it can take.

Physics on one side (charge moves, losses heat), the battery's own wishes on the other (how much
current at which state of charge and temperature).  It does not know who charges it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from math import inf
from typing import Final

Curve = tuple[tuple[float, float], ...]
"""Points of a function, ascending; straight between them, constant beyond the ends."""


def at(curve: Curve, x: float) -> float:
    """The curve's value at ``x``."""
    place = bisect_right(curve, (x, inf))
    if place == 0:
        return curve[0][1]
    if place == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[place - 1], curve[place]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


CELL_OCV: Curve = (
    (0.0, 3.00),
    (5.0, 3.35),
    (10.0, 3.46),
    (20.0, 3.56),
    (30.0, 3.62),
    (40.0, 3.66),
    (50.0, 3.71),
    (60.0, 3.79),
    (70.0, 3.89),
    (80.0, 3.98),
    (90.0, 4.08),
    (100.0, 4.17),
)
RATE_BY_SOC: Curve = ((0.0, 1.2), (5.0, 2.5), (45.0, 2.2), (60.0, 1.6), (80.0, 0.9), (100.0, 0.25))
"""Highest charge rate in 1/h over the state of charge in %."""

SHARE_BY_TEMPERATURE: Curve = (
    (-20.0, 0.05),
    (0.0, 0.25),
    (15.0, 0.8),
    (22.0, 1.0),
    (42.0, 1.0),
    (52.0, 0.3),
    (58.0, 0.0),
)
SETTLES: Final = 0.1
"""Seconds: charge and warmth of a battery follow so slowly that nobody sees them sooner."""

RESISTANCE_BY_TEMPERATURE: Curve = ((-20.0, 4.0), (0.0, 2.0), (25.0, 1.0), (45.0, 0.8))


@dataclass(frozen=True, slots=True)
class Pack:
    """How a battery is built."""

    cells: int = 108
    capacity_ah: float = 190.0
    resistance: float = 0.055  # ohm, at 25 degrees
    cell_max_voltage: float = 4.18
    cell_min_voltage: float = 2.9
    heat_capacity: float = 350_000.0  # J/K
    cooling: float = 120.0  # W/K towards the surroundings
    max_current: float = 500.0
    max_power: float = 175_000.0
    ocv: Curve = CELL_OCV
    rate: Curve = RATE_BY_SOC

    @property
    def max_voltage(self) -> float:
        return self.cells * self.cell_max_voltage

    @property
    def min_voltage(self) -> float:
        return self.cells * self.cell_min_voltage

    def energy(self) -> float:
        """Usable energy in Wh between empty and full."""
        mean = sum(at(self.ocv, soc + 0.5) for soc in range(100)) / 100
        return self.cells * mean * self.capacity_ah


@dataclass(slots=True)
class Battery:
    """A pack in a state.  Current is positive into the battery.

    The state moves each ``SETTLES`` seconds, by all that flowed since; what follows from it is
    worked out then.
    """

    pack: Pack = field(default_factory=Pack)
    soc: float = 30.0
    temperature: float = 24.0
    ambient: float = 20.0
    current: float = 0.0
    energy: float = field(init=False)  # usable, Wh
    ocv: float = field(init=False)
    resistance: float = field(init=False)
    _limit: tuple[float, float, float] = field(init=False, default=(-1.0, 0.0, 0.0))
    _owed: float = field(init=False, default=0.0)  # seconds since it moved
    _flowed: float = field(init=False, default=0.0)  # As since then
    _heated: float = field(init=False, default=0.0)  # J since then
    _foreseen: dict[float, float] = field(init=False, default_factory=dict)  # current by charge
    _foreseen_from: tuple[float, float] = field(init=False, default=(-1.0, 0.0))

    def __post_init__(self) -> None:
        self.energy = self.pack.energy()
        self._settle()

    def _settle(self) -> None:
        self.ocv = self.pack.cells * at(self.pack.ocv, self.soc)
        self.resistance = self.pack.resistance * at(RESISTANCE_BY_TEMPERATURE, self.temperature)

    @property
    def voltage(self) -> float:
        """At the terminals, under the present current."""
        return self.ocv + self.current * self.resistance

    def step(self, seconds: float) -> None:
        """Let the present current flow for a while."""
        current = self.current
        self._owed += seconds
        self._flowed += current * seconds
        self._heated += current * current * self.resistance * seconds
        if self._owed > SETTLES - 1e-6:
            self._move()

    def _move(self) -> None:
        moved = self._flowed / 3600
        self.soc = min(100.0, max(0.0, self.soc + 100 * moved / self.pack.capacity_ah))
        away = self.pack.cooling * (self.temperature - self.ambient) * self._owed
        self.temperature += (self._heated - away) / self.pack.heat_capacity
        self._owed = self._flowed = self._heated = 0.0
        self._settle()

    def current_limit(self) -> float:
        """The most the cells may take now, by state of charge and temperature."""
        soc, temperature, limit = self._limit
        if (soc, temperature) != (self.soc, self.temperature):
            by_cells = at(self.pack.rate, self.soc) * self.pack.capacity_ah
            share = at(SHARE_BY_TEMPERATURE, self.temperature)
            limit = min(self.pack.max_current, by_cells * share)
            self._limit = (self.soc, self.temperature, limit)
        return limit

    def wanted_current(self) -> float:
        """Constant current first; then no more than brings the terminals to their limit."""
        by_voltage = max(0.0, (self.pack.max_voltage - self.ocv) / self.resistance)
        by_power = self.pack.max_power / max(self.voltage, 1.0)
        return min(self.current_limit(), by_voltage, by_power)

    def discharge_limit(self) -> float:
        """The most the cells may give now."""
        if self.soc <= 5.0:
            return 0.0
        return min(self.pack.max_current, 1.5 * self.pack.capacity_ah)

    def energy_to(self, soc: float) -> float:
        """Wh until a state of charge is reached; negative if it is behind us."""
        return self.energy * (soc - self.soc) / 100

    def seconds_to(self, soc: float, step: float = 2.0) -> float | None:
        """How long until a state of charge along the wanted current; ``None``: never."""
        pack, share = self.pack, at(SHARE_BY_TEMPERATURE, self.temperature)
        seconds, reached = 0.0, self.soc
        if self._foreseen_from != (self.soc, share):
            self._foreseen_from = (self.soc, share)
            self._foreseen.clear()
        while reached < soc:
            current = self._foreseen.get(reached)
            if current is None:
                by_cells = at(pack.rate, reached) * pack.capacity_ah * share
                by_power = pack.max_power / (pack.cells * at(pack.ocv, reached))
                current = self._foreseen[reached] = min(pack.max_current, by_cells, by_power)
            if current < 1.0:
                return None
            part = min(step, soc - reached)
            seconds += part / 100 * pack.capacity_ah * 3600 / current
            reached += part
        return seconds
