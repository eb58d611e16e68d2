"""Commands of whoever knows the site: its limits, its own power, its grid.

Additions to the interface.
"""

from itertools import pairwise
from typing import Annotated

from pydantic import Field

from bsw.north.command import refused
from secc.api.core import Core, addition
from secc.api.extensions import PowerStep


class SiteCommands(Core):
    """What they say counts together with the back end's."""

    @addition
    def limit_power(
        self,
        *,
        power: Annotated[float, Field(ge=0)] | None = None,
        current: Annotated[float, Field(ge=0)] | None = None,
        discharge_power: Annotated[float, Field(ge=0)] | None = None,
        set_point: Annotated[float, Field(ge=-5_000_000, le=5_000_000)] | None = None,
    ) -> None:
        """What the site allows and wants from now on.  An addition to the interface."""
        self._set(
            "limit_power",
            site_power=power,
            site_current=current,
            site_back=discharge_power,
            set_point=set_point,
        )

    @addition
    def plan_power(
        self, *, steps: Annotated[list[PowerStep], Field(min_length=1, max_length=1024)]
    ) -> None:
        """What the site allows and wants over time, from now on; for a back end to see."""
        if steps[0].start or any(one.start >= two.start for one, two in pairwise(steps)):
            raise refused("plan_power", "steps", "the first begins at 0, each after the one before")
        self.planned = tuple(steps)
        self._set("plan_power")

    @addition
    def update_grid(
        self,
        *,
        frequency: Annotated[float, Field(ge=10, le=100)] | None = None,
        site_load: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None,
    ) -> None:
        """What is measured outside the outlet: the grid's frequency, the power the site takes."""
        self.grid = (frequency, site_load)
        self._set("update_grid")

    @addition
    def report_grid_event(
        self,
        *,
        control: Annotated[str, Field(max_length=50)] | None = None,
        fault: Annotated[str, Field(max_length=50)] | None = None,
        info: Annotated[str, Field(max_length=200)] = "",
    ) -> None:
        """The inverter does otherwise because of a control; without one it does so no more."""
        self.grid_event = (control, fault, info)
        self._set("report_grid_event")

    @addition
    def report_generation(self, *, power: Annotated[float, Field(ge=0, le=1e9)]) -> None:
        """The site makes so much itself now; vehicles may draw it on top of all limits."""
        self.generation = power
        self._set("report_generation")
