"""Messages between a host and its own modem that only one vendor's modems understand.

They never cross the line.  Another vendor joins by declaring its messages here or in a module
of its own, and by an entry in ``bsw.slac.links.modem.DIALECTS`` that says how to ask for what.
"""

from dataclasses import dataclass

from bsw.slac.frames.catalogue import mme
from bsw.slac.frames.layout import U8, U16, Message, Octets4, Octets5, Octets12, Rest

QUALCOMM = bytes.fromhex("00b052")
LUMISSIL = bytes.fromhex("0016e8")

LOCAL_MODEM = bytes.fromhex("00b052000001")
"""The address at which a modem listens to its own host, whatever its real one is."""


@mme(0xA0B8, "VS_PL_LNK_STATUS.REQ", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatusReq(Message):
    pass


@mme(0xA0B9, "VS_PL_LNK_STATUS.CNF", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatusCnf(Message):
    status: U8 = 0
    link: U8


@mme(0xA01C, "VS_RS_DEV.REQ", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResetReq(Message):
    pass


@mme(0xA01D, "VS_RS_DEV.CNF", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCnf(Message):
    status: U8 = 0


@mme(0xA000, "VS_SW_VER.REQ", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReq(Message):
    pass


def _text_octets(head: tuple[int | bytes, ...]) -> int:
    return int(head[2])


@mme(0xA001, "VS_SW_VER.CNF", version=0, oui=QUALCOMM, rest=_text_octets)
@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCnf(Message):
    status: U8 = 0
    device: U8
    """0x22 is a QCA7000."""
    length: U8
    text: Rest


@mme(0xA038, "VS_NW_INFO.REQ", oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInfoReq(Message):
    pass


@mme(0xA039, "VS_NW_INFO.CNF", oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInfoCnf(Message):
    """26 octets per network, each followed by what is known of its stations."""

    reserved: Octets5 = bytes(5)
    networks: U8
    details: Rest


@mme(0xA062, "VS_HST_ACTION.IND", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class HostActionInd(Message):
    """The modem wants something of its host, for instance a place to save its settings."""

    action: U8
    session: U8 = 0
    retries: U16 = 0
    retry_timer: U16 = 0


@mme(0xA063, "VS_HST_ACTION.RSP", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class HostActionRsp(Message):
    status: U8 = 0
    action: U8
    session: U8 = 0
    retries: U16 = 0


@mme(0xA068, "VS_OP_ATTRIBUTES.REQ", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesReq(Message):
    cookie: Octets4 = bytes(4)
    report: U8 = 0


@mme(0xA069, "VS_OP_ATTRIBUTES.CNF", version=0, oui=QUALCOMM)
@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesCnf(Message):
    status: U16 = 0
    cookie: Octets4 = bytes(4)
    report: U8 = 0
    size: U8 = 118
    details: Rest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lumissil(Message):
    """The head that all messages of this vendor share."""

    version: U16 = 0
    reserved: Octets4 = bytes(4)
    request_id: U8 = 0
    reserved2: Octets12 = bytes(12)


@mme(0xAC6C, "NSCM_GET_VERSION.REQ", version=0, oui=LUMISSIL)
@dataclass(frozen=True, slots=True, kw_only=True)
class LumissilVersionReq(_Lumissil):
    pass


@mme(0xAC6D, "NSCM_GET_VERSION.CNF", version=0, oui=LUMISSIL)
@dataclass(frozen=True, slots=True, kw_only=True)
class LumissilVersionCnf(_Lumissil):
    details: Rest


@mme(0xAC70, "NSCM_RESET_DEVICE.REQ", version=0, oui=LUMISSIL)
@dataclass(frozen=True, slots=True, kw_only=True)
class LumissilResetReq(_Lumissil):
    """Not answered: the modem is gone at once."""


@mme(0xAC9C, "NSCM_GET_D_LINK_STATUS.REQ", version=0, oui=LUMISSIL)
@dataclass(frozen=True, slots=True, kw_only=True)
class LumissilLinkReq(_Lumissil):
    pass


@mme(0xAC9D, "NSCM_GET_D_LINK_STATUS.CNF", version=0, oui=LUMISSIL)
@dataclass(frozen=True, slots=True, kw_only=True)
class LumissilLinkCnf(_Lumissil):
    status: U8 = 0
    link: U8
