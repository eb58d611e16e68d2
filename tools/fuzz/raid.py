"""One session of an attacker at a station: a good vehicle up to a state, then blows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from bsw import exi
from bsw.chrgm import sap
from bsw.chrgm.applications import Link, applications_of
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.messages.sap import SupportedAppProtocolReq, SupportedAppProtocolRes
from bsw.chrgm.protocols import Protocol, protocol
from bsw.chrgm.record import Heard, Said, code_of, refused
from bsw.chrgm.wire import UNREADABLE
from bsw.v2gtp import HEADER_SIZE, PayloadType, pack
from evcc.session.ports import Wallet
from secc.session.profile import FIELD
from tools.conformance.bench import AC, Setup
from tools.conformance.station.spoken import words_of
from tools.conformance.station.walk import path
from tools.conformance.station.words import BATTERY
from tools.fuzz.blows.hostile import Blow, Hostile
from tools.fuzz.figures import Figures
from tools.fuzz.line import Gone, Line
from tools.fuzz.mirror import Mirror
from tools.fuzz.purse import Purse

ANSWER: Final = 10.0
MOMENT: Final = 0.002
"""How long we stay to see whether something comes, where most likely nothing does."""
MOST_BLOWS: Final = 200
MOST_REPEATS: Final = 40
STAY: Final = 0.3
HANDSHAKE: Final = "SupportedAppProtocol"


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of session."""

    name: str
    setup: Setup

    @property
    def places(self) -> tuple[str, ...]:
        return (HANDSHAKE, *path(self.setup))


KINDS: Final = (
    Kind("din", Setup(protocol="din")),
    Kind("iso2 dc", Setup()),
    Kind("iso2 ac", Setup(mode=AC)),
    Kind("iso2 dc tls", Setup(tls=True)),
    Kind("iso2 contract tls", Setup(tls=True, contract=True, receipts=True)),
)


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
        self._protocol: Protocol = protocol(kind.setup.protocol)
        self._mirror = Mirror(self._protocol, FIELD.tolerated, secure=kind.setup.tls)
        wallet = cast("Wallet", purse)
        setup = kind.setup
        self._words = words_of(setup, wallet)
        self._handshake = HandshakeDialect()
        self._last: Heard | None = None  # the answer to the last blow, if it was one

    # Like a good vehicle

    def agree(self) -> None:
        """Offer the protocol of this kind."""
        self._send(HANDSHAKE, pack(*self._handshake.encode(b"", Said(self._offer()))))
        heard: Any = self._handshake.decode(0, self.line.receive(ANSWER)).body
        if not isinstance(heard, SupportedAppProtocolRes) or heard.schema_id is None:
            raise Unexpected(f"the offer was answered with {heard}")

    def _offer(self) -> SupportedAppProtocolReq:
        setup = self.kind.setup
        link = Link.TLS12 if setup.tls else Link.PLAIN
        return sap.offer(applications_of([setup.protocol]), link).request

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
            if not self._again(place, self._once(place)):
                return
        raise Unexpected(f"{place} does not come to its end")

    def _once(self, place: str) -> Heard:
        said = self._words.request(place)
        assert isinstance(said, Said), "a tool does not wait for its own keys"
        octets = pack(*self._protocol.dialect.encode(self._mirror.session_id, said))
        self._send(place, octets)
        heard = self._receive(ANSWER)
        wrong = self._mirror.heard(Heard(self._mirror.session_id, said.body), heard)
        if wrong or refused(code_of(heard.body)):
            raise Unexpected(wrong or f"{place} refused with {code_of(heard.body)}")
        self._words.hear(place, heard)
        self.line.attend()
        return heard

    def _again(self, place: str, answer: Heard) -> bool:
        if place == "PreCharge":
            return abs(float(answer.body.evse_present_voltage.si()) - BATTERY) > 20.0
        if place == "Loop" and self.kind.setup.receipts:
            return not answer.body.receipt_required
        processing = getattr(answer.body, "evse_processing", None)
        return processing is not None and processing.value != "Finished"

    def _send(self, state: str, octets: bytes) -> None:
        self.figures.put(state, (octets,))
        self.line.send((octets,))

    def _receive(self, within: float) -> Heard:
        try:
            return self._protocol.dialect.decode(0, self.line.receive(within))
        except UNREADABLE as error:
            raise Unexpected(f"an answer that cannot be read: {error}") from None

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
        hostile = Hostile(self._rng, self._protocol.dialect, kinds)
        for _ in range(MOST_BLOWS):
            said = self._words.request(place)
            assert isinstance(said, Said), "a tool does not wait for its own keys"
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
        if self._again(place, answer) or further == len(places) or self._rng.random() < STAY:
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
            payload = self.line.receive(within)
        except TimeoutError:
            if not blow.leaves:
                self._found(f"{blow.name} in {self._mirror.state}: neither answer nor end", blow)
            return "left" if blow.leaves else "silent"
        if self._mirror.state == HANDSHAKE and self._is_handshake(payload):
            self._mirror.over = True  # agreed or refused: what follows is another place's affair
            return "answered"
        heard = self._last = self._decoded(payload)
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

    def _decoded(self, payload: bytes) -> Heard:
        try:
            return self._protocol.dialect.decode(0, payload)
        except UNREADABLE as error:
            raise Unexpected(f"an answer that cannot be read: {error}") from None

    def _is_handshake(self, payload: bytes) -> bool:
        try:
            return isinstance(self._handshake.decode(0, payload).body, SupportedAppProtocolRes)
        except UNREADABLE:
            return False

    def _meant(self, blow: Blow) -> Heard | None:
        """What the station should read in these octets."""
        payload = b"".join(blow.pieces)[HEADER_SIZE:]
        if blow.name == "twice":
            payload = payload[: (len(payload) - HEADER_SIZE) // 2]
        try:
            return self._protocol.dialect.decode(0, payload)
        except UNREADABLE:
            return None

    def _found(self, what: str, blow: Blow) -> None:
        octets = b"".join(blow.pieces)
        self.figures.found(f"[{self.seed}] {self.kind.name}: {what}; {octets[:300].hex()}")
