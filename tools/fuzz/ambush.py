"""One session of a hostile station: good answers up to an exchange, then blows until the end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bsw.chrgm.applications import Link, applications_of
from bsw.chrgm.coding.wire import UNREADABLE
from bsw.chrgm.messages.sap import (
    ResponseCode,
    SupportedAppProtocolReq,
    SupportedAppProtocolRes,
)
from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import dialect_of, protocol
from bsw.chrgm.record import Heard, Said, code_of, refused
from bsw.v2gtp import Frame, PayloadType, pack
from tools.conformance.newer.answers import NewerStation
from tools.conformance.vehicle.words import SESSION, station_of
from tools.fuzz.blows.hostile import Blow, Hostile
from tools.fuzz.driver import Driver
from tools.fuzz.figures import Figures
from tools.fuzz.line import Gone, Line
from tools.fuzz.visitor.kinds import HANDSHAKE
from tools.fuzz.visitor.raid import MOMENT, HandshakeDialect, meant
from tools.fuzz.visitor.words import newer_path

REQUEST: Final = 12.0
"""Longer than a vehicle waits for its own contactors."""
LOOPS: Final = 4
BLOWS: Final = 0.8
"""Share of blows among the answers once it has begun."""
AUTHORIZATIONS: Final = ("AuthorizationRes", "ContractAuthenticationRes")


class Station(Protocol):
    """What its source puts out, and an answer to each request by the name of its message."""

    volts: float
    amps: float
    answers: dict[str, Callable[[Any], Any]]


COURSE: Final = (
    "SessionSetup",
    "ServiceDiscovery",
    "ServicePaymentSelection",
    "PaymentServiceSelection",
    "PaymentDetails",
    "ContractAuthentication",
    "Authorization",
    "ChargeParameterDiscovery",
    "CableCheck",
    "PreCharge",
    "PowerDelivery",
    "CurrentDemand",
    "ChargingStatus",
    "SessionStop",
)
"""What a session of DIN 70121 or ISO 15118-2 may come to, in order."""
UNSEEN_IN_AC: Final = frozenset({"CableCheck", "PreCharge", "CurrentDemand"})
UNSEEN_IN_DC: Final = frozenset({"ChargingStatus"})
_CALLED: Final = {
    "CurrentDemand": "Loop",
    "ChargingStatus": "Loop",
    "ChargeLoop": "Loop",
    "Start": "PowerDelivery",
}


def place_of(request: object) -> str:
    """What a vehicle is about, whatever its protocol calls it."""
    name = type(request).__name__.removesuffix("Req")
    bare = name.removeprefix("DC").removeprefix("AC")
    return _CALLED.get(bare, bare)


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of session."""

    name: str
    application: str
    mode: str
    link: Link = Link.PLAIN
    contract: bool = False

    @property
    def newer(self) -> bool:
        return self.link is Link.TLS13

    @property
    def service(self) -> str:
        return mode_of(self.mode).kind

    @property
    def places(self) -> tuple[str, ...]:
        """The places at which it may begin to be hostile."""
        if self.newer:
            path = newer_path(self.service)
            return (
                HANDSHAKE,
                *("PowerDelivery" if one == "Start" else one for one in path if one != "Stop"),
            )
        known = protocol(self.application).table.exchanges
        passed = UNSEEN_IN_AC if mode_of(self.mode).ac else UNSEEN_IN_DC
        if not self.contract:
            passed |= {"PaymentDetails"}
        course = (one for one in COURSE if one in known and one not in passed)
        return (HANDSHAKE, *(_CALLED.get(one, one) for one in course))

    @property
    def station(self) -> Station:
        """Good answers."""
        if self.newer:
            return NewerStation(self.service, contract=self.contract)
        return station_of(self.application, self.mode, contract=self.contract)


DC: Final = "DC_extended"
AC: Final = "AC_three_phase_core"
PLAIN: Final = (
    Kind("din", "din", DC),
    Kind("iso2 dc", "iso2", DC),
    Kind("iso2 ac", "iso2", AC),
)
SECURE: Final = (
    Kind("iso2 dc tls", "iso2", DC, Link.TLS12),
    Kind("iso2 contract tls", "iso2", DC, Link.TLS12, contract=True),
    Kind("iso20 dc", "iso20-dc", DC, Link.TLS13),
    Kind("iso20 ac", "iso20-ac", AC, Link.TLS13),
    Kind("iso20 contract", "iso20-dc", DC, Link.TLS13, contract=True),
)


