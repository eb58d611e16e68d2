"""What the station ECU is made of, opened one part per step as it starts.

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
from bsw.hostfault import told
from bsw.net.hostnet import InterfaceUnusable
from bsw.net.ports import Stream, StreamUser
from bsw.net.recording import Recording
from bsw.net.tcpip import HostNetwork
from bsw.nvm.service import Nvm
from bsw.nvm.store import NoStore, Store, StoreUnusable
from bsw.stbm import TimeBase
from secc.config import SeccConfig
from secc.plug.no_plug import NoPlug, PlugSide
from secc.session.handlers.registry import load

if TYPE_CHECKING:
    from can_adapter.station.bus import StationBus
    from secc.contract.keys import StationKeys


@dataclass(frozen=True, slots=True)
class Parts:
    """``bus`` where a power module hangs on one, ``keys`` where TLS is served."""

    calendar: TimeBase
    nvm: Nvm
    network: HostNetwork
    recording: Recording
    bus: "StationBus | None"
    plug: PlugSide
    keys: "StationKeys | None"


def open_parts(base: HostBase, config: SeccConfig) -> Generator[str, None, Parts]:
    """Yields before each step, with its name."""
    with ExitStack() as opened:
        network = _network(base, config)
        opened.callback(network.close)
        recording = _recording(base, config)
        opened.callback(recording.close)
        calendar = TimeBase(lambda: base.scheduler.now)
        calendar.set_from_host()
        for name in config.session.protocols:
            yield name
            load(name)  # as long as no bus has to wait for it
        nvm = _nvm(base, config)
        yield "bus"
        bus = _bus(base, config)
        if bus is not None:
            opened.callback(bus.close)
        yield "plug"
        plug = _plug(base, config, recording)
        yield "keys"
        keys = _keys(base, config, calendar)
        yield "rooms"
        opened.pop_all()  # from here on the ECU closes them
        return Parts(calendar, nvm, network, recording, bus, plug, keys)


def _nvm(base: HostBase, config: SeccConfig) -> Nvm:
    store = NoStore() if config.nvm.file is None else Store(config.nvm.file)
    nvm = Nvm(store, base.scheduler, base.worker, base.dlt.logger("nvm"))
    try:
        nvm.open()
    except StoreUnusable as error:
        raise CannotStart(f"nvm.file: {error}") from None
    return nvm


def _recording(base: HostBase, config: SeccConfig) -> Recording:
    try:
        return Recording(config.capture, base.scheduler, config.tls.lab_key_log_file)
    except OSError as error:
        raise CannotStart(
            f"capture.file: {config.capture.file} cannot be written: {error.strerror}; "
            "name a place this user may write"
        ) from None


def _network(base: HostBase, config: SeccConfig) -> HostNetwork:
    interface = config.network.interface
    try:
        network = HostNetwork(base.scheduler, base.clock, interface, dlt=base.dlt)
    except InterfaceUnusable as error:
        raise CannotStart(f"network.interface: {error}") from None
    _find_ports(network, config)
    return network


def _find_ports(network: HostNetwork, config: SeccConfig) -> None:
    """A port that somebody else has is found now, and not when the first vehicle is there."""
    ports, key = config.network, ""
    try:
        for key in ("plain_port", "tls_port"):
            if getattr(ports, key):
                network.listen(_nobody, port=getattr(ports, key)).close()
        key = "sdp_port"
        network.datagram(lambda _octets, _source: None, port=ports.sdp_port).close()
    except OSError as error:
        network.close()
        what = f"network.{key}: port {getattr(ports, key)}: {told(error)}"
        raise CannotStart(what) from None


def _nobody(_stream: Stream) -> StreamUser:
    raise AssertionError("the port is closed again before anybody can come")


def _bus(base: HostBase, config: SeccConfig) -> "StationBus | None":
    if config.hardware.power != "can":
        return None
    from can_adapter.bus import BusUnavailable  # noqa: PLC0415 - only with a power module
    from can_adapter.drivers.choose import open_port  # noqa: PLC0415
    from can_adapter.matrix.configured import CanConfigError  # noqa: PLC0415
    from can_adapter.station.bus import open_station_bus  # noqa: PLC0415

    try:
        port = open_port(base.scheduler, config.can.bus, "SECC", clock=base.clock)
        return open_station_bus(base.scheduler, port, config.can)
    except (BusUnavailable, CanConfigError) as error:
        raise CannotStart(f"can: {error}") from None


def _plug(base: HostBase, config: SeccConfig, recording: Recording) -> PlugSide:
    if config.hardware.driver == "none":
        return NoPlug(base.scheduler)
    from secc.plug.simulated import SimulatedPlug  # noqa: PLC0415 - brings SLAC with it

    return SimulatedPlug(base, config, recording, base.process.lost)


def _keys(base: HostBase, config: SeccConfig, calendar: TimeBase) -> "StationKeys | None":
    """Only a station that serves TLS needs keys and certificates."""
    if not config.session.tls:
        return None
    from secc.contract.keys import StationKeys  # noqa: PLC0415 - brings all cryptography with it

    return StationKeys(base, config, calendar)
