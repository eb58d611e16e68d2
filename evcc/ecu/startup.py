"""What the vehicle ECU is made of, opened one part per step as it starts.

A part that cannot be opened ends the start with ``CannotStart``, whose message names the key of the
configuration and the remedy.  Whatever ends the start early, a signal included, what was opened by
then is closed again.
"""

from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bsw.base import CannotStart
from bsw.base_host import HostBase
from bsw.net.hostnet import InterfaceUnusable
from bsw.net.recording import Recording
from bsw.net.tcpip import HostNetwork
from bsw.nvm.store import StoreUnusable
from bsw.os.clock import Action
from bsw.os.scheduler import Scheduler
from bsw.stbm import TimeBase
from can_adapter.bus import BusUnavailable
from can_adapter.drivers.choose import open_port
from can_adapter.matrix.configured import CanConfigError
from can_adapter.vehicle.bus import VehicleBus, open_vehicle_bus
from csm.errors import CsmError, CsmFault
from csm.randomness import HostRandomness
from evcc.config import EvccConfig
from evcc.ecu.services import KeptServices, ServiceContext
from evcc.health.config import ServicesConfig
from evcc.plug.no_plug import NoPlug, PlugSide
from evcc.session.handlers.registry import load
from keym.faults import KeymFault

if TYPE_CHECKING:
    from csm.cryif import CryIf
    from evcc.contract.keys import KeyFaults as KeyFaultsPort
    from evcc.contract.keys import VehicleKeys


class KeyFaults:
    """What goes wrong with the stores of keys is told between tasks.

    What went wrong while they were opened waits until there is somebody to hear it.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._early: list[Action] = []
        self._hear: KeyFaultsPort | None = None

    def __call__(self, fault: CsmFault | KeymFault, *, failed: bool, detail: str) -> None:
        def tell() -> None:
            assert self._hear is not None, "who tells has seen to that"
            self._hear(fault, failed=failed, detail=detail)

        if self._hear is None:
            self._early.append(tell)
        else:
            self._scheduler.after(0, tell, name="key fault")

    def heard_by(self, hear: "KeyFaultsPort") -> None:
        self._hear = hear
        for tell in self._early:
            tell()
        self._early.clear()


@dataclass(frozen=True, slots=True)
class Parts:
    calendar: TimeBase
    services: KeptServices
    network: HostNetwork
    recording: Recording
    bus: VehicleBus
    plug: PlugSide
    key_faults: KeyFaults
    keys: "VehicleKeys | None"
    tester_keys: "CryIf | None"


def open_parts(base: HostBase, config: EvccConfig) -> Generator[str, None, Parts]:
    """Yields before each step, with its name."""
    with ExitStack() as opened:
        calendar = _time_base(base)
        services = _services(base, config, calendar)
        network = _network(base, config)
        opened.callback(network.close)
        for name in services.protocols(config.session.protocols):
            yield name
            load(name)  # as long as no bus has to wait for it
        recording = _recording(base, config)
        opened.callback(recording.close)
        yield "bus"
        bus = _bus(base, config)
        opened.callback(bus.close)
        yield "plug"
        plug = _plug(base, config, recording)
        yield "keys"
        faults = KeyFaults(base.scheduler)
        keys = _keys(base, config, calendar, faults)
        tester_keys = _tester_keys(config) if keys is None else keys.drivers
        yield "rooms"
        opened.pop_all()  # from here on the ECU closes them
        return Parts(calendar, services, network, recording, bus, plug, faults, keys, tester_keys)


def _time_base(base: HostBase) -> TimeBase:
    calendar = TimeBase(lambda: base.scheduler.now)
    calendar.set_from_host()
    return calendar


def _services(base: HostBase, config: EvccConfig, calendar: TimeBase) -> KeptServices:
    ground = ServiceContext(base.scheduler, base.worker, base.dlt, HostRandomness(), calendar.unix)
    chosen = ServicesConfig(
        nvm=config.nvm,
        diagnostics=config.diagnostics,
        watchdog=config.watchdog,
        supervision=config.supervision,
        sleep=config.sleep,
        modes=config.modes,
    )
    try:
        return KeptServices(chosen, ground)
    except StoreUnusable as error:
        raise CannotStart(f"nvm.file: {error}") from None


def _recording(base: HostBase, config: EvccConfig) -> Recording:
    try:
        return Recording(config.capture, base.scheduler, config.tls.lab_key_log_file)
    except OSError as error:
        raise CannotStart(
            f"capture.file: {config.capture.file} cannot be written: {error.strerror}; "
            "name a place this user may write"
        ) from None


def _network(base: HostBase, config: EvccConfig) -> HostNetwork:
    interface = config.network.interface
    try:
        return HostNetwork(base.scheduler, base.clock, interface, dlt=base.dlt)
    except InterfaceUnusable as error:
        raise CannotStart(f"network.interface: {error}") from None


def _bus(base: HostBase, config: EvccConfig) -> VehicleBus:
    try:
        port = open_port(base.scheduler, config.can.bus, "EVCC", clock=base.clock)
        return open_vehicle_bus(base.scheduler, port, config.can)
    except (BusUnavailable, CanConfigError) as error:
        raise CannotStart(f"can: {error}") from None


def _plug(base: HostBase, config: EvccConfig, recording: Recording) -> PlugSide:
    if config.hardware.driver == "none":
        return NoPlug()
    from evcc.plug.simulated import SimulatedPlug, TwoPlugs  # noqa: PLC0415 - brings SLAC with it

    make = TwoPlugs if config.hardware.inlets == 2 else SimulatedPlug
    return make(base, config, recording, base.process.lost)


def _keys(
    base: HostBase, config: EvccConfig, calendar: TimeBase, faults: KeyFaults
) -> "VehicleKeys | None":
    """Only a vehicle that asks for TLS needs keys and certificates."""
    if config.session.security == "none":
        return None
    from evcc.contract.keys import VehicleKeys  # noqa: PLC0415 - brings all cryptography with it

    return VehicleKeys(base, config, calendar, faults)


def _tester_keys(config: EvccConfig) -> "CryIf | None":
    """Where the tester's key lies.  Without TLS nothing else needs the key stores."""
    if not config.diagnostics.key:
        return None
    from csm.wiring import open_keys  # noqa: PLC0415 - brings all cryptography with it

    try:
        return open_keys(config.csm)
    except CsmError as error:
        raise CannotStart(f"csm: {error}") from None
