"""Puts the vehicle role together on host time: rooms, ports, and the order in which they stop."""

from bsw.base import Base, CannotStart, open_base
from bsw.chrgm.sap import Application, applications
from bsw.net.channel import Channels
from bsw.net.hostnet import InterfaceUnusable
from bsw.net.ports import Endpoint
from bsw.net.tcpip import HostNetwork
from bsw.os.process import Status
from evcc.config import EvccConfig
from evcc.handshake import Handshake


def run(config: EvccConfig) -> Status:
    base = open_base(config)
    base.trace.begin(role="evcc", protocols=" ".join(config.protocols))
    try:
        network = HostNetwork(base.scheduler, base.clock, config.station.interface, dlt=base.dlt)
    except InterfaceUnusable as error:
        raise CannotStart(f"station.interface: {error}") from None
    station = Endpoint(config.station.address, config.station.port, network.scope)
    handshake = Handshake(
        base.scheduler,
        Channels(base.scheduler, worker=base.worker, dlt=base.dlt),
        base.trace,
        base.dlt.logger("session"),
        wanted=applications(config.protocols),
        finished=lambda application, reason: _over(base, application, reason),
    )

    def stop() -> None:
        handshake.stop()
        base.settle(lambda: network.busy, stopped)

    def stopped() -> None:
        network.close()
        base.process.finished()

    base.process.on_stop = lambda _stop: stop()
    base.scheduler.after(0, lambda: handshake.start(network, station), name="start")
    return base.run()


def _over(base: Base, application: Application | None, reason: str) -> None:
    if application is None:
        base.process.done(Status.FAILED, reason)
    else:
        base.process.done(Status.OK, f"{application.name} agreed")
