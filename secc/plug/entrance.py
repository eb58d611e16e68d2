"""How a vehicle gets to the station: discovery and the listeners behind its answers.

Opens and closes them together: an answer never names a port on which nobody listens, and where
the set-up time ends discovery, late connections are refused as well.  A host that has no sockets
left is asked again; that must not end the ECU.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bsw.dlt import Logger
from bsw.net.channel import Channel, Channels, ChannelUser
from bsw.net.host.network import EXHAUSTED
from bsw.net.ports import Listener, Network
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.sdp.config import CouplingConfig
from bsw.sdp.server import Locate, Offer, SdpServer
from bsw.tls.port import TlsEngine

TRY_AGAIN: Final = 1 * S


@dataclass(frozen=True, slots=True)
class Doors:
    """Which connections the outlet accepts; ``tls`` makes an engine for each."""

    plain: bool = True
    tls: Callable[[], TlsEngine] | None = None
    plain_port: int = 0
    tls_port: int = 0
    sdp_port: int = 15118
    wireless: CouplingConfig = field(default_factory=CouplingConfig)


class Entrance:
    """Closed until ``open``.  ``plain`` says whether a door without TLS is of use now."""

    def __init__(
        self,
        scheduler: Scheduler,
        network: Network,
        channels: Channels,
        accept: Callable[[Channel], ChannelUser | None],
        *,
        doors: Doors,
        log: Logger,
        plain: Callable[[], bool] = lambda: True,
        locate: Locate | None = None,
    ) -> None:
        self._network = network
        self._channels = channels
        self._doors = doors
        self._plain = plain
        self._accept = accept
        self._log = log
        self._listeners: list[Listener] = []
        self._within: int | None = None
        self._again = scheduler.alarm(self._try, name="entrance")
        self._over = scheduler.alarm(self.close, name="set-up time")
        self._sdp = SdpServer(scheduler, network, port=doors.sdp_port, locate=locate)

    @property
    def offer(self) -> Offer | None:
        """What discovery answers now."""
        return self._sdp.offer

    def open(self, within: int | None) -> None:
        """For as long, or until ``close``; again from now if it is open already."""
        self._over.cancel()
        self._within = within
        if within is not None:
            self._over.rearm(within)
        self._again.cancel()
        if not self._opened():
            self._again.rearm(TRY_AGAIN)

    def look(self) -> None:
        """A door more may be of use, or one less; who has come through it stays."""
        offer = self._sdp.offer
        if offer is not None and (offer.plain is not None) != self._wants_plain:
            self._shut()
            self._try()

    def close(self) -> None:
        self._over.cancel()
        self._again.cancel()
        self._sdp.close()
        self._shut()

    def _shut(self) -> None:
        self._sdp.offer = None
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    @property
    def _wants_plain(self) -> bool:
        return self._doors.plain and self._plain()

    def _try(self) -> None:
        if not self._opened():
            self._again.rearm(TRY_AGAIN)

    def _opened(self) -> bool:
        try:
            if not self._listeners:
                self._listen()
            self._sdp.open(self._within)
        except OSError as error:
            if error.errno not in EXHAUSTED:
                raise  # a port in use, an interface that is gone: not over in a second
            self._sdp.close()
            self._shut()
            self._log.error("cannot listen", why=str(error), remedy="tried again in a second")
            return False
        return True

    def _listen(self) -> None:
        doors = self._doors
        plain = tls = None
        if self._wants_plain:
            plain = self._door(doors.plain_port, None)
        if doors.tls is not None:
            tls = self._door(doors.tls_port, doors.tls)
        self._sdp.offer = Offer(tls=tls, plain=plain)

    def _door(self, port: int, tls: Callable[[], TlsEngine] | None) -> int:
        listener = self._channels.listen(self._network, self._accept, port=port, tls=tls)
        self._listeners.append(listener)
        return listener.local.port
