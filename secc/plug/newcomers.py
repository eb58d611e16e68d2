"""Connections that are no session yet: how many may wait, and which one gives way to a new one.

A connection costs a descriptor and says nothing about who is behind it, so those that wait are
bounded, per address and in total.  A full house does not shut the vehicle out: the one that has
come least far, and among those the oldest, makes room.
"""

from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from typing import Generic, Protocol, TypeVar

from bsw.net.connections_config import ConnectionsConfig


class Stage(IntEnum):
    """How far a connection has come."""

    CONNECTED = 0  # TLS, where it is spoken, is not finished
    OPEN = 1  # no protocol agreed
    AGREED = 2  # no SessionSetupReq
    ESTABLISHED = 3


class Newcomer(Protocol):
    @property
    def peer(self) -> str: ...
    @property
    def since(self) -> int: ...
    @property
    def stage(self) -> Stage: ...
    def give_way(self) -> None:
        """End at once; comes back as ``leave``."""


N = TypeVar("N", bound=Newcomer)


class Newcomers(Generic[N]):
    """Those who wait.  ``enter`` makes room first."""

    def __init__(self, config: ConnectionsConfig) -> None:
        self._config = config
        self._waiting: list[N] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[N]:
        return iter(tuple(self._waiting))

    def make_room(self, peer: str) -> None:
        """For one more of this address."""
        own = [one for one in self._waiting if one.peer == peer]
        if len(own) >= self._config.waiting_per_peer:
            _least(own).give_way()
        elif len(self._waiting) >= self._config.waiting:
            crowd = Counter(one.peer for one in self._waiting).most_common(1)[0][0]
            _least([one for one in self._waiting if one.peer == crowd]).give_way()

    def enter(self, newcomer: N) -> None:
        self._waiting.append(newcomer)

    def leave(self, newcomer: N) -> None:
        """It has ended, or became the session; twice does no harm."""
        if newcomer in self._waiting:
            self._waiting.remove(newcomer)


def _least(some: list[N]) -> N:
    return min(some, key=lambda one: (one.stage, one.since))
