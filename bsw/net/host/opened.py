"""What a driver of the host has open, and the closed streams that still wait for their peers."""

from typing import Final

from bsw.net.host.listen import HostListener
from bsw.net.host.tcp import HostStream
from bsw.net.host.udp import HostDatagramPort

MOST_LINGERING: Final = 32
"""Closed streams that still wait for their peer's end; above that the oldest is broken off."""
Socket = HostDatagramPort | HostStream | HostListener


class Opened:
    """A peer that never closes must not hold many descriptors: the oldest that lingers goes."""

    def __init__(self) -> None:
        self._all: set[Socket] = set()
        self._lingering: dict[HostStream, None] = {}  # oldest first

    def __bool__(self) -> bool:
        return bool(self._all)

    @property
    def lingering(self) -> bool:
        """A closed stream still waits for its peer; a process should not exit yet."""
        return any(isinstance(one, HostStream) and one.lingering for one in self._all)

    def add(self, socket: Socket) -> None:
        self._all.add(socket)

    def forget(self, socket: Socket) -> None:
        self._all.discard(socket)
        if isinstance(socket, HostStream):
            self._lingering.pop(socket, None)

    def lingers(self, stream: HostStream) -> None:
        """Its user is gone, its descriptor is not."""
        self._lingering[stream] = None
        if len(self._lingering) > MOST_LINGERING:
            next(iter(self._lingering)).abort()

    def close(self) -> None:
        """Break off and close everything."""
        for socket in tuple(self._all):
            if isinstance(socket, HostStream):
                socket.abort()
            else:
                socket.close()
