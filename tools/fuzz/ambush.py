"""One session of a hostile station: good answers up to an exchange, then blows until the end."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.applications import applications_of
from bsw.chrgm.messages.sap import (
    ResponseCode,
    SupportedAppProtocolReq,
    SupportedAppProtocolRes,
)
from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import Protocol, protocol
from bsw.chrgm.record import Heard, Said, code_of, refused
from bsw.chrgm.wire import UNREADABLE
from bsw.v2gtp import HEADER_SIZE, PayloadType, pack
from tools.conformance.vehicle.words import SESSION, station_of
from tools.fuzz.blows.hostile import Blow, Hostile
from tools.fuzz.driver import Driver
from tools.fuzz.figures import Figures
from tools.fuzz.line import Gone, Line
from tools.fuzz.raid import HANDSHAKE, MOMENT, HandshakeDialect

REQUEST: Final = 12.0
"""Longer than a vehicle waits for its own contactors."""
LOOPS: Final = 4
BLOWS: Final = 0.8
"""Share of blows among the answers once it has begun."""
AUTHORIZATIONS: Final = ("AuthorizationRes", "ContractAuthenticationRes")


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
"""What a session may come to, by any protocol, in order."""
UNSEEN_IN_AC: Final = frozenset({"CableCheck", "PreCharge", "CurrentDemand"})
UNSEEN_IN_DC: Final = frozenset({"ChargingStatus"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of session."""

    name: str
    protocol: str
    mode: str
    tls: bool = False
    contract: bool = False

    @property
    def places(self) -> tuple[str, ...]:
        """The exchanges at which it may begin to be hostile."""
        known = protocol(self.protocol).table.exchanges
        passed = UNSEEN_IN_AC if mode_of(self.mode).ac else UNSEEN_IN_DC
        if not self.contract:
            passed |= {"PaymentDetails"}
        return (HANDSHAKE, *(one for one in COURSE if one in known and one not in passed))


DC: Final = "DC_extended"
PLAIN: Final = (
    Kind("din", "din", DC),
    Kind("iso2 dc", "iso2", DC),
    Kind("iso2 ac", "iso2", "AC_three_phase_core"),
)
SECURE: Final = (
    Kind("iso2 dc tls", "iso2", DC, tls=True),
    Kind("iso2 contract tls", "iso2", DC, tls=True, contract=True),
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
        self._protocol: Protocol = protocol(kind.protocol)
        self._words = station_of(kind.protocol, kind.mode, contract=kind.contract)
        exchanges = self._protocol.table.exchanges.values()
        kinds = [one.response for one in exchanges] * 3 + [one.request for one in exchanges]
        self._hostile = Hostile(self._rng, self._protocol.dialect, kinds)
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
        offer: Any = dialect.decode(0, self.line.receive(REQUEST)).body
        said = Said(self._agreement(offer))
        if self._place == HANDSHAKE:
            blows = Hostile(self._rng, dialect, (SupportedAppProtocolReq, SupportedAppProtocolRes))
            self._strike(HANDSHAKE, blows.blow(b"", said))
            return False
        self._send(HANDSHAKE, pack(PayloadType.EXI, dialect.encode(b"", said)[1]))
        return True

    def _agreement(self, offer: SupportedAppProtocolReq) -> SupportedAppProtocolRes:
        wanted = {one.namespace for one in applications_of([self.kind.protocol])}
        chosen = next(one for one in offer.app_protocol if one.protocol_namespace in wanted)
        return SupportedAppProtocolRes(
            response_code=ResponseCode.OK_SUCCESSFUL_NEGOTIATION, schema_id=chosen.schema_id
        )

    def _exchange(self) -> bool:
        """Hear a request, and answer it in one way or the other; whether the session goes on."""
        heard = self._heard(self.line.receive(REQUEST))
        name = type(heard.body).__name__.removesuffix("Req")
        self._follow(name, heard.body)
        said = Said(self._words.answers[name](heard.body))
        self._begun = self._begun or name == self._place
        if self._begun and self._rng.random() < BLOWS:
            return self._strike(name, self._hostile.blow(SESSION, said))
        self._authorise(said.body)
        self._send(name, pack(*self._protocol.dialect.encode(SESSION, said)))
        if name == "PowerDelivery" and self._loops:
            self.driver.open()  # no event tells us to
        self.line.attend()
        return True

    def _heard(self, payload: bytes) -> Heard:
        try:
            return self._protocol.dialect.decode(0, payload)
        except UNREADABLE as error:
            self.figures.found(f"[{self.seed}] a request that cannot be read: {error}")
            raise Gone("unreadable") from None

    def _follow(self, name: str, body: Any) -> None:  # noqa: ANN401 - a request of any protocol
        """The source behind the good answers, and what the vehicle measures of it."""
        words = self._words
        if name == "PreCharge":
            words.volts = float(body.ev_target_voltage.si())
        elif name == "CurrentDemand":
            words.amps = float(body.ev_target_current.si())
            self._loops += 1
        elif name in {"WeldingDetection", "SessionStop"}:
            words.volts = words.amps = 0.0
        elif name == "PowerDelivery" and self._loops:
            words.amps = 0.0
        elif name == "ChargingStatus":
            self._loops += 1
        self.driver.measure(words.volts, words.amps)
        if self._loops == LOOPS and not self._begun:
            self.driver.stop()  # also where the place did not come up, as without a contract

    def _send(self, state: str, octets: bytes) -> None:
        self.figures.put(state, (octets,))
        self.line.send((octets,))

    def _strike(self, state: str, blow: Blow) -> bool:
        """Whether the vehicle goes on after it; then its next request is waiting."""
        self._authorise(self._meant(blow))
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

    def _meant(self, blow: Blow) -> object:
        """The body that the vehicle may read in these octets."""
        payload = b"".join(blow.pieces)[HEADER_SIZE:]
        if blow.name == "twice":
            payload = payload[: (len(payload) - HEADER_SIZE) // 2]
        try:
            return self._protocol.dialect.decode(0, payload).body
        except UNREADABLE:
            return None

    def _authorise(self, body: Any) -> None:  # noqa: ANN401 - of any protocol, or nothing
        """The vehicle may make ready once a station said Finished, hostile or not."""
        finished = getattr(getattr(body, "evse_processing", None), "value", "") == "Finished"
        if type(body).__name__ in AUTHORIZATIONS and finished and not refused(code_of(body)):
            self.driver.authorised = True
