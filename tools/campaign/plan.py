"""What a campaign plays: which scenarios, how many faults of which kind, and how often."""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import Duration, Percent
from bsw.os.clock import S
from bsw.program.parser import did_you_mean
from tools.bench.scenarios.find import NoScenario, names, place

Weight = Annotated[int, Field(ge=0, le=1000)]

SLOW: Final = frozenset({"charge"})
"""Shipped scenarios that take long and show in a session what others show sooner."""


class Kinds(Part):
    """How often each kind of fault is drawn, in shares of the sum; 0: never."""

    vehicle: Weight = 6
    """The battery's, the inlet's and the driver's: v2g bench faults."""

    bus: Weight = 6
    """Frames on either bus that are missing, spoiled, or destroyed."""

    module: Weight = 4
    """The station's power module, and the power behind it."""

    line: Weight = 5
    """The power line between the two, their modems and interfaces."""

    peer: Weight = 3
    """What one sends is changed on the way."""

    pilot: Weight = 3
    """Plug and pilot."""

    token: Weight = 1
    """The vehicle's keys are gone, where there are some."""

    clock: Weight = 1
    """A calendar jumps."""

    hands: Weight = 5
    """No faults, but what a driver and an operator may do at any moment."""


class Plan(Part):
    scenarios: tuple[str, ...] = ()
    """Names of v2g bench list, or files; empty: all shipped ones that are short."""

    kinds: Kinds = Kinds()
    most: Annotated[int, Field(ge=0, le=20)] = 3
    """Faults in one session."""

    calm: Percent = 15.0
    """So many sessions have none, and must end as their scenario expects."""

    within: Duration = 400 * S
    """However it goes, it is over by then."""

    def problems(self) -> Iterable[Wrong]:
        for number, said in enumerate(self.scenarios):
            try:
                found = place(said).exists()
            except NoScenario:
                found = False
            if not found:
                guess = did_you_mean(said, names())
                yield Wrong(f"scenarios.{number}", f"there is no scenario {said!r}{guess}")
        if self.most and not any(self.kinds.model_dump().values()):
            yield Wrong("kinds", "no kind of fault may be drawn; most: 0 says so")

    @property
    def played(self) -> tuple[str, ...]:
        return self.scenarios or tuple(name for name in names() if name not in SLOW)
