"""The driver a configuration names.

``simulated`` takes the bus of the simulated world, ``none`` is no bus, UDP multicast has a
driver of ours, every other name goes to python-can.
"""

from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusUnavailable, CanPort
from can_adapter.config import BusConfig
from can_adapter.drivers import multicast
from can_adapter.drivers.no_bus import NoBus
from can_adapter.drivers.python_can import PythonCanPort, Watching
from can_adapter.drivers.simulated import SimulatedBus


def open_port(
    scheduler: Scheduler,
    config: BusConfig,
    name: str,
    *,
    clock: Watching | None = None,
    simulated: SimulatedBus | None = None,
) -> CanPort:
    """Open the configured bus.  Raises ``BusUnavailable``."""
    if config.interface == "simulated":
        if simulated is None:
            hint = "it exists in simulations only; name a python-can interface"
            raise BusUnavailable("simulated", "there is no simulated world here", hint)
        return simulated.attach(name)
    if config.interface == "none":
        return NoBus(name)
    if clock is None:
        hint = "use interface: simulated, or run on the host's clock"
        raise BusUnavailable(config.interface, "simulated time cannot wait for real buses", hint)
    if config.interface == multicast.INTERFACE and multicast.OPTIONS.issuperset(config.options):
        return multicast.MulticastPort(clock, config.channel, config.options, name=name)
    return PythonCanPort(
        scheduler, clock, config.interface, config.channel, config.options, name=name
    )
