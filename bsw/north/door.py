"""The local door to a north side: a Unix-domain socket with lines of JSON behind it.

Owns who may come in, how many at a time, who gives way, and what becomes of those who do not read.
What they say is ``talk``'s affair.
"""

import os
from collections.abc import Callable
from pathlib import Path

from bsw.base import CannotStart
from bsw.dlt import Logger
from bsw.net.host.local import LocalListener, LocalStream, SocketUnusable
from bsw.net.host.network import Host
from bsw.net.ports import StreamEnd
from bsw.north.config import LocalDoorConfig
from bsw.north.side import NorthSide
from bsw.north.talk import Refused, Talk
from bsw.os.host import HostClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, Worker


class LocalDoor:
    """Open from its construction until ``close``.  Raises ``CannotStart``."""

    def __init__(
        self,
        scheduler: Scheduler,
        clock: HostClock,
        side: NorthSide,
        config: LocalDoorConfig,
        *,
        log: Logger,
        worker: Worker,
    ) -> None:
        assert config.socket is not None, "a door without a place is not opened"
        self._scheduler = scheduler
        self._side = side
        self._clients: set[_Client] = set()
        self._most = config.clients
        self._most_watching = max(1, config.clients - 1)  # there is a place for who asks
        self._log = log
        self._listener = self._open(clock, config.socket, config.queue)
        side.listen(self._wanted, self._heard)
        worker.submit("describe the north side", side.describe, _no_matter)
        log.info("door open", at=str(config.socket))

    def close(self) -> None:
        self._listener.close()
        for client in self._clients:
            client.stop()
        self._clients.clear()

    @property
    def clients(self) -> int:
        return len(self._clients)

    def _open(self, clock: HostClock, path: Path, queue: int) -> LocalListener:
        host = Host(self._scheduler, clock, self._log)
        try:
            return LocalListener(host, path, self._accept, queue=queue)
        except SocketUnusable as error:
            raise CannotStart(f"api.socket: {error}") from None

    def _accept(self, stream: LocalStream) -> "_Client | None":
        client = _Client(self._scheduler, self._side, stream, self._gone, self._may_watch)
        if stream.peer.uid not in {0, os.geteuid()}:
            self._log.warning("client refused", why="another user", uid=stream.peer.uid)
            client.talk.refuse(Refused("not-allowed", "this door is for the ECU's own user"))
            return None
        if len(self._clients) >= self._most and not self._make_room():
            self._log.warning("client refused", why="too many", most=self._most)
            client.talk.refuse(
                Refused("busy", f"{self._most} clients are connected already; try again later")
            )
            return None
        self._clients.add(client)
        self._log.debug("client came", pid=stream.peer.pid, clients=len(self._clients))
        return client

    def _may_watch(self) -> str:
        """Why there is no place for one more that watches; who watches never gives way."""
        if sum(bool(client.talk.watched) for client in self._clients) < self._most_watching:
            return ""
        self._log.warning("watch refused", why="too many", most=self._most_watching)
        return f"{self._most_watching} clients watch already; ask with get, or raise api.clients"

    def _make_room(self) -> bool:
        """Who waits for nothing gives way: those that never asked, then the longest silent."""
        idle = [client for client in self._clients if client.idle]
        if not idle:
            return False
        client = min(idle, key=lambda one: (one.asked_at is not None, one.asked_at or one.came_at))
        self._log.info("client gave way", why="idle", pid=client.stream.peer.pid)
        client.talk.refuse(Refused("idle", "another client needed the place; connect again"))
        self._clients.discard(client)
        client.stop()
        client.stream.abort()
        return True

    def _gone(self, client: "_Client", how: StreamEnd) -> None:
        self._clients.discard(client)
        if how is StreamEnd.OVERFLOW:
            self._log.warning("client dropped", why="does not read", pid=client.stream.peer.pid)

    def _wanted(self, name: str) -> bool:
        return any(name in client.talk.watched for client in self._clients)

    def _heard(self, name: str, value: object) -> None:
        for client in self._clients:
            if name in client.talk.watched:
                client.talk.tell(name, value)


def _no_matter(_outcome: Outcome[object]) -> None:
    """The description takes a tenth of a second to make; who asks for it finds it made."""


class _Client:
    """A stream's user: takes turns with everything else the ECU does."""

    def __init__(
        self,
        scheduler: Scheduler,
        side: NorthSide,
        stream: LocalStream,
        gone: Callable[["_Client", StreamEnd], None],
        may_watch: Callable[[], str],
    ) -> None:
        self.stream = stream
        self.talk = Talk(side, stream.write, may_watch)
        self._gone = gone
        self._scheduler = scheduler
        self.came_at = scheduler.now
        self.asked_at: int | None = None
        self._turn = scheduler.alarm(self._work, name="north side")

    @property
    def idle(self) -> bool:
        """Nothing is owed to it: it watches nothing, and what it asked is answered."""
        return not self.talk.watched and not self._turn.armed

    def connected(self) -> None:
        """It was from the start."""

    def received(self, data: bytes) -> None:
        if b"\n" in data:
            self.asked_at = self._scheduler.now
        self.talk.received(data)
        self._work()

    def ended(self, how: StreamEnd) -> None:
        self.stop()
        self._gone(self, how)

    def stop(self) -> None:
        self._turn.cancel()

    def _work(self) -> None:
        """Some requests at a time; the client is not heard while its own still wait."""
        if self.talk.work():
            self.stream.pause()
            self._turn.rearm(0)
        else:
            self.stream.resume()
