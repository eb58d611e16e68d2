"""What is to be played by processes: which roles, where, by which files; and what cannot be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.bench.scenarios.model import Scenario
from tools.bench.scenarios.words import VERBS

BOTH = ("evcc", "secc")
NAMES = {"evcc": "vehicle", "secc": "station"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``said`` is the scenario's name or file; ``own`` are configurations of somebody's own."""

    scenario: Scenario
    said: str
    out: Path
    roles: tuple[str, ...] = BOTH
    interface: str = ""
    """A real one; empty: both roles meet at the simulated plug, over loopback."""

    own: Mapping[str, Path] = field(default_factory=dict)
    soc: float | None = None
    target: float | None = None
    timeout: float | None = None
    """Seconds; ``None``: as the scenario says."""

    modem: bool = False
    """A power line modem is behind the interface: SLAC comes first."""

    real_bus: frozenset[str] = frozenset()
    """Roles whose own configuration says where battery or power electronics are."""

    believe: str = "told"
    """What our vehicle's inlet feels of a foreign station: what it told, or what we wish."""

    imposed: bool = True
    """The scenario says how the ECUs are set up; else their own files alone do."""

    @property
    def within(self) -> float:
        return self.scenario.within / 1e9 if self.timeout is None else self.timeout

    @property
    def simulated_plug(self) -> bool:
        return not self.interface


def impossible(scenario: Scenario) -> Iterator[str]:
    """What of a scenario only the simulation can do, and why."""
    for part in ("story", "meanwhile"):
        for number, step in enumerate(getattr(scenario, part), start=1):
            why = VERBS[step.do.verb].alone
            if why:
                yield f"{part} {number}, {str(step.do)!r}: {why}"
    if scenario.station.prices:
        yield (
            "station.prices: the schedules of a station's process come from its back end or its"
            " north side (docs/prices.md)"
        )
