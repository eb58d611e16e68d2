"""Management messages in their Ethernet frames.

``decode`` ends in a ``Frame`` or a ``FrameError``, whatever it is given.  A message nobody has
declared comes out as ``Unknown``: it may be for somebody else.
"""

from dataclasses import dataclass
from struct import Struct

from bsw.slac.frames import mme as _mme  # noqa: F401 - declares its messages on import
from bsw.slac.frames import vendor as _vendor  # noqa: F401 - likewise
from bsw.slac.frames.catalogue import MANUFACTURER_RANGE, by_class, by_number
from bsw.slac.frames.layout import FrameError, Message

ETHERTYPE = b"\x88\xe1"
SHORTEST = 60
"""Octets of the shortest Ethernet frame without its checksum; shorter ones are padded."""

_HEAD = Struct("<6s6s2sBH")
_UNFRAGMENTED = b"\0\0"


@dataclass(frozen=True, slots=True)
class Unknown(Message):
    kind: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    destination: bytes
    source: bytes
    message: Message

    @property
    def name(self) -> str:
        """As a person knows it: ``CM_SLAC_PARM.REQ``."""
        if isinstance(self.message, Unknown):
            return f"{self.message.kind:#06x}"
        return by_class(type(self.message)).name


def encode(frame: Frame, *, pad_to: int = SHORTEST, version: int | None = None) -> bytes:
    """``version`` overrides the header version of the declaration, for peers that want so."""
    message = frame.message
    if isinstance(message, Unknown):
        head = _HEAD.pack(frame.destination, frame.source, ETHERTYPE, 1, message.kind)
        return (head + _UNFRAGMENTED + message.body).ljust(pad_to, b"\0")
    declaration = by_class(type(message))
    shown = declaration.version if version is None else version
    head = _HEAD.pack(frame.destination, frame.source, ETHERTYPE, shown, declaration.kind)
    fragment = _UNFRAGMENTED if shown else b""
    return (head + fragment + declaration.oui + declaration.layout.pack(message)).ljust(
        pad_to, b"\0"
    )


def decode(octets: bytes) -> Frame:
    if len(octets) < _HEAD.size:
        raise FrameError(f"a management frame has at least {_HEAD.size} octets, not {len(octets)}")
    destination, source, ethertype, version, kind = _HEAD.unpack_from(octets)
    if ethertype != ETHERTYPE:
        raise FrameError(f"EtherType {ethertype.hex()} is not HomePlug's")
    start = _HEAD.size
    if version:
        if octets[start : start + 2].strip(b"\0"):
            raise FrameError(f"message {kind:#06x} comes in fragments")
        start += 2
    body = octets[start:]
    oui = body[:3] if kind >= MANUFACTURER_RANGE else b""
    declaration = by_number(kind, oui)
    if declaration is None:
        return Frame(destination, source, Unknown(kind, body))
    return Frame(destination, source, declaration.layout.unpack(body[len(oui) :]))
