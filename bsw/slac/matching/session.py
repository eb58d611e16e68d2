"""What a station knows of one vehicle that wants to match.

A session lives from CM_SLAC_PARM.REQ to CM_SLAC_MATCH.CNF and has timers of its own, so that
several vehicles can be heard at once.  What it shares with the others - the key to give away,
the one pilot that can be watched - it asks of the matching that holds it.
"""

from enum import Enum
from typing import ClassVar, Protocol

from bsw.slac.config import SlacConfig, ValidationAnswer, ns
from bsw.slac.frames.frame import Frame
from bsw.slac.frames.mme import (
    GROUPS,
    AttenCharInd,
    AttenCharRsp,
    AttenProfileInd,
    MnbcSoundInd,
    SlacMatchCnf,
    SlacMatchReq,
    SlacParmCnf,
    StartAttenCharInd,
    ValidateCnf,
    ValidateReq,
)
from bsw.slac.keys import NetworkKey
from bsw.slac.matching import rules
from bsw.slac.matching.attenuation import average_profile, mean
from bsw.slac.matching.events import Agreed, Ignored, Moved, Output, Send
from bsw.slac.matching.machine import Machine
from bsw.slac.matching.validation import STEP, Result
from bsw.slac.outcome import Reason


class State(Enum):
    STARTING = "waiting for start indications"
    SOUNDING = "hearing sounds"
    REPORTING = "reporting the attenuation"
    DECIDING = "waiting for validation or match"
    VALIDATING = "counting toggles"
    AGREED = "agreed"
    OVER = "over"


class Timer(Enum):
    REPEAT = "TT_match_response"
    SEQUENCE = "TT_match_sequence"
    SOUNDS = "TT_EVSE_match_MNBC"
    AVERAGE = "TP_EVSE_avg_atten_calc"
    SESSION = "TT_EVSE_match_session"
    WINDOW = "TT_EVSE_vald_toggle"


class House(Protocol):
    """What a session asks of the station it belongs to."""

    @property
    def key(self) -> NetworkKey | None:
        """The key to give away; ``None`` while the modem has not taken it yet."""

    def may_watch_pilot(self, session: "Session") -> bool: ...


