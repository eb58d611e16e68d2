"""Where a station of the tester is found: discovery's answers and the listener behind them."""

from collections.abc import Callable

from bsw.net.channel import Channel, Channels, ChannelUser
from bsw.net.ports import DatagramPort, Endpoint, Listener
from bsw.sdp.client import ALL_NODES, SDP_PORT
from bsw.sdp.messages import Request, Response, Security, parse
from bsw.tls.port import TlsEngine
from tools.conformance.vehicle.bench import VehicleBench


class StationDoors:
    """Closed until ``open``; ``searches`` has who looked for a station, and when."""

    def __init__(self, lab: VehicleBench, accept: Callable[[Channel], ChannelUser]) -> None:
        self._lab = lab
        self._accept = accept
        self._channels = Channels(lab.scheduler, worker=lab.worker)
        self._answering: DatagramPort | None = None
        self._listener: Listener | None = None
        self.searches: list[tuple[int, Endpoint]] = []
        self.asked: set[Security] = set()
        """What they wanted, as far as it could be read."""

    def open(
        self,
        tls: Callable[[], TlsEngine] | None,
        answers: Callable[[Response], list[bytes]],
        *,
        listening: bool = True,
    ) -> None:
        """``answers`` makes the datagrams of the good response; without ``listening`` the port is
        closed.
        """
        network = self._lab.network
        listener = self._channels.listen(network, self._accept, tls=tls)
        port = listener.local.port
        if not listening:
            listener.close()
        security = Security.TLS if tls is not None else Security.NONE
        response = Response(network.link_local(), port, security)

        def hear(datagram: bytes, source: Endpoint) -> None:
            self.searches.append((self._lab.now, source))
            request = parse(datagram)
            if isinstance(request, Request):
                self.asked.add(request.security)
            for octets in answers(response):
                answering.send(octets, source)

        self._listener = listener
        self._answering = answering = network.datagram(hear, port=SDP_PORT, groups=(ALL_NODES,))

    def close(self) -> None:
        for door in (self._answering, self._listener):
            if door is not None:
                door.close()
