"""Runs the station ECU on host time, from its configuration to its exit status."""

from bsw.base import open_base
from bsw.os.process import Status
from secc.config import SeccConfig
from secc.ecu import StationEcu


def run(config: SeccConfig) -> Status:
    base = open_base(config)
    base.trace.begin(role="secc", protocols=" ".join(config.session.protocols))
    ecu = StationEcu(base, config)
    base.process.on_stop = lambda _stop: ecu.stop(base.process.finished)
    base.scheduler.after(0, ecu.start, name="start")
    return base.run()
