"""The pcapng file format, as much as a capture of ours needs.

Owns blocks and options: section, interfaces, packets with nanosecond times and direction, and the
secrets with which Wireshark reads TLS.  Values in, octets out; files are somebody else's.
"""

import struct
from enum import IntEnum
from typing import Final

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_PACKET: Final = 6
_SECRETS: Final = 0x0000000A
_BYTE_ORDER: Final = 0x1A2B3C4D
_TLS_KEY_LOG: Final = 0x544C534B
_ETHERNET: Final = 1

_COMMENT: Final = 1
_NAME: Final = 2
_RESOLUTION: Final = 9
_APPLICATION: Final = 4
_FLAGS: Final = 2


class Direction(IntEnum):
    UNKNOWN = 0
    INBOUND = 1
    OUTBOUND = 2


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes, options: bytes = b"") -> bytes:
    if options:
        options += _option(0, b"")
    length = 12 + len(body) + len(options)
    return struct.pack("<II", kind, length) + body + options + struct.pack("<I", length)


def section(application: str = "Pilotwire", comment: str = "") -> bytes:
    """What a file begins with."""
    body = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1)
    options = _option(_APPLICATION, application.encode())
    if comment:
        options = _option(_COMMENT, comment.encode()) + options
    return _block(_SECTION, body, options)


def interface(name: str) -> bytes:
    """An Ethernet interface with nanosecond times; numbered from 0 in order of appearance."""
    options = _option(_NAME, name.encode()) + _option(_RESOLUTION, b"\x09")
    return _block(_INTERFACE, struct.pack("<HHI", _ETHERNET, 0, 0), options)


def packet(number: int, when: int, frame: bytes, direction: Direction) -> bytes:
    """One frame on interface ``number``, ``when`` in nanoseconds since 1970."""
    body = struct.pack(
        "<IIIII", number, when >> 32 & 0xFFFFFFFF, when & 0xFFFFFFFF, len(frame), len(frame)
    )
    options = _option(_FLAGS, struct.pack("<I", direction)) if direction else b""
    return _block(_PACKET, body + _padded(frame), options)


def tls_secrets(key_log: bytes) -> bytes:
    """Lines of an NSS key log.  Must come before the packets they open."""
    body = struct.pack("<II", _TLS_KEY_LOG, len(key_log)) + _padded(key_log)
    return _block(_SECRETS, body)
