"""One end of a charging cable as an ECU has it: half of the pilot, and the modem's Ethernet port.

On the bench of processes the plug is a process too, and this end talks to it; in a simulated
world the cable is at hand (``bsw/sim/cable_end.py``).
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from bsw.dlt import Logger
from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Endpoint, EthernetPort
from bsw.os.clock import Action
from bsw.os.host import HostClock
from bsw.os.scheduler import Scheduler
from bsw.plug.client import PlugClient, PlugPilot

P_co = TypeVar("P_co", covariant=True)
"""A ``VehiclePilot`` or a ``StationPilot``."""


class PlugEnd(Protocol[P_co]):
    @property
    def pilot(self) -> P_co: ...

    @property
    def ethernet(self) -> EthernetPort: ...

    def connect(self, ready: Action, lost: Callable[[str], None]) -> None:
        """``ready`` when the other side is there; ``lost`` when it is gone, or never was."""

    def close(self) -> None: ...


class ModemEnd(Generic[P_co]):
    """A ``PlugEnd`` made of a pilot and of a modem behind a network interface.

    ``begin`` starts whoever drives the pilot; without one it is there at once.
    """

    def __init__(
        self,
        pilot: P_co,
        ethernet: EthernetPort,
        close: Action,
        begin: Callable[[Action, Callable[[str], None]], None] = lambda ready, _lost: ready(),
    ) -> None:
        self._pilot = pilot
        self.ethernet = ethernet
        self._close = close
        self._begin = begin

    @property
    def pilot(self) -> P_co:
        return self._pilot

    def connect(self, ready: Action, lost: Callable[[str], None]) -> None:
        self._begin(ready, lost)

    def close(self) -> None:
        self._close()


class ProcessEnd:
    """A ``PlugEnd`` of either role, of the plug that is a process of its own."""

    def __init__(
        self, scheduler: Scheduler, clock: HostClock, port: int, role: str, log: Logger
    ) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._port = port
        self._client = PlugClient(role, log)
        self.pilot: PlugPilot = self._client.pilot
        self.ethernet: EthernetPort = self._client.ethernet

    def connect(self, ready: Action, lost: Callable[[str], None]) -> None:
        loopback = HostNetwork(self._scheduler, self._clock, "lo")
        self._client.connect(loopback, Endpoint("::1", self._port), ready=ready, lost=lost)

    def close(self) -> None:
        self._client.close()
