"""Simulated TCP: streams that behave like the host's, on the scheduler, without octets on a wire.

Octets arrive in order and complete, or the connection ends: a loss becomes a delay, a cut path a
timeout, a vanished peer is found by probes and a restarted one by a reset.  Owns segments,
windows, retransmission and lingering; asks its world for delays and for whether a path exists.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

from bsw.net.ports import Endpoint, Stream, StreamEnd, StreamUser, TcpOptions
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler

SEGMENT: Final = 1_440
WINDOW: Final = 65_536
FIRST_RETRY: Final = 200 * MS
LONGEST_RETRY: Final = 2 * S


class Path(Protocol):
    """The way from one end of a connection to the other."""

    def open(self) -> bool:
        """Something sent now would arrive."""

    def delay(self) -> int | None:
        """How long one copy travels, or ``None`` if it is lost."""

    def carried(self, data: bytes) -> bytes:
        """What becomes of octets on the way."""


class Phase(Enum):
    CONNECTING = "connecting"
    OPEN = "open"
    LINGERING = "lingering"
    DEAD = "dead"


class Kind(Enum):
    DATA = "data"
    FIN = "fin"
    RST = "rst"


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """``number`` gives the order, so that a repeated segment finds its place again."""

    number: int
    kind: Kind = field(compare=False)
    data: bytes = field(default=b"", compare=False)


class SimStream:
    """One end of a simulated connection."""

    def __init__(
        self,
        scheduler: Scheduler,
        path: Path,
        local: Endpoint,
        peer: Endpoint,
        options: TcpOptions,
    ) -> None:
        self.phase = Phase.CONNECTING
        self.other: SimStream | None = None
        self._scheduler = scheduler
        self._path = path
        self._local = local
        self._peer = peer
        self._options = options
        self._user: StreamUser | None = None
        self._queue = bytearray()
        self._outstanding = 0
        self._waiting: list[Segment] = []  # a heap: what found no path
        self._numbered = 0
        self._flying = 0
        self._early: dict[int, Segment] = {}
        self._expected = 0
        self._inbox: deque[Segment] = deque()
        self._last_arrival = 0
        self._finishing = False
        self._finished = False
        self._peer_finished = False
        self._paused = False
        self._failing: StreamEnd | None = None
        self._heard_at = 0
        self._retry_after = FIRST_RETRY
        self._alarm = scheduler.alarm(self._time_out, name="tcp.timeout")
        self._retry = scheduler.alarm(self._retransmit, name="tcp.retry")
        self._unacknowledged = scheduler.alarm(self._silent, name="tcp.unacknowledged")
        self._keepalive = scheduler.alarm(self._probe, name="tcp.keepalive")

    @property
    def local(self) -> Endpoint:
        return self._local

    @property
    def peer(self) -> Endpoint:
        return self._peer

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def has_left_nothing(self) -> bool:
        """Gone, and nothing it said is still on its way."""
        return self.phase is Phase.DEAD and not self._flying

    def start(self, user: StreamUser, timeout: int) -> None:
        self._user = user
        self._alarm.rearm(timeout)

    def refuse(self, how: StreamEnd) -> None:
        """The connection comes to nothing."""
        if self.phase is Phase.CONNECTING:
            self._end(how)

    def establish(self, other: "SimStream") -> None:
        """The handshake is done as far as this end can see."""
        self.other = other
        self.phase = Phase.OPEN
        self._alarm.cancel()
        self._heard_at = self._scheduler.now
        self._keepalive.rearm(self._options.idle)

    def greet(self) -> None:
        """Tell the vehicle's side that it is connected, and send what it has queued."""
        self._pump()
        if self._user is not None:
            self._user.connected()

    def adopt(self, accept: Callable[[Stream], StreamUser]) -> None:
        """Give an accepted end its user; what came earlier waited for that."""
        user = accept(self)
        if self.phase is Phase.OPEN:
            self._user = user
            user.connected()
            self.resume()

    def write(self, data: bytes) -> None:
        usable = self.phase in {Phase.CONNECTING, Phase.OPEN} and not self._finishing
        if not usable or self._failing is not None or not data:
            return
        room = WINDOW - self._outstanding if self.phase is Phase.OPEN else 0
        if len(self._queue) + len(data) > self._options.queue + room:
            self._fail_soon(StreamEnd.OVERFLOW)
            return
        self._queue += data
        self._pump()

    def pause(self) -> None:
        if self.phase in {Phase.CONNECTING, Phase.OPEN}:
            self._paused = True

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._scheduler.after(0, self._take_in, name="tcp")

    def finish(self) -> None:
        if self.phase in {Phase.CONNECTING, Phase.OPEN}:
            self._finishing = True
            self._pump()

    def close(self) -> None:
        if self.phase is Phase.CONNECTING or self._failing is not None:
            self.abort()
        elif self.phase is Phase.OPEN:
            self._user = None
            self.phase = Phase.LINGERING
            self._finishing = True
            self._paused = False
            self._alarm.rearm(self._options.linger)
            self._take_in()
            self._pump()

    def abort(self) -> None:
        if self.phase is Phase.DEAD:
            return
        other = self.other
        self.bury()
        if other is not None:
            self._transmit(other, Segment(self._numbered, Kind.RST))

    def bury(self) -> None:
        """Gone, without a word to anybody."""
        self.phase = Phase.DEAD
        self._user = None
        self._queue.clear()
        self._inbox.clear()
        self._waiting.clear()
        self._early.clear()
        for alarm in (self._alarm, self._retry, self._unacknowledged, self._keepalive):
            alarm.cancel()

    def _pump(self) -> None:
        """Put on the way what the window allows, and the FIN after the last of it."""
        if self.phase not in {Phase.OPEN, Phase.LINGERING} or self.other is None:
            return
        while self._queue and self._outstanding < WINDOW:
            count = min(SEGMENT, len(self._queue), WINDOW - self._outstanding)
            data = bytes(self._queue[:count])
            del self._queue[:count]
            self._outstanding += count
            self._send(Kind.DATA, self._path.carried(data))
        if self._finishing and not self._queue and not self._finished:
            self._finished = True
            self._send(Kind.FIN)
            if self._peer_finished and self.phase is Phase.LINGERING:
                self._settle_end()

    def _send(self, kind: Kind, data: bytes = b"") -> None:
        segment = Segment(self._numbered, kind, data)
        self._numbered += 1
        if self._waiting or not self._path.open() or self.other is None:
            self._wait_for_path(segment)
        else:
            self._transmit(self.other, segment)

    def _wait_for_path(self, segment: Segment) -> None:
        heapq.heappush(self._waiting, segment)
        if not self._retry.armed:
            self._retry.rearm(self._retry_after)
        if not self._unacknowledged.armed:
            self._unacknowledged.rearm(self._options.gone_after)

    def _transmit(self, other: "SimStream", segment: Segment) -> None:
        delay, retry = self._path.delay(), FIRST_RETRY
        waited = 0
        while delay is None and waited < self._options.gone_after:
            waited += retry
            retry = min(2 * retry, LONGEST_RETRY)
            delay = self._path.delay()
        arrival = max(self._scheduler.now + waited + (delay or 0), self._last_arrival)
        self._last_arrival = arrival
        self._flying += 1
        self._scheduler.at(arrival, lambda: self._arrive(other, segment), name="tcp.segment")

    def _arrive(self, other: "SimStream", segment: Segment) -> None:
        self._flying -= 1
        if not self._path.open():
            if segment.kind is not Kind.RST and self.phase in {Phase.OPEN, Phase.LINGERING}:
                self._wait_for_path(segment)
        elif other.phase is Phase.DEAD:
            if segment.kind is Kind.DATA:
                self._reset()
        else:
            other.take(segment)

    def _retransmit(self) -> None:
        if self.other is None:
            return
        if not self._path.open():
            self._retry_after = min(2 * self._retry_after, LONGEST_RETRY)
            self._retry.rearm(self._retry_after)
            return
        self._retry_after = FIRST_RETRY
        self._unacknowledged.cancel()
        while self._waiting:
            self._transmit(self.other, heapq.heappop(self._waiting))

    def take(self, segment: Segment) -> None:
        """A segment has come from the other end."""
        self._heard_at = self._scheduler.now
        self._keepalive.rearm(self._options.idle)
        if segment.kind is Kind.RST:
            self._take_in()  # what came before the reset counts
            self._end(StreamEnd.RESET)
        else:
            self._early[segment.number] = segment
            while self._expected in self._early:
                self._inbox.append(self._early.pop(self._expected))
                self._expected += 1
            self._take_in()

    def _take_in(self) -> None:
        while self._inbox and not self._paused:
            segment = self._inbox.popleft()
            if segment.kind is Kind.FIN:
                self._peer_finishes()
                continue
            if self.other is not None:
                self.other.acknowledge(len(segment.data))
            if self._user is not None:
                self._user.received(segment.data)

    def acknowledge(self, count: int) -> None:
        self._outstanding -= count
        if self._queue:
            self._pump()

    def _peer_finishes(self) -> None:
        self._peer_finished = True
        user, self._user = self._user, None
        if user is not None:
            user.ended(StreamEnd.CLOSED)
        if self._finished:
            self._settle_end()

    def _settle_end(self) -> None:
        """Both directions are done; what is on its way still arrives."""
        if not self._waiting:
            self.bury()

    def _reset(self) -> None:
        """The other end does not know this connection any more."""
        if self.phase is not Phase.DEAD:
            self._end(StreamEnd.RESET)

    def _probe(self) -> None:
        other = self.other
        if other is None or self.phase not in {Phase.OPEN, Phase.LINGERING}:
            return
        if not self._path.open():
            if self._scheduler.now - self._heard_at >= self._options.gone_after:
                self._end(StreamEnd.TIMEOUT)
            else:
                self._keepalive.rearm(self._options.interval)
        elif other.has_left_nothing and not self._peer_finished:
            self._end(StreamEnd.RESET)
        else:
            self._heard_at = self._scheduler.now
            self._keepalive.rearm(self._options.idle)

    def _silent(self) -> None:
        self._end(StreamEnd.TIMEOUT)

    def _time_out(self) -> None:
        if self.phase is Phase.LINGERING and self._queue:
            self.abort()
        else:
            self._end(StreamEnd.TIMEOUT)

    def _fail_soon(self, how: StreamEnd) -> None:
        self._failing = how
        self._scheduler.after(0, self._fall, name="tcp")

    def _fall(self) -> None:
        how, user = self._failing, self._user
        assert how is not None
        self.abort()
        if user is not None:
            user.ended(how)

    def _end(self, how: StreamEnd) -> None:
        user = self._user
        self.bury()
        if user is not None:
            user.ended(how)
