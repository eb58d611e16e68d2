"""The island as hardware of a plug: wishes go to it, what it tells is what the plug is.

The island decides.  What was permitted and then opened by the island stays open until whoever
permits has withdrawn it.  Faults that the unplugged plug leaves behind, and a host lost that was
our predecessor, are cleared here; the island refuses while their cause is there.
"""

from typing import Final

from bsw.cp.pilot import Drive, Pilot, PilotState, Source
from bsw.cp.proximity import OUT, Connector, Proximity, proximity
from bsw.cp.table import FAULTS
from bsw.cp.told import Told
from bsw.hardware.port import Lost, Side, Surroundings
from bsw.island.link import IslandLink
from bsw.island.messages import (
    DriveWish,
    Edge,
    Fault,
    Job,
    Lock,
    LockWish,
    Outcome,
    Plug,
    Role,
    Show,
    Status,
    Stop,
    Why,
    fault_names,
    state_name,
)
from bsw.os.clock import Action

ALL: Final = 3
"""Both contactors."""
DRIVES: Final = {Source.FAULT: DriveWish.E, Source.UNAVAILABLE: DriveWish.F}


class IslandPilot(Told[Pilot]):
    """Both a ``VehiclePilot`` and a ``StationPilot``: the island knows which side it is."""

    def __init__(self, link: IslandLink) -> None:
        super().__init__(Pilot(PilotState.A))
        self._link = link

    def show(self, state: PilotState) -> None:
        self._link.want(show=Show[state.name])

    def drive(self, drive: Drive) -> None:
        wish = DRIVES.get(drive.source)
        if wish is None:
            wish = DriveWish.PWM if drive.duty < 100 else DriveWish.X1
        self._link.want(drive=wish, duty=round(drive.duty * 100))

    def heard(self, status: Status) -> None:
        letter = state_name(status.pilot)
        state = {"UNKNOWN": PilotState.A, "FAULT": PilotState.E}.get(letter)
        short = "diode_short" in fault_names(status.active | status.latched)
        duty = status.duty / 100 or 100.0
        reading = Pilot(state or PilotState[letter], duty, short)
        self.tell(reading)


class IslandProximity(Told[Proximity]):
    def __init__(self, connector: Connector) -> None:
        super().__init__(OUT)
        self._connector = connector

    def heard(self, status: Status) -> None:
        there = status.plug in {Plug.IN, Plug.BUTTON}
        measured = proximity(self._connector, status.proximity)
        seen = Proximity(
            plugged=there,
            cable_current=measured.cable_current if there else None,
            button=status.plug == Plug.BUTTON,
        )
        self.tell(seen)


class IslandContactors:
    def __init__(self, link: IslandLink) -> None:
        self._link = link
        self._status: Status | None = None
        self._wished = False
        self._refused = False  # opened by the island; not before a new wish

    @property
    def closed(self) -> bool | None:
        return None if self._status is None else self._status.feedback == ALL

    @property
    def why_open(self) -> tuple[str, ...]:
        why = Why(0 if self._status is None else self._status.inhibit & ~Why.UNLOCK)
        return tuple(one.name.lower() for one in Why if one in why and one.name)

    def permit(self, *, closed: bool) -> None:
        self._refused = self._refused and closed
        self._wished = closed
        self._steer()

    def heard(self, status: Status) -> None:
        was_on = self._status is not None and self._status.contactors
        self._status = status
        if self._wished and was_on and not status.contactors:
            self._refused = True
        self._steer()

    def _steer(self) -> None:
        """A wish to open is a stop first, and a permission withdrawn once they are open.

        A permission counts after the island saw it withdrawn, and after no fault is held.
        """
        status = self._status
        if status is None:
            return
        why = Why(status.inhibit)
        if self._wished and not self._refused:
            ready = bool(status.contactors) or not why & (Why.ARMED | Why.FAULT)
            self._link.want(stop=Stop.NONE, permit=ALL if ready else 0)
        else:
            self._link.want(stop=Stop.NORMAL, **({} if status.contactors else {"permit": 0}))


