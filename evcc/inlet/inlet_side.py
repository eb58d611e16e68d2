"""One inlet on the vehicle's bus, or two: plug and lock of each, and which of them is active.

Reads the active inlet out of a snapshot as if it were the only one, so that nobody else needs to
know how many there are.  What is done through an inlet is not known here.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from typing import Final

from bsw.cp.pilot import Pilot, PilotState
from bsw.os.scheduler import Scheduler
from can_adapter.signals.quality import Quality, Reading
from can_adapter.signals.values import LockRequest, PlugState
from can_adapter.vehicle.values import Inlet, VehicleSnapshot
from evcc.inlet.lock import LockConditions, LockTiming, PlugLock
from evcc.inlet.proximity import PlugWatch
from evcc.inlet.selection import InletArbiter

PREFIX: Final = "second_"
_NAMES: Final = tuple(one.name for one in fields(Inlet))
Read = Callable[[str], Reading]


def inlet_of(told: VehicleSnapshot, number: int) -> Inlet:
    """What this inlet says."""
    if number == 1:
        return told.inlet
    second = told.second_inlet
    return Inlet(**{name: getattr(second, PREFIX + name) for name in _NAMES})


def role_of(role: str, number: int) -> str:
    """The role that carries a value of this inlet; others are nobody's in particular."""
    return PREFIX + role if number == 2 and role in _NAMES else role


class InletSides:
    """``feed`` it with each snapshot; ``changed`` is called when a plug came to rest or left.

    ``activated`` hears which inlet is the active one now.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        count: int,
        show_lock: Callable[[int, LockRequest], None],
        changed: Callable[[], None],
        activated: Callable[[int | None], None],
        *,
        settle: int,
        lock: LockTiming,
    ) -> None:
        numbers = range(1, count + 1)
        self._on_active = activated
        self.arbiter = InletArbiter(self._activated)
        self.plugs = {number: PlugWatch(scheduler, changed, settle) for number in numbers}
        self.locks = {
            number: PlugLock(scheduler, partial(show_lock, number), lock) for number in numbers
        }
        self._pilots: dict[int, Pilot] = {}
        self._latest = 1  # the inlet that was active last, or is

    @property
    def active(self) -> int | None:
        return self.arbiter.active

    @property
    def number(self) -> int:
        """The active inlet; while there is none, the last one that was."""
        return self._latest

    @property
    def plug(self) -> PlugWatch:
        return self.plugs[self._latest]

    @property
    def lock(self) -> PlugLock:
        return self.locks[self._latest]

    @property
    def connected(self) -> bool:
        """The active inlet has a plug that sits still."""
        return self.active is not None

    def pilot(self, number: int, pilot: Pilot) -> None:
        self._pilots[number] = pilot

    def feed(self, told: VehicleSnapshot, reading: Read) -> None:
        """By the proximity contact; by the pilot where no contact is on this bus."""
        for number, plug in self.plugs.items():
            self._feed_plug(number, plug, told, reading)
            self._feed_lock(number, told)
        self._arbitrate(told.selection.selected_inlet)

    def hold(self, *, held: bool) -> None:
        self.arbiter.hold(held=held)

    def _feed_plug(
        self, number: int, plug: PlugWatch, told: VehicleSnapshot, reading: Read
    ) -> None:
        state, pilot = inlet_of(told, number).plug_state, self._pilots.get(number)
        if state is not None:
            plug.feed(plugged=state is PlugState.PLUGGED)
        elif reading(role_of("plug_state", number)).quality is Quality.UNBOUND:
            absent = number != 1 and pilot is None
            plug.feed(plugged=not absent and (pilot is None or pilot.state is not PilotState.A))

    def _feed_lock(self, number: int, told: VehicleSnapshot) -> None:
        inlet, path = inlet_of(told, number), told.contactors
        permitted = told.permission.unlock_permission is True or inlet.stop_button is True
        self.locks[number].conditions(
            LockConditions(
                voltage=path.contactor_voltage,
                current=path.present_current,
                permitted=permitted,
                plugged=inlet.plug_state is not PlugState.UNPLUGGED,
            )
        )

    def _arbitrate(self, selected: int | None) -> None:
        for number, plug in self.plugs.items():
            self.arbiter.connected(number, plugged=plug.connected)
        self.arbiter.select(selected)

    def _activated(self, active: int | None) -> None:
        if active is not None:
            self._latest = active
        self._on_active(active)


LOCK_ROLES: Final[Mapping[int, str]] = {1: "lock_request", 2: "second_lock_request"}
"""The request that moves each inlet's lock."""
