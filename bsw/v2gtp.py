"""V2GTP: the eight octets in front of every V2G message.

Owns the header, the payload types, and the reader that finds messages in a byte stream however
it was cut into segments.  Knows nothing of sockets, TLS or EXI, and never holds more than one
message of permitted length plus what was fed last.
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from bsw.os.clock import S

VERSION: Final = 0x01
HEADER_SIZE: Final = 8
_MARK: Final = bytes((VERSION, VERSION ^ 0xFF))
_HEADER: Final = struct.Struct(">BBHI")


class PayloadType(IntEnum):
    """What a frame carries.  0xA000 to 0xFFFF belong to manufacturers, the rest is reserved."""

    EXI = 0x8001  # SupportedAppProtocol in every protocol; all messages of DIN and -2
    MAIN = 0x8002  # -20 common messages
    AC = 0x8003
    DC = 0x8004  # also MCS
    ACDP = 0x8005
    WPT = 0x8006
    AC_DER_IEC = 0x8010  # Amendment 1, draft value
    AC_DER_SAE = 0x8011  # Amendment 1, draft value
    SCHEDULE = 0x8101  # -20 side streams from here
    METERING = 0x8102
    ACDP_STATUS = 0x8103
    PARKING = 0x8104
    SDP_REQUEST = 0x9000
    SDP_RESPONSE = 0x9001
    SDP_REQUEST_WIRELESS = 0x9002
    SDP_RESPONSE_WIRELESS = 0x9003


_SIDE: Final = (PayloadType.SCHEDULE, PayloadType.METERING, PayloadType.PARKING)

SIDE_STREAMS: Final = frozenset({*_SIDE, PayloadType.ACDP_STATUS})
"""What runs beside the row of messages, and has a request of its own open."""

HANDSHAKE: Final = frozenset({PayloadType.EXI})
"""What may come before a protocol is agreed, and all that DIN and -2 ever use."""

ISO20_AC: Final = frozenset({PayloadType.MAIN, PayloadType.AC, *_SIDE})
ISO20_AC_DER: Final = ISO20_AC | {PayloadType.AC_DER_IEC, PayloadType.AC_DER_SAE}
ISO20_DC: Final = frozenset({PayloadType.MAIN, PayloadType.DC, *_SIDE})
ISO20_WPT: Final = frozenset({PayloadType.MAIN, PayloadType.WPT, *_SIDE})
ISO20_ACDP: Final = ISO20_DC | {PayloadType.ACDP, PayloadType.ACDP_STATUS}
DISCOVERY: Final = frozenset(
    {
        PayloadType.SDP_REQUEST,
        PayloadType.SDP_RESPONSE,
        PayloadType.SDP_REQUEST_WIRELESS,
        PayloadType.SDP_RESPONSE_WIRELESS,
    }
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, header taken off."""

    payload_type: int
    payload: bytes


class Fault(Enum):
    """What is wrong with a header, in the order of the checks."""

    SHORT = "shorter than a header"
    VERSION = "wrong protocol version"
    INVERSE = "inverse version does not match"
    TYPE = "payload type does not belong here"
    EMPTY = "payload length 0"
    TOO_LONG = "payload longer than permitted"
    LENGTH = "payload length does not match the datagram"
    LATE = "frame begun but not completed in time"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A frame that was passed over, as the norm asks: no answer, the peer's timer runs out."""

    fault: Fault
    header: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The stream cannot be followed any further; close it.  Nothing comes after this."""

    fault: Fault
    header: bytes


class Reaction(Enum):
    """What to do about a header that is not acceptable."""

    SKIP = "skip"  # pass over as many octets as it announces
    SEEK = "seek"  # look for the next octets that make an acceptable header
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds of a stream, and the named switches for bad headers.

    The defaults do what conformance testers expect: a wrong version or type is passed over in
    silence, a length nobody can mean closes.  ``too_long`` also judges the length in a header
    that is wrong in another way.
    """

    longest: int = 65_536
    frame_within: int = 10 * S
    wrong_version: Reaction = Reaction.SKIP
    wrong_type: Reaction = Reaction.SKIP
    empty: Reaction = Reaction.SKIP
    too_long: Reaction = Reaction.CLOSE


DEFAULT_RULES: Final = Rules()


def pack(payload_type: int, payload: bytes) -> bytes:
    """The frame as octets: type 0x9000 and ten octets give 01fe9000 0000000a and the ten."""
    return _HEADER.pack(VERSION, VERSION ^ 0xFF, payload_type, len(payload)) + payload


def parse_datagram(data: bytes, accepted: Collection[int] = DISCOVERY) -> Frame | Fault:
    """One datagram is one frame, neither more nor less."""
    if len(data) < HEADER_SIZE:
        return Fault.SHORT
    version, inverse, payload_type, length = _HEADER.unpack_from(data)
    fault = _header_fault(version, inverse, payload_type, length, accepted)
    if fault is None and length != len(data) - HEADER_SIZE:
        fault = Fault.LENGTH
    return fault if fault is not None else Frame(payload_type, bytes(data[HEADER_SIZE:]))


