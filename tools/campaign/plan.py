"""What a campaign plays: which scenarios, how many faults of which kind, and how often."""

from collections.abc import Iterable
from functools import cache
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

PATIENT: Final = frozenset(
    {
        "ac-by-duty-cycle",
        "acdp-stuck",
        "far-away",
        "pause-and-resume",
        "wpt",
        "wpt-contract",
        "wpt-foreign-object",
        "wpt-misaligned",
    }
)
"""In these somebody waits, or charges slowly, for most of a minute.  They are a sixth of all and
would take more than a third of the time, so each is drawn a quarter as often as another one."""

OFTEN: Final = 4


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

    device: Weight = 4
    """Pad and pantograph and the vehicle at them, where there are some."""

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
        """One of these is drawn, so the shipped ones are there as often as they are wanted."""
        return self.scenarios or _shipped()


@cache
def _shipped() -> tuple[str, ...]:
    return tuple(
        name for name in names() if name not in SLOW for _ in range(1 if name in PATIENT else OFTEN)
    )
