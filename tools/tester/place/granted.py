"""A data link that is there as soon as the plug is: Ethernet in place of a power line."""

from typing import Final

from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from bsw.slac.links.link import LinkUser
from bsw.slac.outcome import Linked

SOON: Final = 10 * MS


class GrantedLink:
    """A ``Link``.  ``plugged`` is when somebody has plugged in."""

    def __init__(self, scheduler: Scheduler, user: LinkUser) -> None:
        self._scheduler = scheduler
        self._user = user
        self._open = True

    def start(self) -> None:
        """There is no pilot to follow."""

    def plugged(self, *, resumed: bool = False) -> None:
        if self._open:
            linked = Linked(bytes(6), bytes(7), bytes(8), 0.0, resumed)
            self._scheduler.after(SOON, lambda: self._user.linked(linked), name="link")

    def terminate(self) -> None:
        """There is no network to leave."""

    def error(self) -> None:
        """Nor one to try again."""

    def pause(self) -> None:
        """Nobody sleeps."""

    def wake(self) -> None:
        self.plugged(resumed=True)

    def close(self) -> None:
        self._open = False
