"""A scripted station: it answers discovery, connections and requests as the script says.

Every request of the vehicle is kept with its time.  Without a script the answers are good ones;
``on`` replaces the answer to one message, ``None`` as an answer is silence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bsw import v2gtp
from bsw.chrgm.coding.dialect import Dialect
from bsw.chrgm.coding.wire import UNREADABLE, Wire
from bsw.chrgm.later import Later
from bsw.chrgm.messages.sap import SupportedAppProtocolReq
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Heard, Said
from bsw.net.channel import Channel, Closed
from bsw.os.clock import MS, S
from bsw.sdp.messages import Response, Security
from bsw.slac.links.link import LinkFailure
from bsw.slac.outcome import Linked, Reason
from bsw.tls.port import TlsEngine
from bsw.trace import MemoryTrace, Trace
from tools.conformance.bench import Deviation, NotReached
from tools.conformance.vehicle.bench import VehicleBench
from tools.conformance.vehicle.doors import StationDoors
from tools.conformance.vehicle.lab import STEP
from tools.conformance.vehicle.negotiation import agreed
from tools.conformance.vehicle.words import SESSION, DinStation, Iso2Station, station_of

Answer = Callable[[Any], Any]
"""From the request's body: a body, ``Said``, ``Later``, octets without a header, ``Pieces``, or
``None``."""
LOOPS: Final = ("CurrentDemand", "ChargingStatus")
SLOW: Final = 5 * MS
"""How long the tester thinks before it answers."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """An answer octet for octet: each part so long after the request."""

    parts: tuple[tuple[int, bytes], ...]


class StationTester:
    """One station for one vehicle."""

    def __init__(self, lab: VehicleBench) -> None:
        self.lab = lab
        self.session_id = SESSION
        self.asked: list[tuple[int, Heard]] = []
        self.closed_at: int | None = None
        self.connections = self.offers = 0
        self.plugged_at = 0
        self.handshake: Callable[[SupportedAppProtocolReq], Any] = partial(
            agreed, name=lab.setup.protocol
        )
        self.discovery: Callable[[Response], list[bytes]] = lambda response: [response.octets()]
        self.tls: Callable[[], TlsEngine] | None = None
        self.greeting = b""
        """Octets with which it begins, though the vehicle should."""
        self.words = self._words()
        self.script: dict[str, Answer] = {}
        self.unsaid: set[str] = set()
        """Exchanges that were to be answered otherwise, and have not been asked for yet."""
        self.spoilt: dict[str, int] = {}
        """How many requests had come when an exchange was first answered otherwise."""
        self.links: list[Linked] = []
        self._channel: Channel | None = None
        self._wire: Wire | None = None
        self._dialect: Dialect | None = None
        self._doors = StationDoors(lab, self._accept)
        self.searches = self._doors.searches
        if lab.crypto is not None:
            self.tls = lab.crypto.station_tls
        self.link = lab.link(self)
        self.link.start()
        self._sourcing = lab.scheduler.every(STEP, self._source, name="source")
        lab.closing.append(self.leave)

    def _words(self) -> Iso2Station | DinStation:
        setup = self.lab.setup
        certificates = bool(setup.certificates)
        return station_of(
            setup.protocol, setup.mode, contract=setup.contract, certificates=certificates
        )

    @property
    def iso2(self) -> Iso2Station:
        assert isinstance(self.words, Iso2Station)
        return self.words

    @property
    def din(self) -> DinStation:
        assert isinstance(self.words, DinStation)
        return self.words

    def on(self, name: str, answer: Answer | None, *, after: int = 0) -> None:
        """Answer this exchange so, the first ``after`` times as usual; ``None`` is silence."""
        usual = self._usual(name)
        count = [0]
        self.unsaid.add(name)

        def scripted(request: Any) -> Any:  # noqa: ANN401 - of any protocol
            count[0] += 1
            if count[0] <= after:
                return usual(request)
            self.spoilt.setdefault(name, len(self.asked))
            self.unsaid.discard(name)
            return None if answer is None else answer(request)

        self.script[name] = scripted

    def _usual(self, name: str) -> Answer:
        if name == "CertificateInstallation":
            return lambda _request: self._desk().install(self.asked[-1][1])
        if name == "CertificateUpdate":
            return lambda _request: self._desk().update(self.asked[-1][1])
        return self.words.answers[name]

    def _desk(self) -> Any:  # noqa: ANN401 - a Desk
        assert self.lab.crypto is not None, "certificates need keys: set tls"
        return self.lab.crypto.desk

    # The link's user

    def linked(self, link: Linked) -> None:
        self.links.append(link)

    def link_lost(self, reason: Reason) -> None:
        """The vehicle left; the cases judge by what it did before."""

    def failed(self, failure: LinkFailure) -> None:
        raise NotReached(f"no data link: {failure}")

    # Discovery

    def open(self, *, listening: bool = True) -> None:
        """Answer discovery and accept connections; without ``listening`` the port is closed."""
        self._doors.open(self.tls, self._answers, listening=listening)

    def _answers(self, response: Response) -> list[bytes]:
        return self.discovery(response)  # which the script may change at any time

    # The channel's user

    def _accept(self, channel: Channel) -> "StationTester":
        self.connections += 1
        self.closed_at, self._dialect = None, None
        self._channel = channel
        self._wire = Wire(channel, Trace(lambda: self.lab.now, (MemoryTrace(),)))
        return self

    def opened(self) -> None:
        """The vehicle speaks first, unless there is a greeting."""
        if self.greeting:
            self._send_raw(self.greeting)

    def closed(self, _reason: Closed) -> None:
        self._channel = None
        self.closed_at = self.lab.now
        self.lab.scheduler.stop()

    def frame(self, payload_type: int, payload: bytes) -> None:
        assert self._wire is not None
        if self._dialect is None:
            self._negotiate(self._wire.hear_handshake(payload))
            return
        try:
            heard = self._wire.hear(payload_type, payload)
        except UNREADABLE as error:
            raise Deviation(f"a request that cannot be read: {error}") from error
        self.asked.append((self.lab.now, heard))
        self._follow(heard)
        name = type(heard.body).__name__.removesuffix("Req")
        said = self.script.get(name, self._usual(name))(heard.body)
        if isinstance(said, Later):
            said.then(self._answer)
        else:
            self.lab.scheduler.after(SLOW, lambda: self._answer(said), name="answer")
        self.lab.scheduler.stop()

    def _negotiate(self, request: object) -> None:
        assert self._wire is not None
        if not isinstance(request, SupportedAppProtocolReq):
            raise Deviation(f"the vehicle began with {type(request).__name__}")
        self.offers += 1
        response = self.handshake(request)
        if response is None:
            return
        self._wire.say_handshake(response)
        self._dialect = protocol(self.lab.setup.protocol).dialect
        self._wire.agree(self._dialect)

    def _answer(self, said: Any) -> None:  # noqa: ANN401 - see Answer
        if said is None or self._channel is None or self._wire is None:
            return
        if isinstance(said, bytes):
            self._channel.send(0x8001, said)
            return
        if isinstance(said, Pieces):
            for delay, octets in said.parts:
                self.lab.scheduler.after(delay, partial(self._send_raw, octets), name="piece")
            return
        self._wire.say(self.session_id, said if isinstance(said, Said) else Said(said))

    def _send_raw(self, octets: bytes) -> None:
        if self._channel is not None:
            self._channel.send_raw(octets)

    def octets_of(self, body: Any) -> bytes:  # noqa: ANN401 - of any protocol
        """The answer as it would go over TCP, header included."""
        assert self._dialect is not None
        return v2gtp.pack(*self._dialect.encode(self.session_id, Said(body)))

    # The source

    def _follow(self, heard: Heard) -> None:
        body, words = heard.body, self.words
        name = type(body).__name__
        if name == "PreChargeReq":
            words.volts = float(body.ev_target_voltage.si())
        if name == "CurrentDemandReq":
            words.amps = float(body.ev_target_current.si())
            words.volts = self.lab.volts
        if name == "PowerDeliveryReq" and not starts(body):
            words.amps = words.volts = 0.0
        if name == "WeldingDetectionReq":
            words.amps = words.volts = 0.0

    def _source(self) -> None:
        if self._channel is None:
            self.words.amps = self.words.volts = 0.0
        self.lab.charge(self.words.volts, self.words.amps)

    # What the script asks

    def hang_up(self) -> None:
        """Close TCP without a word."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self.closed_at = self.lab.now

    def half_close(self) -> None:
        """Nothing more is said, and what comes is still heard."""
        if self._channel is not None:
            self._channel.half_close()

    def leave(self) -> None:
        """Nobody answers any more."""
        self.hang_up()
        self._sourcing.stop()
        self.link.close()
        self._doors.close()

    def stop_vehicle(self) -> None:
        """By its driver, or by the station's word in the loop where no driver is at hand."""
        if self.lab.can_order:
            self.lab.stop()
            return
        for name in LOOPS:
            if name in self.words.answers:
                usual = self.script.get(name, self._usual(name))
                self.script[name] = partial(_with_stop, usual)

    def names(self) -> list[str]:
        return [type(heard.body).__name__.removesuffix("Req") for _, heard in self.asked]

    def bodies(self, name: str) -> list[Any]:
        return [heard.body for _, heard in self.asked if type(heard.body).__name__ == f"{name}Req"]

    def times(self, name: str) -> list[int]:
        return [at for at, heard in self.asked if type(heard.body).__name__ == f"{name}Req"]

    def plug_in(self) -> None:
        self.lab.plug()
        self.plugged_at = self.lab.now
        self.await_(lambda: self.links, 30 * S, "the data link")
        if self.lab.inside is None:
            self.await_vehicle()

    def await_vehicle(self) -> None:
        """A vehicle that never comes has nothing to be judged by."""
        if not self.lab.wait(lambda: self.searches, self.lab.begins_within, every=10 * MS):
            within = self.lab.begins_within // S
            raise NotReached(f"the vehicle did not look for a station within {within} s")
        if self.tls is not None and self._doors.asked == {Security.NONE}:
            raise NotReached("the vehicle looks for plain TCP, and this is about TLS")

    def await_(self, reached: Callable[[], object], within: int, what: str) -> None:
        if not self.lab.wait(reached, within, every=10 * MS):
            raise Deviation(f"{what} did not come")

    def await_request(self, name: str, within: int = 60 * S, count: int = 1) -> None:
        wanted = f"{name}Req"
        self.await_(lambda: self.names().count(name) >= count, within, wanted)


def _with_stop(usual: Answer, request: Any) -> Any:  # noqa: ANN401 - of any protocol
    """The usual answer, and StopCharging in its status."""
    body = usual(request)
    field = "ac_evse_status" if hasattr(body, "ac_evse_status") else "dc_evse_status"
    status = getattr(body, field)
    stop = type(status.evse_notification)("StopCharging")
    return body.replace(**{field: status.replace(evse_notification=stop)})


def starts(body: Any) -> bool:  # noqa: ANN401 - PowerDeliveryReq of either protocol
    ready = getattr(body, "ready_to_charge_state", None)
    return bool(ready) if ready is not None else body.charge_progress.value == "Start"
