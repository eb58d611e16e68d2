"""A scripted vehicle: it plugs in, discovers, connects and says what the script wants said.

Calls return when the answer is there or the time has passed; the clock is virtual.  What a
message means is the words' affair (``words``), what is right is the judge's.
"""

from enum import Enum
from typing import Any, Final

from bsw import v2gtp
from bsw.chrgm import sap
from bsw.chrgm.applications import Link, applications_of
from bsw.chrgm.coding.dialect import Dialect
from bsw.chrgm.coding.wire import UNREADABLE, Wire
from bsw.chrgm.later import Later
from bsw.chrgm.messages.sap import SupportedAppProtocolReq, SupportedAppProtocolRes
from bsw.chrgm.protocols import dialect_of
from bsw.chrgm.record import NO_SESSION, Heard, Said
from bsw.cp.pilot import PilotState
from bsw.net.channel import Channel, Channels, Closed
from bsw.net.ports import Endpoint
from bsw.os.clock import MS, S
from bsw.sdp.client import ALL_NODES, SDP_PORT
from bsw.sdp.messages import Request, Response, Security, parse
from bsw.slac.links.link import LinkFailure
from bsw.slac.outcome import Linked, Reason
from bsw.tls.port import TlsEngine
from bsw.trace import MemoryTrace, Trace
from tools.conformance.bench import Deviation, NotReached, StationBench

ANSWER: Final = 6 * S
"""Longer than any message timeout: lateness is judged, not mistaken for silence."""
SDP_WAIT: Final = 1250 * MS
SETTLE: Final = 500 * MS
"""The station hears of the link a little later than we do."""


