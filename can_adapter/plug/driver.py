"""The plug's node on a CAN bus as hardware of a plug: orders go to it, what it tells is the plug.

The node decides: it closes when all is well, opens by itself when it is not or when our order
stays away.  What it opened by itself stays open until whoever permits has withdrawn it.  A node
that is silent, or whose frames are not trusted, is a fault with a name of its own; what it said is
forgotten, and a plug that was in reads as E: not unplugged, and not there to charge at.
"""

from dataclasses import replace
from enum import IntFlag
from typing import Final

from bsw.cp.pilot import CONNECTED, Drive, Pilot, PilotState, Source
from bsw.cp.proximity import OUT, Proximity
from bsw.cp.told import Told
from bsw.hardware.found import NoDriver
from bsw.hardware.port import Lost, Surroundings
from bsw.island.messages import Why
from bsw.os.clock import Action
from bsw.os.scheduler import Scheduler
from can_adapter.plug.bus import PlugBus, open_plug_bus
from can_adapter.plug.door import NodeDoor
from can_adapter.plug.values import PlugDrive, PlugFault, PlugOrder, PlugPresent, PlugShow
from can_adapter.signals import values
from can_adapter.signals.quality import Quality
from can_adapter.signals.values import ContactorFeedback, LockRequest, LockState

QUIET: Final = PlugOrder(
    node_drive=PlugDrive.STEADY,
    node_drive_duty=100.0,
    node_show=PlugShow.B,
    node_permission=False,
    node_lock_request=LockRequest.KEEP,
)
"""No oscillator, resistor B, nothing permitted, lock as it is."""
DRIVES: Final = {Source.FAULT: PlugDrive.FAULT, Source.UNAVAILABLE: PlugDrive.UNAVAILABLE}
WORDS: Final = {Quality.UNTRUSTED: "node_untrusted", Quality.REFUSED: "node_refused"}
"""A node whose pilot has no value that may be used; any other reason is ``node_silent``."""


def pilot_of(told: PlugPresent) -> Pilot | None:
    """``None``: the node does not know, or is not to be believed."""
    if told.node_pilot in {None, values.PilotState.NOT_AVAILABLE}:
        return None
    state = PilotState[told.node_pilot.value[0]]
    duty = told.node_duty
    return Pilot(state, 100.0 if duty is None else duty, told.node_diode_short is True)


def words(kind: type[IntFlag], told: IntFlag | None) -> tuple[str, ...]:
    """The names of the bits that are set."""
    return tuple(one.name.lower() for one in kind if one.name and told is not None and one in told)


class NodeOrder:
    """Holds what is ordered; a change goes out at once."""

    def __init__(self, bus: PlugBus) -> None:
        self._bus = bus
        self.order = QUIET

    def want(self, order: PlugOrder) -> None:
        if order != self.order:
            self.order = order
            self._bus.publisher.publish(order)


class NodePilot(Told[Pilot]):
    """Both a ``VehiclePilot`` and a ``StationPilot``: the node knows which side it is."""

    def __init__(self, order: NodeOrder) -> None:
        super().__init__(Pilot(PilotState.A))
        self._order = order

    def show(self, state: PilotState) -> None:
        self._order.want(replace(self._order.order, node_show=PlugShow(state.name)))

    def drive(self, drive: Drive) -> None:
        kind = DRIVES.get(drive.source)
        if kind is None:
            kind = PlugDrive.OSCILLATOR if drive.duty < 100 else PlugDrive.STEADY
        order = replace(self._order.order, node_drive=kind, node_drive_duty=drive.duty)
        self._order.want(order)

    def heard(self, told: PlugPresent) -> None:
        reading = pilot_of(told)
        if reading is None:
            was_in = self._reading.state in {*CONNECTED, PilotState.E}
            reading = Pilot(PilotState.E if was_in else self._reading.state)
        self.tell(reading)


class NodeProximity(Told[Proximity]):
    def __init__(self) -> None:
        super().__init__(OUT)

    def heard(self, told: PlugPresent) -> None:
        if told.node_plugged is None:
            return
        plugged = told.node_plugged
        current = told.node_cable_current if plugged else None
        seen = Proximity(plugged, current, button=told.node_button is True)
        self.tell(seen)


