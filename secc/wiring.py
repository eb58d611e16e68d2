"""Puts the station role together on host time: rooms, ports, and the order in which they stop."""

from bsw.base import Base, CannotStart, open_base
from bsw.chrgm.sap import Application, applications
from bsw.net.channel import Channels
from bsw.net.hostnet import InterfaceUnusable
from bsw.net.tcpip import HostNetwork
from bsw.os.process import Status
from secc.config import SeccConfig
from secc.handshake import Door


def run(config: SeccConfig) -> Status:
    base = open_base(config)
    base.trace.begin(role="secc", protocols=" ".join(config.protocols))
    try:
        network = HostNetwork(base.scheduler, base.clock, config.net.interface, dlt=base.dlt)
    except InterfaceUnusable as error:
        raise CannotStart(f"net.interface: {error}") from None
    door = Door(
        Channels(base.scheduler, worker=base.worker, dlt=base.dlt),
        base.trace,
        base.dlt.logger("session"),
        served=applications(config.protocols),
        finished=lambda application, reason: _over(base, application, reason),
    )

    def stop() -> None:
        door.close()
        base.settle(lambda: network.busy, stopped)

    def stopped() -> None:
        network.close()
        base.process.finished()

    base.process.on_stop = lambda _stop: stop()
    base.scheduler.after(0, lambda: door.open(network, config.net.port), name="start")
    return base.run()


def _over(base: Base, application: Application | None, reason: str) -> None:
    if application is None:
        base.process.done(Status.FAILED, reason)
    else:
        base.process.done(Status.OK, f"{application.name} agreed")
