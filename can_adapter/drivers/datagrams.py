"""CAN frames in UDP datagrams, as python-can writes them for its ``udp_multicast`` interface.

A msgpack map of the fields of a message.  Most datagrams of a bus are repetitions, so both ways
remember: what a datagram said, octet for octet, and what stands before and behind the data of a
frame.  Nothing is sent or received here.
"""

from collections.abc import Callable
from typing import Any, Final

from can_adapter.bus import CanFrame

REMEMBERED: Final = 4096
"""Datagrams kept with their frames: a busy bus in each form of its protected messages."""


class Malformed(Exception):
    """Not a message as python-can packs it."""


class Datagrams:
    """Frames to datagrams and back."""

    def __init__(self) -> None:
        from msgpack import packb, unpackb  # noqa: PLC0415 - only who has such a bus needs it

        self._pack: Callable[[object], bytes] = packb
        self._unpack: Callable[[bytes], Any] = unpackb
        self._known: dict[bytes, CanFrame | None] = {}
        self._around: dict[tuple[int, bool, bool, int], tuple[bytes, bytes]] = {}

    def frame(self, datagram: bytes) -> CanFrame | None:
        """The data frame in it; ``None`` for an error or remote frame.  Raises ``Malformed``."""
        try:
            return self._known[datagram]
        except KeyError:
            found = self._read(datagram)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[datagram] = found
        return found

    def _read(self, datagram: bytes) -> CanFrame | None:
        try:
            said = self._unpack(datagram)
            if said["is_error_frame"] or said["is_remote_frame"]:
                return None
            number, data = said["arbitration_id"], said["data"]
            extended, fd = bool(said["is_extended_id"]), bool(said["is_fd"])
            right = isinstance(data, bytes) and 0 <= number < (1 << 29 if extended else 1 << 11)
            frame = CanFrame(number, data, extended, fd) if right else None
        except (ValueError, TypeError, LookupError) as error:
            raise Malformed from error
        if frame is None:
            raise Malformed
        return frame

    def datagram(self, frame: CanFrame) -> bytes:
        shape = frame.id, frame.extended, frame.fd, len(frame.data)
        around = self._around.get(shape)
        if around is None:
            around = self._around[shape] = self._make(frame)
        return around[0] + frame.data + around[1]

    def _make(self, frame: CanFrame) -> tuple[bytes, bytes]:
        """What stands before and behind the data."""
        behind = {"is_fd": frame.fd, "bitrate_switch": frame.fd, "error_state_indicator": False}
        whole = self._pack(
            {
                "timestamp": 0.0,
                "arbitration_id": frame.id,
                "is_extended_id": frame.extended,
                "is_remote_frame": False,
                "is_error_frame": False,
                "channel": None,
                "dlc": len(frame.data),
                "data": frame.data,
                **behind,
            }
        )
        tail = self._pack(behind)[1:]  # without the head of its map
        return whole[: len(whole) - len(tail) - len(frame.data)], tail
