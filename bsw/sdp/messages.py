"""The four SDP datagrams as values, and their octets.

Owns layout and the checks that make a datagram acceptable; whom to ask or believe is decided
elsewhere.  What is not acceptable comes back as a named defect, never as an exception.
"""

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum, IntFlag
from typing import Final

from bsw.v2gtp import Fault, Frame, PayloadType, pack, parse_datagram

EVID_SIZE: Final = 20
EVSEID_SIZE: Final = 37
NO_EVID: Final = "ZZ00000"
"""What a vehicle without an id of its own says.  # [V2G20-2281]"""

_WIRED_REQUEST: Final = struct.Struct(">BB")
_WIRED_RESPONSE: Final = struct.Struct(">16sHBB")
_WIRELESS_REQUEST: Final = struct.Struct(f">BBHB{EVID_SIZE}s")
_WIRELESS_RESPONSE: Final = struct.Struct(">16sHBBBB")


class Security(IntEnum):
    TLS = 0x00
    NONE = 0x10


class Transport(IntEnum):
    TCP = 0x00


class Pairing(IntFlag):
    """How vehicle and device can find each other's position (P2PS/PPD)."""

    NOTHING = 0
    PPD_INFRASTRUCTURE = 0x0001
    PPD_VEHICLE = 0x0002
    WPT_LF_INFRASTRUCTURE = 0x0004
    WPT_LF_VEHICLE = 0x0008
    WPT_CAMERA_VEHICLE = 0x0010
    ACDU_INFRARED = 0x0020
    ACD_DIRECTED_WLAN = 0x0040


class Coupling(IntEnum):
    """The form of the connection device.  0x07 and 0x08 are named differently in places."""

    CROSS = 0x00
    INLINE = 0x01
    DOME = 0x02
    VEHICLE_PANTOGRAPH = 0x03
    UNDERBODY = 0x04
    SIDE_LOADING = 0x05
    WPT = 0x06
    INFRASTRUCTURE_MOUNTED = 0x07
    VEHICLE_MOUNTED = 0x08
    NOT_APPLICABLE = 0xFF


class Diagnosis(IntEnum):
    """How far the station is with finding out which vehicle stands where."""

    ONGOING = 0x00
    FINISHED_WITH_EVSEID = 0x01
    FINISHED_WITHOUT_EVSEID = 0x02
    ERROR = 0x10


class Problem(Enum):
    """What is wrong with a datagram whose header is in order."""

    SIZE = "payload of a wrong length"
    SECURITY = "reserved security value"
    TRANSPORT = "transport is not TCP"
    ADDRESS = "no address one can connect to"
    PORT = "no port one can connect to"
    FIELD = "reserved value or unreadable text"


Defect = Fault | Problem


@dataclass(frozen=True, slots=True)
class Request:
    security: Security

    def octets(self) -> bytes:
        return pack(PayloadType.SDP_REQUEST, _WIRED_REQUEST.pack(self.security, Transport.TCP))


@dataclass(frozen=True, slots=True)
class Response:
    address: str
    port: int
    security: Security

    def octets(self) -> bytes:
        address = ipaddress.IPv6Address(self.address).packed
        payload = _WIRED_RESPONSE.pack(address, self.port, self.security, Transport.TCP)
        return pack(PayloadType.SDP_RESPONSE, payload)


@dataclass(frozen=True, slots=True)
class WirelessRequest:
    """``evseid_size`` is 37, or 36 for peers that read the norm so."""

    security: Security
    pairing: Pairing = Pairing.NOTHING
    coupling: Coupling = Coupling.NOT_APPLICABLE
    evid: str = NO_EVID
    evseid: str = ""
    evseid_size: int = EVSEID_SIZE

    def octets(self) -> bytes:
        fixed = _WIRELESS_REQUEST.pack(
            self.security,
            Transport.TCP,
            self.pairing,
            self.coupling,
            _padded(self.evid, EVID_SIZE),
        )
        return pack(
            PayloadType.SDP_REQUEST_WIRELESS, fixed + _padded(self.evseid, self.evseid_size)
        )


@dataclass(frozen=True, slots=True)
class WirelessResponse:
    address: str
    port: int
    security: Security
    diagnosis: Diagnosis
    coupling: Coupling = Coupling.NOT_APPLICABLE
    evseid: str = ""
    evseid_size: int = EVSEID_SIZE

    def octets(self) -> bytes:
        fixed = _WIRELESS_RESPONSE.pack(
            ipaddress.IPv6Address(self.address).packed,
            self.port,
            self.security,
            Transport.TCP,
            self.diagnosis,
            self.coupling,
        )
        return pack(
            PayloadType.SDP_RESPONSE_WIRELESS, fixed + _padded(self.evseid, self.evseid_size)
        )


