"""The doors of an ECU: everything through which it reaches the world, whichever world that is.

A role is built from a base, its configuration and these.  On a host they open what the
configuration names (``ecu/host.py``); in simulation they lead into a world of the test's
(``ecu/simulated.py``).  A door that cannot be opened raises ``CannotStart``, whose message names
the key of the configuration and the remedy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from bsw.cp.pilot import StationPilot, VehiclePilot
from bsw.hardware.port import PlugHardware, Side
from bsw.net.ports import EthernetPort, OwnNetwork
from bsw.net.record.recording import Recording
from bsw.north.config import LocalDoorConfig
from bsw.nvm.service import BlockStore
from bsw.os.clock import Action
from bsw.os.randomness import Randomness
from bsw.plug.end import PlugEnd
from bsw.stbm import TimeBase

if TYPE_CHECKING:
    from bsw.north.side import NorthSide
    from bsw.os.notify import Notify
    from bsw.os.worker import Worker
    from can_adapter.bus import CanPort
    from csm.cryif import CryIf
    from ecu.uplink import UplinkDoor
    from keym.keeping.shelf import Shelf


P_co = TypeVar("P_co", covariant=True)


class NorthDoor(Protocol):
    """Open until it is closed."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ModemDoor:
    """A modem behind a network interface; ``on_return`` calls whom it is given when the
    modem was away and is back.
    """

    port: EthernetPort
    on_return: Callable[[Action], None]
    close: Action


class KeyDoors(Protocol):
    """Where keys and certificates lie, and who works with them."""

    @property
    def chance(self) -> Randomness: ...

    def keys(self) -> "CryIf":
        """All drivers of keys."""

    def shelf(self) -> "Shelf":
        """Where certificates lie."""

    def lane(self, name: str) -> "Worker":
        """Does the blocking work of one driver of keys."""


class Doors(KeyDoors, Protocol[P_co]):
    @property
    def notify(self) -> "Notify | None":
        """The service manager, where there is one."""

    def calendar(self) -> TimeBase: ...

    def network(self) -> OwnNetwork:
        """The interface of the power line modem."""

    def recording(self) -> Recording: ...

    def memory(self) -> BlockStore:
        """What is remembered over a restart."""

    def can(self, name: str) -> "CanPort":
        """The CAN bus, entered under this name."""

    def plug(self, place: str) -> PlugEnd[P_co]:
        """Pilot and modem of one place where a plug goes."""

    def modem(self) -> ModemDoor:
        """The power line modem, where SLAC has one of its own (``link.driver``)."""

    def uplink(self) -> "UplinkDoor":
        """The way to a back end; opened only where one is configured."""

    def hardware(self, side: Side) -> PlugHardware:
        """The driver of pilot, lock and contactors that the configuration names."""

    def north(self, side: "Callable[[], NorthSide]", config: LocalDoorConfig) -> NorthDoor | None:
        """Let others in; ``None``: nobody is to come, and the side is not even made."""


VehicleDoors = Doors[VehiclePilot]
StationDoors = Doors[StationPilot]
