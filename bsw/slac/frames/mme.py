"""The management messages of HomePlug Green PHY that matching uses, field by field.

Default values are what ISO 15118-3 asks for, so a message is built by naming only what varies.
``check`` methods hold the rules by which a receiver ignores a message.  Frames, addresses and
vendor messages are next door (``frame``, ``vendor``).
"""

from dataclasses import dataclass

from bsw.slac.frames.catalogue import mme
from bsw.slac.frames.layout import (
    U8,
    U16,
    Groups,
    Mac,
    Message,
    NetworkId,
    Octets4,
    Octets8,
    Octets16,
    Octets17,
    Rest,
)

BROADCAST = b"\xff" * 6
NO_ID = bytes(17)
GROUPS = 58


@mme(0x6064, "CM_SLAC_PARM.REQ")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlacParmReq(Message):
    application_type: U8 = 0
    security_type: U8 = 0
    run_id: Octets8


@mme(0x6065, "CM_SLAC_PARM.CNF")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlacParmCnf(Message):
    sound_target: Mac = BROADCAST
    num_sounds: U8 = 10
    time_out: U8 = 6
    """How long the station listens for sounds, in 100 ms."""
    resp_type: U8 = 1
    forwarding_sta: Mac
    application_type: U8 = 0
    security_type: U8 = 0
    run_id: Octets8


@mme(0x606A, "CM_START_ATTEN_CHAR.IND")
@dataclass(frozen=True, slots=True, kw_only=True)
class StartAttenCharInd(Message):
    application_type: U8 = 0
    security_type: U8 = 0
    num_sounds: U8 = 10
    time_out: U8 = 6
    resp_type: U8 = 1
    forwarding_sta: Mac
    run_id: Octets8


@mme(0x6076, "CM_MNBC_SOUND.IND", least=28)
@dataclass(frozen=True, slots=True, kw_only=True)
class MnbcSoundInd(Message):
    """``least`` is 28: some vehicles leave out the reserved field or shift what follows it."""

    application_type: U8 = 0
    security_type: U8 = 0
    sender_id: Octets17 = NO_ID
    count: U8
    """Sounds still to come."""
    run_id: Octets8
    reserved: Octets8 = bytes(8)
    random: Octets16


@mme(0x6086, "CM_ATTEN_PROFILE.IND")
@dataclass(frozen=True, slots=True, kw_only=True)
class AttenProfileInd(Message):
    """From the station's own modem: how it heard one sound.  Carries no run id."""

    pev_mac: Mac
    num_groups: U8 = GROUPS
    reserved: U8 = 0
    groups: Groups


@mme(0x606E, "CM_ATTEN_CHAR.IND")
@dataclass(frozen=True, slots=True, kw_only=True)
class AttenCharInd(Message):
    application_type: U8 = 0
    security_type: U8 = 0
    source_address: Mac
    run_id: Octets8
    source_id: Octets17 = NO_ID
    resp_id: Octets17 = NO_ID
    num_sounds: U8
    """Sounds that were really heard and averaged."""
    num_groups: U8 = GROUPS
    groups: Groups


@mme(0x606F, "CM_ATTEN_CHAR.RSP")
@dataclass(frozen=True, slots=True, kw_only=True)
class AttenCharRsp(Message):
    application_type: U8 = 0
    security_type: U8 = 0
    source_address: Mac
    run_id: Octets8
    source_id: Octets17 = NO_ID
    resp_id: Octets17 = NO_ID
    result: U8 = 0


@mme(0x6078, "CM_VALIDATE.REQ")
@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateReq(Message):
    signal_type: U8 = 0
    timer: U8
    """0 in the first step; in the second the observation window in 100 ms, minus one."""
    result: U8 = 1


@mme(0x6079, "CM_VALIDATE.CNF")
@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateCnf(Message):
    signal_type: U8 = 0
    toggles: U8 = 0
    result: U8


@mme(0x607C, "CM_SLAC_MATCH.REQ")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlacMatchReq(Message):
    application_type: U8 = 0
    security_type: U8 = 0
    field_length: U16 = 62
    pev_id: Octets17 = NO_ID
    pev_mac: Mac
    evse_id: Octets17 = NO_ID
    evse_mac: Mac
    run_id: Octets8
    reserved: Octets8 = bytes(8)


@mme(0x607D, "CM_SLAC_MATCH.CNF")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlacMatchCnf(Message):
    application_type: U8 = 0
    security_type: U8 = 0
    field_length: U16 = 86
    pev_id: Octets17 = NO_ID
    pev_mac: Mac
    evse_id: Octets17 = NO_ID
    evse_mac: Mac
    run_id: Octets8
    reserved: Octets8 = bytes(8)
    nid: NetworkId
    reserved2: U8 = 0
    nmk: Octets16


@mme(0x6008, "CM_SET_KEY.REQ")
@dataclass(frozen=True, slots=True, kw_only=True)
class SetKeyReq(Message):
    key_type: U8 = 1
    my_nonce: Octets4
    your_nonce: Octets4 = bytes(4)
    pid: U8 = 4
    prn: U16 = 0
    pmn: U8 = 0
    cco_capability: U8 = 0
    nid: NetworkId
    new_eks: U8 = 1
    new_key: Octets16


@mme(0x6009, "CM_SET_KEY.CNF")
@dataclass(frozen=True, slots=True, kw_only=True)
class SetKeyCnf(Message):
    """``result`` is 0 in the HomePlug table; a QCA7000 answers 1 when all went well."""

    result: U8
    my_nonce: Octets4
    your_nonce: Octets4
    pid: U8 = 4
    prn: U16 = 0
    pmn: U8 = 0
    cco_capability: U8 = 0


def _map_octets(head: tuple[int | bytes, ...]) -> int:
    return (int(head[0]) + 1) // 2


@mme(0x601C, "CM_AMP_MAP.REQ", rest=_map_octets)
@dataclass(frozen=True, slots=True, kw_only=True)
class AmpMapReq(Message):
    """Four bits of transmit attenuation per carrier, the lower carrier in the low nibble."""

    carriers: U16
    steps: Rest


@mme(0x601D, "CM_AMP_MAP.CNF")
@dataclass(frozen=True, slots=True, kw_only=True)
class AmpMapCnf(Message):
    result: U8 = 0


@mme(0x6048, "CM_NW_STATS.REQ")
@dataclass(frozen=True, slots=True, kw_only=True)
class NwStatsReq(Message):
    pass


def _station_octets(head: tuple[int | bytes, ...]) -> int:
    return int(head[0]) * 8


@mme(0x6049, "CM_NW_STATS.CNF", rest=_station_octets)
@dataclass(frozen=True, slots=True, kw_only=True)
class NwStatsCnf(Message):
    """Eight octets per station: its address, mean rate sent, mean rate received."""

    count: U8
    stations: Rest
