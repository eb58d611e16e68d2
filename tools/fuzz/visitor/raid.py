"""One session of an attacker at a station: a good vehicle up to a state, then blows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from bsw import exi
from bsw.chrgm import sap
from bsw.chrgm.applications import applications_of
from bsw.chrgm.coding.dialect import Dialect
from bsw.chrgm.coding.wire import UNREADABLE
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.messages.sap import SupportedAppProtocolReq, SupportedAppProtocolRes
from bsw.chrgm.protocols import Protocol, dialect_of, protocol
from bsw.chrgm.record import Heard, Said, code_of, refused
from bsw.v2gtp import Fault, Frame, PayloadType, pack, parse_datagram
from secc.session.profile import FIELD
from tools.fuzz.blows.hostile import Blow, Hostile
from tools.fuzz.figures import Figures
from tools.fuzz.line import Gone, Line
from tools.fuzz.visitor.kinds import HANDSHAKE, Kind
from tools.fuzz.visitor.mirror import Mirror
from tools.fuzz.visitor.purse import Purse

ANSWER: Final = 10.0
MOMENT: Final = 0.002
"""How long we stay to see whether something comes, where most likely nothing does."""
MOST_BLOWS: Final = 200
MOST_REPEATS: Final = 40
STAY: Final = 0.3


def meant(dialect: Dialect, blow: Blow) -> Heard | None:
    """What the other side should read in these octets, ``None`` if that is no message."""
    octets = b"".join(blow.pieces)
    if blow.name == "twice":
        octets = octets[: len(octets) // 2]
    frame = parse_datagram(octets, dialect.payload_types)
    if isinstance(frame, Fault):
        return None
    try:
        return dialect.decode(frame.payload_type, frame.payload)
    except UNREADABLE:
        return None


class Unexpected(Exception):
    """A good message was not answered as a good message is."""


class HandshakeDialect:
    """The offer as a dialect, so that the same blows fit."""

    name: Final = HANDSHAKE
    payload_types: Final = frozenset({PayloadType.EXI})

    def __init__(self) -> None:
        self._codec = exi.codec("sap")

    def encode(self, _session_id: bytes, said: Said) -> tuple[int, bytes]:
        return PayloadType.EXI, self._codec.encode(said.body)

    def decode(self, _payload_type: int, payload: bytes, /) -> Heard:
        return Heard(bytes(8), self._codec.decode(payload))


class Raid:
    """One connection.  ``seed`` makes the same again, as far as the station does the same."""

    def __init__(
        self, kind: Kind, line: Line, figures: Figures, seed: str, purse: Purse | None
    ) -> None:
        self.kind = kind
        self.line = line
        self.figures = figures
        self.seed = seed
        self._rng = random.Random(seed)  # noqa: S311 - damage, not secrets
        self._protocol: Protocol = protocol(kind.application)
        self._dialect = dialect_of(kind.application)
        self._mirror = Mirror(self._protocol, FIELD.tolerated, secure=kind.secure)
        self._words = kind.words(purse)
        self._handshake = HandshakeDialect()
        self._last: Heard | None = None  # the answer to the last blow, if it was one

    # Like a good vehicle

    def agree(self) -> None:
        """Offer the protocol of this kind."""
        self._send(HANDSHAKE, pack(*self._handshake.encode(b"", Said(self._offer()))))
        heard: Any = self._handshake.decode(0, self.line.receive(ANSWER).payload).body
        if not isinstance(heard, SupportedAppProtocolRes) or heard.schema_id is None:
            raise Unexpected(f"the offer was answered with {heard}")

    def _offer(self) -> SupportedAppProtocolReq:
        return sap.offer(applications_of([self.kind.application]), self.kind.link).request

    def walk(self, place: str) -> None:
        """Everything before ``place``, as it should be."""
        for one in self.kind.places[1 : self.kind.places.index(place)]:
            self.do(one)

    def whole(self) -> None:
        """A good session from the offer to its stop."""
        self.agree()
        for place in self.kind.places[1:]:
            self.do(place)

    def do(self, place: str) -> None:
        """One exchange as often as it takes."""
        for _ in range(MOST_REPEATS):
            if not self._words.again(place, self._once(place)):
                return
        raise Unexpected(f"{place} does not come to its end")

    def _once(self, place: str) -> Heard:
        said = self._words.request(place)
        octets = pack(*self._dialect.encode(self._mirror.session_id, said))
        self._send(place, octets)
        heard = self._receive(ANSWER)
        wrong = self._mirror.heard(Heard(self._mirror.session_id, said.body), heard)
        if wrong or refused(code_of(heard.body)):
            raise Unexpected(wrong or f"{place} refused with {code_of(heard.body)}")
        self._words.hear(place, heard)
        self.line.attend()
        return heard

    def _send(self, state: str, octets: bytes) -> None:
        self.figures.put(state, (octets,))
        self.line.send((octets,))

    def _receive(self, within: float) -> Heard:
        return self._decoded(self.line.receive(within))

    # Like none

    def strike(self, place: str) -> None:
        """Blows in place of good messages, for as long as the station plays on."""
        if place == HANDSHAKE:
            kinds: Sequence[type] = (SupportedAppProtocolReq, SupportedAppProtocolRes)
            hostile = Hostile(self._rng, self._handshake, kinds)
            self._hit(hostile.blow(b"", Said(self._offer())))
            return
        exchanges = self._protocol.table.exchanges.values()
        kinds = [one.request for one in exchanges] * 3 + [one.response for one in exchanges]
        hostile = Hostile(self._rng, self._dialect, kinds)
        for _ in range(MOST_BLOWS):
            said = self._words.request(place)
            if not self._hit(hostile.blow(self._mirror.session_id, said)):
                return
            place = self._next(place)

    def _next(self, place: str) -> str:
        """Further on the way, where the last blow was taken for a step."""
        answer, places = self._last, self.kind.places
        if answer is None or self._mirror.state != self._words.exchange(place):
            return place
        if type(answer.body).__name__ != f"{self._mirror.state}Res":
            return place
        self._words.hear(place, answer)
        further = places.index(place) + 1
        if self._words.again(place, answer) or further == len(places) or self._rng.random() < STAY:
            return place
        return places[further]

    def _hit(self, blow: Blow) -> bool:
        """Whether the station still plays after it."""
        state, self._last = self._mirror.state, None
        self.figures.put(state, blow.pieces)
        try:
            self.line.send(blow.pieces)
            outcome = self._outcome(blow)
        except Gone:
            outcome = "ended"
        except (Unexpected, MessageError) as error:
            self._found(f"{blow.name} in {state}: {error}", blow)
            outcome = "answered"
        self.figures.hit(self.kind.name, state, outcome)
        self.line.attend()
        return outcome == "answered" and not self._mirror.over

    def _outcome(self, blow: Blow) -> str:
        within = MOMENT if blow.leaves else ANSWER
        try:
            frame = self.line.receive(within)
        except TimeoutError:
            if not blow.leaves:
                self._found(f"{blow.name} in {self._mirror.state}: neither answer nor end", blow)
            return "left" if blow.leaves else "silent"
        if self._mirror.state == HANDSHAKE and self._is_handshake(frame):
            self._mirror.over = True  # agreed or refused: what follows is another place's affair
            return "answered"
        heard = self._last = self._decoded(frame)
        wrong = self._mirror.heard(self._meant(blow), heard)
        if wrong:
            self._found(f"{blow.name} in {self._mirror.state}: {wrong}", blow)
        if blow.name == "twice" and not self._mirror.over:
            self._second(blow)
        return "refused" if refused(code_of(heard.body)) else "answered"

    def _second(self, blow: Blow) -> None:
        """The answer to the same once more."""
        again = self._decoded(self.line.receive(ANSWER))
        wrong = self._mirror.heard(self._meant(blow), again)
        if wrong:
            self._found(f"{blow.name} in {self._mirror.state}: {wrong}", blow)

    def _decoded(self, frame: Frame) -> Heard:
        kind = f"an answer under payload type {frame.payload_type:#06x}"
        if frame.payload_type not in self._dialect.payload_types:
            raise Unexpected(f"{kind}, which does not belong here")
        try:
            return self._dialect.decode(frame.payload_type, frame.payload)
        except UNREADABLE as error:
            raise Unexpected(f"{kind} that cannot be read: {error}") from None

    def _is_handshake(self, frame: Frame) -> bool:
        try:
            heard = self._handshake.decode(frame.payload_type, frame.payload)
        except UNREADABLE:
            return False
        return isinstance(heard.body, SupportedAppProtocolRes)

    def _meant(self, blow: Blow) -> Heard | None:
        """What the station should read in these octets."""
        return meant(self._dialect, blow)

    def _found(self, what: str, blow: Blow) -> None:
        octets = b"".join(blow.pieces)
        self.figures.found(f"[{self.seed}] {self.kind.name}: {what}; {octets[:300].hex()}")
