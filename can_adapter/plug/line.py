"""The line to a safety island over a CAN bus: the stream of its link, cut into frames and back.

The island hears identifier ``can_id`` and answers with the next one.
"""

from typing import Final

from bsw.island.can_frame import CLASSIC, Cutter, Gatherer
from bsw.island.config import IslandConfig
from bsw.island.frame import Decoder, encode
from bsw.net.ports import Endpoint, StreamEnd, StreamUser
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusState, CanFrame, CanPort

FD: Final = 64


class CanLine:
    """A ``Stream``."""

    def __init__(
        self, scheduler: Scheduler, port: CanPort, settings: IslandConfig, user: StreamUser
    ) -> None:
        self.local = self.peer = Endpoint(port.name, settings.can_id)
        self._port = port
        self._fd = settings.can_fd
        self._id = settings.can_id
        self._user: StreamUser | None = user
        self._decoder = Decoder()
        self._cutter = Cutter(self._id, FD if self._fd else CLASSIC)
        self._gatherer = Gatherer(self._id + 1)
        port.accept((self._id + 1,))
        port.listen(self._heard, self._changed)
        scheduler.post(self._begun, name="island on can")

    def write(self, data: bytes) -> None:
        for body in self._decoder.feed(data):
            for octets in self._cutter.cut(body):
                self._port.send(CanFrame(self._id, octets, fd=self._fd))

    def close(self) -> None:
        self._user = None
        self._port.close()

    finish = abort = close

    def pause(self) -> None:
        """The protocol is small; nobody asks for it."""

    def resume(self) -> None:
        """Nothing was paused."""

    def _begun(self) -> None:
        if self._user is not None:
            self._user.connected()

    def _heard(self, frame: CanFrame) -> None:
        body = self._gatherer.take(frame.data)
        if body is not None and self._user is not None:
            self._user.received(encode(body))

    def _changed(self, state: BusState) -> None:
        """Nothing is heard at bus-off: the island opens, and so does whoever asks it."""
        user = self._user
        if state is BusState.OFF and user is not None:
            self.close()
            user.ended(StreamEnd.CLOSED)
