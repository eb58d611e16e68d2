"""The vehicle's half of matching, from CM_SLAC_PARM.REQ to CM_SLAC_MATCH.CNF.

Frames and ``now`` in; frames, an agreement or a reason out.  A failed try is followed by another
with a new run id, as long as the counters and the window for repetitions allow.  Modems, link
and pilot are known to others; they say so through ``stop``, ``joined`` and ``join_failed``.
"""

from collections import deque
from enum import Enum
from typing import ClassVar

from bsw.os.randomness import Randomness
from bsw.slac.config import SlacConfig, ns
from bsw.slac.frames.frame import Frame
from bsw.slac.frames.layout import Message
from bsw.slac.frames.mme import (
    BROADCAST,
    AttenCharInd,
    AttenCharRsp,
    MnbcSoundInd,
    SlacMatchCnf,
    SlacMatchReq,
    SlacParmCnf,
    SlacParmReq,
    StartAttenCharInd,
    ValidateCnf,
)
from bsw.slac.keys import NetworkKey
from bsw.slac.matching import rules
from bsw.slac.matching.attenuation import Candidate, Nearness, mean, nearness, rank
from bsw.slac.matching.events import (
    Agreed,
    Failed,
    Ignored,
    Moved,
    Output,
    Send,
    TryFailed,
    furthest,
)
from bsw.slac.matching.machine import Machine
from bsw.slac.matching.validation import VehicleValidation, Verdict
from bsw.slac.outcome import Reason

STATIONS = 64
"""Stations a vehicle keeps in mind during one try."""


class State(Enum):
    IDLE = "idle"
    PARAMETERS = "asking for parameters"
    SOUNDING = "sounding"
    LISTENING = "waiting for attenuation results"
    VALIDATING = "validating"
    MATCHING = "asking to match"
    JOINING = "joining"
    JOINED = "joined"
    PAUSING = "pausing before the next try"


class Timer(Enum):
    REPEAT = "TT_match_response"
    NEXT_SOUND = "TP_EV_batch_msg_interval"
    RESULTS = "TT_EV_atten_results"
    JUDGE = "TP_EV_match_session"
    VALIDATION = "validation"
    SESSION = "TT_EVSE_match_session"
    RATE = "TT_matching_rate"
    OVERALL = "TT_EV_SLAC_matching"


