"""The first thing a vehicle says: which protocols it speaks, and what the station makes of it.

Connects, offers, concludes, closes.  Nothing of charging is known here.
"""

from collections.abc import Callable, Sequence

from bsw import exi
from bsw.chrgm.messages.sap import SupportedAppProtocolRes
from bsw.chrgm.sap import (
    Application,
    NothingToOffer,
    Offer,
    Refusal,
    conclude,
    link_of,
    offer,
)
from bsw.dlt import Logger
from bsw.net.channel import Channel, Channels, Closed
from bsw.net.ports import Endpoint, Network
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from bsw.trace import Trace
from bsw.v2gtp import PayloadType

ANSWER_WITHIN = 2 * S  # [V2G2-443], the vehicle's timeout for SupportedAppProtocol

Finished = Callable[[Application | None, str], None]
"""Hears the protocol agreed, or ``None`` and the reason."""


class Handshake:
    """One connection of the vehicle, from TCP connect to the protocol agreed."""

    def __init__(
        self,
        scheduler: Scheduler,
        channels: Channels,
        trace: Trace,
        log: Logger,
        *,
        wanted: Sequence[Application],
        finished: Finished,
    ) -> None:
        self._scheduler = scheduler
        self._channels = channels
        self._trace = trace
        self._log = log
        self._wanted = wanted
        self._finished = finished
        self._codec = exi.codec("sap")
        self._channel: Channel | None = None
        self._offer: Offer | None = None
        self._asked_at = 0
        self._late = scheduler.alarm(self._no_answer, name="sap timeout")

    def start(self, network: Network, station: Endpoint) -> None:
        self._log.info("connecting", station=str(station))
        self._channel = self._channels.connect(network, station, self)

    def stop(self) -> None:
        self._late.cancel()
        if self._channel is not None:
            self._channel.close()

    def opened(self) -> None:
        assert self._channel is not None
        link = link_of(self._channel.facts)
        self._log.info("connected", local=str(self._channel.local), link=link.value)
        try:
            self._offer = offer(self._wanted, link)
        except NothingToOffer as nothing:
            self._end(None, str(nothing))
            return
        octets = self._codec.encode(self._offer.request)
        self._trace.add("v2g", direction="sent", name="supportedAppProtocolReq", exi=octets)
        names = " ".join(application.name for application in self._offer.meaning.values())
        self._log.info("offer", protocols=names)
        self._asked_at = self._scheduler.now
        self._channel.send(PayloadType.EXI, octets)
        self._late.rearm(ANSWER_WITHIN)

    def frame(self, payload_type: int, payload: bytes) -> None:
        del payload_type  # the channel lets through what belongs to the handshake
        self._late.cancel()
        try:
            message = self._codec.decode(payload)
        except exi.DecodeError as error:
            self._end(None, f"the station's answer cannot be read: {error}")
            return
        self._trace.add("v2g", direction="received", name=type(message).__name__, exi=payload)
        if self._offer is None or not isinstance(message, SupportedAppProtocolRes):
            self._end(None, f"the station answered with {type(message).__name__}")
            return
        agreed = conclude(self._offer, message)
        if isinstance(agreed, Refusal):
            self._end(None, agreed.value)
            return
        took = (self._scheduler.now - self._asked_at) / MS
        self._log.info("agreed", protocol=agreed.application.name, took_ms=round(took, 2))
        self._end(agreed.application, "")

    def closed(self, reason: Closed) -> None:
        self._late.cancel()
        self._end(None, f"the connection ended: {reason}")

    def _no_answer(self) -> None:
        self._end(None, f"the station did not answer within {ANSWER_WITHIN / S:g} s")

    def _end(self, application: Application | None, reason: str) -> None:
        self.stop()
        self._finished(application, reason)
