"""The station's side of discovery: one answer to each good request, silence to all else.

Owns the answer rules and the port on which they are applied.  Whether a session is running does
not concern it: it answers as long as it is open, so that a vehicle whose last session died finds
the station again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bsw.dlt import Dlt, silent
from bsw.net.ports import DatagramPort, Endpoint, Network
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from bsw.sdp.client import ALL_NODES, SDP_PORT
from bsw.sdp.messages import (
    EVSEID_SIZE,
    Coupling,
    Defect,
    Diagnosis,
    Request,
    Response,
    Security,
    WirelessRequest,
    WirelessResponse,
    parse,
)
from bsw.sdp.turnstile import Allowance, Turns

SETUP_TIME: Final = 18 * S
"""V2G_SECC_CommunicationSetup_Performance_Time: a strict station is silent afterwards."""

WINDOW: Final = 10 * MS
PER_WINDOW: Final = 32
"""Answers per ``WINDOW``: about a tenth of a slow host's time, however many ask."""

_WANTED: Final = tuple(Request(security).octets() for security in Security)
_WANTED_WIRELESS: Final = tuple(
    WirelessRequest(security, evseid_size=size).octets()[: len(_WANTED[0])]
    for security in Security
    for size in (EVSEID_SIZE, EVSEID_SIZE - 1)
)


@dataclass(frozen=True, slots=True)
class Offer:
    """The TCP ports behind the answers; ``None`` for what the station does not serve.

    Asked for TLS the station without TLS says so, asked for plain TCP the one that insists on
    TLS says that; the vehicle decides.
    """

    tls: int | None = None
    plain: int | None = None

    def for_request(self, asked: Security) -> tuple[Security, int] | None:
        first, second = (Security.TLS, self.tls), (Security.NONE, self.plain)
        if asked is Security.NONE:
            first, second = second, first
        for security, port in (first, second):
            if port is not None:
                return security, port
        return None


@dataclass(frozen=True, slots=True)
class Position:
    """What a wireless or automatic station knows of the vehicle that asks."""

    diagnosis: Diagnosis
    coupling: Coupling = Coupling.NOT_APPLICABLE
    evseid: str = ""


Locate = Callable[[WirelessRequest, Endpoint], Position | None]
"""``None``: it is not for this station."""


class Answerer:
    """Datagram in, datagram out or nothing.  ``offer`` may change at any time."""

    def __init__(self, address: str, offer: Offer | None, locate: Locate | None = None) -> None:
        self.address = address
        self.offer = offer
        self.answered = 0
        self.ignored = 0
        self.last_defect: Defect | None = None
        self._locate = locate

    def answer(self, datagram: bytes, source: Endpoint) -> bytes | None:
        message = parse(datagram)
        match message:
            case Request():
                octets = self._wired(message)
            case WirelessRequest():
                octets = self._wireless(message, source)
            case Response() | WirelessResponse():
                octets = None  # an answer, ours included, is no request
            case defect:
                octets = None
                self.last_defect = defect
        if octets is None:
            self.ignored += 1
        else:
            self.answered += 1
        return octets

    def _wired(self, request: Request) -> bytes | None:
        chosen = self.offer.for_request(request.security) if self.offer is not None else None
        if chosen is None:
            return None
        security, port = chosen
        return Response(self.address, port, security).octets()

    def _wireless(self, request: WirelessRequest, source: Endpoint) -> bytes | None:
        chosen = self.offer.for_request(request.security) if self.offer is not None else None
        if chosen is None or self._locate is None:
            return None
        security, port = chosen
        position = self._locate(request, source)
        if position is None:
            return None
        return WirelessResponse(
            address=self.address,
            port=port,
            security=security,
            diagnosis=position.diagnosis,
            coupling=position.coupling,
            evseid=position.evseid,
            evseid_size=request.evseid_size,
        ).octets()


class SdpServer:
    """Answers on one network; make one per interface."""

    def __init__(
        self,
        scheduler: Scheduler,
        network: Network,
        offer: Offer | None = None,
        *,
        locate: Locate | None = None,
        port: int = SDP_PORT,
        dlt: Dlt | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._network = network
        self._number = port
        self._log = (dlt or silent()).logger("sdp")
        self._answerer = Answerer(network.link_local(), offer, locate)
        self._port: DatagramPort | None = None
        self.limited = 0  # requests that found no answer because there were too many
        self._allowance = Allowance()
        self._turns = Turns()
        self._window_ends = 0
        self._left = 0
        self._next_turn = scheduler.alarm(self._serve, name="sdp.next-turn")
        self._until = scheduler.alarm(self._time_over, name="sdp.setup-time")
        self._wanted = _WANTED if locate is None else _WANTED + _WANTED_WIRELESS

    @property
    def offer(self) -> Offer | None:
        """What is answered now; ``None`` is silence, as before the data link is ready."""
        return self._answerer.offer

    @offer.setter
    def offer(self, offer: Offer | None) -> None:
        self._answerer.offer = offer

    @property
    def is_open(self) -> bool:
        return self._port is not None

    @property
    def answered(self) -> int:
        return self._answerer.answered

    @property
    def ignored(self) -> int:
        return self._answerer.ignored

    def open(self, duration: int | None = None) -> None:
        """Answer from now on, or for ``duration`` only (see ``SETUP_TIME``)."""
        if self._port is None:
            self._answerer.address = self._network.link_local()
            self._port = self._network.datagram(
                self._heard, port=self._number, groups=(ALL_NODES,), wanted=self._wanted
            )
        if duration is None:
            self._until.cancel()
        else:
            self._until.rearm(duration)

    def close(self) -> None:
        self._until.cancel()
        self._next_turn.cancel()
        self._turns.clear()
        if self._port is not None:
            self._port.close()
            self._port = None

    def _heard(self, datagram: bytes, source: Endpoint) -> None:
        """The cheap decision comes first: most of a flood goes no further."""
        if not datagram.startswith(self._wanted):
            self._answer(datagram, source)  # which says what is wrong with it
        elif self._allowance.admits(source, self._scheduler.now) and self._turns.put(
            datagram, source
        ):
            self._serve()
        else:
            self.limited += 1
            if self.limited & (self.limited - 1) == 0:
                self._log.warning("too-many", peer=str(source), times=self.limited)

    def _serve(self) -> None:
        now = self._scheduler.now
        if now >= self._window_ends:
            self._window_ends, self._left = now + WINDOW, PER_WINDOW
        while self._left and (turn := self._turns.take()) is not None:
            self._left -= 1
            self._answer(*turn)
        if self._turns:
            self._next_turn.rearm(self._window_ends - now)

    def _answer(self, datagram: bytes, source: Endpoint) -> None:
        answer = self._answerer.answer(datagram, source)
        if answer is None:
            self._ignore(source)
        elif self._port is not None:
            self._port.send(answer, source)
            self._log.info("answered", peer=str(source), answers=self.answered)

    def _ignore(self, source: Endpoint) -> None:
        """Say so for the first, the second, the fourth ... so that a flood stays readable."""
        count, defect = self.ignored, self._answerer.last_defect
        if count & (count - 1) == 0:
            why = defect.value if defect is not None else "nothing to offer"
            self._log.warning("ignored", peer=str(source), why=why, times=count)

    def _time_over(self) -> None:
        self._log.info("setup-time-over")
        self.close()