class Session(Machine[Timer]):
    """One vehicle, one run id."""

    def __init__(self, config: SlacConfig, run: rules.Run, house: House) -> None:
        super().__init__(Timer.REPEAT)
        self.run = run
        self.state = State.STARTING
        self.reason: Reason | None = None
        self._config = config
        self._house = house
        self._expected = config.counts.c_ev_match_mnbc
        self._profiles: list[bytes] = []
        self._attenuation = 0.0
        self._toggles = 0
        self._validated = False
        self._answer: SlacMatchCnf | None = None

    @property
    def sounding(self) -> bool:
        """The own modem has heard this vehicle sound: it is more than a frame somebody sent."""
        return bool(self._profiles)

    def open(self, now: int) -> list[Output]:
        """Answer CM_SLAC_PARM.REQ and wait for the vehicle to announce its sounds."""
        self.now = now
        self._profiles.clear()
        self._answer = None
        self._validated = False
        self._quiet()
        self._move(State.STARTING)
        timing, counts = self._config.timing, self._config.counts
        answer = SlacParmCnf(
            num_sounds=counts.c_ev_match_mnbc,
            time_out=timing.tt_evse_match_mnbc // STEP,
            forwarding_sta=self.run.vehicle,
            run_id=self.run.run_id,
        )
        self._emit(Send(self.run.vehicle, answer))
        self._after(Timer.SEQUENCE, ns(timing.tt_match_sequence))
        return self._taken()

    def receive(self, frame: Frame, now: int) -> list[Output]:
        self.now = now
        hear = self._HEARD.get(type(frame.message))
        if hear is not None:
            hear(self, frame)
        return self._taken()

    def toggled(self, now: int) -> None:
        """The pilot went to C while this session watches it."""
        self.now = now
        if self.state is State.VALIDATING and self._timers.running(Timer.WINDOW):
            self._toggles += 1

    # Sounding

    def _hear_start(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, StartAttenCharInd)
        if self.state is not State.STARTING:
            return
        wrong = rules.start_atten_char(message, self.run, self._config.tolerances)
        if not self._wrong(frame, wrong):
            self._listen(message.num_sounds)

    def _listen(self, sounds: int) -> None:
        self._timers.stop(Timer.SEQUENCE)
        self._expected = sounds
        self._move(State.SOUNDING)
        self._after(Timer.SOUNDS, ns(self._config.timing.tt_evse_match_mnbc))

    def _hear_sound(self, frame: Frame) -> None:
        """The modem's profile follows.  A sound itself only matters if no start was heard."""
        message = frame.message
        assert isinstance(message, MnbcSoundInd)
        lenient = self._config.tolerances.attenuation_without_start
        if self.state is State.STARTING and lenient and not rules.sound(message, self.run):
            self._listen(self._config.counts.c_ev_match_mnbc)

    def _hear_profile(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, AttenProfileInd)
        if self.state is not State.SOUNDING or self._timers.running(Timer.AVERAGE):
            return
        if self._wrong(frame, "" if message.num_groups == GROUPS else "NumGroups"):
            return
        self._profiles.append(message.groups)
        if len(self._profiles) >= self._expected:
            self._average_soon()

    def _average_soon(self) -> None:
        self._timers.stop(Timer.SOUNDS)
        if not self._profiles:
            self._end(Reason.NO_SOUNDS)
            return
        self._after(Timer.AVERAGE, ns(self._config.timing.tp_evse_avg_atten_calc))

    def _report(self) -> None:
        policy = self._config.station
        groups = average_profile(
            self._profiles, offset=policy.attenuation_offset, round_half_up=policy.round_half_up
        )
        self._attenuation = mean(groups)
        report = AttenCharInd(
            source_address=self.run.vehicle,
            run_id=self.run.run_id,
            num_sounds=len(self._profiles),
            groups=groups,
        )
        self._move(State.REPORTING)
        self._ask(
            Send(self.run.vehicle, report),
            retries=self._config.counts.c_ev_match_retry,
            wait=ns(self._config.timing.tt_match_response),
            silence=lambda: self._end(Reason.NO_RESPONSE),
        )

    def _hear_response(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, AttenCharRsp)
        if self.state is not State.REPORTING:
            return
        if self._wrong(frame, rules.atten_char_rsp(message, self.run, self._config.tolerances)):
            return
        self._answered()
        self._move(State.DECIDING)
        self._after(Timer.SESSION, ns(self._config.timing.tt_evse_match_session))

    # Validation

    def _hear_validation(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, ValidateReq)
        if self.state not in {State.DECIDING, State.VALIDATING}:
            return
        if self._wrong(frame, rules.validate_req(message)):
            return
        if self._config.station.validation is not ValidationAnswer.SUPPORTED:
            self._decline(self._config.station.validation)
        elif not self._house.may_watch_pilot(self):
            self._confirm(Result.NOT_READY)
        elif Result.READY.value != message.result:
            self._confirm(Result.FAILURE)
            self._end(Reason.NOT_VALIDATED)
        elif message.timer == 0:
            self._first_step()
        elif self.state is State.VALIDATING and not self._timers.running(Timer.WINDOW):
            self._second_step(message)

    def _decline(self, answer: ValidationAnswer) -> None:
        if answer is ValidationAnswer.NOT_REQUIRED:
            self._confirm(Result.NOT_REQUIRED)
        elif answer is ValidationAnswer.FAILURE:
            self._confirm(Result.FAILURE)

    def _first_step(self) -> None:
        """Also when it comes again: the vehicle has not heard our answer."""
        self._move(State.VALIDATING)
        self._timers.stop(Timer.WINDOW)
        self._confirm(Result.READY)
        self._after(Timer.SEQUENCE, ns(self._config.timing.tt_match_sequence))

    def _second_step(self, message: ValidateReq) -> None:
        self._timers.stop(Timer.SEQUENCE)
        self._toggles = 0
        window = min((message.timer + 1) * STEP, self._config.timing.tt_evse_vald_toggle)
        self._after(Timer.WINDOW, ns(window))

    def _tell_count(self) -> None:
        self._validated = True
        self._move(State.DECIDING)
        self._confirm(Result.SUCCESS, self._toggles)

    def _confirm(self, result: Result, toggles: int = 0) -> None:
        self._emit(Send(self.run.vehicle, ValidateCnf(toggles=toggles, result=result.value)))

    # Match

    def _hear_match(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, SlacMatchReq)
        if self.state not in {State.DECIDING, State.AGREED}:
            return
        if self._wrong(frame, rules.match_req(message, self.run, self._config.tolerances)):
            return
        if self._answer is not None:
            self._emit(Send(self.run.vehicle, self._answer))
            return
        key = self._house.key
        if key is None:
            return  # the modem is not ready; the vehicle will ask again
        self._answer = SlacMatchCnf(
            pev_mac=self.run.vehicle,
            evse_mac=self.run.station,
            run_id=self.run.run_id,
            nid=key.nid,
            nmk=key.nmk,
        )
        self._quiet()
        self._move(State.AGREED)
        self._emit(Send(self.run.vehicle, self._answer))
        self._emit(
            Agreed(self.run.vehicle, self.run.run_id, key, self._attenuation, self._validated)
        )

    # Small things

    def _late(self) -> None:
        """TT_match_sequence is over: no start indication came, or no second validation step."""
        if self.state is State.STARTING:
            self._end(Reason.NO_START)
        else:
            self._move(State.DECIDING)

    def _unmatched(self) -> None:
        self._end(Reason.NO_MATCH_REQUEST)

    def _end(self, reason: Reason) -> None:
        self._quiet()
        self.reason = reason
        self._move(State.OVER)

    def _ring(self, timer: Timer) -> None:
        self._RINGS[timer](self)

    def _wrong(self, frame: Frame, field: str) -> bool:
        if field:
            self._emit(Ignored(frame.name, frame.source, field))
        return bool(field)

    def _move(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._emit(Moved("session", state.value, self.run.vehicle))

    _HEARD: ClassVar = {
        StartAttenCharInd: _hear_start,
        MnbcSoundInd: _hear_sound,
        AttenProfileInd: _hear_profile,
        AttenCharRsp: _hear_response,
        ValidateReq: _hear_validation,
        SlacMatchReq: _hear_match,
    }
    _RINGS: ClassVar = {
        Timer.SEQUENCE: _late,
        Timer.SOUNDS: _average_soon,
        Timer.AVERAGE: _report,
        Timer.SESSION: _unmatched,
        Timer.WINDOW: _tell_count,
    }