Message = Request | Response | WirelessRequest | WirelessResponse


class _Unacceptable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def parse(datagram: bytes) -> Message | Defect:
    """The message in a datagram, or what is wrong with it."""
    frame = parse_datagram(datagram)
    if isinstance(frame, Fault):
        return frame
    try:
        return _PARSERS[PayloadType(frame.payload_type)](frame)
    except _Unacceptable as found:
        return found.problem


def _request(frame: Frame) -> Request:
    _sized(frame, _WIRED_REQUEST.size)
    security, transport = _WIRED_REQUEST.unpack(frame.payload)
    return Request(_secure(security, transport))


def _response(frame: Frame) -> Response:
    _sized(frame, _WIRED_RESPONSE.size)
    address, port, security, transport = _WIRED_RESPONSE.unpack(frame.payload)
    secure = _secure(security, transport)
    return Response(*_reachable(address, port), secure)


def _wireless_request(frame: Frame) -> WirelessRequest:
    size = _WIRELESS_REQUEST.size
    _sized(frame, size + EVSEID_SIZE, size + EVSEID_SIZE - 1)
    security, transport, pairing, coupling, evid = _WIRELESS_REQUEST.unpack_from(frame.payload)
    return WirelessRequest(
        security=_secure(security, transport),
        pairing=Pairing(pairing & ((1 << 7) - 1)),
        coupling=_coupling(coupling),
        evid=_evid(_text(evid)),
        evseid=_text(frame.payload[size:]),
        evseid_size=len(frame.payload) - size,
    )


def _wireless_response(frame: Frame) -> WirelessResponse:
    size = _WIRELESS_RESPONSE.size
    _sized(frame, size + EVSEID_SIZE, size + EVSEID_SIZE - 1)
    fixed = _WIRELESS_RESPONSE.unpack_from(frame.payload)
    address, port, security, transport, diagnosis, coupling = fixed
    secure = _secure(security, transport)
    if diagnosis not in set(Diagnosis):
        raise _Unacceptable(Problem.FIELD)
    where = ("::", 0)
    if diagnosis in {Diagnosis.FINISHED_WITH_EVSEID, Diagnosis.FINISHED_WITHOUT_EVSEID}:
        where = _reachable(address, port)
    return WirelessResponse(
        *where,
        secure,
        Diagnosis(diagnosis),
        _coupling(coupling),
        _text(frame.payload[size:]),
        len(frame.payload) - size,
    )


_PARSERS: Final[dict[PayloadType, Callable[[Frame], Message]]] = {
    PayloadType.SDP_REQUEST: _request,
    PayloadType.SDP_RESPONSE: _response,
    PayloadType.SDP_REQUEST_WIRELESS: _wireless_request,
    PayloadType.SDP_RESPONSE_WIRELESS: _wireless_response,
}


def _sized(frame: Frame, *sizes: int) -> None:
    if len(frame.payload) not in sizes:
        raise _Unacceptable(Problem.SIZE)


def _secure(security: int, transport: int) -> Security:
    if security not in {Security.TLS, Security.NONE}:
        raise _Unacceptable(Problem.SECURITY)
    if transport != Transport.TCP:
        raise _Unacceptable(Problem.TRANSPORT)
    return Security(security)


def _reachable(octets: bytes, port: int) -> tuple[str, int]:
    """Link-local or otherwise routable; who may use loopback decides for itself."""
    address = ipaddress.IPv6Address(octets)
    if address.is_multicast or address.is_unspecified or address.ipv4_mapped is not None:
        raise _Unacceptable(Problem.ADDRESS)
    if port == 0:
        raise _Unacceptable(Problem.PORT)
    return str(address), port


def _coupling(value: int) -> Coupling:
    if value not in set(Coupling):
        raise _Unacceptable(Problem.FIELD)
    return Coupling(value)


def _text(octets: bytes) -> str:
    try:
        return octets.strip(b"\0 ").decode("ascii")
    except UnicodeDecodeError:
        raise _Unacceptable(Problem.FIELD) from None


def _evid(text: str) -> str:
    """Some pad on the left with digits 0; an id begins with a country's two letters."""
    bare = text.lstrip("0")
    return bare if bare[:2].isalpha() else text


def _padded(text: str, size: int) -> bytes:
    if not text.isascii():
        raise ValueError(f"id {text!r}: only the letters of ASCII can be sent")
    octets = text.encode()
    if len(octets) > size:
        raise ValueError(f"id {text!r} is longer than the {size} characters of the field")
    return octets.ljust(size, b"\0")
