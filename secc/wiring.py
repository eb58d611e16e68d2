"""Runs the station ECU on host time, from its configuration to its exit status."""

from bsw.base import open_base
from bsw.ecuc.load import Loaded
from bsw.os.process import Status
from secc.config import SeccConfig


def run(loaded: Loaded[SeccConfig]) -> Status:
    config = loaded.config
    base = open_base(config)
    base.trace.begin(role="secc", protocols=" ".join(config.session.protocols))

    def start() -> None:
        """The loop turns first; the rooms, which take longer to load, start inside it."""
        loaded.look_outside()
        from secc.ecu import StationEcu  # noqa: PLC0415 - see above

        ecu = StationEcu(base, config)
        base.process.on_stop = lambda _stop: ecu.stop(base.process.finished)
        ecu.start()

    return base.run(start)
