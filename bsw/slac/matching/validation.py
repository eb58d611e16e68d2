"""The vehicle's half of CM_VALIDATE: prove by toggling the pilot which station we hang on.

Two steps per candidate.  First ask whether it can watch its pilot now; then say how long it
should watch, toggle B-C-B, and compare what it counted.  Which candidate to try, and what a
verdict means, is the matching's affair.
"""

from enum import Enum

from bsw.os.randomness import Randomness
from bsw.slac.config import SlacConfig, ns
from bsw.slac.frames.mme import ValidateCnf, ValidateReq
from bsw.slac.matching import rules
from bsw.slac.matching.events import Ignored, Output, Send, Toggle
from bsw.slac.matching.machine import Machine

STEP = 100
"""Milliseconds per unit of the Timer field."""


class Result(Enum):
    """The Result field of both messages."""

    NOT_READY = 0
    READY = 1
    SUCCESS = 2
    FAILURE = 3
    NOT_REQUIRED = 4


class Verdict(Enum):
    VALIDATED = "counted our toggles"
    NOT_REQUIRED = "says that validation is not required"
    NOT_READY = "is busy with another vehicle"
    REFUSED = "failed, or cannot validate"
    SILENT = "does not answer"


class _Timer(Enum):
    REPEAT = "repeat"
    WINDOW = "window"
    CALM = "the pilot still toggles for the last candidate"


class VehicleValidation(Machine[_Timer]):
    """One candidate at a time.  ``verdict`` is there when it is over."""

    def __init__(self, config: SlacConfig, randomness: Randomness) -> None:
        super().__init__(_Timer.REPEAT)
        self._config = config
        self._randomness = randomness
        self._station = b""
        self._toggles = 0
        self._again = 0
        self._toggling_until = 0
        self.verdict: Verdict | None = None

    @property
    def toggling(self) -> bool:
        return self._toggles > 0

    def start(self, station: bytes, now: int) -> list[Output]:
        self.now = now
        self._station = station
        self._again = self._config.counts.c_ev_match_retry
        self.verdict = None
        if now < self._toggling_until:
            self._timers.start(_Timer.CALM, self._toggling_until)
        else:
            self._first_step()
        return self._taken()

    def stop(self) -> None:
        self._quiet()
        self._toggles = 0

    def receive(self, source: bytes, message: ValidateCnf, now: int) -> list[Output]:
        self.now = now
        if source != self._station or self.verdict is not None:
            return []
        wrong = rules.validate_cnf(message) or self._misfit(message)
        if wrong:
            self._emit(Ignored("CM_VALIDATE.CNF", source, wrong))
        elif self.toggling:
            self._judge_count(message)
        else:
            self._judge_offer(Result(message.result))
        return self._taken()

    def _misfit(self, message: ValidateCnf) -> str:
        if message.result not in {result.value for result in Result}:
            return "Result"
        if not self.toggling and message.toggles:
            return "ToggleNum"
        return ""

    def _first_step(self) -> None:
        self._toggles = 0
        self._ask(
            Send(self._station, ValidateReq(timer=0)),
            retries=self._config.counts.c_ev_match_retry,
            wait=ns(self._config.timing.tt_match_response),
            silence=lambda: self._decide(Verdict.SILENT),
        )

    def _judge_offer(self, result: Result) -> None:
        self._answered()
        if result is Result.READY:
            self._second_step()
        elif result is Result.NOT_READY:
            self._decide(Verdict.NOT_READY)
        elif result is Result.NOT_REQUIRED:
            self._decide(Verdict.NOT_REQUIRED)
        else:
            self._decide(Verdict.REFUSED)

    def _second_step(self) -> None:
        timing = self._config.timing
        self._toggles = 1 + self._randomness.below(self._config.counts.c_ev_vald_nb_toggles)
        phase = timing.tp_ev_vald_state_duration
        lasting = self._toggles * 2 * phase + phase
        window = min(max(-(-lasting // STEP) * STEP, 600), timing.tt_evse_vald_toggle)
        self._emit(Send(self._station, ValidateReq(timer=window // STEP - 1)))
        self._emit(Toggle(self._toggles, ns(phase)))
        self._toggling_until = self.now + ns(self._toggles * 2 * phase)
        self._after(_Timer.WINDOW, ns(window + timing.tt_match_response))

    def _judge_count(self, message: ValidateCnf) -> None:
        counted = Result(message.result) is Result.SUCCESS and message.toggles == self._toggles
        if Result(message.result) is Result.READY:
            return  # a late copy of the first step's answer
        self._decide(Verdict.VALIDATED if counted else Verdict.REFUSED)

    def _ring(self, timer: _Timer) -> None:
        if timer is _Timer.CALM:
            self._first_step()
        elif self._again:  # the request or its answer was lost: start over with this candidate
            self._again -= 1
            self._first_step()
        else:
            self._decide(Verdict.SILENT)

    def _decide(self, verdict: Verdict) -> None:
        self.stop()
        self.verdict = verdict
