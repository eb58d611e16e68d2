"""The station's half of matching: all vehicles that can be heard, one key to give away.

Sessions do the talking (``session``); here they are opened, bounded in number and told apart.
Asking costs an attacker one frame, so who has only asked waits in a table of its own, in which
one more takes the place of the first: a flood from changing addresses leaves each vehicle the time
that it needs to begin.  Only those that the own modem hears sounding hold one of the few places.
The first vehicle that comes to an agreement ends the others.  The pilot tells when to listen,
and is counted for the session that validates.
"""

from enum import Enum
from typing import ClassVar

from bsw.cp.pilot import READY, PilotState
from bsw.slac.config import SlacConfig, ns
from bsw.slac.frames.frame import Frame
from bsw.slac.frames.mme import AttenProfileInd, SlacParmReq
from bsw.slac.keys import NetworkKey
from bsw.slac.matching import rules
from bsw.slac.matching.events import Agreed, Failed, Ignored, Moved, Output, TryFailed
from bsw.slac.matching.machine import Machine
from bsw.slac.matching.session import Session
from bsw.slac.matching.session import State as Stage
from bsw.slac.outcome import Reason


class State(Enum):
    IDLE = "idle"
    WAITING = "waiting for a vehicle"
    MATCHING = "matching"
    JOINING = "joining"
    JOINED = "joined"


class Timer(Enum):
    REPEAT = "unused"
    REQUEST = "TT_EVSE_SLAC_init"
    REPETITION = "TT_matching_repetition"


