"""The C core on a virtual clock at the other end of a stream, for whatever drives it."""

from bsw.net.ports import Endpoint, StreamEnd, StreamUser
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from tests.island.bench import Bench


class Twin:
    """A ``Stream`` whose peer is the core; each millisecond it does a step and answers."""

    def __init__(self, scheduler: Scheduler | None = None, **config: int) -> None:
        self.scheduler = scheduler or Scheduler(VirtualClock())
        self.bench = Bench(**config)
        self.bench.beating = False
        self.deaf = False
        self.closed = False
        self.user: StreamUser | None = None
        self.local = self.peer = Endpoint("::1", 1)
        self.scheduler.every(MS, self._step, name="core")

    def connect(self, user: StreamUser) -> None:
        self.user = user
        user.connected()

    def run(self, ms: int) -> None:
        self.scheduler.run(self.scheduler.now + ms * MS)

    def drop(self) -> None:
        """The line breaks."""
        user, self.user = self.user, None
        assert user is not None
        user.ended(StreamEnd.RESET)

    def _step(self) -> None:
        self.bench.tick()
        said, self.bench.core.raw = bytes(self.bench.core.raw), bytearray()
        if said and self.user is not None and not self.closed:
            self.user.received(said)

    # The stream

    def write(self, data: bytes) -> None:
        if not self.deaf:
            self.bench.core.receive(data)

    def close(self) -> None:
        self.closed = True

    finish = abort = pause = resume = close
