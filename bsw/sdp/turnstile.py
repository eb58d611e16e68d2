"""Whose request is answered now, whose a little later, whose not at all.

One peer can send more requests than a small host can answer.  Each peer has an allowance that
fills up again; what is left waits in a bounded queue, from which the addresses take turns.  Times
are given, nothing is sent here.
"""

from collections import OrderedDict, deque
from typing import Final

from bsw.net.ports import Endpoint
from bsw.os.clock import S

BURST: Final = 32
"""Requests a peer may send at once; a vehicle asks 50 times at 250 ms."""

REFILL: Final = S // 16
"""After so long a peer may send one more."""

PEERS: Final = 512
"""Peers kept in mind; the one that was silent for longest is forgotten first."""

ADDRESSES: Final = 128
"""Addresses whose requests may wait."""

WAITING: Final = 16
"""Requests of one address that may wait."""


class Allowance:
    """What each peer may still ask.  A peer is an address and a port."""

    def __init__(self) -> None:
        self._spent: OrderedDict[Endpoint, int] = OrderedDict()

    def admits(self, peer: Endpoint, now: int) -> bool:
        """``_spent`` holds when the allowance of a peer will be full again."""
        full = max(now, self._spent.get(peer, now)) + REFILL
        if full > now + BURST * REFILL:
            return False
        self._spent[peer] = full
        self._spent.move_to_end(peer)
        if len(self._spent) > PEERS:
            self._spent.popitem(last=False)
        return True


class Turns:
    """Requests that wait: the oldest of one address, then the oldest of the next."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[tuple[bytes, Endpoint]]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._waiting.values())

    def put(self, datagram: bytes, peer: Endpoint) -> bool:
        """``False``: there was no place."""
        queue = self._waiting.get(peer.address)
        if queue is None:
            if len(self._waiting) >= ADDRESSES:
                return False
            queue = self._waiting[peer.address] = deque()
        if len(queue) >= WAITING:
            return False
        queue.append((datagram, peer))
        return True

    def take(self) -> tuple[bytes, Endpoint] | None:
        if not self._waiting:
            return None
        address, queue = self._waiting.popitem(last=False)
        turn = queue.popleft()
        if queue:
            self._waiting[address] = queue
        return turn

    def clear(self) -> None:
        self._waiting.clear()
