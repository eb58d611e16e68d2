"""The doors of an ECU on its host: each opens what the configuration names.

Most ECUs have no CAN, no token or no north side, so each door brings its drivers when it is asked
for and not before.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bsw.base import CannotStart
from bsw.base_host import HostBase
from bsw.hardware.port import PlugHardware, Side
from bsw.island.config import IslandConfig
from bsw.linux.config import LinuxConfig
from bsw.net.host.network import InterfaceUnusable, named
from bsw.net.host.tcpip import HostNetwork
from bsw.net.record.config import CaptureConfig
from bsw.net.record.recording import Recording
from bsw.north.config import LocalDoorConfig
from bsw.nvm.service import BlockStore
from bsw.nvm.store import NoStore, Store
from bsw.os.notify import Notify
from bsw.os.randomness import Randomness
from bsw.os.worker import HostWorker, Worker
from bsw.program.hostfault import told
from bsw.stbm import TimeBase
from bsw.tls.config import TlsConfig
from csm.config import CsmConfig
from csm.randomness import HostRandomness
from keym.config import KeymConfig

if TYPE_CHECKING:
    from bsw.north.door import LocalDoor
    from bsw.north.side import NorthSide
    from bsw.plug.end import ProcessEnd
    from can_adapter.bus import CanPort
    from can_adapter.config import CanConfig
    from can_adapter.plug.config import PlugCanConfig
    from csm.cryif import CryIf
    from ecu.doors import ModemDoor
    from ecu.uplink import UplinkDoor
    from keym.keeping.shelf import Shelf


class _Network(Protocol):
    @property
    def interface(self) -> str: ...


class _Link(Protocol):
    @property
    def driver(self) -> str: ...
    @property
    def interface(self) -> str: ...


class _Hardware(Protocol):
    @property
    def plug_port(self) -> int: ...
    @property
    def driver(self) -> str: ...
    @property
    def own(self) -> str: ...
    @property
    def island(self) -> IslandConfig: ...
    @property
    def linux(self) -> LinuxConfig: ...
    @property
    def can(self) -> "PlugCanConfig": ...


class _Memory(Protocol):
    @property
    def file(self) -> Path | None: ...


class DoorsConfig(Protocol):
    """What either role's configuration says about its doors."""

    @property
    def network(self) -> _Network: ...
    @property
    def link(self) -> _Link: ...
    @property
    def hardware(self) -> _Hardware: ...
    @property
    def nvm(self) -> _Memory: ...
    @property
    def can(self) -> "CanConfig": ...
    @property
    def capture(self) -> CaptureConfig: ...
    @property
    def tls(self) -> TlsConfig: ...
    @property
    def csm(self) -> CsmConfig: ...
    @property
    def keym(self) -> KeymConfig: ...


class HostDoors:
    """The ``Doors`` of both roles."""

    def __init__(self, base: HostBase, config: DoorsConfig, notify: Notify | None = None) -> None:
        self._base = base
        self._config = config
        self.notify = notify
        self.chance: Randomness = HostRandomness()

    def beside(self, config: DoorsConfig) -> "HostDoors":
        """Those of another ECU in the same process; the service manager hears of one alone."""
        return HostDoors(self._base, config)

    def calendar(self) -> TimeBase:
        calendar = TimeBase(lambda: self._base.scheduler.now)
        calendar.set_from_host()
        return calendar

    def network(self) -> HostNetwork:
        base = self._base
        key, interface = self._interface
        try:
            return HostNetwork(base.scheduler, base.clock, named(interface), dlt=base.dlt)
        except InterfaceUnusable as error:
            raise CannotStart(f"{key}: {error}") from None

    @property
    def _interface(self) -> tuple[str, str]:
        """The modem's: which key of the configuration names it, and what it says."""
        link = self._config.link
        if link.driver == "ethernet" and link.interface:
            return "link.interface", link.interface
        return "network.interface", self._config.network.interface

    def modem(self) -> "ModemDoor":
        from bsw.net.carrier import Carrier  # noqa: PLC0415 - only with a modem
        from bsw.net.host.rawsocket import RawSocket, RawSocketUnavailable  # noqa: PLC0415 - the same
        from ecu.doors import ModemDoor  # noqa: PLC0415 - the same

        key, interface = self._interface
        base = self._base
        try:
            name = named(interface)
            port = RawSocket(base.clock, name)
        except (InterfaceUnusable, RawSocketUnavailable) as error:
            raise CannotStart(f"{key}: {error.strerror}") from None
        carrier = Carrier(base.scheduler, name)

        def close() -> None:
            carrier.close()
            port.close()

        return ModemDoor(port, carrier.on_return, close)

    def recording(self) -> Recording:
        config = self._config
        try:
            key_log = config.tls.lab_key_log_file
            base = self._base
            return Recording(config.capture, base.scheduler, key_log, base.troubles)
        except OSError as error:
            raise CannotStart(
                f"capture.file: {config.capture.file} cannot be written: {told(error, place=False)}"
            ) from None

    def memory(self) -> BlockStore:
        file = self._config.nvm.file
        return NoStore() if file is None else Store(file)

    def can(self, name: str) -> "CanPort":
        from can_adapter.bus import BusUnavailable  # noqa: PLC0415 - not every station has a bus
        from can_adapter.drivers.choose import open_port  # noqa: PLC0415 - the same

        base = self._base
        try:
            return open_port(base.scheduler, self._config.can.bus, name, clock=base.clock)
        except BusUnavailable as error:
            raise CannotStart(f"can: {error}") from None

    def plug(self, place: str) -> "ProcessEnd":
        from bsw.plug.end import ProcessEnd  # noqa: PLC0415 - only for the simulated plug

        base, log = self._base, self._base.dlt.logger("plug")
        port = self._config.hardware.plug_port
        return ProcessEnd(base.scheduler, base.clock, port, place, log)

    def hardware(self, side: Side) -> PlugHardware:
        from bsw.hardware.open import open_hardware  # noqa: PLC0415 - only for such a driver

        chosen = self._config.hardware
        if chosen.driver == "can" or (chosen.driver, chosen.island.line) == ("island", "can"):
            from ecu.on_can import hardware_on_can  # noqa: PLC0415 - the same

            return hardware_on_can(self._base, chosen, side, self.chance)
        return open_hardware(self._base, chosen, side, self.chance)

    def keys(self) -> "CryIf":
        from csm.hardening import forbid_core_dumps  # noqa: PLC0415 - only where there are keys
        from csm.wiring import open_keys  # noqa: PLC0415 - brings all cryptography with it

        if self._config.csm.core_dumps == "forbidden":
            forbid_core_dumps()
        return open_keys(self._config.csm)

    def shelf(self) -> "Shelf":
        from keym.keeping.shelf import FolderShelf  # noqa: PLC0415 - only where there are keys

        return FolderShelf(self._config.keym.folder)

    def lane(self, name: str) -> Worker:
        return HostWorker(self._base.scheduler, f"csm {name}")

    def uplink(self) -> "UplinkDoor":
        from ecu.uplink import host_uplink  # noqa: PLC0415 - only where there is a back end

        return host_uplink(self._base)

    def north(self, side: "Callable[[], NorthSide]", config: LocalDoorConfig) -> "LocalDoor | None":
        if config.socket is None:
            return None
        from bsw.north.door import LocalDoor  # noqa: PLC0415 - most ECUs open none

        base, log = self._base, self._base.dlt.logger("north")
        return LocalDoor(base.scheduler, base.clock, side(), config, log=log, worker=base.worker)
