"""Which schema a stream, a text or a vector means."""

from __future__ import annotations

from bsw import exi
from bsw.chrgm.coding.dialect import SCHEMAS
from bsw.chrgm.protocols import SPOKEN
from bsw.exi import DecodeError
from bsw.v2gtp import PayloadType

# Names in vector files -> our schema sets.
ALIASES = {
    "app_protocol": "sap",
    "din_70121": "din",
    "iso_15118_2": "iso2",
    **{f"iso_15118_20_{name}": f"iso20.{name}" for name in ("common", "ac", "dc", "wpt", "acdp")},
}
# The order in which a guess is tried: what one meets most comes first.
_WRAPPED = (*(one.name for one in SPOKEN if one.name in exi.SETS), "sap")
USUAL = (*_WRAPPED, *(name for name in exi.SETS if name not in _WRAPPED))
BY_PAYLOAD_TYPE = {
    PayloadType.EXI: _WRAPPED,
    **SCHEMAS,
}


def known(name: str) -> str:
    """Our name of a schema set; an unknown one raises ValueError with the list."""
    ours = ALIASES.get(name, name)
    if ours not in exi.SETS:
        raise ValueError(f"no schema {name!r}; there are {', '.join(exi.SETS)}")
    return ours


def guess(data: bytes, payload_type: int | None, *, fragment: bool) -> list[str]:
    """The schema sets that read these octets strictly, the most likely first."""
    candidates = USUAL
    if payload_type is not None:
        candidates = BY_PAYLOAD_TYPE.get(PayloadType(payload_type), USUAL)
    found = []
    for name in candidates:
        codec = exi.codec(name, exi.CONFORMANCE)
        try:
            _ = codec.decode_fragment(data) if fragment else codec.decode(data)
        except DecodeError:
            continue
        found.append(name)
    return found or list(candidates[:1])


def of_message(wire: str) -> list[str]:
    """The schema sets that have a document element of this name."""
    return [name for name in USUAL if exi.schema_set(name).has(wire)]