class VehicleMatching(Machine[Timer]):
    def __init__(self, config: SlacConfig, mac: bytes, randomness: Randomness) -> None:
        super().__init__(Timer.REPEAT)
        self.state = State.IDLE
        self.attempts = 0
        self._config = config
        self._mac = mac
        self._randomness = randomness
        self._validation = VehicleValidation(config, randomness)
        self._run = rules.Run(b"", mac)
        self._last_start = 0
        self._furthest: Reason | None = None
        self._confirmed: set[bytes] = set()
        self._candidates: dict[bytes, Candidate] = {}
        self._queue: deque[Candidate] = deque()
        self._best: Candidate | None = None
        self._chosen: Candidate | None = None
        self._validated = False
        self._burst: deque[Message] = deque()

    @property
    def deadline(self) -> int | None:
        ends = [end for end in (self._timers.next, self._validation.deadline) if end is not None]
        return min(ends, default=None)

    @property
    def run_id(self) -> bytes:
        return self._run.run_id

    # What the others tell

    def start(self, now: int) -> list[Output]:
        """Begin: the pilot asks for digital communication."""
        self.now = now
        self._quiet()
        self.attempts = 0
        self._furthest = None
        self._last_start = now + ns(self._config.timing.tt_matching_repetition)
        self._after(Timer.OVERALL, ns(self._config.timing.tt_ev_slac_matching))
        self._begin_try()
        return self._taken()

    def stop(self, now: int) -> list[Output]:
        """Say nothing more, whatever was going on."""
        self.now = now
        self._quiet()
        self._validation.stop()
        self._move(State.IDLE)
        return self._taken()

    def joined(self, now: int) -> list[Output]:
        self.now = now
        self._quiet()
        self._move(State.JOINED)
        return self._taken()

    def join_failed(self, reason: Reason, now: int) -> list[Output]:
        """The modem did not take the key, or the modems did not meet."""
        self.now = now
        if self.state is State.JOINING:
            self._try_failed(reason)
        return self._taken()

    def receive(self, frame: Frame, now: int) -> list[Output]:
        self.now = now
        hear = self._HEARD.get(type(frame.message))
        if hear is not None:
            hear(self, frame)
        return self._taken()

    def tick(self, now: int) -> list[Output]:
        self.now = now
        due = self._validation.deadline
        if due is not None and due <= now:
            self._out += self._validation.tick(now)
            self._follow_validation()
        return super().tick(now)

    # One try

    def _begin_try(self) -> None:
        self.attempts += 1
        self._run = rules.Run(self._randomness.octets(8), self._mac)
        self._confirmed.clear()
        self._candidates.clear()
        self._best = self._chosen = None
        self._validated = False
        self._move(State.PARAMETERS)
        self._ask(
            Send(BROADCAST, SlacParmReq(run_id=self.run_id)),
            retries=self._config.counts.c_ev_parm_retry,
            wait=ns(self._config.timing.tt_match_response),
            silence=lambda: self._unanswered(Reason.NO_STATION),
        )

    def _unanswered(self, reason: Reason) -> None:
        self._try_failed(reason, ns(self._config.timing.tp_ev_next_try))

    def _try_failed(self, reason: Reason, longer: int = 0) -> None:
        timing = self._config.timing
        overall = self._timers.running(Timer.OVERALL)
        self._answered()
        self._validation.stop()
        self._timers.stop_all_but(Timer.OVERALL)
        self._emit(TryFailed(reason))
        self._furthest = furthest(self._furthest, reason)
        again = self.now + ns(timing.tt_matching_rate) + longer
        if (
            overall
            and self.attempts < self._config.counts.c_conn_max_match
            and again <= self._last_start
        ):
            self._move(State.PAUSING)
            self._timers.start(Timer.RATE, again)
        else:
            self._give_up(self._furthest)

    def _too_long(self) -> None:
        if self.state is not State.JOINING:  # which has a limit of its own
            self._give_up(Reason.TOO_LONG)

    def _give_up(self, reason: Reason) -> None:
        self._quiet()
        self._validation.stop()
        self._move(State.IDLE)
        self._emit(Failed(reason, self.attempts))

    # Parameters

    def _hear_parameters(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, SlacParmCnf)
        if self.state not in {State.PARAMETERS, State.SOUNDING, State.LISTENING}:
            return
        if self._wrong(frame, rules.parm_cnf(message, self._run, self._config.tolerances)):
            return
        if len(self._confirmed) < STATIONS:
            self._confirmed.add(frame.source)
        if self.state is State.PARAMETERS:
            self._answered()
            self._fill_burst(message)
            self._move(State.SOUNDING)
            self._after(Timer.NEXT_SOUND, ns(self._config.timing.tp_match_sequence))

    # Sounding

    def _fill_burst(self, parameters: SlacParmCnf) -> None:
        counts = self._config.counts
        sounds = min(parameters.num_sounds, counts.c_ev_sounds_limit)
        start = StartAttenCharInd(
            num_sounds=sounds,
            time_out=parameters.time_out,
            resp_type=parameters.resp_type,
            forwarding_sta=self._mac,
            run_id=self.run_id,
        )
        again = SlacParmReq(run_id=self.run_id)
        self._burst = deque([again] * self._config.vehicle.ask_again)
        self._burst.extend([start] * counts.c_ev_start_atten_char_inds)
        self._burst.extend(
            MnbcSoundInd(count=left, run_id=self.run_id, random=self._randomness.octets(16))
            for left in reversed(range(sounds))
        )

    def _sound(self) -> None:
        message = self._burst.popleft()
        if isinstance(message, StartAttenCharInd) and not self._timers.running(Timer.RESULTS):
            self._after(Timer.RESULTS, ns(self._config.timing.tt_ev_atten_results))
        self._emit(Send(BROADCAST, message))
        if self._burst:
            self._after(Timer.NEXT_SOUND, ns(self._config.timing.tp_ev_batch_msg_interval))
        else:
            self._move(State.LISTENING)
            self._judge_if_complete()

    # Attenuation

    _ANSWERING: ClassVar = frozenset(
        {State.SOUNDING, State.LISTENING, State.VALIDATING, State.MATCHING}
    )

    def _hear_attenuation(self, frame: Frame) -> None:
        """Answer every station that reports, also a repeated or a late report."""
        message = frame.message
        assert isinstance(message, AttenCharInd)
        if self.state not in self._ANSWERING:
            return
        if self._wrong(frame, rules.atten_char_ind(message, self._run, self._config.tolerances)):
            return
        answer = AttenCharRsp(source_address=self._mac, run_id=self.run_id)
        self._emit(Send(frame.source, answer))
        if self.state not in {State.SOUNDING, State.LISTENING}:
            return
        if frame.source not in self._candidates and len(self._candidates) < STATIONS:
            candidate = Candidate(frame.source, mean(message.groups))
            self._candidates[frame.source] = candidate
            if len(self._candidates) == 1:
                self._after(Timer.JUDGE, ns(self._config.timing.tp_ev_match_session))
        self._judge_if_complete()

    def _judge_if_complete(self) -> None:
        if not self._config.vehicle.evaluate_early or self.state is not State.LISTENING:
            return
        if self._candidates and self._confirmed <= self._candidates.keys():
            self._judge()

    def _judge_or_wait(self) -> None:
        """The first report is old enough, but a station that answered may yet report a better one:
        its report was lost and is being repeated.  TT_EV_atten_results ends the patience.
        """
        missing = not self._confirmed <= self._candidates.keys()
        if self.state is State.SOUNDING or missing:
            self._after(Timer.JUDGE, ns(self._config.timing.tp_ev_batch_msg_interval))
        else:
            self._judge()

    def _judge(self) -> None:
        self._burst.clear()
        for timer in (Timer.RESULTS, Timer.JUDGE, Timer.NEXT_SOUND):
            self._timers.stop(timer)
        policy = self._config.vehicle
        ranking = rank(self._candidates.values(), policy)
        if not self._candidates:
            self._try_failed(Reason.NO_RESULTS)
        elif not ranking.candidates:
            self._try_failed(Reason.TOO_WEAK)
        elif not ranking.validate:
            self._match(ranking.candidates[0])
        else:
            best = ranking.candidates[0]
            found = nearness(best.attenuation, policy) is Nearness.FOUND
            self._best = best if found else None
            self._queue = deque(ranking.candidates)
            self._after(Timer.SESSION, ns(self._config.timing.tt_evse_match_session))
            self._validate_next()

    # Validation

    def _validate_next(self) -> None:
        self._move(State.VALIDATING)
        if self._queue:
            self._out += self._validation.start(self._queue[0].station, self.now)
        elif self._config.vehicle.match_unvalidated and self._best is not None:
            self._match(self._best)
        else:
            self._try_failed(Reason.NOT_VALIDATED)

    def _hear_validation(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, ValidateCnf)
        if self.state is State.VALIDATING:
            self._out += self._validation.receive(frame.source, message, self.now)
            self._follow_validation()

    def _follow_validation(self) -> None:
        verdict = self._validation.verdict
        if self.state is not State.VALIDATING or verdict is None:
            return
        candidate = self._queue.popleft()
        if verdict is Verdict.VALIDATED:
            self._validated = True
            self._match(candidate)
        elif verdict is Verdict.NOT_REQUIRED and self._config.vehicle.accept_not_required:
            self._match(candidate)
        elif verdict is Verdict.NOT_READY:
            self._queue.append(candidate)  # its turn comes again
            self._after(Timer.VALIDATION, ns(self._config.timing.tt_match_response))
        else:
            self._validate_next()

    def _no_validation(self) -> None:
        self._try_failed(Reason.NOT_VALIDATED)

    # Match

    def _match(self, candidate: Candidate) -> None:
        self._timers.stop(Timer.SESSION)
        self._timers.stop(Timer.VALIDATION)
        self._chosen = candidate
        self._run = rules.Run(self.run_id, self._mac, candidate.station)
        self._move(State.MATCHING, candidate.station)
        request = SlacMatchReq(pev_mac=self._mac, evse_mac=candidate.station, run_id=self.run_id)
        self._ask(
            Send(candidate.station, request),
            retries=self._config.counts.c_ev_match_retry,
            wait=ns(self._config.timing.tt_match_response),
            silence=lambda: self._unanswered(Reason.NO_MATCH_ANSWER),
        )

    def _hear_match(self, frame: Frame) -> None:
        message = frame.message
        assert isinstance(message, SlacMatchCnf)
        if self.state is not State.MATCHING or self._chosen is None:
            return
        foreign = "source" if frame.source != self._chosen.station else ""
        wrong = rules.match_cnf(message, self._run, self._config.tolerances) or foreign
        if self._wrong(frame, wrong):
            return
        self._answered()
        self._move(State.JOINING, frame.source)
        key = NetworkKey(message.nid, message.nmk)
        chosen = self._chosen
        self._emit(Agreed(chosen.station, self.run_id, key, chosen.attenuation, self._validated))

    # Small things

    def _ring(self, timer: Timer) -> None:
        self._RINGS[timer](self)

    def _wrong(self, frame: Frame, field: str) -> bool:
        if field:
            self._emit(Ignored(frame.name, frame.source, field))
        return bool(field)

    def _move(self, state: State, peer: bytes = b"") -> None:
        if state is not self.state:
            self.state = state
            self._emit(Moved("vehicle", state.value, peer))

    _HEARD: ClassVar = {
        SlacParmCnf: _hear_parameters,
        AttenCharInd: _hear_attenuation,
        ValidateCnf: _hear_validation,
        SlacMatchCnf: _hear_match,
    }
    _RINGS: ClassVar = {
        Timer.NEXT_SOUND: _sound,
        Timer.RESULTS: _judge,
        Timer.JUDGE: _judge_or_wait,
        Timer.VALIDATION: _validate_next,
        Timer.SESSION: _no_validation,
        Timer.RATE: _begin_try,
        Timer.OVERALL: _too_long,
    }