class NodeContactors:
    def __init__(self, order: NodeOrder) -> None:
        self._order = order
        self._wished = False
        self.closed: bool | None = None
        self.why_open: tuple[str, ...] = ()

    def permit(self, *, closed: bool) -> None:
        self._wished = closed
        self._order.want(replace(self._order.order, node_permission=closed))

    def heard(self, told: PlugPresent, *, trusted: bool) -> None:
        was = self.closed
        feedback = told.node_contactors if trusted else None
        self.closed = None if feedback is None else feedback is ContactorFeedback.CLOSED
        self.why_open = words(Why, told.node_why_open)
        opened_alone = self._wished and was is True and self.closed is False
        if opened_alone or not trusted:  # not before it is permitted anew
            self.permit(closed=False)


class NodeLock:
    def __init__(self, order: NodeOrder) -> None:
        self._order = order
        self.locked: bool | None = None

    def request(self, *, locked: bool) -> None:
        wish = LockRequest.LOCK if locked else LockRequest.UNLOCK
        self._order.want(replace(self._order.order, node_lock_request=wish))

    def heard(self, told: PlugPresent) -> None:
        known = {LockState.LOCKED: True, LockState.UNLOCKED: False}
        self.locked = None if told.node_lock is None else known.get(told.node_lock)


class CanHardware:
    """A ``PlugHardware``.  ``patience``: how long the start waits for the node's first word."""

    def __init__(self, scheduler: Scheduler, bus: PlugBus, patience: int) -> None:
        order = NodeOrder(bus)
        self._bus = bus
        self._pilot = NodePilot(order)
        self.vehicle_pilot = self.station_pilot = self._pilot
        self.proximity = NodeProximity()
        self.contactors = NodeContactors(order)
        self.lock = NodeLock(order)
        self._ready: Action | None = None
        self._patience = patience
        self._waiting = scheduler.alarm(self._begin, name="plug node")

    @property
    def _told(self) -> PlugPresent:
        return self._bus.signals.state.present

    @property
    def _doubt(self) -> tuple[str, ...]:
        quality = self._bus.signals.reading("node_pilot").quality
        if quality is Quality.FRESH or self._waiting.armed:
            return ()
        return (WORDS.get(quality, "node_silent"),)

    @property
    def faults(self) -> tuple[str, ...]:
        return (*words(PlugFault, self._told.node_faults), *self._doubt)

    @property
    def stopped(self) -> bool:
        return self._told.node_stopped is True

    @property
    def temperatures(self) -> tuple[float | None, ...]:
        return (self._told.node_temperature_1, self._told.node_temperature_2)

    @property
    def levels(self) -> tuple[float, float] | None:
        high, low = self._told.node_high, self._told.node_low
        return None if high is None or low is None else (high, low)

    def start(self, ready: Action, lost: Lost) -> None:
        """A node that comes late is a fault until it is there, and no end."""
        del lost
        self._ready = ready
        self._bus.signals.on_change(self._heard)
        self._bus.publisher.publish(QUIET)
        self._bus.publisher.start()
        self._waiting.rearm(self._patience)

    def close(self) -> None:
        self._waiting.cancel()
        self._bus.close()

    def _begin(self) -> None:
        self._waiting.cancel()
        self._heard()
        ready, self._ready = self._ready, None
        if ready is not None:
            ready()

    def _heard(self) -> None:
        told = self._told
        if self._ready is not None and self._waiting.armed:
            if pilot_of(told) is not None:
                self._begin()
            return
        self._pilot.heard(told)
        self.proximity.heard(told)
        self.lock.heard(told)
        self.contactors.heard(told, trusted=not self._doubt)


def made(around: Surroundings) -> CanHardware:
    """The ``can`` of ``pilotwire.hardware``."""
    door = around.node
    if not isinstance(door, NodeDoor):
        raise NoDriver("the driver 'can' needs hardware.can, and a host that opens its bus")
    config = door.config
    port = door.open(f"plug {around.side.value}")
    patience = config.first_timeout * config.cycle_stretch
    return CanHardware(around.scheduler, open_plug_bus(around.scheduler, port, config), patience)
