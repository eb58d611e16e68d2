"""Runs the vehicle ECU on host time, from its configuration to its exit status."""

from bsw.base import open_base
from bsw.os.process import Status
from evcc.config import EvccConfig
from evcc.ecu import VehicleEcu


def run(config: EvccConfig) -> Status:
    base = open_base(config)
    base.trace.begin(role="evcc", protocols=" ".join(config.session.protocols))
    ecu = VehicleEcu(base, config)
    base.process.on_stop = lambda _stop: ecu.stop(base.process.finished)
    base.scheduler.after(0, ecu.start, name="start")
    return base.run()
