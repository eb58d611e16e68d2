"""Packets as they pass an interface: Ethernet, loopback or CAN, both directions.

The one place here that opens a socket.  Packets are held back for a moment, since whoever speaks
TLS writes a secret into its key log only after the packets it opens; SIGINT and SIGTERM end the
capture in order, with what was held back still told.
"""

import errno
import select
import signal
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from bsw.net.host.rawsocket import ALL, explain
from bsw.os.clock import MS, S
from tools.capture.wire.layers import CAN, ETHERNET
from tools.capture.wire.packets import Found, KeyLog, Packet

HELD: Final = 300 * MS
_LOOK: Final = 0.1  # seconds
_LARGEST: Final = 80_000
_ROOM: Final = 16 * 1024 * 1024
_LOOPBACK, _CAN_HARDWARE = 772, 280
_SO_TIMESTAMPNS: Final = 35
_SO_RCVBUFFORCE: Final = 33
_CAN_HEAD = struct.Struct("=IB")


class Tap:
    """Listens at interfaces until it is told to stop."""

    def __init__(
        self, interfaces: Sequence[str], now: Callable[[], int], keys: Path | None
    ) -> None:
        """``now`` is the calendar in nanoseconds; ``keys`` is a file that grows meanwhile."""
        self._now = now
        self._keys = keys
        self._stopped = False
        self._open = ExitStack()
        self._sockets: dict[socket.socket, str] = {}
        try:
            for name in interfaces:
                self._sockets[self._open.enter_context(_opened(name))] = name
        except OSError:
            self._open.close()
            raise

    def stop(self) -> None:
        self._stopped = True

    def packets(self) -> Iterator[Found]:
        with self._open:
            keys = self._keys.open("rb") if self._keys else None
            if keys is not None:
                self._open.enter_context(keys)
            held: deque[Packet] = deque()
            while not self._stopped:
                ready, _, _ = select.select(list(self._sockets), (), (), _LOOK)
                for one in ready:
                    held += _received(one, self._sockets[one])
                yield from grown(keys)
                due = self._now() - HELD
                while held and held[0].when <= due:
                    yield held.popleft()
            yield from grown(keys)
            yield from held

    @contextmanager
    def until_told(self) -> Iterator[None]:
        """While this lasts, Ctrl-C and SIGTERM end the capture and not the program."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, lambda *_: self.stop()) for one in signals}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def grown(keys: BinaryIO | None) -> Iterator[KeyLog]:
    """Whole lines that were added to the key log."""
    if keys is None:
        return
    at = keys.tell()
    lines = keys.read()
    whole = lines.rfind(b"\n") + 1
    keys.seek(at + whole)
    if whole:
        yield KeyLog(lines[:whole])


def _opened(interface: str) -> socket.socket:
    try:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except OSError as error:
        raise explain(interface, error) from None
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _ROOM)
        made.bind((interface, ALL))
    except OSError as error:
        made.close()
        raise explain(interface, error) from None
    return made


def _received(one: socket.socket, name: str) -> Iterator[Packet]:
    """All that has come so far; on loopback and on a CAN bus what goes out comes in again."""
    while True:
        try:
            octets, notes, _, where = one.recvmsg(_LARGEST, 64)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno in {errno.ENETDOWN, errno.ENXIO}:
                return  # the interface went down; it may come back
            raise
        hardware, direction = where[3], where[2]
        if hardware in {_LOOPBACK, _CAN_HARDWARE} and direction == socket.PACKET_OUTGOING:
            continue
        if hardware == _CAN_HARDWARE:
            number, size = _CAN_HEAD.unpack_from(octets)
            octets = struct.pack(">IB", number, size) + octets[5:]
        yield Packet(_stamp(notes), CAN if hardware == _CAN_HARDWARE else ETHERNET, octets, name)


def _stamp(notes: list[tuple[int, int, bytes]]) -> int:
    """When the kernel got it."""
    for level, kind, data in notes:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, part = struct.unpack_from("=qq", data)
            return int(seconds * S + part)
    return 0