def _header_fault(
    version: int, inverse: int, payload_type: int, length: int, accepted: Collection[int]
) -> Fault | None:
    if version != VERSION:
        return Fault.VERSION
    if inverse != version ^ 0xFF:
        return Fault.INVERSE
    if payload_type not in accepted:
        return Fault.TYPE
    return Fault.EMPTY if length == 0 else None


class Reader:
    """Finds the frames of one byte stream.

    Feed what arrives, then take items one by one until ``None``::

        reader.feed(octets, now)
        while (item := reader.next()) is not None: ...

    ``accepted`` may be changed between two items, so the protocol agreed in one frame already
    judges the next, even if both came in one segment.  ``due`` is when a frame that was begun
    must be complete; ask ``late`` then.
    """

    def __init__(self, accepted: Collection[int] = HANDSHAKE, rules: Rules = DEFAULT_RULES) -> None:
        self.accepted: Collection[int] = frozenset(accepted)
        self.rules = rules
        self._buffer = bytearray()
        self._skip = 0
        self._seeking = False
        self._broken = False
        self._begun: int | None = None
        self._fed_at = 0

    @property
    def due(self) -> int | None:
        return None if self._begun is None else self._begun + self.rules.frame_within

    @property
    def held(self) -> int:
        """Octets kept until their frame is complete."""
        return len(self._buffer)

    def feed(self, data: bytes, now: int) -> None:
        if self._broken or not data:
            return
        if self._begun is None:
            self._begun = now
        self._fed_at = now
        self._buffer += data

    def late(self, now: int) -> Broken | None:
        """Called at ``due``: a frame that drips in for too long breaks the stream."""
        if self.due is None or now < self.due:
            return None
        return self._break(Fault.LATE)

    def next(self) -> Frame | Ignored | Broken | None:
        """The next item, or ``None`` when more octets are needed."""
        if self._broken or not self._at_header():
            return None
        version, inverse, payload_type, length = _HEADER.unpack_from(self._buffer)
        fault = _header_fault(version, inverse, payload_type, length, self.accepted)
        if length > self.rules.longest and self._reaction(fault) is not Reaction.SEEK:
            fault = Fault.TOO_LONG
        if fault is not None:
            return self._refuse(fault, length)
        end = HEADER_SIZE + length
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            payload = bytes(view[HEADER_SIZE:end])
        self._drop(end)
        return Frame(payload_type, payload)

    def _at_header(self) -> bool:
        """Pass over what is to be passed over, and say whether a whole header is there."""
        if self._skip:
            passed = min(self._skip, len(self._buffer))
            del self._buffer[:passed]
            self._skip -= passed
            if not self._skip:
                self._drop(0)
        elif self._seeking:
            self._seek()
        return not self._skip and not self._seeking and len(self._buffer) >= HEADER_SIZE

    def _reaction(self, fault: Fault | None) -> Reaction | None:
        rules = self.rules
        match fault:
            case None:
                return None
            case Fault.TYPE:
                return rules.wrong_type
            case Fault.EMPTY:
                return rules.empty
            case Fault.TOO_LONG:
                return rules.too_long
            case _:
                return rules.wrong_version

    def _refuse(self, fault: Fault, length: int) -> Ignored | Broken:
        reaction = self._reaction(fault)
        if reaction is Reaction.CLOSE:
            return self._break(fault)
        header = bytes(self._buffer[:HEADER_SIZE])
        if reaction is Reaction.SEEK:
            del self._buffer[:1]
            self._seeking = True
        else:
            self._skip = HEADER_SIZE + length
        return Ignored(fault, header)

    def _seek(self) -> None:
        """Drop octets up to an acceptable header, or up to what may become one."""
        at = 0
        while (at := self._buffer.find(_MARK, at)) >= 0:
            if len(self._buffer) - at < HEADER_SIZE:
                del self._buffer[:at]
                return
            *_, payload_type, length = _HEADER.unpack_from(self._buffer, at)
            if payload_type in self.accepted and 0 < length <= self.rules.longest:
                self._seeking = False
                self._drop(at)
                return
            at += 1
        del self._buffer[: -1 if self._buffer.endswith(_MARK[:1]) else len(self._buffer)]

    def _drop(self, count: int) -> None:
        """A frame is over: the next one begins with what was fed last, if anything is left."""
        del self._buffer[:count]
        self._begun = self._fed_at if self._buffer else None

    def _break(self, fault: Fault) -> Broken:
        header = bytes(self._buffer[:HEADER_SIZE])
        self._broken = True
        self._buffer.clear()
        self._begun = None
        return Broken(fault, header)
