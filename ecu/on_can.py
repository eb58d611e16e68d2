"""A plug's hardware that hangs on a CAN bus of the host: a node, or an island behind one.

Loaded where a configuration names such hardware, and nowhere else.
"""

from typing import Protocol

from bsw.base import CannotStart
from bsw.base_host import HostBase
from bsw.hardware.open import Chosen, open_hardware
from bsw.hardware.port import PlugHardware, Side
from bsw.net.ports import Stream, StreamUser
from bsw.os.randomness import Randomness
from can_adapter.bus import BusUnavailable, CanPort
from can_adapter.drivers.choose import open_port
from can_adapter.matrix.configured import CanConfigError
from can_adapter.plug.config import PlugCanConfig
from can_adapter.plug.door import NodeDoor
from can_adapter.plug.line import CanLine


class ChosenOnCan(Chosen, Protocol):
    """What either role's configuration says of hardware on a bus."""

    @property
    def can(self) -> PlugCanConfig: ...


def hardware_on_can(
    base: HostBase, chosen: ChosenOnCan, side: Side, chance: Randomness
) -> PlugHardware:
    def port(name: str) -> CanPort:
        return open_port(base.scheduler, chosen.can.bus, name, clock=base.clock)

    def line(user: StreamUser) -> Stream:
        return CanLine(base.scheduler, port("island"), chosen.island, user)

    node = NodeDoor(chosen.can, port)
    try:
        return open_hardware(base, chosen, side, chance, node=node, can=line)
    except (BusUnavailable, CanConfigError) as error:
        raise CannotStart(f"hardware.can: {error}") from None
