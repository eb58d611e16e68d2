"""What a hostile peer puts on the wire in place of one good message.

Each blow has a name and its octets, in the pieces in which they are sent.  The same blows fit
requests and responses, of every protocol: what may stand there is given by the exchanges.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.coding.dialect import Dialect
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import NO_SESSION, Said
from bsw.exi import DecodeError
from bsw.v2gtp import HEADER_SIZE, SIDE_STREAMS, PayloadType, pack
from tools.fuzz.blows.mutate import mutated
from tools.fuzz.blows.vary import varied

PIECES: Final = 4
LONGEST: Final = 70_000
"""More than a frame may be."""


@dataclass(frozen=True, slots=True)
class Blow:
    """``leaves``: nothing follows on this connection, whatever the other side says."""

    name: str
    pieces: tuple[bytes, ...]
    leaves: bool = False


class Hostile:
    """Makes blows for one protocol.  ``kinds`` are the messages this side could say."""

    def __init__(self, rng: random.Random, dialect: Dialect, kinds: Sequence[type]) -> None:
        self._rng = rng
        self._dialect = dialect
        self._kinds = kinds
        weights: dict[Callable[[bytes, Said], Blow], int] = {
            self._fields: 55,
            self._bits: 15,
            self._order: 8,
            self._session: 5,
            self._twice: 4,
            self._header: 5,
            self._tail: 3,
            self._noise: 4,
            self._oversize: 2,
            self._cut: 4,
            self._slow: 1,
            self._mute: 2,
            self._stream: 3 if len(dialect.payload_types) > 1 else 0,
        }
        self._ways, self._weights = list(weights), list(weights.values())

    def blow(self, session_id: bytes, said: Said) -> Blow:
        """In place of ``said``."""
        (way,) = self._rng.choices(self._ways, self._weights)
        return way(session_id, said)

    def octets(self, session_id: bytes, said: Said) -> bytes:
        """A frame as it should be."""
        return pack(*self._dialect.encode(session_id, said))

    # Messages that decode

    def _fields(self, session_id: bytes, said: Said) -> Blow:
        try:
            octets = self.octets(session_id, Said(varied(self._rng, said.body), said.signature))
        except (MessageError, DecodeError, ValueError):
            return self._bits(session_id, said)  # the values exclude each other on the wire
        return Blow("fields", (octets,))

    def _order(self, session_id: bytes, _said: Said) -> Blow:
        """The smallest message of any kind, be it its turn or not, in the row or beside it."""
        streams = (None, None, *sorted(SIDE_STREAMS & {*self._dialect.payload_types}))
        while True:
            body: Any = smallest(self._rng.choice(self._kinds))
            other = Said(body, payload_type=self._rng.choice(streams))
            try:
                return Blow("order", (self.octets(session_id, other),))
            except MessageError:
                continue  # it is no message of this application, or of this stream

    def _session(self, session_id: bytes, said: Said) -> Blow:
        other = self._rng.choice((NO_SESSION, self._rng.randbytes(8), session_id[:-1], b""))
        try:
            return Blow("session", (self.octets(other, said),))
        except MessageError:  # this protocol has no shorter ones
            return Blow("session", (self.octets(self._rng.randbytes(8), said),))

    def _twice(self, session_id: bytes, said: Said) -> Blow:
        """The next before the first is answered."""
        return Blow("twice", (self.octets(session_id, said) * 2,))

    def _stream(self, session_id: bytes, said: Said) -> Blow:
        """The same octets under another payload type that belongs here."""
        number, payload = self._dialect.encode(session_id, said)
        others = sorted({*self._dialect.payload_types, PayloadType.EXI} - {number})
        return Blow("stream", (pack(self._rng.choice(others), payload),), leaves=True)

    # Messages that do not

    def _bits(self, session_id: bytes, said: Said) -> Blow:
        number, good = self._dialect.encode(session_id, said)
        payload = mutated(self._rng, good)
        return Blow("bits", (pack(number, payload),), leaves=not payload)

    def _tail(self, session_id: bytes, said: Said) -> Blow:
        number, good = self._dialect.encode(session_id, said)
        tail = self._rng.randbytes(self._rng.choice((1, 1, 8, 1000)))
        return Blow("tail", (pack(number, good + tail),))

    def _noise(self, _session_id: bytes, _said: Said) -> Blow:
        noise = self._rng.randbytes(self._rng.choice((1, 2, 20, 400)))
        return Blow("noise", (pack(self._any_type(), noise),))

    # Frames that are none

    def _header(self, session_id: bytes, said: Said) -> Blow:
        frame = bytearray(self.octets(session_id, said))
        place = self._rng.randrange(HEADER_SIZE)
        frame[place] = (frame[place] + self._rng.randrange(1, 256)) % 256
        return Blow("header", (bytes(frame),), leaves=True)

    def _oversize(self, _session_id: bytes, _said: Said) -> Blow:
        size = self._rng.choice((65_535, 65_536, 65_537, LONGEST))
        return Blow("oversize", (pack(self._any_type(), self._rng.randbytes(size)),))

    def _any_type(self) -> int:
        return self._rng.choice(sorted(self._dialect.payload_types))

    def _cut(self, session_id: bytes, said: Said) -> Blow:
        frame = self.octets(session_id, said)
        return Blow("cut", (frame[: self._rng.randrange(1, len(frame))],), leaves=True)

    def _slow(self, session_id: bytes, said: Said) -> Blow:
        frame = self.octets(session_id, said)
        step = max(1, len(frame) // PIECES)
        pieces = tuple(frame[at : at + step] for at in range(0, len(frame), step))
        return Blow("slow", pieces)

    def _mute(self, _session_id: bytes, _said: Said) -> Blow:
        """Gone without a word."""
        return Blow("mute", (), leaves=True)
