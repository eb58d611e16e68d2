"""Runs the station ECU on host time, from its configuration to its exit status."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bsw.base import READY, Steps
from bsw.base_host import HostBase, open_base
from bsw.ecuc.load import Loaded
from bsw.os.notify import Notify
from bsw.os.process import Status
from secc.config import SeccConfig

if TYPE_CHECKING:
    from secc.ecu.ecu import StationEcu


def run(
    loaded: Loaded[SeccConfig],
    base: HostBase | None = None,
    made: "Callable[[StationEcu], None]" = lambda _ecu: None,
) -> Status:
    """``base`` is for an ECU inside another program; ``made`` hears of it when it has started."""
    config = loaded.config
    base = base or open_base(config)
    notify = Notify() if base.alone else Notify({})
    base.trace.begin(role="secc", protocols=" ".join(config.session.protocols))

    def start() -> Steps:
        """The loop turns first; the rooms, which take longer to load, start inside it."""
        loaded.look_outside()
        for lacking in config.lacking():
            base.dlt.logger("secc").warning("lacking", what=lacking)
        yield "session"
        import secc.session.session  # noqa: F401, PLC0415 - the largest part of the application

        yield "parts"
        from ecu.host import HostDoors  # noqa: PLC0415 - see above
        from secc.ecu.build import building  # noqa: PLC0415 - see above

        yield "network"
        ecu = yield from building(base, config, HostDoors(base, config, notify))
        yield from ecu.start()
        notify.ready()
        made(ecu)
        if notify.watchdog is not None:
            base.scheduler.every(notify.watchdog // 3, notify.feed, name="service manager")
        yield READY
        from bsw.chrgm.rehearsal import rehearse  # noqa: PLC0415 - see above
        from secc.session.profile import PROFILES  # noqa: PLC0415 - see above

        for name in config.session.protocols:
            yield from rehearse(name, PROFILES[config.session.profile].reading)

    return base.run(start)