class StationMatching(Machine[Timer]):
    def __init__(self, config: SlacConfig, mac: bytes) -> None:
        super().__init__(Timer.REPEAT)
        self.state = State.IDLE
        self.attempts = 0
        self.key: NetworkKey | None = None
        """What CM_SLAC_MATCH.CNF gives away; set once the modem has taken it."""
        self._config = config
        self._mac = mac
        self._sessions: dict[bytes, Session] = {}
        self._peer = b""
        self._pilot = PilotState.B
        self._last_reason = Reason.NO_REQUEST

    @property
    def deadline(self) -> int | None:
        ends = [session.deadline for session in self._sessions.values()]
        return min((end for end in (*ends, self._timers.next) if end is not None), default=None)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Of the vehicles that are heard sounding, or were."""
        return tuple(session for session in self._sessions.values() if session.sounding)

    @property
    def waiting(self) -> tuple[Session, ...]:
        """Of those that have asked so far, the longest first."""
        return tuple(session for session in self._sessions.values() if not session.sounding)

    def may_watch_pilot(self, session: Session) -> bool:
        return all(
            other is session or other.state is not Stage.VALIDATING
            for other in self._sessions.values()
        )

    # What the others tell

    def start(self, now: int) -> list[Output]:
        """A vehicle is plugged in and the oscillator runs: listen."""
        self.now = now
        self._clear()
        self.attempts = 0
        self._last_reason = Reason.NO_REQUEST
        self._move(State.WAITING)
        self._after(Timer.REQUEST, ns(self._config.timing.tt_evse_slac_init))
        return self._taken()

    def stop(self, now: int) -> list[Output]:
        """Forget all vehicles and say nothing more."""
        self.now = now
        self._clear()
        self._move(State.IDLE)
        return self._taken()

    def joined(self, now: int) -> list[Output]:
        self.now = now
        self._clear()
        self._move(State.JOINED)
        return self._taken()

    def join_failed(self, reason: Reason, now: int) -> list[Output]:
        """The modems did not meet.  Listen anew for a while."""
        self.now = now
        if self.state is State.JOINING:
            self._sessions.clear()
            self._session_failed(self._peer, reason)
        return self._taken()

    def pilot(self, state: PilotState, now: int) -> list[Output]:
        """The debounced state of the own pilot, for toggles to be counted."""
        self.now = now
        if state in READY and self._pilot not in READY:
            for session in self._sessions.values():
                session.toggled(now)
        self._pilot = state
        return self._taken()

    def receive(self, frame: Frame, now: int) -> list[Output]:
        self.now = now
        message = frame.message
        if isinstance(message, SlacParmReq):
            self._hear_request(frame, message)
        elif isinstance(message, AttenProfileInd):
            self._pass_on(message.pev_mac, frame)
        else:
            self._pass_on(frame.source, frame)
        return self._taken()

    def tick(self, now: int) -> list[Output]:
        self.now = now
        for session in tuple(self._sessions.values()):
            due = session.deadline
            if due is not None and due <= now:
                self._follow(session, session.tick(now))
        return super().tick(now)

    # Sessions

    def _hear_request(self, frame: Frame, message: SlacParmReq) -> None:
        if self.state in {State.IDLE, State.JOINED}:
            return
        if self.state is State.JOINING and not self._may_restart(frame.source):
            return
        wrong = rules.parm_req(message)
        if wrong:
            self._emit(Ignored(frame.name, frame.source, wrong))
            return
        known = self._sessions.get(frame.source)
        if known is None and self._full():
            self._emit(Ignored(frame.name, frame.source, "too many vehicles at once"))
            return
        if known is None:
            self._make_room()
        if known is None or known.run.run_id != message.run_id:
            self.attempts += 1
            run = rules.Run(message.run_id, frame.source, self._mac)
            known = Session(self._config, run, self)
        if self.state is State.JOINING:
            self._emit(TryFailed(Reason.RESTARTED, frame.source))
        self._sessions.pop(frame.source, None)
        self._sessions[frame.source] = known  # the newest, also when it asks again
        self._timers.clear()
        self._move(State.MATCHING)
        self._out += known.open(self.now)

    def _full(self) -> bool:
        return len(self.sessions) >= self._config.counts.c_evse_match_parallel

    def _make_room(self) -> None:
        """The one that asked first has had the longest time to begin."""
        waiting = self.waiting
        if len(waiting) >= self._config.counts.c_evse_match_waiting:
            first = waiting[0].run.vehicle
            del self._sessions[first]
            self._emit(Ignored("CM_SLAC_PARM.REQ", first, "others have asked since"))

    def _may_restart(self, vehicle: bytes) -> bool:
        return vehicle == self._peer and self._config.tolerances.restart_while_joining

    def _pass_on(self, vehicle: bytes, frame: Frame) -> None:
        session = self._sessions.get(vehicle)
        first_sound = session is not None and not session.sounding
        if first_sound and isinstance(frame.message, AttenProfileInd) and self._full():
            self._emit(Ignored(frame.name, vehicle, "too many vehicles at once"))
        elif session is not None:
            self._follow(session, session.receive(frame, self.now))

    def _follow(self, session: Session, said: list[Output]) -> None:
        self._out += said
        if session.state is Stage.OVER:
            del self._sessions[session.run.vehicle]
            assert session.reason is not None
            self._session_failed(session.run.vehicle, session.reason)
        elif any(isinstance(output, Agreed) for output in said):
            self._peer = session.run.vehicle
            self._sessions = {self._peer: session}
            self._move(State.JOINING)

    def _session_failed(self, vehicle: bytes, reason: Reason) -> None:
        self._last_reason = reason
        self._emit(TryFailed(reason, vehicle))
        if not self._sessions:
            self._move(State.WAITING)
            self._after(Timer.REPETITION, ns(self._config.timing.tt_matching_repetition))

    # Small things

    def _nobody(self) -> None:
        self._clear()
        self._move(State.IDLE)
        self._emit(Failed(self._last_reason, self.attempts))

    def _ring(self, timer: Timer) -> None:
        self._RINGS[timer](self)

    def _clear(self) -> None:
        self._quiet()
        self._sessions.clear()

    def _move(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._emit(Moved("station", state.value, self._peer))

    _RINGS: ClassVar = {Timer.REQUEST: _nobody, Timer.REPETITION: _nobody}
