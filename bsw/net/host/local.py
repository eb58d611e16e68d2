"""Unix-domain sockets on the host: for doors that only this machine's users may open.

Owns the socket file - its mode, what was left of an earlier process, its removal - and asks the
kernel who the peer is.  Streams are non-blocking with a bounded send queue, like those of TCP.
"""

import contextlib
import errno
import os
import socket
import stat
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from bsw.net.host.network import Host
from bsw.net.ports import StreamEnd, StreamUser
from bsw.os.clock import S
from bsw.os.host import Watch

CHUNK: Final = 65_536
ACCEPTS_PER_TURN: Final = 8
LONGEST_PATH: Final = 107
"""Octets the kernel takes for the name of a socket."""
_PAUSE_WHEN_EXHAUSTED: Final = 1 * S
_CREDENTIALS: Final = struct.Struct("3i")


class SocketUnusable(OSError):
    """The socket file cannot be made; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end, as the kernel says."""

    pid: int
    uid: int


class LocalStream:
    """One connection.  Nothing is told from inside a call."""

    def __init__(
        self,
        host: Host,
        sock: socket.socket,
        *,
        queue: int,
        forget: Callable[["LocalStream"], None],
    ) -> None:
        self._host = host
        self._socket = sock
        self._most = queue
        self._forget = forget
        self._user: StreamUser | None = None
        self._queue = bytearray()
        self._closing = False
        self._paused = False
        self._doomed: StreamEnd | None = None
        pid, uid, _gid = _CREDENTIALS.unpack(
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        )
        self.peer = Peer(pid, uid)
        self._over = False
        self._watch: Watch | None = None

    def begin(self, user: StreamUser) -> None:
        self._user = user
        self._watch = self._host.clock.watch(self._socket.fileno(), "local", readable=self._read)
        self._rewatch()

    def write(self, data: bytes) -> None:
        if self._over or self._closing or self._doomed is not None:
            return
        if not self._queue:
            data = data[self._push(data) :]
        if len(self._queue) + len(data) > self._most:
            self._doom(StreamEnd.OVERFLOW)
            return
        self._queue += data
        self._rewatch()

    def pause(self) -> None:
        """Take nothing more until ``resume``."""
        self._paused = True
        self._rewatch()

    def resume(self) -> None:
        self._paused = False
        self._rewatch()

    def close(self) -> None:
        """What is queued still goes, if the peer takes it; nothing more is told."""
        self._user = None
        self._closing = True
        if self._queue and self._doomed is None:
            self._rewatch()
        else:
            self._bury()

    def abort(self) -> None:
        self._bury()

    def _rewatch(self) -> None:
        if self._watch is not None:
            deaf = self._paused or self._closing
            self._host.clock.change(
                self._watch,
                readable=None if deaf else self._read,
                writable=self._flush if self._queue else None,
            )

    def _read(self) -> None:
        if self._watch is None or self._doomed is not None:
            return
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._end(StreamEnd.RESET)
            return
        if not data:
            self._end(StreamEnd.CLOSED)
        elif self._user is not None:
            self._user.received(data)

    def _push(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return 0
        except OSError:
            self._doom(StreamEnd.RESET)
            return len(data)

    def _flush(self) -> None:
        if self._watch is None or self._doomed is not None:
            return
        del self._queue[: self._push(self._queue)]
        if self._closing and not self._queue:
            self._bury()
        else:
            self._rewatch()

    def _doom(self, how: StreamEnd) -> None:
        """The end is certain; it is told in the next turn."""
        if self._doomed is None:
            self._doomed = how
            self._queue.clear()
            self._host.scheduler.after(0, lambda: self._end(how), name="local")

    def _end(self, how: StreamEnd) -> None:
        user, self._user = self._user, None
        self._bury()
        if user is not None:
            user.ended(how)

    def _bury(self) -> None:
        if self._over:
            return
        self._over = True
        self._user = None
        self._queue.clear()
        if self._watch is not None:
            self._host.clock.forget(self._watch)
            self._watch = None
        self._forget(self)
        self._socket.close()


class Accept(Protocol):
    def __call__(self, stream: LocalStream) -> StreamUser | None:
        """The user of a new connection; ``None`` refuses it, after what was written to it."""


class LocalListener:
    """A listening socket file that only its owner, and root, can open.

    Raises ``SocketUnusable``.  What an earlier process left behind is replaced; a socket on which
    somebody still listens is not, and neither is a file of another kind.
    """

    def __init__(self, host: Host, path: Path, accept: Accept, *, queue: int) -> None:
        self._host = host
        self._path = path
        self._accept = accept
        self._most = queue
        self._streams: set[LocalStream] = set()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._bind()
        except OSError:
            self._socket.close()
            raise
        self._identity = _identity(path)
        self._again = host.scheduler.alarm(self._resume, name="local.accept")
        self._watch = host.clock.watch(
            self._socket.fileno(), "local.accept", readable=self._accept_some
        )

    def _resume(self) -> None:
        self._host.clock.change(self._watch, readable=self._accept_some)

    def close(self) -> None:
        """Also all connections; the file goes, unless it is somebody else's by now."""
        self._again.cancel()
        self._host.clock.forget(self._watch)
        self._socket.close()
        for stream in tuple(self._streams):
            stream.abort()
        if _identity(self._path) == self._identity:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _bind(self) -> None:
        path = self._path
        if len(os.fsencode(path)) > LONGEST_PATH:
            raise SocketUnusable(f"{path} is longer than {LONGEST_PATH} octets; choose a shorter")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _clear(path)
            self._socket.bind(str(path))
            path.chmod(0o600)  # nobody can connect before it listens
            self._socket.listen(ACCEPTS_PER_TURN)
        except SocketUnusable:
            raise
        except OSError as error:
            raise SocketUnusable(
                f"{path} cannot be made: {error.strerror}; name a place this user may write"
            ) from None

    def _accept_some(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                sock, _address = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:  # no descriptor left: it stays ready, so look away
                self._host.log.error("accept-exhausted", error=str(error))  # noqa: TRY400 - no traceback
                self._host.clock.change(self._watch)
                self._again.rearm(_PAUSE_WHEN_EXHAUSTED)
                return
            sock.setblocking(False)
            self._admit(sock)

    def _admit(self, sock: socket.socket) -> None:
        stream = LocalStream(self._host, sock, queue=self._most, forget=self._streams.discard)
        self._streams.add(stream)
        user = self._accept(stream)
        if user is None:
            stream.abort()
        else:
            stream.begin(user)


def _clear(path: Path) -> None:
    """Make room for our socket file."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise SocketUnusable(f"{path} is there and no socket; remove it, or name another file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        number = probe.connect_ex(str(path))
    if number != errno.ECONNREFUSED:  # else it was left behind
        raise SocketUnusable(f"{path} is in use by another process; name another file")
    path.unlink()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
