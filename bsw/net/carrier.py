"""Whether a network interface was without carrier for a while: its modem or chip has restarted.

The SPI drivers of power line modems drop the carrier while the chip boots; an Ethernet port loses
it with its neighbour.  Linux counts the changes, so that a short loss between two looks is seen
as well.
"""

from pathlib import Path
from typing import Final

from bsw.os.clock import MS, Action
from bsw.os.scheduler import Scheduler

LOOK_EACH: Final = 500 * MS
FOLDER: Final = Path("/sys/class/net")


class Carrier:
    """Looks at one interface; each of ``told`` hears when the carrier is back."""

    def __init__(self, scheduler: Scheduler, interface: str, folder: Path = FOLDER) -> None:
        self._place = folder / interface
        self._told: list[Action] = []
        self._changes = self._count()
        self._task = scheduler.every(LOOK_EACH, self._look, name="carrier", slack=LOOK_EACH // 10)

    def on_return(self, told: Action) -> None:
        self._told.append(told)

    def close(self) -> None:
        self._task.stop()

    def _look(self) -> None:
        changes = self._count()
        if changes == self._changes or not self._up():
            return
        self._changes = changes
        for told in self._told:
            told()

    def _count(self) -> int:
        return self._number("carrier_changes")

    def _up(self) -> bool:
        """An interface that is down has no carrier to read."""
        return self._number("carrier") == 1

    def _number(self, name: str) -> int:
        try:
            return int((self._place / name).read_text())
        except (OSError, ValueError):
            return -1
