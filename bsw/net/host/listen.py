"""Listening for TCP connections on the host: a non-blocking socket behind ``Listener``.

A flood takes a bounded share of the loop: after a turn of accepts the listener looks away for a
moment.  Without descriptors it looks away for longer, and who waits in the kernel's queue is served
when there are some again.
"""

import socket
from collections.abc import Callable
from typing import Final

from bsw.net.host.network import EXHAUSTED, Host, Interface, dynamic_port, endpoint
from bsw.net.ports import Endpoint, TcpOptions
from bsw.os.clock import MS, S

ACCEPTS_PER_TURN: Final = 16
REST: Final = 50 * MS
"""After a full turn; 320 connections a second at most, and the kernel queues as many as it may."""

_PAUSE_WHEN_EXHAUSTED: Final = 1 * S


class HostListener:
    """A listening TCP socket."""

    def __init__(
        self,
        host: Host,
        interface: Interface,
        options: TcpOptions,
        *,
        port: int,
        accepted: Callable[[socket.socket, Endpoint, Interface], None],
        forget: Callable[["HostListener"], None],
    ) -> None:
        self._host = host
        self._accepted = accepted
        self._forget = forget
        self._interface = interface
        self._socket = sock = socket.socket(
            socket.AF_INET6, socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        )
        self._open = True
        try:
            self._bind(port, options)
        except OSError:
            sock.close()
            raise
        self._alarm = host.scheduler.alarm(self._resume, name="tcp.accept")
        self._watch = host.clock.watch(sock.fileno(), "tcp.accept", readable=self._accept)

    @property
    def local(self) -> Endpoint:
        return self._local

    def close(self) -> None:
        if self._open:
            self._open = False
            self._alarm.cancel()
            self._host.clock.forget(self._watch)
            self._socket.close()
            self._forget(self)

    def _bind(self, port: int, options: TcpOptions) -> None:
        sock, interface = self._socket, self._interface
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)

        def bind(number: int) -> None:
            sock.bind((interface.address, number, 0, interface.scope_id))
            sock.listen()

        if port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if port or not options.dynamic_ports:
            bind(port)
        else:
            dynamic_port(bind)
        self._local = Endpoint(interface.address, sock.getsockname()[1], interface.scope)

    def _accept(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            if not self._open:
                return
            try:
                sock, address = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._exhausted(error)
                    return
                continue  # that one connection is gone already
            self._take(sock, address)
        if self._open:
            self._look_away(REST)

    def _take(self, sock: socket.socket, address: object) -> None:
        sock.settimeout(0)
        self._accepted(sock, endpoint(address, self._interface), self._interface)

    def _exhausted(self, error: OSError) -> None:
        """Out of descriptors: the socket stays ready, so look away or the loop spins."""
        self._host.log.error(
            "accept-exhausted", error=str(error), remedy="raise the limit of open files"
        )
        self._look_away(_PAUSE_WHEN_EXHAUSTED)

    def _look_away(self, duration: int) -> None:
        self._host.clock.change(self._watch)
        self._alarm.rearm(duration)

    def _resume(self) -> None:
        self._host.clock.change(self._watch, readable=self._accept)
