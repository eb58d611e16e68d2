"""Octets that are no message any more, made from a good one: for either role."""

from collections.abc import Callable
from typing import Final

from bsw import v2gtp
from bsw.chrgm.protocols import DIN, ISO2, Protocol

Octets = Callable[[bytes], bytes]
"""From a whole good message to what is sent in its place."""
Broken = tuple[str, Octets]
"""In words, and how it is done."""


def framed(payload: bytes) -> bytes:
    """A message of the handshake, or of the older protocols."""
    return v2gtp.pack(v2gtp.PayloadType.EXI, payload)


def reframed(whole: bytes, payload: bytes, length: int | None = None) -> bytes:
    """The same kind of message with another payload."""
    size = len(payload) if length is None else length
    return whole[:4] + size.to_bytes(4, "big") + payload


def payload_of(whole: bytes) -> bytes:
    return whole[v2gtp.HEADER_SIZE :]


CUT: Final[Broken] = (
    "its second half is missing",
    lambda one: reframed(one, payload_of(one)[: len(one) // 4]),
)
ZEROS: Final[Broken] = ("zeros alone", lambda one: reframed(one, bytes(len(payload_of(one)))))
HUGE: Final[Broken] = (
    "a length of four gigabytes",
    lambda one: reframed(one, payload_of(one), 0xFFFFFFFF),
)
PROMISED: Final[Broken] = (
    "a length of one more octet that never comes",
    lambda one: reframed(one, payload_of(one), len(payload_of(one)) + 1),
)
BARE: Final[Broken] = ("no header", payload_of)


def _interleaved(whole: bytes) -> bytes:
    payload = payload_of(whole)
    return reframed(whole, payload[: len(payload) // 2], len(payload)) + whole


HELLO: Final = bytes.fromhex("16030100c8010000c40303") + bytes(range(60))
"""A ClientHello, or whatever a handshake begins with, of which two thirds never come."""
STALLS: Final[dict[str, tuple[str, bytes]]] = {
    "silent": ("nothing is said", b""),
    "half": ("the first third of a handshake message, then nothing", HELLO),
    "text": ("another language", b"GET / HTTP/1.1\r\nHost: charger\r\n\r\n"),
    "v2g": ("a V2GTP message without TLS", framed(b"\x80\x00" + bytes(20))),
}
"""What is said where a handshake of TLS is due."""


def other_than(name: str) -> Protocol:
    """A protocol with the same payload type that was not agreed."""
    return next(one for one in (DIN, ISO2) if one.name != name)


INTERLEAVED: Final[Broken] = ("half of a message, and a whole one in it", _interleaved)