class IslandLock:
    def __init__(self, link: IslandLink) -> None:
        self._link = link
        self._position = Lock.UNKNOWN

    @property
    def locked(self) -> bool | None:
        return {Lock.CLOSED: True, Lock.OPEN: False}.get(self._position)

    def request(self, *, locked: bool) -> None:
        self._link.want(lock=LockWish.CLOSE if locked else LockWish.OPEN)

    def heard(self, status: Status) -> None:
        self._position = Lock(status.lock) if status.lock <= Lock.CLOSED else Lock.UNKNOWN


class IslandHardware:
    """A ``PlugHardware`` and an ``IslandUser``."""

    def __init__(self, around: Surroundings) -> None:
        settings = around.settings
        self._log = around.dlt.logger("island")
        self._open_line = around.open_line
        role = Role.VEHICLE if around.side is Side.VEHICLE else Role.STATION
        self.link = IslandLink(
            around.scheduler,
            settings.config(role),
            self,
            around.randomness,
            self._log,
            limits=settings.limits,
        )
        self.vehicle_pilot = self.station_pilot = IslandPilot(self.link)
        self.proximity = IslandProximity(Connector[settings.connector.upper()])
        self.lock = IslandLock(self.link)
        self.contactors = IslandContactors(self.link)
        self._sensors = settings.sensors
        self._status: Status | None = None
        self._held: dict[str, Fault] = {}
        self._tried = ""
        self._ready: Action | None = None
        self._lost: Lost = lambda _why: None

    @property
    def faults(self) -> tuple[str, ...]:
        status = self._status
        return () if status is None else fault_names(status.active | status.latched)

    @property
    def stopped(self) -> bool:
        return "stop_input" in self.faults

    @property
    def temperatures(self) -> tuple[float | None, ...]:
        status = self._status
        if status is None:
            return (None,) * self._sensors
        told = (status.temperature_1, status.temperature_2)[: self._sensors]
        good = (status.quality & 0xF, status.quality >> 4)
        return tuple(
            tenths / 10 if quality == 1 else None
            for tenths, quality in zip(told, good, strict=False)
        )

    @property
    def levels(self) -> tuple[float, float] | None:
        status = self._status
        return None if status is None else (status.high / 1000, status.low / 1000)

    def start(self, ready: Action, lost: Lost) -> None:
        self._ready, self._lost = ready, lost
        self.link.attach(self._open_line(self.link))

    def close(self) -> None:
        self.link.close()

    def try_out(self, what: str) -> None:
        """``contactors``, ``lock`` or ``update``; how it went stands in ``tried``."""
        self._tried = ""
        if what == "update":
            self.link.update()
        else:
            self.link.act(Job[what.upper()])

    @property
    def tried(self) -> str:
        return self._tried

    # The link's user

    def ready(self) -> None:
        """Only a first status says what there is."""

    def status(self, status: Status) -> None:
        self._status = status
        for part in (self.lock, self.contactors, self.proximity, self.vehicle_pilot):
            part.heard(status)
        self._tidy(status)
        if self._ready is not None:
            ready, self._ready = self._ready, None
            ready()

    def fault(self, fault: Fault) -> None:
        if fault.active or fault.latched:
            if fault.name not in self._held:
                self._log.error("fault", fault=fault.name, first=fault.first, second=fault.second)
            self._held[fault.name] = fault
        elif self._held.pop(fault.name, None) is not None:
            self._log.info("fault gone", fault=fault.name)

    def outcome(self, outcome: int) -> None:
        known = outcome in list(Outcome)
        self._tried = Outcome(outcome).name.lower() if known else f"outcome {outcome}"

    def edge(self, edge: Edge) -> None:
        self._log.debug("edge", kind=edge.kind, before=edge.before, after=edge.after)

    def lost(self, why: str) -> None:
        self._lost(why)

    def _tidy(self, status: Status) -> None:
        held = fault_names(status.latched & ~status.active)
        unplugged = state_name(status.pilot) == "A"
        for name in held:
            known = self._held.get(name)
            if known is None or FAULTS[name][4] != "clear":
                continue
            if unplugged or name == "host_lost":
                self.link.clear(known.code, known.occurrence)
