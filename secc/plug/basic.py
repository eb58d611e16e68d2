"""AC for vehicles that speak no protocol: the duty cycle alone says what they may draw.

Mode 3 of IEC 61851-1.  A session may begin first; where none has begun in time, somebody is asked
who pays, and once that is granted the pilot offers what the outlet has, at once less when that
falls.  The contactor is closed in state C alone.  A session that begins after all takes over, and
what was granted here does not count for it.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from bsw.chrgm.endings import Ending, SessionResult
from bsw.cp.duty import DIGITAL, LEAST_CURRENT, MOST_CURRENT, duty_from_current
from bsw.cp.pilot import CONNECTED, X1, Drive, Pilot, PilotState, StationPilot
from bsw.dlt import Logger
from bsw.os.clock import MS, S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler, Task
from bsw.trace import Trace
from secc.api.charger import Charger
from secc.api.extensions import AuthorizationRequest, DutyOffer
from secc.api.literals import PaymentOption
from secc.api.verdicts import Question
from secc.session.handlers.authority import number_of, question
from secc.session.limits import ac_current, ac_mode

LOOK_EACH: Final = 100 * MS
OPENS_WITHIN: Final = 6 * S
"""A vehicle that is offered nothing any more stops drawing; then the contactor opens anyway."""
REST: Final = 5 * S
"""Between two closings: who toggles the pilot wears the contactor no faster."""
FINEST: Final = 0.1
"""A; a change below is none."""


class State(Enum):
    VACANT = "nobody plugged in"
    LISTENING = "a session may begin"
    ASKING = "who pays?"
    GRANTED = "the duty cycle says how much"
    OVER = "nothing more until the plug was out"
    YIELDED = "a session has begun"


_OPEN: Final = frozenset({State.LISTENING, State.ASKING, State.GRANTED})
"""A session that begins now takes over."""


class Offers(Protocol):
    """Whoever drives the pilot."""

    def nominal(self, current: float | None) -> None:
        """0 offers nothing; ``None`` asks for a protocol again."""


class BarePlugOffers:
    """``Offers`` on a pilot that nobody else drives."""

    def __init__(self, pilot: StationPilot) -> None:
        self._pilot = pilot

    def nominal(self, current: float | None) -> None:
        if current is None:
            self._pilot.drive(Drive(DIGITAL))
        elif current < LEAST_CURRENT:
            self._pilot.drive(X1)
        else:
            self._pilot.drive(Drive(duty_from_current(current)))


class BasicCharging:
    """One outlet.  ``after`` is how long a session may take to begin; 0 waits for none.

    ``session_runs`` is asked for whoever has set one up; ``release`` lets the plug go.
    """

    def __init__(
        self,
        charger: Charger,
        pilot: StationPilot,
        scheduler: Scheduler,
        chance: Randomness,
        log: Logger,
        *,
        trace: Trace,
        after: int,
        ventilated: bool,
        session_runs: Callable[[], bool],
        ended: Callable[[SessionResult], None],
        release: Callable[[], None],
    ) -> None:
        self._charger = charger
        self._pilot = pilot
        self._scheduler = scheduler
        self._chance = chance
        self._log = log
        self._trace = trace
        self._after = after
        self._ready = {PilotState.C, PilotState.D} if ventilated else {PilotState.C}
        self._session_runs = session_runs
        self._ended = ended
        self._release = release
        self._offers: Offers = BarePlugOffers(pilot)
        self._state = State.VACANT
        self._question: Question | None = None
        self._offered = 0.0
        self._closed = False
        self._opens_at = 0
        self._closes_from = 0
        self._told = DutyOffer(current=0.0, closed=False)
        self._begins = scheduler.alarm(self._begin, name="basic charging")
        self._looking: Task | None = None

    def start(self, offers: Offers | None = None) -> None:
        """The pilot counts from now on; ``offers`` where somebody else drives it."""
        self._offers = offers or self._offers
        self._pilot.listen(self._pilot_changed)
        self._charger.on_command(lambda _name: self._look())
        self._charger.subscribe("evcc_id", lambda _identity: self._look())
        self._pilot_changed(self._pilot.read())

    @property
    def runs(self) -> bool:
        """Somebody was granted a charge, and it is not over."""
        return self._state is State.GRANTED

    # The pilot

    def _pilot_changed(self, pilot: Pilot) -> None:
        if pilot.state is PilotState.A:
            self._finish("unplugged")
            self._state = State.VACANT
        elif pilot.diode_short:
            self._finish("no vehicle in order")
        elif pilot.state not in CONNECTED:
            self.cut()  # a fault, or the data link's cue to match anew
        elif self._state is State.VACANT:
            self._state = State.LISTENING
            self._begins.rearm(self._after)
        else:
            self._look()

    def linked(self) -> None:
        """A data link is there: the session has its time from now on."""
        if self._state is State.LISTENING:
            self._begins.rearm(self._after)

    def unlinked(self) -> None:
        """There will be no data link for this vehicle."""
        if self._state is State.LISTENING:
            self._begins.rearm(0)

    # Who pays

    def _begin(self) -> None:
        if self._state is not State.LISTENING or self._session_runs():
            return
        state = self._charger.state
        if not state.serves_ac or PaymentOption.EXTERNAL not in state.payment_options:
            return
        self._log.info("no session", remedy="charging by the duty cycle, once somebody pays")
        self._state = State.ASKING
        self._offers.nominal(0.0)
        asked = AuthorizationRequest(
            request_id=number_of(self._chance), payment_option=PaymentOption.EXTERNAL, tls=False
        )
        self._question = question(asked, self._charger.variables.publish)
        self._charger.verdicts.ask(self._question)
        self._looking = self._scheduler.every(LOOK_EACH, self._look, name="basic charging")
        self._look()

    # What is offered

    def _look(self) -> None:
        if self._state in _OPEN and self._session_runs():
            self._yield()
        elif self._state is State.ASKING:
            self._ask_on()
        elif self._state is State.GRANTED:
            self._charge()

    def _ask_on(self) -> None:
        asked = self._question
        if asked is None or asked.verdict is None or not asked.verdict.good:
            return  # a refused customer tries another card
        asked.settled = True
        self._log.info("basic charging granted")
        self._state = State.GRANTED
        self._record(granted=True)
        self._charge()

    def _charge(self) -> None:
        if self._charger.state.stop:
            self._stop()
            return
        amps = self._amps()
        pilot = self._pilot.read()
        if amps != self._offered and (not amps or abs(amps - self._offered) >= FINEST):
            if self._closed and not amps:
                self._opens_at = self._scheduler.now + OPENS_WITHIN
            self._offer(amps)
        self._switch(wanted=pilot.state in self._ready and not pilot.diode_short)
        self._tell()

    def _amps(self) -> float:
        """What the outlet has now; nothing below what a duty cycle can say."""
        state = self._charger.state
        mode = ac_mode(state)
        if mode is None or state.wrong or state.pause or state.no_energy is not None:
            return 0.0
        amps = ac_current(state, mode)
        return min(amps, MOST_CURRENT) if amps >= LEAST_CURRENT else 0.0

    def _offer(self, amps: float) -> None:
        self._offered = amps
        self._log.info("offers", amps=round(amps, 1))
        self._offers.nominal(amps)

    # The contactor

    def _switch(self, *, wanted: bool) -> None:
        now = self._scheduler.now
        if self._closed:
            late = not self._offered and now >= self._opens_at
            if not wanted or late or self._charger.state.wrong:
                self._open()
        elif wanted and self._offered and now >= self._closes_from:
            self._closed = True
            self._charger.variables.publish("ac_close_contactor")

    def _open(self) -> None:
        if self._closed:
            self._closed = False
            self._closes_from = self._scheduler.now + REST
            self._charger.variables.publish("ac_open_contactor")

    def cut(self) -> None:
        """Whoever guards the plug has opened it."""
        self._open()
        self._tell()

    # The end

    def _stop(self) -> None:
        """By order: the vehicle is asked first, by an offer of nothing."""
        if self._offered:
            self._opens_at = self._scheduler.now + OPENS_WITHIN
            self._offer(0.0)
        self._switch(wanted=self._pilot.read().state in self._ready)
        self._tell()
        if not self._closed:
            self._finish("stopped")
            self._state = State.OVER

    def _finish(self, why: str) -> None:
        """Nothing flows any more by our word."""
        self._begins.cancel()
        granted = self._state is State.GRANTED
        self._drop()
        if granted:
            self._log.info("basic charging ended", why=why)
            self._state = State.OVER
            if self._pilot.read().state in CONNECTED:
                self._offers.nominal(0.0)
                self._release()
            self._ended(SessionResult(Ending.TERMINATED, detail=f"by the duty cycle: {why}"))
        elif self._state is not State.VACANT:
            self._state = State.OVER

    def _yield(self) -> None:
        """A session has its own question and its own contactor orders."""
        self._begins.cancel()
        if self._state is not State.LISTENING:
            self._log.info("a session takes over")
            self._drop()
            self._offers.nominal(None)
        self._state = State.YIELDED

    def _drop(self) -> None:
        self._open()
        self._offered = 0.0
        self._tell()
        if self._looking is not None:
            self._looking.stop()
            self._looking = None
        self._charger.verdicts.withdraw(self._question)
        self._question = None
        if self.runs:
            self._record(granted=False)

    def _tell(self) -> None:
        now = DutyOffer(current=self._offered, closed=self._closed)
        if now != self._told:
            self._told = now
            self._charger.variables.publish("duty_offer", now)
            self._record(granted=self.runs)

    def _record(self, *, granted: bool) -> None:
        self._trace.add(
            "basic charging", granted=granted, offered=self._offered, closed=self._closed
        )
