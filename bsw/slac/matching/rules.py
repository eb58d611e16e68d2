"""When a message counts as not received.

Each function names the first field that is wrong, or nothing.  A message with a wrong field is
neither answered nor complained about on the line: it may be for somebody else, or forged.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bsw.slac.config import Tolerances
from bsw.slac.frames.mme import (
    BROADCAST,
    GROUPS,
    NO_ID,
    AttenCharInd,
    AttenCharRsp,
    MnbcSoundInd,
    SlacMatchCnf,
    SlacMatchReq,
    SlacParmCnf,
    SlacParmReq,
    StartAttenCharInd,
    ValidateCnf,
    ValidateReq,
)

MATCH_REQ_LENGTH = 62
MATCH_CNF_LENGTH = 86


@dataclass(frozen=True, slots=True)
class Run:
    """One matching run as both sides name it."""

    run_id: bytes
    vehicle: bytes
    station: bytes = b""


def _first_wrong(checks: Iterable[tuple[str, bool]]) -> str:
    return next((field for field, right in checks if not right), "")


def _resp_type(value: int, tolerances: Tolerances) -> tuple[str, bool]:
    return ("RespType", value == 1 or (value == 0 and tolerances.resp_type_0))


def _name(field: str, value: bytes, tolerances: Tolerances) -> tuple[str, bool]:
    return (field, value == NO_ID or tolerances.station_ids)


def parm_req(message: SlacParmReq) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
        )
    )


def parm_cnf(message: SlacParmCnf, run: Run, tolerances: Tolerances) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
            ("RunID", message.run_id == run.run_id),
            ("MSoundTarget", message.sound_target == BROADCAST),
            ("NumSounds", message.num_sounds > 0),
            ("TimeOut", message.time_out > 0),
            _resp_type(message.resp_type, tolerances),
            ("ForwardingSTA", message.forwarding_sta == run.vehicle),
        )
    )


def start_atten_char(message: StartAttenCharInd, run: Run, tolerances: Tolerances) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
            ("RunID", message.run_id == run.run_id),
            ("NumSounds", message.num_sounds > 0),
            ("TimeOut", message.time_out > 0),
            _resp_type(message.resp_type, tolerances),
            ("ForwardingSTA", message.forwarding_sta == run.vehicle),
        )
    )


def sound(message: MnbcSoundInd, run: Run) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
            ("RunID", message.run_id == run.run_id),
        )
    )


def atten_char_ind(message: AttenCharInd, run: Run, tolerances: Tolerances) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
            ("RunID", message.run_id == run.run_id),
            ("SourceAddress", message.source_address == run.vehicle),
            _name("SourceID", message.source_id, tolerances),
            _name("RespID", message.resp_id, tolerances),
            ("NumSounds", message.num_sounds > 0),
            ("NumGroups", message.num_groups == GROUPS),
        )
    )


def atten_char_rsp(message: AttenCharRsp, run: Run, tolerances: Tolerances) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
            ("RunID", message.run_id == run.run_id),
            ("SourceAddress", message.source_address == run.vehicle),
            _name("SourceID", message.source_id, tolerances),
            _name("RespID", message.resp_id, tolerances),
            ("Result", message.result == 0),
        )
    )


def validate_req(message: ValidateReq) -> str:
    return _first_wrong((("SignalType", message.signal_type == 0),))


def validate_cnf(message: ValidateCnf) -> str:
    return _first_wrong((("SignalType", message.signal_type == 0),))


def match_req(message: SlacMatchReq, run: Run, tolerances: Tolerances) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
            ("MVFLength", message.field_length == MATCH_REQ_LENGTH),
            _name("PevID", message.pev_id, tolerances),
            ("PevMac", message.pev_mac == run.vehicle),
            _name("EvseID", message.evse_id, tolerances),
            ("EvseMac", message.evse_mac == run.station),
            ("RunID", message.run_id == run.run_id),
        )
    )


def match_cnf(message: SlacMatchCnf, run: Run, tolerances: Tolerances) -> str:
    return _first_wrong(
        (
            ("ApplicationType", message.application_type == 0),
            ("SecurityType", message.security_type == 0),
            ("MVFLength", message.field_length == MATCH_CNF_LENGTH),
            _name("PevID", message.pev_id, tolerances),
            ("PevMac", message.pev_mac == run.vehicle),
            _name("EvseID", message.evse_id, tolerances),
            ("EvseMac", message.evse_mac == run.station),
            ("RunID", message.run_id == run.run_id),
        )
    )
