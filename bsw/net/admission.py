"""How often somebody may come: new connections per second, for each peer and for all of them.

Knows addresses and the time, no sockets.  One peer's flood is counted against that peer first,
so that it does not use up what others need.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from bsw.net.connections_config import ConnectionsConfig
from bsw.os.clock import S

PEERS_KNOWN: Final = 256
"""Addresses remembered; the one that was quiet for the longest is forgotten first."""


class Bucket:
    """Fills at ``rate`` per second up to ``rate``; each admission takes one."""

    def __init__(self, rate: int, now: int) -> None:
        self._rate = rate
        self._level = rate * S
        self._at = now

    def take(self, now: int) -> bool:
        self._level = min(self._rate * S, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._level < S:
            return False
        self._level -= S
        return True


class Admission:
    """Asked once for each new connection."""

    def __init__(self, config: ConnectionsConfig, now: Callable[[], int]) -> None:
        self._config = config
        self._now = now
        self._all = Bucket(config.per_second, now())
        self._peers: OrderedDict[str, Bucket] = OrderedDict()
        self.refused = 0

    def admits(self, peer: str) -> bool:
        now = self._now()
        admitted = self._bucket(peer, now).take(now) and self._all.take(now)
        if not admitted:
            self.refused += 1
        return admitted

    def _bucket(self, peer: str, now: int) -> Bucket:
        found = self._peers.get(peer)
        if found is None:
            found = self._peers[peer] = Bucket(self._config.per_peer_second, now)
            if len(self._peers) > PEERS_KNOWN:
                self._peers.popitem(last=False)
        self._peers.move_to_end(peer)
        return found
