"""What the vehicle ECU is made of, opened one part per step as it starts.

A part that cannot be opened ends the start with ``CannotStart``, whose message names the key of the
configuration and the remedy.  Whatever ends the start early, a signal included, what was opened by
then is closed again.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bsw.base import Base, CannotStart
from bsw.cp.pilot import VehiclePilot
from bsw.hardware.port import NOBODY_GUARDS, Side
from bsw.net.ports import EthernetPort, OwnNetwork
from bsw.net.record.recording import Recording
from bsw.nvm.store import StoreUnusable
from bsw.os.clock import Action
from bsw.os.scheduler import Scheduler
from bsw.stbm import TimeBase
from can_adapter.matrix.configured import CanConfigError
from can_adapter.vehicle.bus import VehicleBus, open_vehicle_bus
from csm.errors import CsmError, CsmFault
from ecu.doors import VehicleDoors
from evcc.config import EvccConfig
from evcc.ecu.services import KeptServices, ServiceContext
from evcc.health.config import ServicesConfig
from evcc.plug.no_plug import NoPilot, NoPlug, PlugSide
from evcc.session.handlers.registry import SCRIPTS
from keym.faults import KeymFault

if TYPE_CHECKING:
    from csm.cryif import CryIf
    from evcc.contract.keys import KeyFaults as KeyFaultsPort
    from evcc.contract.keys import VehicleKeys
    from evcc.plug.slac_plug import LinkPorts


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
    network: OwnNetwork
    recording: Recording
    bus: VehicleBus
    plug: PlugSide
    key_faults: KeyFaults
    keys: "VehicleKeys | None"
    tester_keys: "CryIf | None"


def open_parts(base: Base, config: EvccConfig, doors: VehicleDoors) -> Generator[str, None, Parts]:
    """Yields before each step, with its name."""
    with ExitStack() as opened:
        calendar = doors.calendar()
        services = _services(base, config, calendar, doors)
        network = doors.network()
        opened.callback(network.close)
        for name in services.protocols(config.session.protocols):
            yield name
            SCRIPTS.load(name)  # as long as no bus has to wait for it
        recording = doors.recording()
        opened.callback(recording.close)
        yield "bus"
        bus = _bus(base, config, doors)
        opened.callback(bus.close)
        yield "plug"
        plug = _plug(base, config, doors, recording, services)
        opened.callback(plug.close)
        yield "keys"
        faults = KeyFaults(base.scheduler)
        keys = _keys(base, config, calendar, faults, doors)
        tester_keys = _tester_keys(config, doors) if keys is None else keys.drivers
        yield "rooms"
        opened.pop_all()  # from here on the ECU closes them
        return Parts(calendar, services, network, recording, bus, plug, faults, keys, tester_keys)


def _services(
    base: Base, config: EvccConfig, calendar: TimeBase, doors: VehicleDoors
) -> KeptServices:
    ground = ServiceContext(
        base.scheduler,
        base.worker,
        base.dlt,
        doors.chance,
        calendar,
        base.troubles,
        config.session.paused_for,
    )
    chosen = ServicesConfig(
        nvm=config.nvm,
        diagnostics=config.diagnostics,
        watchdog=config.watchdog,
        supervision=config.supervision,
        sleep=config.sleep,
        modes=config.modes,
    )
    try:
        return KeptServices(chosen, ground, doors.memory())
    except StoreUnusable as error:
        raise CannotStart(f"nvm.file: {error}") from None


def _bus(base: Base, config: EvccConfig, doors: VehicleDoors) -> VehicleBus:
    port = doors.can("EVCC")
    try:
        return open_vehicle_bus(base.scheduler, port, config.can, base.trace)
    except CanConfigError as error:
        port.close()
        raise CannotStart(f"can: {error}") from None


def _plug(
    base: Base,
    config: EvccConfig,
    doors: VehicleDoors,
    recording: Recording,
    services: KeptServices,
) -> PlugSide:
    driver = config.hardware.driver
    modem = config.link.driver == "ethernet"
    if driver == "none":
        base.dlt.logger("plug").warning("unguarded", remedy=NOBODY_GUARDS)
    if driver == "none" and not modem:
        return NoPlug()
    if driver != "plug" and not modem:
        from evcc.plug.hardware import HardwarePlug  # noqa: PLC0415 - only with such a driver

        return HardwarePlug(
            doors.hardware(Side.VEHICLE), base.process.lost, base.dlt.logger("plug")
        )
    from evcc.plug.slac_plug import SlacPlug, TwoPlugs  # noqa: PLC0415 - only with a modem

    if modem:
        return _plug_and_modem(base, config, doors, recording, services)
    ports = _link_ports(base, config, doors, recording, services)
    if config.hardware.inlets == 1:
        return SlacPlug(ports, doors.plug("vehicle"))
    return TwoPlugs(ports, {1: doors.plug("vehicle"), 2: doors.plug("vehicle-2")})


def _plug_and_modem(
    base: Base,
    config: EvccConfig,
    doors: VehicleDoors,
    recording: Recording,
    services: KeptServices,
) -> PlugSide:
    """The modem behind an interface of its own, the pilot where ``hardware`` has it."""
    from bsw.plug.end import ModemEnd  # noqa: PLC0415 - only with a modem
    from evcc.plug.hardware import HardwareActuators  # noqa: PLC0415 - the same
    from evcc.plug.slac_plug import SlacPlug  # noqa: PLC0415 - the same

    modem = doors.modem()
    ports = _link_ports(base, config, doors, recording, services, on_return=modem.on_return)
    if config.hardware.driver == "none":
        return SlacPlug(ports, ModemEnd[VehiclePilot](NoPilot(), modem.port, modem.close))
    try:
        hardware = doors.hardware(Side.VEHICLE)
    except CannotStart:
        modem.close()
        raise

    def close() -> None:
        hardware.close()
        modem.close()

    end = ModemEnd(hardware.vehicle_pilot, modem.port, close, hardware.start)
    return SlacPlug(
        ports,
        end,
        lambda behind: HardwareActuators(hardware, behind),
        lambda: hardware.faults,
    )


def _link_ports(
    base: Base,
    config: EvccConfig,
    doors: VehicleDoors,
    recording: Recording,
    services: KeptServices,
    *,
    on_return: Callable[[Action], None] = lambda _told: None,
) -> "LinkPorts":
    from bsw.slac.links.node import Host  # noqa: PLC0415 - only with a modem
    from evcc.plug.slac_plug import LinkPorts  # noqa: PLC0415 - the same

    def host(port: EthernetPort) -> Host:
        log = base.dlt.logger("slac")
        return Host(base.scheduler, recording.port(port), doors.chance, log, on_return)

    return LinkPorts(config.link, host, base.process.lost, services.budgets.adopt)


def _keys(
    base: Base,
    config: EvccConfig,
    calendar: TimeBase,
    faults: KeyFaults,
    doors: VehicleDoors,
) -> "VehicleKeys | None":
    """Only a vehicle that asks for TLS needs keys and certificates."""
    if config.session.security == "none":
        return None
    from evcc.contract.keys import VehicleKeys  # noqa: PLC0415 - brings all cryptography with it

    return VehicleKeys(base, config, calendar, faults, doors)


def _tester_keys(config: EvccConfig, doors: VehicleDoors) -> "CryIf | None":
    """Where the tester's key lies.  Without TLS nothing else needs the key stores."""
    if not config.diagnostics.key:
        return None
    try:
        return doors.keys()
    except CsmError as error:
        raise CannotStart(f"csm: {error}") from None
