"""TCP connections on the host: non-blocking sockets behind ``Stream``.

Owns connecting, the bounded send queue, half-close, lingering, and the telling apart of the ways
a connection ends.  Never calls its user from inside one of the user's own calls: what goes wrong
in ``connect`` or ``write`` is told in the next turn of the loop.
"""

import errno
import socket
from collections.abc import Callable
from enum import Enum
from typing import Final

from bsw.net.host.network import RESET_ON_CLOSE, Host, Interface, dynamic_port, endpoint, sockaddr
from bsw.net.ports import Endpoint, Stream, StreamEnd, StreamUser, TcpOptions
from bsw.os.clock import MS, S
from bsw.os.host import Watch

CHUNK: Final = 65_536

_ENDS: Final = {
    errno.ECONNREFUSED: StreamEnd.REFUSED,
    errno.ECONNRESET: StreamEnd.RESET,
    errno.ECONNABORTED: StreamEnd.RESET,
    errno.EPIPE: StreamEnd.RESET,
    errno.ETIMEDOUT: StreamEnd.TIMEOUT,
}


def end_of(number: int | None) -> StreamEnd:
    """The name of an error number; what is not listed means: no way to get there."""
    return _ENDS.get(number or 0, StreamEnd.UNREACHABLE)


def configure(sock: socket.socket, options: TcpOptions) -> None:
    """For a connection that is there; how long to try for one is the caller's affair."""
    tcp = socket.IPPROTO_TCP
    sock.setsockopt(tcp, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(tcp, socket.TCP_KEEPIDLE, max(1, options.idle // S))
    sock.setsockopt(tcp, socket.TCP_KEEPINTVL, max(1, options.interval // S))
    sock.setsockopt(tcp, socket.TCP_USER_TIMEOUT, options.gone_after // MS)  # judges probes too


class Phase(Enum):
    CONNECTING = "connecting"
    OPEN = "open"
    LINGERING = "lingering"  # closed by us; the user is gone
    DEAD = "dead"


class HostStream:
    """One TCP connection."""

    def __init__(
        self,
        host: Host,
        sock: socket.socket,
        interface: Interface,
        options: TcpOptions,
        *,
        forget: Callable[["HostStream"], None],
        lingers: Callable[["HostStream"], None],
    ) -> None:
        self._host = host
        self._socket = sock
        self._interface = interface
        self._options = options
        self._forget = forget
        self._lingers = lingers
        self._user: StreamUser | None = None
        self._phase = Phase.OPEN
        self._queue = bytearray()
        self._finishing = False
        self._finished = False
        self._peer_finished = False
        self._paused = False
        self._doomed: StreamEnd | None = None
        self._local = Endpoint(interface.address, 0, interface.scope)
        self._peer = self._local
        self._alarm = host.scheduler.alarm(self._time_out, name="tcp.timeout")
        self._watch: Watch | None = None

    @property
    def local(self) -> Endpoint:
        return self._local

    @property
    def peer(self) -> Endpoint:
        return self._peer

    @property
    def lingering(self) -> bool:
        return self._phase is Phase.LINGERING

    @property
    def queued(self) -> int:
        """Octets the kernel has not taken yet."""
        return len(self._queue)

    def start(self, to: Endpoint, user: StreamUser, timeout: int) -> None:
        """Begin to connect.  All news comes later, even that it cannot work."""
        where = sockaddr(to, self._interface)
        self._user, self._phase = user, Phase.CONNECTING
        self._peer = endpoint(where, self._interface)
        number = self._bind() or self._socket.connect_ex(where)
        self._local = endpoint(self._socket.getsockname(), self._interface)
        if number in {0, errno.EINPROGRESS}:
            self._alarm.rearm(timeout)
            self._rewatch()
        else:
            self._doom(end_of(number))

    def _bind(self) -> int:
        """Our own address and a port of the dynamic range, as the peer may check."""
        sock, interface = self._socket, self._interface

        def bind(number: int) -> None:
            sock.bind((interface.address, number, 0, interface.scope_id))

        try:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            dynamic_port(bind) if self._options.dynamic_ports else bind(0)
        except OSError as error:
            self._host.log.warning("no-way-out", why=str(error))
            return error.errno or errno.EADDRNOTAVAIL
        return 0

    def adopt(self, peer: Endpoint, accept: Callable[[Stream], StreamUser]) -> None:
        """Begin with a connection that a listener accepted."""
        self._peer = peer
        try:
            configure(self._socket, self._options)
            self._local = endpoint(self._socket.getsockname(), self._interface)
        except OSError:  # it is gone already
            self.abort()
            return
        user = accept(self)
        if self._phase is Phase.OPEN:
            self._user = user
            self._rewatch()
            user.connected()

    def write(self, data: bytes) -> None:
        if self._phase not in {Phase.CONNECTING, Phase.OPEN} or self._finishing or self._doomed:
            return
        if self._phase is Phase.OPEN and not self._queue:
            data = data[self._push(data) :]
        if not data or self._doomed:
            return
        if len(self._queue) + len(data) > self._options.queue:
            self._doom(StreamEnd.OVERFLOW)
            return
        self._queue += data
        self._rewatch()

    def pause(self) -> None:
        self._pause(paused=True)

    def resume(self) -> None:
        self._pause(paused=False)

    def _pause(self, *, paused: bool) -> None:
        if self._phase in {Phase.CONNECTING, Phase.OPEN}:
            self._paused = paused
            self._rewatch()

    def finish(self) -> None:
        if self._phase in {Phase.CONNECTING, Phase.OPEN} and not self._finishing:
            self._finishing = True
            self._flush()

    def close(self) -> None:
        if self._phase is Phase.CONNECTING or self._doomed is not None:
            self.abort()
        elif self._phase is Phase.OPEN:
            self._user = None
            self._phase = Phase.LINGERING
            self._finishing = True
            self._paused = False
            self._alarm.rearm(self._options.linger)
            self._lingers(self)
            self._flush()

    def abort(self) -> None:
        if self._phase is not Phase.DEAD:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._bury()

    def _rewatch(self) -> None:
        """Ask the loop for exactly what can be used now.

        What hung up is always ready: a descriptor nobody reads must not be watched at all.
        """
        readable = writable = None
        if self._phase is Phase.CONNECTING:
            writable = self._connected
        else:
            readable = None if self._peer_finished or self._paused else self._read
            writable = self._flush if self._queue else None
        clock = self._host.clock
        if self._watch is None and (readable or writable):
            self._watch = clock.watch(
                self._socket.fileno(), "tcp", readable=readable, writable=writable
            )
        elif self._watch is not None and (readable or writable):
            clock.change(self._watch, readable=readable, writable=writable)
        else:
            self._unwatch()

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._host.clock.forget(self._watch)
            self._watch = None

    def _connected(self) -> None:
        if self._phase is not Phase.CONNECTING:
            return
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._end(end_of(number))
            return
        self._alarm.cancel()
        self._phase = Phase.OPEN
        configure(self._socket, self._options)
        self._flush()
        if self._user is not None:
            self._user.connected()

    def _read(self) -> None:
        if not self._connected_now() or self._peer_finished:
            return
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(end_of(error.errno))
            return
        if not data:
            self._peer_finishes()
        elif self._user is not None:
            self._user.received(data)

    def _peer_finishes(self) -> None:
        self._peer_finished = True
        if self._phase is Phase.LINGERING and not self._queue:
            self._bury()
            return
        self._rewatch()
        if self._user is not None:
            user, self._user = self._user, None
            user.ended(StreamEnd.CLOSED)

    def _push(self, data: bytes | bytearray) -> int:
        """How much the kernel took."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._doom(end_of(error.errno))
            return 0

    def _flush(self) -> None:
        if not self._connected_now() or self._doomed:
            return
        if self._queue:
            del self._queue[: self._push(self._queue)]
        if self._finishing and not self._queue and not self._finished and not self._doomed:
            self._shut()
        if self._connected_now():
            self._rewatch()

    def _connected_now(self) -> bool:
        return self._phase in {Phase.OPEN, Phase.LINGERING}

    def _shut(self) -> None:
        self._finished = True
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            self._doom(end_of(error.errno))
        if self._peer_finished:  # nothing can come or go any more
            self._bury()

    def _doom(self, how: StreamEnd) -> None:
        """The end is certain; tell it soon, after what the peer had already said."""
        if self._doomed is None and self._phase is not Phase.DEAD:
            self._doomed = how
            self._queue.clear()
            self._host.scheduler.after(0, self._fall, name="tcp")

    def _fall(self) -> None:
        how = self._doomed
        assert how is not None
        if how is StreamEnd.OVERFLOW:
            user = self._user
            self.abort()
            if user is not None:
                user.ended(how)
            return
        while self._phase is Phase.OPEN and self._user is not None:
            try:
                data = self._socket.recv(CHUNK)
            except OSError:
                break
            if not data:
                break
            self._user.received(data)
        self._end(how)

    def _end(self, how: StreamEnd) -> None:
        if self._phase is Phase.DEAD:
            return
        user = self._user
        self._bury()
        if user is not None:
            user.ended(how)

    def _time_out(self) -> None:
        if self._phase is Phase.LINGERING and self._queue:
            self.abort()
        else:
            self._end(StreamEnd.TIMEOUT)

    def _bury(self) -> None:
        self._phase = Phase.DEAD
        self._user = None
        self._alarm.cancel()
        self._queue.clear()
        self._unwatch()
        self._socket.close()
        self._forget(self)
