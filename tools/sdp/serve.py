"""``v2g sdp serve``: answer as a station does, and accept the connections that follow."""

import argparse
import sys

from bsw.net.channel import Channel, Channels, Closed
from bsw.net.ports import Endpoint, Network
from bsw.os.clock import S
from bsw.sdp.messages import Coupling, Diagnosis, WirelessRequest
from bsw.sdp.server import Offer, Position, SdpServer
from tools.sdp.world import PORT, SdpWorld, add_common_options, between, with_world
from tools.slac.console import verdict

OFFERS = ("tls", "plain", "both")


def add_serve(parser: argparse.ArgumentParser) -> None:
    add_common_options(parser)
    parser.add_argument("--offer", choices=OFFERS, default="both", help="what to announce (both)")
    parser.add_argument("--tls-port", type=PORT, help="announce this TCP port for TLS")
    parser.add_argument("--plain-port", type=PORT, help="announce this TCP port for plain TCP")
    parser.add_argument("--evseid", help="answer wireless requests too, with this EVSEID")
    parser.add_argument(
        "--for", dest="seconds", type=between(0.0, 1e9), help="stop after so many seconds"
    )


def serve(arguments: argparse.Namespace) -> int:
    return with_world(arguments, lambda world: _serve(world, arguments))


def _serve(world: SdpWorld, arguments: argparse.Namespace) -> int:
    servers = [_server(world, network, arguments) for network in world.networks]
    if arguments.seconds is not None:
        world.scheduler.after(int(arguments.seconds * S), world.scheduler.stop, name="limit")
    world.run()
    for server in servers:
        server.close()
        verdict("SERVED", answered=server.answered, ignored=server.ignored)
    return 0


def _server(world: SdpWorld, network: Network, arguments: argparse.Namespace) -> SdpServer:
    """Ports that are not given are opened here, so that a vehicle can connect."""
    channels = Channels(world.scheduler, dlt=world.dlt)

    def listen(given: int | None, kind: str) -> int | None:
        if arguments.offer not in {kind, "both"}:
            return None
        return given or channels.listen(network, _Visitor).local.port

    offer = Offer(
        tls=listen(arguments.tls_port, "tls"), plain=listen(arguments.plain_port, "plain")
    )

    def locate(_request: WirelessRequest, _source: Endpoint) -> Position:
        return Position(Diagnosis.FINISHED_WITH_EVSEID, Coupling.NOT_APPLICABLE, arguments.evseid)

    server = SdpServer(
        world.scheduler,
        network,
        offer,
        locate=locate if arguments.evseid else None,
        port=arguments.port,
        dlt=world.dlt,
    )
    server.open()
    verdict(
        "SERVING",
        address=str(Endpoint(network.link_local(), arguments.port, network.scope)),
        tls=offer.tls,
        plain=offer.plain,
    )
    return server


class _Visitor:
    """A vehicle that connected.  The ports opened here speak no TLS and no V2G messages."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def opened(self) -> None:
        verdict("CONNECTED", peer=str(self._channel.peer))

    def frame(self, payload_type: int, payload: bytes) -> None:
        verdict("FRAME", type=f"0x{payload_type:04x}", octets=len(payload))

    def closed(self, reason: Closed) -> None:
        print(f"v2g sdp: disconnected: {reason}", file=sys.stderr)
