"""Priority charging: a transaction goes by another profile, as either end wishes [K21, K22]."""

from collections.abc import Callable, Mapping
from typing import Final

from ocpp.catalogue import Message
from ocpp.station.charging.course import Course
from ocpp.station.charging.profiles import Profile, Purpose
from ocpp.station.desk import ACCEPTED, ONLY_21, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.post import Post

IMPOSSIBLE: Final = "Priority charging is not possible here"


class Priority:
    """The block.  ``refresh`` has the limits told anew."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        post: Post,
        courses: Mapping[int, Course],
        *,
        held: Callable[[], tuple[Profile, ...]],
        refresh: Callable[[], None],
    ) -> None:
        self._ground = ground
        self._post = post
        self._courses = courses
        self._held = held
        self._refresh = refresh
        desk.take({"UsePriorityCharging": self._asked}, versions=ONLY_21)

    def wish(self, evse: int, *, activate: bool) -> bool:
        """The driver's, at the station [K22].  False: no such profile; the driver is told."""
        course = self._courses[evse]
        if course.transaction is None or (activate and not self._possible(evse)):
            self._ground.charger.show(evse, (IMPOSSIBLE,))
            return False
        self._switch(course, activate=activate)
        return True

    def _asked(self, message: Message) -> Reply:
        evse = next(
            (
                evse
                for evse, course in self._courses.items()
                if course.transaction == message.transactionId
            ),
            None,
        )
        if evse is None:
            return Reply(status("Rejected", "TxNotFound"))
        if message.activate and not self._possible(evse):
            return Reply(status("NoProfile", "NotFound"))
        course = self._courses[evse]
        return Reply(ACCEPTED, lambda: self._switch(course, activate=message.activate))

    def _possible(self, evse: int) -> bool:
        """A profile of the whole station is one of each outlet [K21.FR.01]."""
        return any(
            each.purpose is Purpose.PRIORITY and each.evse in {0, evse} for each in self._held()
        )

    def _switch(self, course: Course, *, activate: bool) -> None:
        """What happens without the back end is told when it listens again."""
        if course.priority == activate:
            return
        course.priority = activate
        self._refresh()
        fields = {"transactionId": course.transaction, "activated": activate}
        self._post.send("NotifyPriorityCharging", fields, kept=True)
