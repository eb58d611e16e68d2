"""Runs a search on one or several networks.

Owns the ports and the alarm of a search; the rules are in ``bsw.sdp.search``.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from bsw.dlt import Dlt, silent
from bsw.net.ports import DatagramPort, Endpoint, Network
from bsw.os.scheduler import Scheduler
from bsw.sdp.messages import WirelessRequest
from bsw.sdp.search import Found, NotFound, Search, SearchRules

ALL_NODES: Final = "ff02::1"
SDP_PORT: Final = 15118

DEFAULT_RULES: Final = SearchRules()

OnFound = Callable[[Found, Network], None]
OnMissed = Callable[[NotFound], None]


class SdpClient:
    """Looks for a station on all given networks at once and takes the first good answer.

    ``found`` gets the station and the network it answered on: connect there with
    ``station_endpoint``.  One object, any number of searches, one at a time.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        networks: Sequence[Network],
        found: OnFound,
        missed: OnMissed,
        *,
        rules: SearchRules = DEFAULT_RULES,
        port: int = SDP_PORT,
        dlt: Dlt | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._networks = networks
        self._found = found
        self._missed = missed
        self._rules = rules
        self._port = port
        self._log = (dlt or silent()).logger("sdp")
        self._ports: list[tuple[Network, DatagramPort]] = []
        self._search: Search | None = None
        self._alarm = scheduler.alarm(self._tick, name="sdp.retry")

    @property
    def searching(self) -> bool:
        return self._search is not None

    def start(
        self, *, rules: SearchRules | None = None, wireless: WirelessRequest | None = None
    ) -> None:
        """Begin a search; one that still runs is dropped."""
        self.cancel()
        rules = rules or self._rules
        if any(network.link_local() == "::1" for network in self._networks):
            rules = replace(rules, loopback=True)
        self._search = Search(rules, wireless)
        for network in self._networks:
            self._listen(network)
        self._search.begin(self._scheduler.now)
        self._act()

    def cancel(self) -> None:
        """Stop asking, tell nobody."""
        self._alarm.cancel()
        self._search = None
        for _, port in self._ports:
            port.close()
        self._ports.clear()

    def _listen(self, network: Network) -> None:
        """An interface that cannot be used just now finds nothing; the others go on."""

        def heard(datagram: bytes, _source: Endpoint) -> None:
            if self._search is not None:
                self._search.hear(datagram, self._scheduler.now)
                self._act(network)

        try:
            self._ports.append((network, network.datagram(heard)))
        except OSError as error:
            self._log.warning("no-port", scope=network.scope, why=str(error))

    def _tick(self) -> None:
        if self._search is not None:
            self._search.tick(self._scheduler.now)
            self._act()

    def _act(self, network: Network | None = None) -> None:
        """Do what the search wants now."""
        search = self._search
        if search is None:
            return
        request = search.outgoing()
        if request is not None:
            for other, port in self._ports:
                port.send(request, Endpoint(ALL_NODES, self._port, other.scope))
        result = search.result
        if result is None:
            if not self._alarm.armed:
                self._alarm.rearm(search.due - self._scheduler.now)
            return
        self.cancel()
        if isinstance(result, Found):
            assert network is not None, "only an answer finds a station"
            self._log.info("found", address=result.address, port=result.port)
            self._found(result, network)
        else:
            self._log.info("missed", why=str(result))
            self._missed(result)


def station_endpoint(found: Found, network: Network) -> Endpoint:
    """Where to connect, with the scope of the network that the answer came from."""
    scope = network.scope if found.address.lower().startswith("fe8") else ""
    return Endpoint(found.address, found.port, scope)
