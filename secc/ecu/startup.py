"""What the station ECU is made of, opened one part per step as it starts.

A part that cannot be opened ends the start with ``CannotStart``, whose message names the key of the
configuration and the remedy.  Whatever ends the start early, a signal included, what was opened by
then is closed again.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bsw.base import Base, CannotStart
from bsw.cp.pilot import StationPilot
from bsw.hardware.port import NOBODY_GUARDS, Side
from bsw.net.ports import EthernetPort, Network, OwnNetwork, Stream, StreamUser
from bsw.net.record.recording import Recording
from bsw.nvm.service import Nvm
from bsw.nvm.store import StoreUnusable
from bsw.os.clock import Action
from bsw.program.hostfault import told
from bsw.stbm import TimeBase
from ecu.doors import StationDoors
from secc.config import SeccConfig
from secc.plug.no_plug import BarePilot, NoPlug, PlugSide
from secc.session.handlers.registry import SCRIPTS

if TYPE_CHECKING:
    from bsw.slac.links.node import Host
    from can_adapter.station.bus import StationBus
    from ecu.uplink import UplinkDoor
    from secc.contract.keys import StationKeys


@dataclass(frozen=True, slots=True)
class Parts:
    """``bus`` where a power module hangs on one, ``keys`` where TLS is served.

    ``uplink`` where there is a back end.
    """

    calendar: TimeBase
    nvm: Nvm
    network: OwnNetwork
    recording: Recording
    bus: "StationBus | None"
    plug: PlugSide
    keys: "StationKeys | None"
    uplink: "UplinkDoor | None"


def open_parts(base: Base, config: SeccConfig, doors: StationDoors) -> Generator[str, None, Parts]:
    """Yields before each step, with its name."""
    with ExitStack() as opened:
        network = _network(doors, config)
        opened.callback(network.close)
        recording = doors.recording()
        opened.callback(recording.close)
        calendar = doors.calendar()
        for name in config.session.protocols:
            yield name
            SCRIPTS.load(name)  # as long as no bus has to wait for it
        nvm = _nvm(base, doors)
        yield "bus"
        bus = _bus(base, config, doors)
        if bus is not None:
            opened.callback(bus.close)
        yield "plug"
        plug = _plug(base, config, doors, recording)
        opened.callback(plug.close)
        yield "keys"
        keys = _keys(base, config, calendar, doors)
        yield "back end"
        uplink = None
        if config.ocpp.url is not None:
            uplink = doors.uplink()
            opened.callback(uplink.close)
        yield "rooms"
        opened.pop_all()  # from here on the ECU closes them
        return Parts(calendar, nvm, network, recording, bus, plug, keys, uplink)


def _nvm(base: Base, doors: StationDoors) -> Nvm:
    try:
        log = base.dlt.logger("nvm")
        nvm = Nvm(doors.memory(), base.scheduler, base.worker, log, troubles=base.troubles)
        nvm.open()
    except StoreUnusable as error:
        raise CannotStart(f"nvm.file: {error}") from None
    return nvm


def _network(doors: StationDoors, config: SeccConfig) -> OwnNetwork:
    network = doors.network()
    try:
        _find_ports(network, config)
    except CannotStart:
        network.close()
        raise
    return network


def _find_ports(network: Network, config: SeccConfig) -> None:
    """A port that somebody else has is found now, and not when the first vehicle is there."""
    ports, key = config.network, ""
    try:
        for key in ("plain_port", "tls_port"):
            if getattr(ports, key):
                network.listen(_nobody, port=getattr(ports, key)).close()
        key = "sdp_port"
        network.datagram(lambda _octets, _source: None, port=ports.sdp_port).close()
    except OSError as error:
        what = f"network.{key}: port {getattr(ports, key)}: {told(error)}"
        raise CannotStart(what) from None


def _nobody(_stream: Stream) -> StreamUser:
    raise AssertionError("the port is closed again before anybody can come")


def _bus(base: Base, config: SeccConfig, doors: StationDoors) -> "StationBus | None":
    if config.hardware.power != "can":
        return None
    from can_adapter.matrix.configured import CanConfigError  # noqa: PLC0415 - only with a module
    from can_adapter.station.bus import open_station_bus  # noqa: PLC0415 - the same

    port = doors.can("SECC")
    try:
        return open_station_bus(base.scheduler, port, config.can, base.trace)
    except CanConfigError as error:
        port.close()
        raise CannotStart(f"can: {error}") from None


def _plug(base: Base, config: SeccConfig, doors: StationDoors, recording: Recording) -> PlugSide:
    driver = config.hardware.driver
    modem = config.link.driver == "ethernet"
    if driver == "none":
        base.dlt.logger("plug").warning("unguarded", remedy=NOBODY_GUARDS)
    if driver == "none" and not modem:
        return NoPlug(base.scheduler)
    if driver != "plug" and not modem:
        from secc.plug.hardware import HardwarePlug  # noqa: PLC0415 - only with such a driver

        hardware = doors.hardware(Side.STATION)
        log = base.dlt.logger("plug")
        digital = config.basic.offered != "only"
        return HardwarePlug(hardware, base.scheduler, base.process.lost, log, digital=digital)
    from secc.plug.slac_plug import SlacPlug  # noqa: PLC0415 - only with a modem

    if modem:
        return _plug_and_modem(base, config, doors, recording)
    host = _host_on(base, doors, recording)
    return SlacPlug(doors.plug("station"), config.link, host, base.process.lost)


def _plug_and_modem(
    base: Base, config: SeccConfig, doors: StationDoors, recording: Recording
) -> PlugSide:
    """The modem behind an interface of its own, the pilot where ``hardware`` has it."""
    from bsw.plug.end import ModemEnd  # noqa: PLC0415 - only with a modem
    from secc.plug.hardware import Orders  # noqa: PLC0415 - the same
    from secc.plug.slac_plug import SlacPlug  # noqa: PLC0415 - the same

    modem = doors.modem()
    host = _host_on(base, doors, recording, modem.on_return)
    if config.hardware.driver == "none":
        bare = ModemEnd[StationPilot](BarePilot(base.scheduler), modem.port, modem.close)
        return SlacPlug(bare, config.link, host, base.process.lost)
    try:
        hardware = doors.hardware(Side.STATION)
    except CannotStart:
        modem.close()
        raise

    orders = Orders(hardware, base.scheduler, base.dlt.logger("plug"))

    def close() -> None:
        orders.close()
        hardware.close()
        modem.close()

    end = ModemEnd(hardware.station_pilot, modem.port, close, hardware.start)
    return SlacPlug(
        end, config.link, host, base.process.lost, follow=orders.follow, hardware=hardware
    )


def _host_on(
    base: Base,
    doors: StationDoors,
    recording: Recording,
    on_return: Callable[[Action], None] = lambda _told: None,
) -> "Callable[[EthernetPort], Host]":
    from bsw.slac.links.node import Host  # noqa: PLC0415 - only with a modem

    def host(port: EthernetPort) -> Host:
        log = base.dlt.logger("slac")
        return Host(base.scheduler, recording.port(port), doors.chance, log, on_return)

    return host


def _keys(
    base: Base, config: SeccConfig, calendar: TimeBase, doors: StationDoors
) -> "StationKeys | None":
    """Only a station that serves TLS needs keys and certificates."""
    if not config.session.tls:
        return None
    from secc.contract.keys import StationKeys  # noqa: PLC0415 - brings all cryptography with it

    return StationKeys(base, config, calendar, doors)
