"""Being a member of the private network: joining it, staying, sleeping, waking, leaving.

Both roles have the same: after the agreement the modems must meet within TT_match_join;
D-LINK_READY follows TP_link_ready_notification later; a lost link, a pause and a regular end all
pass through here.  The modem is told, and asked, by others.
"""

from enum import Enum
from typing import ClassVar

from bsw.slac.config import SlacConfig, ns
from bsw.slac.matching.events import Agreed, LinkLost, Moved, Output
from bsw.slac.matching.machine import Machine
from bsw.slac.outcome import Linked, Reason


class State(Enum):
    OUT = "out"
    JOINING = "joining"
    SETTLING = "link up, not announced yet"
    IN = "in"
    PAUSED = "paused"
    RESUMING = "resuming"


class Timer(Enum):
    REPEAT = "unused"
    JOIN = "TT_match_join"
    READY = "TP_link_ready_notification"
    RESUME = "T_conn_resume"


class Membership(Machine[Timer]):
    """Reports ``Linked`` and ``LinkLost``; ``gave_up`` holds the reason of a join that failed."""

    def __init__(self, config: SlacConfig) -> None:
        super().__init__(Timer.REPEAT)
        self.state = State.OUT
        self.agreed: Agreed | None = None
        self.gave_up: Reason | None = None
        self._config = config
        self._resumed = False

    def join(self, agreed: Agreed, now: int) -> list[Output]:
        self.now = now
        self._quiet()
        self.agreed, self.gave_up, self._resumed = agreed, None, False
        self._move(State.JOINING)
        self._after(Timer.JOIN, ns(self._config.timing.tt_match_join))
        return self._taken()

    def link(self, *, up: bool, now: int) -> list[Output]:
        """The modem's link changed."""
        self.now = now
        if up and self.state in {State.JOINING, State.RESUMING}:
            self._move(State.SETTLING)
            self._after(Timer.READY, ns(self._config.timing.tp_link_ready_notification))
        elif not up and self.state is State.SETTLING:
            self._timers.stop(Timer.READY)
            self._move(State.RESUMING if self._resumed else State.JOINING)
        elif not up and self.state is State.IN:
            self._lose(Reason.LINK_DOWN)
        return self._taken()

    def pause(self, now: int) -> list[Output]:
        """D-LINK_PAUSE: the key stays, the link may sleep."""
        self.now = now
        if self.state is State.IN:
            self._quiet()
            self._move(State.PAUSED)
        return self._taken()

    def resume(self, now: int) -> list[Output]:
        self.now = now
        if self.state is State.PAUSED:
            self._resumed = True
            self._move(State.RESUMING)
            self._after(Timer.RESUME, ns(self._config.timing.t_conn_resume))
        return self._taken()

    def leave(self, reason: Reason, now: int) -> list[Output]:
        """End it; whoever believed in a link hears that it is lost."""
        self.now = now
        if self.state in {State.IN, State.PAUSED, State.RESUMING} or self._resumed:
            self._lose(reason)
        self._quiet()
        self._resumed = False
        self._move(State.OUT)
        return self._taken()

    def _announce(self) -> None:
        """D-LINK_READY."""
        assert self.agreed is not None
        self._quiet()
        self._move(State.IN)
        agreed = self.agreed
        self._emit(
            Linked(agreed.peer, agreed.key.nid, agreed.run_id, agreed.attenuation, self._resumed)
        )
        self._resumed = False

    def _not_joined(self) -> None:
        self.gave_up = Reason.JOIN_TIMEOUT
        self._quiet()
        self._move(State.OUT)

    def _not_back(self) -> None:
        self._lose(Reason.RESUME_TIMEOUT)

    def _lose(self, reason: Reason) -> None:
        self._quiet()
        self._resumed = False
        self._move(State.OUT)
        self._emit(LinkLost(reason))

    def _ring(self, timer: Timer) -> None:
        self._RINGS[timer](self)

    def _move(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._emit(Moved("membership", state.value))

    _RINGS: ClassVar = {
        Timer.JOIN: _not_joined,
        Timer.READY: _announce,
        Timer.RESUME: _not_back,
    }
