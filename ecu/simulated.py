"""The doors of an ECU in a simulated world: nothing of the host is touched.

Buses, cable, power line and network are the world's (``ecu/world.py``); keys and certificates may
be put in by a test, and lie where the configuration says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bsw.base import CannotStart
from bsw.hardware.port import PlugHardware, Side
from bsw.net.ports import OwnNetwork
from bsw.net.record.recording import Recording
from bsw.north.config import LocalDoorConfig
from bsw.north.side import NorthSide
from bsw.nvm.service import BlockStore
from bsw.os.clock import MS, Action, S
from bsw.os.worker import SimulatedWorker, Worker
from bsw.plug.end import PlugEnd
from bsw.sim.base import SimulatedBase
from bsw.sim.blocks import MemoryBlocks
from bsw.stbm import Quality, TimeBase
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.simulated_port import SimulatedPort
from csm.cryif import CryIf
from csm.randomness import SeededRandomness
from ecu.doors import ModemDoor
from ecu.host import DoorsConfig
from ecu.uplink import UplinkDoor
from keym.keeping.shelf import Shelf

P = TypeVar("P")

TODAY = 1_790_000_000
"""The calendar of a simulated world begins in September 2026."""

KEY_WORK = 3 * MS
"""What a key operation takes."""


class SideDoor:
    """A north side in memory: ``side`` is what somebody else's program would talk to."""

    def __init__(self, side: NorthSide) -> None:
        self.side = side
        self.open = True

    def close(self) -> None:
        self.open = False


@dataclass
class SimulatedDoors(Generic[P]):
    """The ``Doors`` of one role.  Change what you like before the ECU is built."""

    base: SimulatedBase
    config: DoorsConfig
    interface: OwnNetwork
    bus: SimulatedBus
    plugs: dict[str, PlugEnd[P]]
    chance: SeededRandomness
    unix: int = TODAY
    blocks: BlockStore = field(default_factory=MemoryBlocks)
    own_keys: CryIf | None = None
    own_shelf: Shelf | None = None
    own_hardware: PlugHardware | None = None
    returned: list[Action] = field(default_factory=list)  # call them when the modem is back
    calendars: list[TimeBase] = field(default_factory=list)  # those that were made here
    north_door: SideDoor | None = None
    way: UplinkDoor | None = None  # to a back end, if this world has one
    notify: None = None

    def calendar(self) -> TimeBase:
        calendar = TimeBase(lambda: self.base.scheduler.now)
        calendar.set(self.unix, Quality.HOST)
        self.calendars.append(calendar)
        return calendar

    def network(self) -> OwnNetwork:
        return self.interface

    def recording(self) -> Recording:
        key_log = self.config.tls.lab_key_log_file
        base, began = self.base, self.unix * S
        return Recording(self.config.capture, base.scheduler, key_log, base.troubles, began)

    def memory(self) -> BlockStore:
        return self.blocks

    def can(self, name: str) -> SimulatedPort:
        return self.bus.attach(name)

    def plug(self, place: str) -> PlugEnd[P]:
        return self.plugs[place]

    def modem(self) -> ModemDoor:
        """That of the first place where a plug goes."""
        port = next(iter(self.plugs.values())).ethernet
        return ModemDoor(port, self.returned.append, port.close)

    def hardware(self, side: Side) -> PlugHardware:
        if self.own_hardware is None:
            raise CannotStart(f"hardware.driver: no {side.value} hardware in this world; plug")
        return self.own_hardware

    def keys(self) -> CryIf:
        if self.own_keys is not None:
            return self.own_keys
        from csm.wiring import open_keys  # noqa: PLC0415 - brings all cryptography with it

        return open_keys(self.config.csm)

    def shelf(self) -> Shelf:
        if self.own_shelf is not None:
            return self.own_shelf
        from keym.keeping.shelf import FolderShelf  # noqa: PLC0415 - only where there are keys

        return FolderShelf(self.config.keym.folder)

    def lane(self, name: str) -> Worker:
        del name
        return SimulatedWorker(self.base.scheduler, lambda _job: KEY_WORK)

    def uplink(self) -> UplinkDoor:
        if self.way is None:
            raise CannotStart("ocpp.url: this world has no back end; give its doors a way")
        return self.way

    def north(self, side: Callable[[], NorthSide], config: LocalDoorConfig) -> SideDoor:
        del config  # where a socket would lie is of no matter here
        self.north_door = SideDoor(side())
        return self.north_door
