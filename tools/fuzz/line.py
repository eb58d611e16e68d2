"""One connection of a hostile peer: frames out in any shape, frames in, or the end.

Blocks, as tools may; while it waits, something else may be attended to.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import Final, Protocol

from bsw.v2gtp import DISCOVERY, Frame, PayloadType, Reader

PAUSE: Final = 0.001
"""Between the pieces of a slow frame."""
SESSION: Final = frozenset(PayloadType) - DISCOVERY
"""What may come on a connection; whether it belongs there is for the mirror to say."""
_RESET: Final = struct.pack("ii", 1, 0)
_CHUNK: Final = 65_536


class Gone(Exception):
    """The other side has ended the connection."""


class Aside(Protocol):
    """Something that speaks up while a connection is silent."""

    def fileno(self) -> int: ...


Attend = Callable[[], None]


def dial(port: int, tls: ssl.SSLContext | None = None, within: float = 5.0) -> Line:
    """Connect to a station on this machine."""
    sock = socket.create_connection(("::1", port), within)
    try:
        return Line(sock if tls is None else tls.wrap_socket(sock))
    except OSError:
        sock.close()
        raise


class Line:
    """``aside`` is watched while ``receive`` waits, and ``attend`` called when it is readable."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = Reader(SESSION)
        self._early: Frame | None = None
        self.aside: Aside | None = None
        self.attend: Attend = lambda: None

    def send(self, pieces: tuple[bytes, ...]) -> None:
        """Each piece on its own; raises ``Gone`` where nobody takes it."""
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(PAUSE)
            try:
                self._socket.sendall(piece)
            except OSError as error:
                raise Gone(str(error)) from None

    def peek(self, within: float) -> None:
        """Wait for a frame and leave it there."""
        self._early = self.receive(within)

    def receive(self, within: float) -> Frame:
        """The next frame; ``TimeoutError`` when none comes."""
        if self._early is not None:
            early, self._early = self._early, None
            return early
        deadline = time.monotonic() + within
        while True:
            item = self._reader.next()
            if isinstance(item, Frame):
                return item
            if item is not None:
                raise Gone(f"the answer cannot be followed: {item.fault.value}")
            self._feed(deadline)

    def _feed(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        if not self._pending:
            wanted = [self._socket] if self.aside is None else [self._socket, self.aside]
            ready = select.select(wanted, [], [], remaining)[0]
            if self.aside in ready:
                self.attend()
            if self._socket not in ready:
                return
        try:
            data = self._socket.recv(_CHUNK)
        except ssl.SSLWantReadError:
            return
        except OSError as error:
            raise Gone(str(error)) from None
        if not data:
            raise Gone("closed")
        self._reader.feed(data, 0)

    @property
    def _pending(self) -> int:
        return self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0

    def close(self, *, reset: bool = False) -> None:
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()
