"""A port that somebody listens in on: both directions, in order, with the time.

For captures and counters.  The tap sees copies; what passes is not changed by it.
"""

from collections.abc import Callable

from bsw.net.ports import EthernetPort, FrameReceiver

Tap = Callable[[int, bytes], None]
"""Told of each frame: when, and its octets."""


class TappedPort:
    """An ``EthernetPort`` around another one."""

    def __init__(self, port: EthernetPort, now: Callable[[], int], tap: Tap) -> None:
        self._port = port
        self._now = now
        self._tap = tap

    @property
    def mac(self) -> bytes:
        return self._port.mac

    def listen(self, receive: FrameReceiver | None) -> None:
        if receive is None:
            self._port.listen(None)
            return

        def tapped(frame: bytes) -> None:
            self._tap(self._now(), frame)
            receive(frame)

        self._port.listen(tapped)

    def send(self, frame: bytes) -> None:
        self._tap(self._now(), frame)
        self._port.send(frame)

    def close(self) -> None:
        self._port.close()
