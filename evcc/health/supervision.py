"""Notices faults, reports them to the event memory, and makes the vehicle safe by their severity.

Reports come from the table of watches, from the events of reception, from the bus and from
sessions.  A fault to stop for takes the permission away and lets the session come down in
order, within a limit; an emergency ends the session here and now.  The station need not answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.modes import mode_of
from bsw.cp.pilot import Pilot, PilotState
from bsw.dem.events import Event, Severity
from bsw.dem.memory import Dem
from bsw.dlt import Logger
from bsw.os.clock import MS, Action, S
from bsw.os.scheduler import Alarm, Scheduler, Task
from can_adapter.canif import BusEvent
from can_adapter.signals.quality import ReceptionEvent
from can_adapter.signals.values import EnergyTransferMode, EvErrorCode
from can_adapter.vehicle.bus import VehicleBus
from can_adapter.vehicle.report import Requests
from can_adapter.vehicle.values import VehicleSnapshot
from csm.errors import CsmFault
from evcc.bus.canbus import VehicleCan
from evcc.health import events
from evcc.health.plug_faults import ALL, EXPLAINED, events_of
from evcc.health.reception import ReceptionFaults
from evcc.health.watches import WATCHES, Bounds, Scene
from evcc.inlet.heat import Side, side_of
from keym.faults import KeymFault

CYCLE: Final = 20 * MS
RESTING: Final = 80 * MS
"""The cycle while nothing flows and nothing has changed for a while; shorter than the shortest
window of the watchdog.  A change on the bus brings the usual cycle back at once."""
CALM_LOOKS: Final = 50
"""So many looks that find nothing new make a while."""
_FLOWS: Final = frozenset({PilotState.C, PilotState.D})
UNWATCHED: Final = ALL - {watch.event for watch in WATCHES}
"""Events that only the driver of the plug can tell of."""
BARRING: Final = frozenset({Severity.STOP, Severity.EMERGENCY})


@dataclass(frozen=True, slots=True)
class Limits:
    """``ordered``: how long an ordered stop may take before it is forced; ``silent``: nobody is
    expected on the bus, so that nobody can be missed.
    """

    ordered: int = 8 * S
    cycle: int = CYCLE
    silent: bool = False


class Sessions(Protocol):
    """What supervision may do to the session: the charging manager."""

    @property
    def active(self) -> bool:
        """A session runs, or AC flows by the duty cycle."""

    @property
    def preparing(self) -> bool:
        """A session still looks for its station: nothing flows and nobody needs to be told."""

    def break_off(self, result: SessionResult) -> None:
        """End it here and now; the vehicle is brought to the safe state."""


_Seen = tuple[int, VehicleSnapshot, bool, int, Pilot, Requests, tuple[str, ...]]
"""What the answers depend on, the cheapest to compare first: revision of the memory, the bus (one
object for as long as nothing changes), whether we are barred, the inlet, its pilot, our requests,
the faults that the plug's hardware tells."""