class VehicleTester:
    """One vehicle at one station."""

    def __init__(self, lab: StationBench) -> None:
        self.lab = lab
        self.session_id = NO_SESSION
        self.closed_at: int | None = None
        self.heard_at = 0
        self.links: list[Linked] = []
        self.lost: list[Reason] = []
        self.trace = MemoryTrace()
        self._channel: Channel | None = None
        self._wire: Wire | None = None
        self._dialect: Dialect | None = None
        self.last: Heard | None = None
        self._inbox: list[Any] = []
        self._opened = False
        self._channels = Channels(lab.scheduler, worker=lab.worker)
        self.link = lab.link(self)
        self.link.start()
        lab.closing.append(self.leave)

    # The link's user

    def linked(self, link: Linked) -> None:
        self.links.append(link)
        self.lab.scheduler.stop()

    def link_lost(self, reason: Reason) -> None:
        self.lost.append(reason)

    def failed(self, failure: LinkFailure) -> None:
        raise NotReached(f"no data link: {failure}")

    # The channel's user

    def opened(self) -> None:
        self._opened = True
        self.lab.scheduler.stop()

    def frame(self, payload_type: int, payload: bytes) -> None:
        assert self._wire is not None
        self.heard_at = self.lab.now
        try:
            if self._dialect is None:
                self._inbox.append(self._wire.hear_handshake(payload))
            else:
                self._inbox.append(self._wire.hear(payload_type, payload))
        except UNREADABLE as error:
            self._inbox.append(Deviation(f"an answer that cannot be read: {error}"))
        self.lab.scheduler.stop()

    def closed(self, _reason: Closed) -> None:
        self._channel = None
        self.closed_at = self.lab.now
        self.lab.scheduler.stop()

    # The plug

    def plug_in(self) -> None:
        count = len(self.links)
        self.lab.plug()
        self._await_link(30 * S, count)

    def _await_link(self, within: int, count: int) -> None:
        if not self.lab.wait(lambda: len(self.links) > count, within):
            raise Deviation("the data link did not come up")
        self.lab.run(SETTLE)

    def show(self, state: PilotState) -> None:
        """Switch the pilot's resistors, and wait until both ends have seen it."""
        self.lab.show(state)
        self.lab.run(50 * MS)

    def resume(self, waker: str) -> None:
        """Come back from a pause: the vehicle toggles B-C-B, or the station goes to 5 %."""
        count = len(self.links)
        if waker == "vehicle":
            self.link.wake()
        else:
            self.lab.wake_station()
        if not self.lab.wait(lambda: len(self.links) > count, 20 * S):
            raise Deviation(f"the link did not come back, woken by the {waker}")
        self.lab.run(SETTLE)

    # Discovery

    def datagram(self, octets: bytes, within: int = SDP_WAIT) -> bytes | None:
        """Multicast these octets; the first answer, if one comes."""
        answers: list[bytes] = []

        def hear(datagram: bytes, _source: Endpoint) -> None:
            answers.append(datagram)
            self.lab.scheduler.stop()

        network = self.lab.network
        port = network.datagram(hear)
        port.send(octets, Endpoint(ALL_NODES, SDP_PORT, network.scope))
        self.lab.wait(lambda: answers, within)
        port.close()
        return answers[0] if answers else None

    def discover(self, security: Security) -> Response | None:
        answer = self.datagram(Request(security).octets())
        found = parse(answer) if answer is not None else None
        if answer is not None and not isinstance(found, Response):
            told = found.value if isinstance(found, Enum) else type(found).__name__
            raise Deviation(f"discovery answered wrongly: {told}")
        return found if isinstance(found, Response) else None

    def search(self, security: Security) -> Response | None:
        """Again and again, for as long as the station may take to come back."""
        deadline = self.lab.now + self.lab.answers_within
        found = self.discover(security)
        while found is None and self.lab.now < deadline:
            found = self.discover(security)
        return found

    # Connection and handshake

    def connect(self) -> None:
        """Discover and connect, with TLS if the case is about TLS."""
        found = self.find()
        if not self.reach(found):
            raise Deviation("the connection was refused")

    def find(self) -> Response:
        """Where the station is, for the security the case is about."""
        secure = self.lab.setup.tls
        found = self.search(Security.TLS if secure else Security.NONE)
        if found is None:
            raise Deviation("no answer to discovery")
        if secure and found.security is not Security.TLS:
            raise Deviation("TLS was asked for and not offered")
        return found

    def reach(self, found: Response) -> bool:
        """Connect to where discovery said; whether the station takes the connection."""
        engine = None
        if found.security is Security.TLS:
            if self.lab.crypto is None:
                raise Deviation("a connection without TLS was asked for, and TLS alone is offered")
            engine = self.lab.crypto.vehicle_tls()
        return self._open(found, engine)

    def knock(self, found: Response) -> bool:
        """The same without TLS, whatever is spoken there."""
        return self._open(found, None)

    def _open(self, found: Response, engine: TlsEngine | None) -> bool:
        lab = self.lab
        self.closed_at, self._opened, self._dialect = None, False, None
        self._inbox.clear()
        to = Endpoint(found.address, found.port, lab.network.scope)
        self._channel = self._channels.connect(lab.network, to, self, tls=engine)
        self._wire = Wire(self._channel, Trace(lambda: lab.now, (self.trace,)))
        if not lab.wait(lambda: self._opened or self.closed_at is not None, 10 * S):
            raise Deviation("the connection was not established")
        return self._opened

    def offer(self, request: SupportedAppProtocolReq) -> SupportedAppProtocolRes | None:
        assert self._wire is not None
        self._wire.say_handshake(request)
        answer = self._next(ANSWER)
        if answer is not None and not isinstance(answer, SupportedAppProtocolRes):
            raise Deviation(f"the offer was answered with {type(answer).__name__}")
        return answer if isinstance(answer, SupportedAppProtocolRes) else None

    def agree(self) -> None:
        """Offer the case's protocol, and speak it from now on."""
        name = self.lab.setup.protocol
        link = Link.TLS12 if self.lab.setup.tls else Link.PLAIN
        answer = self.offer(sap.offer(applications_of([name]), link).request)
        judged_offer(name, answer, closed=not self.is_open)
        self.speak(name)

    def speak(self, name: str) -> None:
        assert self._wire is not None
        self._dialect = dialect_of(name)
        self._wire.agree(self._dialect)

    # Messages

    def ask(
        self, said: Said | Later[Said], *, session_id: bytes | None = None, within: int = ANSWER
    ) -> Heard | None:
        """Send a request; the response, or ``None`` when there is none in time."""
        assert self._wire is not None
        ready = self.await_later(said)
        self._inbox.clear()
        self._wire.say(self.session_id if session_id is None else session_id, ready)
        answer = self._next(within)
        self.last = answer if isinstance(answer, Heard) else None
        return self.last

    def octets_of(self, said: Said) -> bytes:
        """The request as it would go over TCP, header included."""
        assert self._dialect is not None
        return v2gtp.pack(*self._dialect.encode(self.session_id, said))

    def send_raw(self, octets: bytes) -> None:
        """A part of something; nobody waits for an answer."""
        if self._channel is not None:
            self._channel.send_raw(octets)

    def next_answer(self, within: int) -> Heard | None:
        """One more, that nothing was said for in between."""
        answer = self._next(within)
        return answer if isinstance(answer, Heard) else None

    def ask_raw(self, octets: bytes, within: int) -> Heard | None:
        assert self._channel is not None
        self._inbox.clear()
        self._channel.send_raw(octets)
        answer = self._next(within)
        return answer if isinstance(answer, Heard) else None

    def await_later(self, said: Said | Later[Said]) -> Said:
        """What takes a key is made on the worker."""
        if not isinstance(said, Later):
            return said
        ready: list[Said] = []

        def take(value: Said) -> None:
            ready.append(value)
            self.lab.scheduler.stop()

        said.then(take)
        self.lab.wait(lambda: ready, 10 * S)
        if not ready:
            raise Deviation("the tester's own signature did not come")
        return ready[0]

    def silent_until_closed(self, within: int) -> int | None:
        """Say nothing; when the station closed, or ``None``.  A message meanwhile is wrong."""
        self._inbox.clear()
        self.lab.wait(lambda: self.closed_at is not None or self._inbox, within)
        if self._inbox:
            raise Deviation(f"a message nobody asked for: {self._inbox[0]}")
        return self.closed_at

    @property
    def is_open(self) -> bool:
        return self._channel is not None

    def half_close(self) -> None:
        """Nothing more is said, and what comes is still heard."""
        if self._channel is not None:
            self._channel.half_close()

    def hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def leave(self) -> None:
        """Gone from the power line: another tester takes over."""
        self.hang_up()
        if self.leave in self.lab.closing:
            self.lab.closing.remove(self.leave)
            self.link.close()

    def _next(self, within: int) -> Any:  # noqa: ANN401 - a message of any protocol
        self.lab.wait(lambda: self._inbox or self.closed_at is not None, within)
        heard = self._inbox.pop(0) if self._inbox else None
        if isinstance(heard, Deviation):  # found where nobody could be told
            raise heard
        return heard


def judged_offer(name: str, answer: SupportedAppProtocolRes | None, *, closed: bool) -> None:
    """``Deviation`` in words where the station does not speak what it was offered."""
    if answer is None:
        how = "the connection was closed" if closed else f"no answer within {ANSWER // S} s"
        raise Deviation(f"the protocol {name} was not agreed: {how}")
    if answer.schema_id is None:
        raise Deviation(f"the protocol {name} was not agreed: {answer.response_code.value}")