class Ambush:
    """One connection of the vehicle.  Without a ``place`` it is a good station."""

    def __init__(
        self, kind: Kind, line: Line, driver: Driver, figures: Figures, *, seed: str, place: str
    ) -> None:
        self.kind = kind
        self.line = line
        self.driver = driver
        self.figures = figures
        self.seed = seed
        self._place = place
        self._begun = False
        self._rng = random.Random(seed)  # noqa: S311 - damage, not secrets
        self._dialect = dialect_of(kind.application)
        self._words = kind.station
        exchanges = protocol(kind.application).table.exchanges.values()
        kinds = [one.response for one in exchanges] * 3 + [one.request for one in exchanges]
        self._hostile = Hostile(self._rng, self._dialect, kinds)
        self._loops = 0

    def play(self) -> None:
        """Until the vehicle ends it, or we do."""
        try:
            if self._agree():
                while self._exchange():
                    pass
        except Gone:
            return

    def _agree(self) -> bool:
        dialect = HandshakeDialect()
        offer: Any = dialect.decode(0, self.line.receive(REQUEST).payload).body
        said = Said(self._agreement(offer))
        if self._place == HANDSHAKE:
            blows = Hostile(self._rng, dialect, (SupportedAppProtocolReq, SupportedAppProtocolRes))
            self._strike(HANDSHAKE, blows.blow(b"", said))
            return False
        self._send(HANDSHAKE, pack(PayloadType.EXI, dialect.encode(b"", said)[1]))
        return True

    def _agreement(self, offer: SupportedAppProtocolReq) -> SupportedAppProtocolRes:
        wanted = {one.namespace for one in applications_of([self.kind.application])}
        chosen = next(one for one in offer.app_protocol if one.protocol_namespace in wanted)
        return SupportedAppProtocolRes(
            response_code=ResponseCode.OK_SUCCESSFUL_NEGOTIATION, schema_id=chosen.schema_id
        )

    def _exchange(self) -> bool:
        """Hear a request, and answer it in one way or the other; whether the session goes on."""
        heard = self._heard(self.line.receive(REQUEST))
        name = type(heard.body).__name__.removesuffix("Req")
        place = place_of(heard.body)
        self._follow(place, heard.body)
        answer = self._words.answers.get(name)
        if answer is None:
            return False  # led there by a blow, to where we have no good answer
        said = Said(answer(heard.body))
        self._begun = self._begun or place == self._place
        if self._begun and self._rng.random() < BLOWS:
            return self._strike(name, self._hostile.blow(SESSION, said))
        self._authorise(said.body)
        self._send(name, pack(*self._dialect.encode(SESSION, said)))
        if place == "PowerDelivery" and self._loops:
            self.driver.open()  # no event tells us to
        self.line.attend()
        return True

    def _heard(self, frame: Frame) -> Heard:
        what = f"[{self.seed}] a request under payload type {frame.payload_type:#06x}"
        if frame.payload_type not in self._dialect.payload_types:
            self.figures.found(f"{what}, which does not belong here")
            raise Gone("unreadable")
        try:
            return self._dialect.decode(frame.payload_type, frame.payload)
        except UNREADABLE as error:
            self.figures.found(f"{what} that cannot be read: {error}")
            raise Gone("unreadable") from None

    def _follow(self, place: str, body: Any) -> None:  # noqa: ANN401 - a request of any protocol
        """The source behind the good answers, and what the vehicle measures of it."""
        words = self._words
        if place == "PreCharge":
            words.volts = float(body.ev_target_voltage.si())
        elif place == "Loop":
            wanted = getattr(getattr(body, "cl_req_control_mode", body), "ev_target_current", None)
            words.amps = 0.0 if wanted is None else float(wanted.si())
            self._loops += 1
        elif place in {"WeldingDetection", "SessionStop"}:
            words.volts = words.amps = 0.0
        elif place == "PowerDelivery" and self._loops:
            words.amps = 0.0
        self.driver.measure(words.volts, words.amps)
        if self._loops == LOOPS and not self._begun:
            self.driver.stop()  # also where the place did not come up, as without a contract

    def _send(self, state: str, octets: bytes) -> None:
        self.figures.put(state, (octets,))
        self.line.send((octets,))

    def _strike(self, state: str, blow: Blow) -> bool:
        """Whether the vehicle goes on after it; then its next request is waiting."""
        told = meant(self._dialect, blow)
        self._authorise(None if told is None else told.body)
        self.figures.put(state, blow.pieces)
        outcome = "left"
        try:
            self.line.send(blow.pieces)
            if not blow.leaves:
                self.line.peek(REQUEST)
                outcome = "answered"
            else:
                self.line.peek(MOMENT)
        except Gone:
            outcome = "ended"
        except TimeoutError:
            outcome = "left" if blow.leaves else "silent"
        self.figures.hit(self.kind.name, state, outcome)
        return outcome == "answered"

    def _authorise(self, body: object) -> None:
        """The vehicle may make ready once a station said Finished, hostile or not."""
        finished = getattr(getattr(body, "evse_processing", None), "value", "") == "Finished"
        if type(body).__name__ in AUTHORIZATIONS and finished and not refused(code_of(body)):
            self.driver.authorised = True
