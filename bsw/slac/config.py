"""Timers, counters and switches of matching, under the names of ISO 15118-3.

Times are in milliseconds.  Defaults follow the norm; ``SlacConfig.field()`` is what vehicles and
stations in the street need in addition.  A TT is how long to wait for the peer, a TP how
soon to act; where a TP is a range the default is what we do, the bounds are what the norm allows.
"""

from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from bsw.ecuc.quantities import Mac
from bsw.os.clock import MS


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def span(low: int, high: int, meaning: str) -> FieldInfo:
    info: FieldInfo = Field(ge=low, le=high, description=meaning)
    return info


def says(meaning: str) -> FieldInfo:
    info: FieldInfo = Field(description=meaning)
    return info


class Timing(_Frozen):
    """In milliseconds."""

    tt_evse_slac_init: Annotated[
        int, span(20_000, 50_000, "station: from state B until the first CM_SLAC_PARM.REQ")
    ] = 40_000
    tp_ev_slac_init: Annotated[
        int, span(100, 10_000, "vehicle: matching starts within; watched, a breach is logged")
    ] = 10_000
    tt_match_response: Annotated[int, span(50, 1_000, "repeat a request after this long")] = 200
    tt_match_sequence: Annotated[int, span(100, 2_000, "wait for the peer's next step")] = 400
    tp_match_sequence: Annotated[
        int, span(0, 100, "vehicle: from CM_SLAC_PARM.CNF to the next step")
    ] = 20
    tp_ev_batch_msg_interval: Annotated[
        int, span(20, 50, "vehicle: gap between start indications and between sounds")
    ] = 25
    tt_evse_match_mnbc: Annotated[
        int, span(100, 25_500, "station: time to hear sounds, announced in steps of 100 ms")
    ] = 600
    tp_evse_avg_atten_calc: Annotated[
        int, span(0, 100, "station: from the last sound to CM_ATTEN_CHAR.IND")
    ] = 0
    tt_ev_atten_results: Annotated[
        int, span(200, 5_000, "vehicle: from the first start indication until results are judged")
    ] = 1_200
    tp_ev_match_session: Annotated[
        int, span(0, 500, "vehicle: from the first CM_ATTEN_CHAR.RSP until results are judged")
    ] = 380
    tt_evse_match_session: Annotated[
        int, span(1_000, 60_000, "station: from CM_ATTEN_CHAR.RSP until validation or match")
    ] = 10_000
    tt_match_join: Annotated[
        int, span(1_000, 60_000, "from CM_SLAC_MATCH.CNF until the link is up")
    ] = 12_000
    tp_link_ready_notification: Annotated[
        int, span(0, 1_000, "from link up until D-LINK_READY; the norm asks for at least 200")
    ] = 200
    tt_matching_rate: Annotated[
        int, span(0, 10_000, "vehicle: pause before a new matching try")
    ] = 400
    tp_ev_next_try: Annotated[
        int,
        span(
            0,
            5_000,
            "vehicle: on top of TT_matching_rate after a request that nobody answered; conformance "
            "suites want 700 ms of silence after the last repeat",
        ),
    ] = 150
    tt_matching_repetition: Annotated[
        int, span(1_000, 120_000, "window in which new tries may start")
    ] = 10_000
    tt_ev_slac_matching: Annotated[
        int, span(5_000, 600_000, "vehicle: limit for all tries together, joining not included")
    ] = 60_000
    tp_ev_vald_state_duration: Annotated[
        int, span(200, 400, "each B and each C of a validation toggle")
    ] = 300
    tt_evse_vald_toggle: Annotated[int, span(600, 3_500, "longest observation of toggles")] = 3_500
    tp_match_leave: Annotated[
        int, span(100, 1_000, "leave the logical network within; watched")
    ] = 1_000
    t_conn_init_hlc: Annotated[
        int, span(0, 5_000, "shortest stay in state B before matching starts")
    ] = 200
    t_conn_max_comm: Annotated[
        int, span(1_000, 60_000, "station: from plug-in until the modem has its key")
    ] = 8_000
    t_conn_resume: Annotated[int, span(1_000, 60_000, "from wake-up until the link is back")] = (
        6_000
    )
    t_conn_resetup: Annotated[
        int, span(0, 60_000, "from link loss until matching starts again")
    ] = 15_000
    t_step_ef: Annotated[int, span(4_000, 8_000, "station: how long the pilot shows E or F")] = (
        4_000
    )
    t_step_x1: Annotated[int, span(3_000, 8_000, "station: how long the oscillator is off")] = 3_000


