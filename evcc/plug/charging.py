"""From the plug to the charged battery and back: what to do when a link or a session ends.

Follows the data link, starts a session on each, and decides what comes next - the same again
with external payment, a sleep until power comes back, basic charging by duty cycle, or nothing
until the plug was out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.modes import mode_of
from bsw.cp.duty import Meaning
from bsw.cp.pilot import CONNECTED, Pilot, PilotState, VehiclePilot
from bsw.dlt import Logger
from bsw.mode.ecum import WakeUp
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from bsw.slac.links.link import Fallback, Link, LinkFailure
from bsw.slac.outcome import Linked, Reason
from evcc.plug.activity import Engaged, PlugActivity
from evcc.plug.basic import BasicCharging
from evcc.plug.gates import Gates
from evcc.plug.wear import MATCHING, Wear
from evcc.session.session import Stage, VehicleSession
from evcc.vehicle import NOTHING_TOLD, Intent, OwnValues, StationView, VehicleValues

CONTRACT_EXCHANGES: Final = frozenset(
    {"CertificateInstallation", "CertificateUpdate", "PaymentDetails", "Authorization"}
)


CHOICE_AWAITED: Final = 2 * S
"""How long a session waits for the vehicle to say how it wants to charge; then by default, DC."""
RESULTS_KEPT: Final = 100
"""How many of the last results are kept in mind."""
LOOK_EVERY: Final = 10 * MS


class PilotOnPort:
    """The session's view of the control pilot."""

    def __init__(self, port: VehiclePilot) -> None:
        self._port = port

    @property
    def state(self) -> str:
        return self._port.read().state.name

    @property
    def limit(self) -> float | None:
        pilot = self._port.read()
        silent = pilot.meaning in {Meaning.DIGITAL, Meaning.STEADY}
        return None if silent else pilot.current

    def set_ready(self, *, ready: bool) -> None:
        self._port.show(PilotState.C if ready else PilotState.B)


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How often to try again on the same plug-in, and after which pause."""

    sessions: int = 3
    pause: int = 2 * S
    energy_limit: int = 3600 * S  # longest wait for a station that has no energy


SessionMaker = Callable[[Callable[[SessionResult], None]], VehicleSession]


BASIC: Final = "BasicCharging"
"""The phase while the duty cycle alone says how much may flow."""
_WITHOUT_WORDS: Final = StationView(phase=BASIC)


class ManagerUser(Protocol):
    """Who is told of links and sessions."""

    def session_ended(self, result: SessionResult) -> None: ...
    def link_is(self, state: str) -> None: ...
    def engaged(self, now: Engaged, why: WakeUp) -> None:
        """How busy the plug side is, and what made it so."""


class ChargingManager:
    """A ``LinkUser``.  Give it its link, then ``start`` both."""

    def __init__(
        self,
        scheduler: Scheduler,
        values: OwnValues,
        pilot: VehiclePilot,
        make_session: SessionMaker,
        *,
        user: ManagerUser,
        basic: BasicCharging,
        gates: Gates,
        rules: RetryRules,
        log: Logger,
        wear: Wear | None = None,
    ) -> None:
        self.session: VehicleSession | None = None
        self.results: list[SessionResult] = []
        self._user = user
        self.ordered = Intent.CHARGE  # by the ECU itself, until the plug was out
        self.contract_refused = False  # until the plug was out
        self.tls_in_vain = False  # the station speaks nothing of ours over it; as long
        self._scheduler = scheduler
        self._values = values
        self._make_session = make_session
        self._pilot = pilot
        self._basic = basic
        self._gates = gates
        self._rules = rules
        self._log = log
        self._link: Link | None = None
        self._tries = 0
        self._linked = False
        self._linked_at = 0
        self.engagement = PlugActivity(user.engaged)
        self.wear = wear or Wear(scheduler)
        self._holding = False
        self._view = NOTHING_TOLD
        self._energy_at = 0  # before, the station has none
        self._over = False  # with this plug-in nothing begins any more by the duty cycle alone
        self._again = scheduler.alarm(self._drive, name="session again")
        self._wake = scheduler.alarm(lambda: self.wake_up(WakeUp.TIMER), name="wake-up")
        pilot.listen(self._pilot_changed)

    def attach(self, link: Link) -> None:
        self._link = link

    @property
    def attached(self) -> bool:
        return self._link is not None

    @property
    def link(self) -> Link:
        assert self._link is not None, "attach the link first"
        return self._link

    # The link's user

    def linked(self, link: Linked) -> None:
        self._log.info("linked", resumed=link.resumed)
        self._linked = True
        self._linked_at = self._scheduler.now
        if link.resumed:
            self._energy_at = 0  # whoever woke the link has a reason to
        self.engagement.working()
        self._basic.stop(release=False)
        self._user.link_is("linked")
        self._drive()

    def link_lost(self, reason: Reason) -> None:
        self._linked = self._holding = False
        self._again.cancel()
        self._user.link_is("lost")
        self.engagement.over()
        if self.session is not None:
            self.session.end(SessionResult(Ending.LINK_LOST, detail=reason.value))

    def failed(self, failure: LinkFailure) -> None:
        """No data link with this plug-in: AC may still charge by the duty cycle."""
        self._log.warning("no data link", why=failure.reason.value)
        if failure.reason is Reason.TOO_OFTEN:
            self.wear.tell(MATCHING)
        self._user.link_is("failed")
        if failure.fallback is Fallback.NOMINAL and mode_of(self._state.mode).ac:
            self._follow_duty()
        else:
            self.engagement.over()

    @property
    def _state(self) -> VehicleValues:
        return self._values.now

    # Supervision

    @property
    def active(self) -> bool:
        """A session runs, or AC flows by the duty cycle: the plug in use is this one."""
        return self.session is not None or self._basic.current > 0.0

    @property
    def view(self) -> StationView:
        """What the station told in the latest session; without words there is only a phase."""
        if self._basic.active:
            return _WITHOUT_WORDS
        return self._view if self.session is None else self.session.view

    @property
    def preparing(self) -> bool:
        """A session still looks for its station."""
        session = self.session
        return session is not None and session.stage in {Stage.SEARCHING, Stage.CONNECTING}

    def break_off(self, result: SessionResult) -> None:
        """The safe state, here and now; basic charging waits for the next plug-in."""
        if self._basic.active:
            self._over = True
            self._basic.stop()
            self.engagement.over()
        if self.session is not None:
            self.session.end(result)

    # Basic charging

    def _follow_duty(self) -> None:
        """A duty cycle that names a current wants no words before AC flows."""
        pilot = self._pilot.read()
        named = pilot.state in CONNECTED and pilot.meaning is Meaning.CURRENT
        free = self.session is None and not self._linked and not self._over
        wanted = mode_of(self._state.mode).ac and self._state.intent is Intent.CHARGE
        if named and free and wanted and not self._basic.active:
            self._basic.start()

    # Wishes from outside

    def stop(self) -> None:
        self._order(Intent.STOP)
        self._basic.stop()

    def pause(self) -> None:
        self._order(Intent.PAUSE)

    def wake_up(self, why: WakeUp = WakeUp.VEHICLE) -> None:
        """End a pause from our side."""
        self._wake.cancel()
        self._energy_at = 0
        self._order(Intent.CHARGE)
        if self.engagement.now is Engaged.PAUSED:
            self.engagement.working(why)
        if self._link is not None:
            self._link.wake()

    def _order(self, intent: Intent) -> None:
        self.ordered = intent
        self._want()

    def _want(self) -> None:
        self._values.want(
            intent=self.ordered,
            contracts=not self.contract_refused,
            running=self.session is not None,
        )

    # Sessions

    def go_on(self) -> None:
        """Begin what was held, if it no longer is."""
        if self._holding and not self._gates.held:
            self._drive()

    def _drive(self) -> None:
        self._holding = self._linked and self.session is None and self._gates.held
        if self._holding:
            self.engagement.waiting()
            return
        if self._linked and self.session is None and self._gates.barred:
            self._again.rearm(self._rules.pause)
            self.engagement.waiting()
        elif self._linked and self.session is None and self._scheduler.now < self._energy_at:
            self._again.rearm(self._energy_at - self._scheduler.now)
            self.engagement.waiting()
        elif self._linked and self.session is None and self._choice_awaited():
            self._again.rearm(LOOK_EVERY)
        elif self._linked and self.session is None:
            wait = self.wear.session()
            if wait:
                self._again.rearm(wait)
                self.engagement.waiting()
                return
            self.engagement.working()
            self.session = self._make_session(self._ended)
            self._want()
            self.session.start(self._scheduler.now)

    def _choice_awaited(self) -> bool:
        """The first messages offer protocols and services by what the vehicle chose."""
        return not self._gates.chosen and self._scheduler.now - self._linked_at < CHOICE_AWAITED

    def _ended(self, result: SessionResult) -> None:
        session, self.session = self.session, None
        self._view = NOTHING_TOLD if session is None else session.view
        self._want()
        self.results.append(result)
        del self.results[:-RESULTS_KEPT]
        self._log.info("session ended", result=str(result))
        self._user.session_ended(result)
        if result.ending is Ending.LINK_LOST:
            return
        if result.ending is Ending.TERMINATED or self.ordered is Intent.STOP:
            self._over = True  # however it ended, who was told to stop does not try again
            self._tries = 0
            self.engagement.over()
            self.link.terminate()
        elif result.ending is Ending.PAUSED:
            self._tries = 0
            self._sleep(session)
        elif result.ending is Ending.NO_ENERGY and session is not None and session.energy_after:
            self._await_energy(session)
        else:
            self._try_again(result, secure=session is not None and session.secure)

    def _await_energy(self, session: VehicleSession) -> None:
        """As long as the station said; the link sleeps meanwhile, whatever the protocol."""
        self._tries = 0
        delay = min(max(session.energy_after, self._rules.pause), self._rules.energy_limit)
        self._log.info("no energy", again_in_s=delay // S)
        self._energy_at = self._scheduler.now + delay
        self.link.pause()
        self.engagement.over(paused=True)
        self._wake.rearm(delay)

    def _sleep(self, session: VehicleSession | None) -> None:
        remaining = session.view.schedule_remaining if session is not None else None
        self.link.pause()
        self.engagement.over(paused=True)
        if remaining is not None and self._state.intent is not Intent.PAUSE:
            self._wake.rearm(remaining * S)

    def _try_again(self, result: SessionResult, *, secure: bool) -> None:
        """A contract that is refused is not offered twice; all else a few times."""
        if result.ending is Ending.REFUSED and result.exchange in CONTRACT_EXCHANGES:
            self.contract_refused = True
            self._want()
        if result.ending is Ending.NO_PROTOCOL and secure:
            self.tls_in_vain = True
        self._tries += 1
        if result.ending is Ending.PILOT_FAULT or self._tries >= self._rules.sessions:
            self.link.error() if result.ending is Ending.NO_STATION else self.link.terminate()
            self._linked = False
            if mode_of(self._state.mode).ac:
                self._follow_duty()
                self.engagement.waiting()
            else:
                self.engagement.over()
            return
        self._again.rearm(self._rules.pause)

    def refresh(self) -> None:
        """The vehicle's values have changed."""
        self._follow_duty()
        self._basic.refresh()
        wanted = self._state.permission and self._state.intent is Intent.CHARGE
        self.engagement.refused(self._basic.active and not wanted)

    def _pilot_changed(self, pilot: Pilot) -> None:
        self.engagement.pilot(pilot)
        if pilot.state is PilotState.A:
            self._unplugged()
        elif pilot.state not in CONNECTED and self.session is not None:
            self.session.end(SessionResult(Ending.PILOT_FAULT, detail=f"pilot in {pilot}"))
        else:
            self._follow_duty()

    def _unplugged(self) -> None:
        self._over = False
        self._tries = self._energy_at = 0
        self._linked = self._holding = False
        self.wear.unplugged()
        self._again.cancel()
        self._wake.cancel()
        self._basic.stop()
        self.contract_refused = self.tls_in_vain = False
        self._order(Intent.CHARGE)
        if self.session is not None:
            self.session.end(SessionResult(Ending.PILOT_FAULT, detail="unplugged"))
