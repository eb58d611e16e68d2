"""``v2g sdp find``: ask for a station as a vehicle does, and say what was heard."""

import argparse
import sys

from bsw.net.channel import Channel, Channels, Closed
from bsw.net.ports import Network
from bsw.os.clock import MS, S
from bsw.sdp.client import SdpClient, station_endpoint
from bsw.sdp.messages import NO_EVID, Security, WirelessRequest
from bsw.sdp.search import Found, Mismatch, NotFound, SearchRules
from tools.sdp.world import SdpWorld, add_common_options, between, with_world
from tools.slac.console import verdict

SECURITIES = {"tls": Security.TLS, "none": Security.NONE}


def add_find(parser: argparse.ArgumentParser) -> None:
    add_common_options(parser)
    parser.add_argument("--ask", choices=SECURITIES, default="tls", help="security to ask for")
    parser.add_argument(
        "--on-mismatch",
        choices=[one.value for one in Mismatch],
        default=Mismatch.ACCEPT.value,
        help="when the station offers another security (default: accept, and show it)",
    )
    parser.add_argument(
        "--attempts", type=between(1, 10_000), default=50, help="requests at most (50)"
    )
    parser.add_argument(
        "--interval", type=between(1, 60_000), default=250, help="ms between requests (250)"
    )
    parser.add_argument("--wireless", action="store_true", help="-20 request for WPT and ACDP")
    parser.add_argument("--evid", default=NO_EVID, help="vehicle id of a wireless request")
    parser.add_argument("--connect", action="store_true", help="also open the TCP connection")


def find(arguments: argparse.Namespace) -> int:
    return with_world(arguments, lambda world: _Finder(world, arguments).run())


class _Finder:
    def __init__(self, world: SdpWorld, arguments: argparse.Namespace) -> None:
        self.status = 1
        self._world = world
        self._scheduler = world.scheduler
        self._connects: bool = arguments.connect
        self._began = self._scheduler.now
        self._channel: Channel | None = None
        mismatch = Mismatch(arguments.on_mismatch)
        rules = SearchRules(
            ask=SECURITIES[arguments.ask],
            offered_less=mismatch,
            offered_more=mismatch,
            interval=int(arguments.interval * MS),
            attempts=arguments.attempts,
            within=arguments.attempts * int(arguments.interval * MS) + S,
        )
        self._wireless = (
            WirelessRequest(rules.ask, evid=arguments.evid) if arguments.wireless else None
        )
        self._client = SdpClient(
            self._scheduler,
            world.networks,
            self._found,
            self._missed,
            rules=rules,
            port=arguments.port,
            dlt=world.dlt,
        )

    def run(self) -> int:
        self._client.start(wireless=self._wireless)
        self._world.run()
        self._client.cancel()
        return self.status

    @property
    def _took(self) -> float:
        return round((self._scheduler.now - self._began) / MS, 2)

    def _found(self, station: Found, network: Network) -> None:
        self.status = 0
        endpoint = station_endpoint(station, network)
        fields = {"evseid": station.evseid} if station.evseid else {}
        verdict(
            "FOUND",
            station=str(endpoint),
            security=station.security.name.lower(),
            asked=station.asked.name.lower(),
            requests=station.requests,
            took_ms=self._took,
            **fields,
        )
        if not self._connects:
            self._scheduler.stop()
            return
        self.status = 1
        self._began = self._scheduler.now
        channels = Channels(self._scheduler, dlt=self._world.dlt)
        self._channel = channels.connect(network, endpoint, self)

    def _missed(self, result: NotFound) -> None:
        verdict("NOT-FOUND", reason=result.reason.name, requests=result.requests)
        print(f"v2g sdp: {result}", file=sys.stderr)
        self._scheduler.stop()

    def opened(self) -> None:
        self.status = 0
        verdict("CONNECTED", took_ms=self._took)
        if self._channel is not None:
            self._channel.close()
        self._scheduler.stop()

    def frame(self, payload_type: int, payload: bytes) -> None:
        """Nothing was asked."""

    def closed(self, reason: Closed) -> None:
        verdict("NOT-CONNECTED", reason=reason.cause.name)
        print(f"v2g sdp: {reason}", file=sys.stderr)
        self._scheduler.stop()
