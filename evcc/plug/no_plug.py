"""The plug side of benches that have none: plugged in, linked from the start, nothing measured.

What the ECU needs of a plug side is said here too; the simulated plug is in a module of its own,
because the data link brings SLAC with it, which a bench without a modem shall not load.
"""

from collections.abc import Mapping
from typing import Protocol

from bsw.cp.pilot import Drive, Pilot, PilotState, VehiclePilot
from bsw.slac.outcome import Linked
from evcc.plug.charging import ChargingManager
from evcc.vehicle import Actuators


class PlugSide(Protocol):
    """Control pilot and data link, wherever they come from."""

    @property
    def pilot(self) -> VehiclePilot: ...

    @property
    def inlets(self) -> Mapping[int, VehiclePilot]:
        """The pilot of each inlet, active or not."""
        ...

    def actuators(self, behind: Actuators) -> Actuators:
        """Who hears of lock and contactors, before or instead of ``behind``."""
        ...

    def activate(self, inlet: int | None) -> None:
        """From now on it is this inlet that is used; ``None``: nothing is plugged in."""
        ...

    @property
    def faults(self) -> tuple[str, ...]:
        """What the driver of the hardware has found, in its words."""
        ...

    @property
    def leaving(self) -> bool:
        """The data link takes leave of its modem."""
        ...

    def start(self, manager: ChargingManager) -> None:
        """Give the manager its link, as soon as there is one."""
        ...

    def close(self) -> None: ...


class NoPilot:
    """Plugged in, 5 %, and whatever we show."""

    def __init__(self) -> None:
        self._state = PilotState.B

    def read(self) -> Pilot:
        return Pilot(self._state, 5.0)

    def show(self, state: PilotState) -> None:
        self._state = state

    def drive(self, drive: Drive) -> None:
        """Nobody measures it."""

    def listen(self, changed: object) -> None:
        """It never changes on its own."""


class NoLink:
    """There from the start."""

    def __init__(self, manager: ChargingManager) -> None:
        self._manager = manager

    def start(self) -> None:
        self._manager.linked(Linked(bytes(6), bytes(7), bytes(8), 0.0))

    def terminate(self) -> None:
        """It stays."""

    error = pause = close = terminate

    def wake(self) -> None:
        """Nobody sleeps here: a session that was paused can go on."""
        self.start()


class NoPlug:
    """``PlugSide`` without hardware."""

    leaving = False
    faults: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.pilot: VehiclePilot = NoPilot()
        self.inlets = {1: self.pilot}

    def actuators(self, behind: Actuators) -> Actuators:
        return behind

    def activate(self, inlet: int | None) -> None:
        """There is one."""

    def start(self, manager: ChargingManager) -> None:
        manager.attach(NoLink(manager))
        manager.link.start()

    def close(self) -> None:
        """There is nothing."""
