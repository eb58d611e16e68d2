"""Names of management messages that our stack does not speak, for whoever reads a capture.

By HomePlug AV, and by one vendor's published tool kit; each name stands for four messages in a row.
"""

from typing import Final

_LAST: Final = ("REQ", "CNF", "IND", "RSP")

_COMMON: Final = {
    0x0014: "CC_DISCOVER_LIST",
    0x6000: "CM_UNASSOCIATED_STA",
    0x6004: "CM_ENCRYPTED_PAYLOAD",
    0x6008: "CM_SET_KEY",
    0x600C: "CM_GET_KEY",
    0x6010: "CM_SC_JOIN",
    0x6014: "CM_CHAN_EST",
    0x6018: "CM_TM_UPDATE",
    0x601C: "CM_AMP_MAP",
    0x6020: "CM_BRG_INFO",
    0x6024: "CM_CONN_NEW",
    0x6028: "CM_CONN_REL",
    0x602C: "CM_CONN_MOD",
    0x6030: "CM_CONN_INFO",
    0x6034: "CM_STA_CAP",
    0x6038: "CM_NW_INFO",
    0x603C: "CM_GET_BEACON",
    0x6040: "CM_HFID",
    0x6044: "CM_MME_ERROR",
    0x6048: "CM_NW_STATS",
    0x604C: "CM_LINK_STATS",
    0x6064: "CM_SLAC_PARM",
    0x6068: "CM_START_ATTEN_CHAR",
    0x606C: "CM_ATTEN_CHAR",
    0x6074: "CM_MNBC_SOUND",
    0x6078: "CM_VALIDATE",
    0x607C: "CM_SLAC_MATCH",
    0x6084: "CM_ATTEN_PROFILE",
}
_VENDORS: Final = 0x8000
_QUALCOMM: Final = bytes.fromhex("00b052")
_BY_QUALCOMM: Final = {
    0xA000: "VS_SW_VER",
    0xA004: "VS_WR_MEM",
    0xA008: "VS_RD_MEM",
    0xA00C: "VS_ST_MAC",
    0xA010: "VS_GET_NVM",
    0xA01C: "VS_RS_DEV",
    0xA020: "VS_WR_MOD",
    0xA024: "VS_RD_MOD",
    0xA028: "VS_MOD_NVM",
    0xA02C: "VS_WD_RPT",
    0xA030: "VS_LNK_STATS",
    0xA034: "VS_SNIFFER",
    0xA038: "VS_NW_INFO",
    0xA040: "VS_CP_RPT",
    0xA048: "VS_FR_LBK",
    0xA04C: "VS_LBK_STAT",
    0xA050: "VS_SET_KEY",
    0xA054: "VS_MFG_STRING",
    0xA058: "VS_RD_CBLOCK",
    0xA05C: "VS_SET_SDRAM",
    0xA060: "VS_HOST_ACTION",
    0xA068: "VS_OP_ATTRIBUTES",
    0xA06C: "VS_ENET_SETTINGS",
    0xA070: "VS_TONE_MAP_CHAR",
    0xA074: "VS_NW_INFO_STATS",
}


def name(kind: int, oui: bytes) -> str:
    """As a person knows it; a number where nobody we know has named it."""
    row, last = kind & ~3, _LAST[kind & 3]
    if kind < _VENDORS:
        known = _COMMON.get(row)
        return f"{known}.{last}" if known else f"management message {kind:#06x}"
    known = _BY_QUALCOMM.get(row) if oui == _QUALCOMM else None
    return f"{known}.{last}" if known else f"{kind:#06x} of vendor {oui.hex(':')}"