class Counts(_Frozen):
    c_ev_start_atten_char_inds: Annotated[
        int, Field(ge=1, le=10, description="CM_START_ATTEN_CHAR.IND in a row")
    ] = 3
    c_ev_match_retry: Annotated[int, Field(ge=0, le=10, description="repeats of one message")] = 2
    c_ev_parm_retry: Annotated[
        int, Field(ge=0, le=100, description="repeats of CM_SLAC_PARM.REQ")
    ] = 2
    c_ev_match_mnbc: Annotated[
        int, Field(ge=1, le=100, description="sounds a station asks for")
    ] = 10
    c_ev_sounds_limit: Annotated[
        int, Field(ge=10, le=255, description="most sounds a vehicle will send")
    ] = 30
    c_ev_vald_nb_toggles: Annotated[
        int, Field(ge=1, le=3, description="most toggles of a validation")
    ] = 3
    c_conn_max_match: Annotated[
        int, Field(ge=1, le=100, description="complete matching tries in a row")
    ] = 3
    c_sequ_retry: Annotated[
        int, Field(ge=0, le=10, description="station: E or F pulses if nobody matches")
    ] = 2
    c_evse_match_parallel: Annotated[
        int, Field(ge=1, le=64, description="vehicles whose sounds are heard, matching at once")
    ] = 5
    c_evse_match_waiting: Annotated[
        int,
        Field(
            ge=8,
            le=1_024,
            description="station: vehicles that have asked for parameters and were not heard "
            "sounding yet; one more takes the place of the one that asked first",
        ),
    ] = 64


class Tolerances(_Frozen):
    """Deviations that are accepted.  False is the norm's side."""

    resp_type_0: Annotated[bool, says("RespType 0 in place of 1 (seen: plc-utils)")] = False
    station_ids: Annotated[bool, says("non-zero PevID, EvseID, SourceID and RespID")] = False
    attenuation_without_start: Annotated[
        bool,
        says("station: a sound opens the window when all start indications were lost"),
    ] = False
    restart_while_joining: Annotated[
        bool,
        says("station: a new CM_SLAC_PARM.REQ of the vehicle that is joining restarts"),
    ] = False


class Validation(Enum):
    """When a vehicle proves by toggles which station it hangs on."""

    NEVER = "never"
    AMBIGUOUS = "ambiguous"
    ALWAYS = "always"


class ValidationAnswer(Enum):
    """What a station says to a vehicle that wants to validate."""

    SUPPORTED = "supported"
    NOT_REQUIRED = "not_required"
    FAILURE = "failure"
    SILENT = "silent"


Decibel = Annotated[int, Field(ge=0, le=127)]


class VehiclePolicy(_Frozen):
    signalattn_direct: Annotated[Decibel, says("up to here a station counts as found")] = 40
    signalattn_indirect: Annotated[
        Decibel, says("up to here as possibly found: validation decides")
    ] = 80
    ambiguity_margin: Annotated[
        Decibel,
        says("a second station closer than this to the best makes the choice ambiguous"),
    ] = 5
    validation: Annotated[Validation, says("never, ambiguous (as the choice is), always")] = (
        Validation.AMBIGUOUS
    )
    match_unvalidated: Annotated[
        bool,
        says("match the best found station if none of the candidates can validate"),
    ] = False
    accept_not_required: Annotated[
        bool,
        says("match at once when the station says that validation is not required"),
    ] = True
    ask_again: Annotated[
        int,
        Field(
            ge=0,
            le=4,
            description="requests for parameters after the first answer: the nearest station "
            "may not have heard the first one, or its answer may be lost",
        ),
    ] = 0
    evaluate_early: Annotated[
        bool, says("judge as soon as each station that answered has reported")
    ] = False


