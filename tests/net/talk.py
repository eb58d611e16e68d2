"""Channels between a vehicle and a station, plain or under the real TLS engines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bsw.net.channel import Channel, ChannelOptions, Channels, Closed
from bsw.net.ports import Listener
from bsw.os.clock import S
from bsw.tls.port import TlsEngine
from tests.net.worlds import World
from tests.tls.world import World as TlsWorld

Tls = Callable[[], TlsEngine]


@dataclass
class User:
    """A channel user that remembers.  ``on`` may react to each frame."""

    on: Callable[[int, bytes], None] = lambda _type, _payload: None
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    opens: int = 0
    ends: list[Closed] = field(default_factory=list)
    channel: Channel | None = None

    def opened(self) -> None:
        self.opens += 1

    def frame(self, payload_type: int, payload: bytes) -> None:
        self.frames.append((payload_type, payload))
        self.on(payload_type, payload)

    def closed(self, reason: Closed) -> None:
        self.ends.append(reason)

    @property
    def the_channel(self) -> Channel:
        assert self.channel is not None
        return self.channel

    @property
    def end(self) -> Closed:
        (reason,) = self.ends
        return reason


@dataclass
class Talk:
    world: World
    vehicle: User
    station: User
    listener: Listener


def begin(
    world: World,
    *,
    vehicle: Tls | None = None,
    station: Tls | None = None,
    options: ChannelOptions | None = None,
) -> Talk:
    """Start to connect; run the world to see what becomes of it."""
    channels = Channels(world.scheduler, worker=world.worker, options=options or ChannelOptions())
    one, other = User(), User()

    def accept(channel: Channel) -> User:
        other.channel = channel
        return other

    listener = channels.listen(world.station, accept, tls=station)
    one.channel = channels.connect(
        world.vehicle, listener.local, one, tls=vehicle() if vehicle is not None else None
    )
    return Talk(world, one, other, listener)


def opened(world: World, *, tls: TlsWorld | None = None) -> Talk:
    vehicle, station = (tls.vehicle, tls.station) if tls is not None else (None, None)
    talk = begin(world, vehicle=vehicle, station=station)
    world.run_until(lambda: talk.vehicle.opens and talk.station.opens, within=20 * S)
    return talk


@contextmanager
def closing(talk: Talk) -> Iterator[Talk]:
    try:
        yield talk
    finally:
        talk.listener.close()
