"""Tells the service manager how the process is: the datagrams of systemd's notify protocol.

A driver.  Without a service manager nothing is sent, and nobody needs to ask.
"""

import os
import socket
from collections.abc import Mapping
from typing import Final

from bsw.os.clock import US

SOCKET: Final = "NOTIFY_SOCKET"
WATCHDOG: Final = "WATCHDOG_USEC"
WATCHED: Final = "WATCHDOG_PID"


class Notify:
    """One process's line to its service manager."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self.lost = 0
        self._address = environment.get(SOCKET, "")
        watched = environment.get(WATCHED, "")
        ours = watched in {"", str(os.getpid())}  # else it is a child of the one that is watched
        self._limit = environment.get(WATCHDOG, "") if ours else ""
        self._socket: socket.socket | None = None
        if self._address:
            kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
            self._socket = socket.socket(socket.AF_UNIX, kind)

    @property
    def watchdog(self) -> int | None:
        """Nanoseconds within which the manager wants a sign of life, if it wants any."""
        return int(self._limit) * US if self._limit.isdecimal() and int(self._limit) else None

    def ready(self) -> None:
        self._say("READY=1")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def feed(self) -> None:
        self._say("WATCHDOG=1")

    def status(self, text: str) -> None:
        self._say(f"STATUS={text.splitlines()[0] if text else ''}")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _say(self, what: str) -> None:
        if self._socket is None:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        try:
            self._socket.sendto(what.encode(), address)
        except OSError:
            self.lost += 1  # a full queue or a manager that restarts: the next one may arrive
