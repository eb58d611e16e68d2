"""Making the driver that a configuration names, with what it needs of a host."""

from typing import Protocol

from bsw.base import CannotStart
from bsw.base_host import HostBase
from bsw.hardware.found import NoDriver, maker
from bsw.hardware.port import Open, PlugHardware, Side, Surroundings
from bsw.island.config import IslandConfig
from bsw.island.serial import LineUnusable, SerialStream
from bsw.linux.config import LinuxConfig
from bsw.linux.sysfs import PinUnusable
from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Endpoint, Stream, StreamUser
from bsw.os.clock import S
from bsw.os.randomness import Randomness


class Lines:
    """Opens the line to an island; ``can`` is from who knows buses."""

    def __init__(self, base: HostBase, settings: IslandConfig, can: Open | None = None) -> None:
        self._base = base
        self._can = can
        self._settings = settings

    def __call__(self, user: StreamUser) -> Stream:
        base, settings = self._base, self._settings
        if settings.line == "can" and self._can is not None:
            return self._can(user)
        if settings.line == "serial":
            try:
                return SerialStream(base.scheduler, base.clock, settings.device, user)
            except LineUnusable as error:
                raise CannotStart(f"hardware.island.device: {error}") from None
        network = HostNetwork(base.scheduler, base.clock, "lo")
        return network.connect(Endpoint("::1", settings.port), user, timeout=5 * S)


class Chosen(Protocol):
    """What either role's configuration says of the driver."""

    @property
    def driver(self) -> str: ...
    @property
    def own(self) -> str: ...
    @property
    def island(self) -> IslandConfig: ...
    @property
    def linux(self) -> LinuxConfig: ...


def open_hardware(
    base: HostBase,
    chosen: Chosen,
    side: Side,
    randomness: Randomness,
    *,
    node: object = None,
    can: Open | None = None,
) -> PlugHardware:
    """``node`` of ``hardware.can`` and the ``can`` line of an island: from who knows buses."""
    name = chosen.own if chosen.driver == "own" else chosen.driver
    line = Lines(base, chosen.island, can)
    around = Surroundings(
        side, chosen.island, base.scheduler, base.dlt, randomness, line, chosen.linux, node
    )
    try:
        return maker(name)(around)
    except NoDriver as error:
        raise CannotStart(f"hardware.driver: {error}") from None
    except PinUnusable as error:
        raise CannotStart(f"hardware.{name}: {error}") from None