class StationPolicy(_Frozen):
    attenuation_offset: Annotated[
        int, Field(ge=-64, le=64, description="dB added: cable and coupler")
    ] = 0
    round_half_up: Annotated[bool, says("averages: round half up instead of down")] = False
    validation: Annotated[
        ValidationAnswer, says("what to answer: supported, not_required, failure, silent")
    ] = ValidationAnswer.SUPPORTED


class ModemConfig(_Frozen):
    """The host's own modem.  Times in milliseconds."""

    mac: Annotated[
        Mac | None,
        says(
            "the modem's own address; unset: the one whose CM_SET_KEY.CNF repeats our nonce; "
            "answers from elsewhere are not believed"
        ),
    ] = None
    dialect: Annotated[str, says("qca7000, lumissil, generic, or auto to ask it")] = "qca7000"
    answer_within: Annotated[int, span(20, 5_000, "a modem answers a request within")] = 200
    retries: Annotated[int, Field(ge=0, le=20, description="repeats of an unanswered request")] = 3
    strict_key_result: Annotated[
        bool,
        says("take a CM_SET_KEY.CNF result other than the accepted ones for a refusal"),
    ] = False
    accepted_key_results: Annotated[
        tuple[int, ...], says("results that mean success; 1 is what a QCA7000 says")
    ] = (0, 1)
    check_nonce: Annotated[bool, says("ignore a CM_SET_KEY.CNF that does not repeat our nonce")] = (
        False
    )
    fixed_nonce: Annotated[
        bytes | None,
        Field(description="this nonce instead of a random one", min_length=4, max_length=4),
    ] = None
    pad_to: Annotated[int, Field(ge=0, le=64, description="octets to pad frames to")] = 60
    poll_joining: Annotated[
        int, span(10, 5_000, "ask for the link status this often while joining")
    ] = 100
    poll_linked: Annotated[int, span(50, 60_000, "and this often once it is up")] = 1_000
    polls_down: Annotated[
        int, Field(ge=1, le=100, description="bad status answers in a row that end it")
    ] = 3
    reset_after_key: Annotated[
        bool,
        says("reset the modem after each new key: some QCA firmware keeps its old network else"),
    ] = False
    reset_delay: Annotated[int, span(0, 5_000, "from CM_SET_KEY.CNF until that reset")] = 100
    reset_wait: Annotated[int, span(0, 20_000, "and from there until the modem counts on")] = 500
    reset_after_joins: Annotated[
        int,
        Field(ge=0, le=100, description="reset the modem after so many vain joins; 0: never"),
    ] = 2
    assumed_join: Annotated[
        int, span(0, 60_000, "generic modems: time from the key until the link is taken to be up")
    ] = 3_000


class AmplitudePolicy(_Frozen):
    """CM_AMP_MAP on our own behalf.  A peer's request is answered in any case."""

    ask: Annotated[
        bool, says("ask the peer, each time the link comes up, to transmit more softly")
    ] = False
    steps: Annotated[
        int, Field(ge=0, le=15, description="by how many steps, the same on all carriers")
    ] = 0


class SlacConfig(_Frozen):
    timing: Timing = Timing.model_construct()
    counts: Counts = Counts.model_construct()
    tolerances: Tolerances = Tolerances.model_construct()
    vehicle: VehiclePolicy = VehiclePolicy.model_construct()
    station: StationPolicy = StationPolicy.model_construct()
    modem: ModemConfig = ModemConfig.model_construct()
    amplitude: AmplitudePolicy = AmplitudePolicy.model_construct()

    @classmethod
    def conformance(cls) -> "SlacConfig":
        """The norm, to the letter."""
        return cls()

    @classmethod
    def field(cls) -> "SlacConfig":
        """The norm, and what else lives in the street."""
        return cls.model_construct(
            counts=Counts.model_construct(c_ev_parm_retry=10, c_conn_max_match=8),
            tolerances=Tolerances.model_construct(
                resp_type_0=True,
                station_ids=True,
                attenuation_without_start=True,
                restart_while_joining=True,
            ),
            vehicle=VehiclePolicy.model_construct(
                match_unvalidated=True, ask_again=2, evaluate_early=True
            ),
        )


def ns(milliseconds: int) -> int:
    return milliseconds * MS
