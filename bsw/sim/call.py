"""How simulated connections come to be: the listening port and the three-way handshake."""

from collections.abc import Callable
from typing import Final, Protocol

from bsw.net.ports import Endpoint, Stream, StreamEnd, StreamUser
from bsw.os.clock import MS, Action, S
from bsw.os.scheduler import Scheduler
from bsw.sim.tcp import Path, Phase, SimStream

SYN_RETRY: Final = 1 * S
ACK_RETRY: Final = 200 * MS


class SimListener:
    """A simulated listening port."""

    def __init__(
        self,
        local: Endpoint,
        accept: Callable[[Stream], StreamUser],
        forget: Callable[["SimListener"], None],
    ) -> None:
        self.accept = accept
        self.is_open = True
        self._local = local
        self._forget = forget

    @property
    def local(self) -> Endpoint:
        return self._local

    def close(self) -> None:
        self.is_open = False
        self._forget(self)


class Answerer(Protocol):
    """The node that is called."""

    def listener(self, port: int) -> SimListener | None: ...
    def new_end(self, local: Endpoint, caller: Endpoint) -> SimStream: ...


class Handshake:
    """SYN, SYN-ACK, ACK: three journeys, each repeated until it arrives or the caller gives up."""

    def __init__(
        self, scheduler: Scheduler, caller: SimStream, answerer: Answerer, there: Path, back: Path
    ) -> None:
        self._scheduler = scheduler
        self._caller = caller
        self._answerer = answerer
        self._there = there
        self._back = back

    def begin(self) -> None:
        self._journey(self._there, self._syn, SYN_RETRY)

    def _journey(self, path: Path, arrive: Action, retry: int) -> None:
        if self._caller.phase is Phase.DEAD:
            return
        delay = path.delay() if path.open() else None
        if delay is None:
            self._scheduler.after(
                retry, lambda: self._journey(path, arrive, 2 * retry), name="tcp.syn"
            )
        else:
            self._scheduler.after(delay, arrive, name="tcp.syn")

    def _syn(self) -> None:
        listener = self._answerer.listener(self._caller.peer.port)
        if listener is None:
            self._journey(self._back, self._refused, SYN_RETRY)
        else:
            self._journey(self._back, lambda: self._syn_ack(listener), SYN_RETRY)

    def _refused(self) -> None:
        self._caller.refuse(StreamEnd.REFUSED)

    def _syn_ack(self, listener: SimListener) -> None:
        caller = self._caller
        if caller.phase is not Phase.CONNECTING:
            return
        end = self._answerer.new_end(listener.local, caller.local)
        caller.establish(end)
        end.establish(caller)
        end.pause()  # until it has a user
        self._journey(self._there, lambda: self._ack(listener, end), ACK_RETRY)
        caller.greet()

    @staticmethod
    def _ack(listener: SimListener, end: SimStream) -> None:
        if listener.is_open:
            end.adopt(listener.accept)
        else:
            end.abort()