class Supervision:
    def __init__(  # noqa: PLR0917 - the rooms it stands between
        self,
        scheduler: Scheduler,
        dem: Dem,
        bus: VehicleBus,
        can: VehicleCan,
        sessions: Sessions,
        pilot: Callable[[], Pilot],
        *,
        log: Logger,
        alive: Action,
        faults: Callable[[str], None],
        bounds: Bounds | None = None,
        limits: Limits | None = None,
        plug_faults: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """``plug_faults``: what the driver of the plug has found, in its words."""
        self._plug_faults = plug_faults
        self._alive = alive
        self._faults = faults
        self.stopped_for = ""  # the fault this session was ordered to stop for
        self._scheduler = scheduler
        self._dem = dem
        self._bus = bus
        self._can = can
        self._sessions = sessions
        self._pilot = pilot
        self._log = log
        self._bounds = bounds or Bounds()
        self._limits = limits or Limits()
        self._weak: set[str] = set()  # what stands and costs current, of either kind of charging
        self._degraded = False
        self._seen: _Seen | None = None
        self._answers: tuple[list[bool | None], tuple[str, ...]] = ([], ())
        self._sensed: tuple[object, object] = (None, None)  # what the sensors' answers are of
        self._reported = -1  # revision of the memory after the answers were
        self._deaf = False
        self._calm = 0  # looks that found nothing new
        self._cycle = self._limits.cycle
        self._reception = ReceptionFaults(scheduler, dem, bus.signals)
        self._task: Task | None = None
        self._force: Alarm = scheduler.alarm(self._forced, name="ordered stop")
        dem.listen(self._event_changed)
        if not self._limits.silent:
            bus.signals.observe(self._heard)
        bus.canif.observe(self._bus_changed)
        bus.signals.on_change(self._stirred)

    def start(self) -> None:
        self._deaf = False
        self._calm, self._cycle = 0, self._limits.cycle
        self._begin()

    def _begin(self) -> None:
        self._task = self._scheduler.every(
            self._cycle, self._look, name="supervision", slack=self._cycle // 10
        )

    def _stirred(self) -> None:
        self._calm = 0
        if self._cycle != self._limits.cycle:
            self._pace(self._limits.cycle)

    def _pace(self, cycle: int) -> None:
        self._cycle = cycle
        if self._task is not None:
            self._task.stop()
            self._begin()

    def stop(self) -> None:
        """From here on the others may fall silent: at the ECU's end, and while it sleeps."""
        self._deaf = True
        self._force.cancel()
        if self._task is not None:
            self._task.stop()
            self._task = None

    # Reports

    def session_ended(self, result: SessionResult) -> None:
        """A session that ended well heals what ended others."""
        self._force.cancel()
        self.stopped_for = ""
        self._bar()
        name = events.session_end(result.ending)
        if result.ending in events.GOOD_ENDINGS:
            for event in self._dem.events:
                if event.startswith(events.OF_A_STATION):
                    self._dem.passed(event)
        elif name in self._dem.events:
            self._dem.failed(name, result.exchange or result.detail)
        if result.fault:
            self._dem.failed(result.fault, result.detail)

    def opened_under_load(self, amps: float) -> None:
        """An emergency did not wait, or a current did not fall; the event counts them."""
        self._dem.failed("OPENED_UNDER_LOAD", f"{amps:.1f} A")
        self._dem.passed("OPENED_UNDER_LOAD")

    def key_fault(self, fault: CsmFault | KeymFault, *, failed: bool, detail: str) -> None:
        """A ``FaultReporter`` of the key rooms."""
        self._dem.report(fault.value, failed=failed, detail=detail)

    def watchdog_expired(self, entity: str, why: str) -> None:
        self._dem.failed("WATCHDOG", f"{entity}: {why}")

    def internal_fault(self, what: str) -> None:
        self._dem.failed("INTERNAL_FAULT", what)

    def _heard(self, event: ReceptionEvent) -> None:
        if not self._deaf:
            self._reception.hear(event)

    # Looking

    def _look(self) -> None:
        self._alive()
        dem, can, state = self._dem, self._can, self._bus.signals.state
        number, pilot = can.inlets.number, self._pilot()
        faults, requests = self._plug_faults(), can.requests
        seen = (dem.revision, state, can.barred, number, pilot, requests, faults)
        if seen != self._seen:
            self._seen = seen
            self._stirred()
            self._watch(pilot, requests, faults)
        elif not self._reception.doubtful:
            self._settle(pilot)
            return  # the answers are those of the last time
        self._reception.look()
        self._look_at_weakness(state.selection.energy_transfer_mode)
        weak = "degraded" if self._degraded else "none"
        self._faults("barred" if can.barred else weak)
        can.count_faults(dem.count)

    def _settle(self, pilot: Pilot) -> None:
        """Where nothing flows and nothing happens there is no hurry."""
        if self._sessions.active or pilot.state in _FLOWS:
            self._stirred()
            return
        self._calm += 1
        if self._calm == CALM_LOOKS:
            self._pace(max(RESTING, self._limits.cycle))

    def _watch(self, pilot: Pilot, requests: Requests, faults: tuple[str, ...]) -> None:
        """Put each question to what there is to see now."""
        scene = Scene(self._can.told, pilot, requests, self._can.reading, self._bounds)
        answers = self._put(scene)
        if self._dem.quiet_since(self._reported) and (answers, faults) == self._answers:
            return  # it stands as it was reported
        self._answers = answers, faults
        told = events_of(faults)
        unseen = {event: event in told for event in UNWATCHED}
        for watch, failed in zip(WATCHES, answers, strict=True):
            if watch.event in told:
                unseen[watch.event] = True
            elif failed is not None:
                excused = not EXPLAINED.get(watch.event, frozenset()).isdisjoint(told)
                self._dem.report(watch.event, failed=failed and not excused)
        for event, stands in unseen.items():
            self._dem.report(event, failed=stands, detail=told.get(event, ""))
        self._reported = self._dem.revision

    def _put(self, scene: Scene) -> list[bool | None]:
        """The answers of all watches; of sensors the last ones while the inlet's object stays.

        It is another one with each value and each quality that changes.
        """
        told, before = scene.told, self._sensed
        self._sensed = told.inlet, told.selection
        known = self._answers[0]
        if not known or before[0] is not told.inlet or before[1] is not told.selection:
            return [watch.look(scene) for watch in WATCHES]
        answers = known.copy()
        for place, look in _OF_NO_SENSOR:
            answers[place] = look(scene)
        return answers

    def _look_at_weakness(self, mode: EnergyTransferMode | None) -> None:
        """What costs current, of the kind of charging that is wanted now."""
        if not self._weak and not self._degraded:
            return
        side = Side.DC if mode is None else side_of(mode_of(mode.value))
        degraded = any(events.weakens(name) is side for name in self._weak)
        if degraded is not self._degraded:
            self._degraded = degraded
            self._log.warning("degraded", degraded=degraded, faults=", ".join(sorted(self._weak)))

    def _bus_changed(self, event: BusEvent) -> None:
        if event is BusEvent.OFF:
            self._dem.failed("CAN_BUS_OFF")
        elif event is BusEvent.STABLE:
            self._dem.passed("CAN_BUS_OFF")

    # Reactions

    def _event_changed(self, event: Event, failed: bool) -> None:  # noqa: FBT001 - a listener
        if event.severity is Severity.DEGRADE:
            (self._weak.add if failed else self._weak.discard)(event.name)
        if event.severity not in BARRING:
            return
        active = self._sessions.active
        self._bar()
        if not failed:
            return
        if event.severity is Severity.EMERGENCY:
            self._emergency(event.name, active=active)
        elif not self._sessions.active:
            return  # without a session the permission was all there was to take away
        elif self._sessions.preparing:
            self._log.warning("not begun", fault=event.name)
            self._sessions.break_off(SessionResult(Ending.VEHICLE_FAULT, detail=event.name))
        elif not self._force.armed:
            self._log.warning("ordered stop", fault=event.name)
            self.stopped_for = event.name
            self._force.rearm(self._limits.ordered)

    def _bar(self) -> None:
        """A stop once ordered holds until the session is over, also when its fault heals."""
        if self._barring():
            self._can.bar(self._error_code())
        elif not self.stopped_for:
            self._can.bar(None)

    def _barring(self) -> list[str]:
        return [
            name
            for name, event in self._dem.events.items()
            if event.severity in BARRING and self._dem.stands(name)
        ]

    def _error_code(self) -> EvErrorCode:
        """What the station is told: the first code that says more than 'malfunction'."""
        known = [events.ERROR_CODES[name] for name in self._barring() if name in events.ERROR_CODES]
        return known[0] if known else EvErrorCode.RESS_MALFUNCTION

    def _emergency(self, name: str, *, active: bool = True) -> None:
        if active:
            self._log.error("emergency", fault=name)
        self._sessions.break_off(
            SessionResult(_ENDINGS.get(name, Ending.VEHICLE_FAULT), detail=name)
        )

    def _forced(self) -> None:
        if self._sessions.active:
            self._dem.failed("STOP_LATE", ", ".join(self._barring()))
            self._emergency("STOP_LATE")


_OF_NO_SENSOR: Final = tuple(
    (place, watch.look) for place, watch in enumerate(WATCHES) if not watch.sensor
)
_ENDINGS: Final = {
    "PILOT_SHORT": Ending.PILOT_FAULT,
    "PILOT_UNAVAILABLE": Ending.PILOT_FAULT,
    "PILOT_LOST": Ending.PILOT_FAULT,
    "PILOT_DIODE": Ending.PILOT_FAULT,
    "PILOT_LEVEL": Ending.PILOT_FAULT,
    "PLUG_LOST": Ending.PILOT_FAULT,
    "WATCHDOG": Ending.INTERNAL_FAULT,
    "INTERNAL_FAULT": Ending.INTERNAL_FAULT,
}
