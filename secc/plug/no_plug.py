"""The plug side of benches that have none: the vehicle always shows what is wanted of it.

What the ECU needs of a plug side is said here too; the simulated plug is in a module of its own,
because the data link brings SLAC with it, which a bench without a modem shall not load.
"""

from typing import Final, Protocol

from bsw.cp.pilot import X1, Drive, Pilot, PilotListener, PilotState, StationPilot
from bsw.hardware.port import PlugHardware
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from secc.plug.plug_side import OutletPlug

NEXT_VEHICLE: Final = 1 * S


class PlugSide(Protocol):
    """Control pilot and data link, wherever they come from."""

    @property
    def pilot(self) -> StationPilot: ...

    @property
    def hardware(self) -> PlugHardware | None:
        """The driver of the plug, where there is one."""
        ...

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


class BarePilot:
    """For a modem without a pilot: a vehicle is there, and another one once a link has ended.

    Who switches the oscillator off has given up or is done; the next vehicle comes by itself.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._reading = Pilot(PilotState.B, 5.0)
        self._listeners: list[PilotListener] = []
        self._leaves = scheduler.alarm(self._leave, name="next vehicle")
        self._comes = scheduler.alarm(self._come, name="next vehicle")

    def read(self) -> Pilot:
        return self._reading

    def drive(self, drive: Drive) -> None:
        if drive == X1 and self._reading.state is PilotState.B:
            self._leaves.rearm(NEXT_VEHICLE)
        else:
            self._leaves.cancel()

    def listen(self, changed: PilotListener) -> None:
        self._listeners.append(changed)

    def _leave(self) -> None:
        self._comes.rearm(NEXT_VEHICLE)
        self._tell(Pilot(PilotState.A))

    def _come(self) -> None:
        self._tell(Pilot(PilotState.B, 5.0))

    def _tell(self, reading: Pilot) -> None:
        self._reading = reading
        for listener in self._listeners:
            listener(reading)


class NoPlug:
    """``PlugSide`` without hardware: the link is granted soon after the start."""

    leaving = False
    hardware: PlugHardware | None = None

    def __init__(self, scheduler: Scheduler) -> None:
        self.pilot: StationPilot = NoPilot()
        self._scheduler = scheduler

    def start(self, service: OutletPlug) -> None:
        self._scheduler.after(200 * MS, service.granted, name="link")

    def close(self) -> None:
        """There is nothing."""
