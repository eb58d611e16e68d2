"""A station that finds no descriptor for its listeners asks again; a port in use it tells."""

import errno
from typing import Any

import pytest

from bsw.dlt import silent
from bsw.net.channel import Channel, Channels, ChannelUser
from bsw.net.ports import Listener
from bsw.os.clock import MS, S
from secc.plug.entrance import Doors, Entrance
from tests.net import worlds


class Tight(Channels):
    """A host without sockets for a while."""

    trouble: int | None = None

    def listen(self, *given: Any, **named: Any) -> Listener:  # noqa: ANN401 - passed on
        if self.trouble is not None:
            raise OSError(self.trouble, "no socket")
        return super().listen(*given, **named)


def nobody(_channel: Channel) -> ChannelUser | None:
    return None


def entrance() -> tuple[worlds.World, Tight, Entrance]:
    world = worlds.simulated()
    channels = Tight(world.scheduler)
    made = Entrance(
        world.scheduler,
        world.station,
        channels,
        nobody,
        doors=Doors(),
        log=silent().logger("test"),
    )
    return world, channels, made


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS])
def test_without_descriptors_it_opens_when_there_are_some_again(number: int) -> None:
    world, channels, made = entrance()
    channels.trouble = number
    made.open(None)
    world.run_for(3 * S)
    assert made.offer is None
    channels.trouble = None
    world.run_for(S + 100 * MS)
    assert made.offer is not None


def test_a_port_in_use_is_told() -> None:
    _, channels, made = entrance()
    channels.trouble = errno.EADDRINUSE
    with pytest.raises(OSError, match="no socket"):
        made.open(None)
