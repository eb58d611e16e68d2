"""The plug side of benches that have none: the vehicle always shows what is wanted of it.

What the ECU needs of a plug side is said here too; the simulated plug is in a module of its own,
because the data link brings SLAC with it, which a bench without a modem shall not load.
"""

from typing import Protocol

from bsw.cp.pilot import Drive, Pilot, PilotState, StationPilot
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from secc.plug.plug_side import OutletPlug


class PlugSide(Protocol):
    """Control pilot and data link, wherever they come from."""

    @property
    def pilot(self) -> StationPilot: ...

    @property
    def leaving(self) -> bool:
        """The data link takes leave of its modem."""
        ...

    def start(self, service: OutletPlug) -> None:
        """Give the service its link, as soon as there is one."""
        ...

    def close(self) -> None: ...


class NoPilot:
    """Plugged in, and ready when asked."""

    def read(self) -> Pilot:
        return Pilot(PilotState.B, 5.0)

    def drive(self, drive: Drive) -> None:
        """Nobody measures it."""

    def listen(self, changed: object) -> None:
        """It never changes on its own."""


class NoPlug:
    """``PlugSide`` without hardware: the link is granted soon after the start."""

    leaving = False

    def __init__(self, scheduler: Scheduler) -> None:
        self.pilot: StationPilot = NoPilot()
        self._scheduler = scheduler

    def start(self, service: OutletPlug) -> None:
        self._scheduler.after(200 * MS, service.granted, name="link")

    def close(self) -> None:
        """There is nothing."""
