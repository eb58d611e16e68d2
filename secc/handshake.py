"""The first thing a station says: which of the vehicle's protocols it speaks.

Listens, answers one vehicle at a time, and hears the end.  Nothing of charging is known here.
"""

from collections.abc import Callable, Sequence

from bsw import exi
from bsw.chrgm.messages.sap import SupportedAppProtocolReq
from bsw.chrgm.sap import Application, Choice, choose, link_of
from bsw.dlt import Logger
from bsw.net.channel import Cause, Channel, Channels, Closed
from bsw.net.ports import Listener, Network
from bsw.trace import Trace
from bsw.v2gtp import PayloadType

Finished = Callable[[Application | None, str], None]
"""Hears the protocol agreed, or ``None`` and the reason."""


class Handshake:
    """One connection of a vehicle, seen from the station."""

    def __init__(
        self,
        channel: Channel,
        trace: Trace,
        log: Logger,
        *,
        served: Sequence[Application],
        finished: Finished,
    ) -> None:
        self._channel = channel
        self._trace = trace
        self._log = log
        self._served = served
        self._finished = finished
        self._codec = exi.codec("sap")
        self._choice: Choice | None = None

    def opened(self) -> None:
        self._log.info("vehicle", peer=str(self._channel.peer))

    def frame(self, payload_type: int, payload: bytes) -> None:
        del payload_type  # the channel lets through what belongs to the handshake
        try:
            message = self._codec.decode(payload)
        except exi.DecodeError as error:
            self._end(f"the vehicle's request cannot be read: {error}")
            return
        self._trace.add("v2g", direction="received", name=type(message).__name__, exi=payload)
        if self._choice is not None or not isinstance(message, SupportedAppProtocolReq):
            self._end(f"the vehicle sent {type(message).__name__} where it does not belong")
            return
        self._choice = choose(message, self._served, link_of(self._channel.facts))
        octets = self._codec.encode(self._choice.response)
        self._trace.add("v2g", direction="sent", name="supportedAppProtocolRes", exi=octets)
        self._channel.send(PayloadType.EXI, octets)
        if self._choice.application is None:
            self._end("the vehicle offers nothing that is served here")
            return
        self._log.info("agreed", protocol=self._choice.application.name)

    def closed(self, reason: Closed) -> None:
        agreed = self._choice.application if self._choice is not None else None
        if agreed is not None and reason.cause is Cause.PEER:
            self._finished(agreed, "")
        else:
            self._finished(None, f"the connection ended: {reason}")

    def _end(self, reason: str) -> None:
        self._channel.close()
        self._finished(None, reason)


class Door:
    """Where vehicles knock."""

    def __init__(
        self,
        channels: Channels,
        trace: Trace,
        log: Logger,
        *,
        served: Sequence[Application],
        finished: Finished,
    ) -> None:
        self._channels = channels
        self._trace = trace
        self._log = log
        self._served = served
        self._finished = finished
        self._listener: Listener | None = None

    def open(self, network: Network, port: int) -> None:
        self._listener = self._channels.listen(network, self._vehicle, port=port)
        local = self._listener.local
        self._log.info("listening", address=local.address, port=local.port)

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _vehicle(self, channel: Channel) -> Handshake:
        return Handshake(
            channel, self._trace, self._log, served=self._served, finished=self._finished
        )
