"""Which offers vehicles have, which they have taken, and whether what they had still holds."""

from collections.abc import Callable, Mapping

from ocpp.station.charging.composite import Running, Supply
from ocpp.station.charging.course import Course
from ocpp.station.charging.needs import EvNeeds
from ocpp.station.charging.offers import Offer, Step, offers
from ocpp.station.charging.profiles import Profile
from ocpp.station.twoway.grid import Grid


class Offering:
    """All outlets'.  Profiles are given to it after each change."""

    def __init__(
        self,
        needs: EvNeeds,
        courses: Mapping[int, Course],
        supplies: Mapping[int, Supply],
        *,
        running: Callable[[int], Running | None],
        present: Callable[[int, tuple[Profile, ...]], tuple[Profile, ...]],
        now: Callable[[], float],
        grid: Callable[[int], Grid],
    ) -> None:
        """``present`` makes of what is held what holds at an outlet."""
        self._needs = needs
        self._present = present
        self._courses = courses
        self._supplies = supplies
        self._running = running
        self._now = now
        self._grid = grid
        self._held: tuple[Profile, ...] = ()

    def begin(self, held: tuple[Profile, ...]) -> None:
        """What is held, without a change of what is offered."""
        self._held = held

    def to(self, evse: int) -> tuple[Offer, ...]:
        """What the vehicle may choose from, from now on; none: whatever the hardware can."""
        course = self._courses[evse]
        course.offered = self._offers(evse, self._held)
        return course.offered

    def chosen(self, evse: int, number: int, steps: tuple[Step, ...] | None) -> Offer:
        """The offer that was taken; the back end is told."""
        known = (each for each in self._courses[evse].offered if each.number == number)
        offer = next(known, None) or Offer(number, 0, (Step(0, self._most(evse)),), 0)
        self._needs.chosen(evse, offer, offer.steps if steps is None else steps)
        return offer

    def changed(self, held: tuple[Profile, ...]) -> list[int]:
        """Outlets whose vehicle has been offered something else until now [K16.FR.02]."""
        before, self._held = self._held, held
        now = self._now()
        return [
            evse
            for evse, course in self._courses.items()
            if course.transaction is not None
            and [one.at(now) for one in self._offers(evse, before)]
            != [one.at(now) for one in self._offers(evse, held)]
        ]

    def _most(self, evse: int) -> float:
        supply = self._supplies[evse]
        return supply.watts(supply.amperes, supply.phases)

    def _offers(self, evse: int, held: tuple[Profile, ...]) -> tuple[Offer, ...]:
        running = self._running(evse) or Running("")
        present = self._present(evse, held)
        return offers(
            self._now(), evse, present, self._supplies[evse], running, grid=self._grid(evse)
        )
