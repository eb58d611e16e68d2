"""TCP connections out of segments: octets in order, whatever the capture saw twice, late or never.

A hole is waited for until the other side acknowledges what lies behind it, or until more than a
window has piled up; then it is a ``Hole``, and reading goes on behind it.
"""

import struct
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tools.capture.wire.layers import Segment

_HEAD = struct.Struct(">HHIIBB")
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
_MOST_WAITING: Final = 256
_MOST_OCTETS: Final = 1 << 20
_MOST_FLOWS: Final = 4096


class End(NamedTuple):
    """An address and a port, as the wire has them."""

    address: bytes
    port: int


class Opened(NamedTuple):
    when: int
    client: End
    server: End


class Octets(NamedTuple):
    """In order, without what was there before; ``upward`` is from client to server."""

    when: int
    client: End
    server: End
    upward: bool
    octets: bytes


class Hole(NamedTuple):
    when: int
    client: End
    server: End
    upward: bool
    missing: int


class Ended(NamedTuple):
    when: int
    client: End
    server: End
    reset: bool
    upward: bool


Told = Opened | Octets | Hole | Ended


@dataclass(slots=True)
class _Half:
    """One direction.  ``following`` is the number of the octet that comes next."""

    following: int | None = None
    begun: int | None = None  # what follows the SYN
    waiting: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    closed: bool = False


@dataclass(slots=True)
class _Flow:
    client: End
    server: End
    up: _Half = field(default_factory=_Half)
    down: _Half = field(default_factory=_Half)


class Streams:
    """All connections of one capture."""

    def __init__(self) -> None:
        self._flows: OrderedDict[tuple[End, End], _Flow] = OrderedDict()

    def take(self, segment: Segment) -> list[Told]:
        octets = segment.octets
        if len(octets) < 20:
            return []
        sport, dport, sequence, acknowledged, head, flags = _HEAD.unpack_from(octets)
        payload = octets[(head >> 4) * 4 :]
        source, target = End(segment.source, sport), End(segment.destination, dport)
        told: list[Told] = []
        flow = self._flow(source, target, flags, sequence)
        if flow is None:
            if not payload and not flags & _SYN:
                return []  # the last word of a connection that is over
            flow = self._begin(source, target, flags)
            told.append(Opened(segment.when, flow.client, flow.server))
        upward = source == flow.client
        half, other = (flow.up, flow.down) if upward else (flow.down, flow.up)
        if flags & _SYN:
            half.begun = (sequence + 1) % _WRAP
            half.following = half.begun if half.following is None else half.following
        elif half.following is None:
            half.following = sequence  # the capture began later than the connection
        if payload:
            self._store(half, sequence, payload)
            told += self._ready(segment.when, flow, half, upward=upward)
        if flags & _ACK and other.following is not None and other.waiting:
            told += self._give_up(segment.when, flow, other, acknowledged, upward=not upward)
        if flags & (_FIN | _RST) and not half.closed:
            half.closed = True
            reset = bool(flags & _RST)
            told.append(Ended(segment.when, flow.client, flow.server, reset, upward))
            if reset or other.closed:
                self._flows.pop((flow.client, flow.server), None)
        return told

    def _flow(self, source: End, target: End, flags: int, sequence: int) -> _Flow | None:
        known = self._flows.get((source, target)) or self._flows.get((target, source))
        if known is None or not flags & _SYN or flags & _ACK:
            return known
        half = known.up if source == known.client else known.down
        first = (sequence + 1) % _WRAP
        again = half.begun is None or half.begun == first
        return known if again else None  # the same ports, used anew

    def _begin(self, source: End, target: End, flags: int) -> _Flow:
        client, server = (target, source) if flags & _SYN and flags & _ACK else (source, target)
        flow = _Flow(client, server)
        if len(self._flows) >= _MOST_FLOWS:
            self._flows.popitem(last=False)
        self._flows.pop((server, client), None)
        self._flows[client, server] = flow
        return flow

    @staticmethod
    def _store(half: _Half, sequence: int, payload: bytes) -> None:
        assert half.following is not None, "set before anything is stored"
        ahead = (sequence - half.following) % _WRAP
        if ahead >= _HALF:  # begins before what is wanted next: a repeat, or a part of one
            old = _WRAP - ahead
            if old >= len(payload):
                return
            payload, sequence = payload[old:], half.following
        known = half.waiting.get(sequence)
        if known is None or len(known) < len(payload):
            half.size += len(payload) - (0 if known is None else len(known))
            half.waiting[sequence] = payload

    def _ready(self, when: int, flow: _Flow, half: _Half, *, upward: bool) -> list[Told]:
        """What follows without a hole."""
        pieces = []
        while half.waiting:
            assert half.following is not None
            piece = half.waiting.pop(half.following, None)
            if piece is None:
                piece = self._overlapping(half)
                if piece is None:
                    break
            else:
                half.size -= len(piece)
            pieces.append(piece)
            half.following = (half.following + len(piece)) % _WRAP
        told: list[Told] = []
        if pieces:
            told.append(Octets(when, flow.client, flow.server, upward, b"".join(pieces)))
        if len(half.waiting) > _MOST_WAITING or half.size > _MOST_OCTETS:
            told += self._skip(when, flow, half, upward=upward)
        return told

    @staticmethod
    def _overlapping(half: _Half) -> bytes | None:
        """A piece that begins before the place and reaches beyond it."""
        assert half.following is not None
        for sequence, piece in list(half.waiting.items()):
            behind = (half.following - sequence) % _WRAP
            if 0 < behind < _HALF:
                del half.waiting[sequence]
                half.size -= len(piece)
                if behind < len(piece):
                    return piece[behind:]
        return None

    def _give_up(
        self, when: int, flow: _Flow, half: _Half, acknowledged: int, *, upward: bool
    ) -> list[Told]:
        """The receiver has got what the capture has not seen."""
        assert half.following is not None
        known = (acknowledged - half.following) % _WRAP
        first = min((sequence - half.following) % _WRAP for sequence in half.waiting)
        if known == 0 or known >= _HALF or first >= _HALF or known < first:
            return []
        return self._skip(when, flow, half, upward=upward)

    def _skip(self, when: int, flow: _Flow, half: _Half, *, upward: bool) -> list[Told]:
        assert half.following is not None
        place = half.following
        first = min(half.waiting, key=lambda sequence: (sequence - place) % _WRAP)
        missing = (first - place) % _WRAP
        half.following = first
        hole: Told = Hole(when, flow.client, flow.server, upward, missing)
        return [hole, *self._ready(when, flow, half, upward=upward)]
