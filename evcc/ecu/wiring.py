"""Runs the vehicle ECU on host time, from its configuration to its exit status."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bsw.base import READY, Steps
from bsw.base_host import HostBase, open_base
from bsw.ecuc.load import Loaded
from bsw.os.notify import Notify
from bsw.os.process import Status
from evcc.config import EvccConfig

if TYPE_CHECKING:
    from evcc.ecu.ecu import VehicleEcu


def run(
    loaded: Loaded[EvccConfig],
    base: HostBase | None = None,
    made: "Callable[[VehicleEcu], None]" = lambda _ecu: None,
) -> Status:
    """``base`` is for an ECU inside another program; ``made`` hears of it when it has started."""
    config = loaded.config
    base = base or open_base(config)
    notify = Notify() if base.alone else Notify({})
    base.trace.begin(role="evcc", protocols=" ".join(config.session.protocols))

    def start() -> Steps:
        """The loop turns first; the rooms, which take longer to load, start inside it."""
        loaded.look_outside()
        for lacking in config.lacking():
            base.dlt.logger("evcc").warning("lacking", what=lacking)
        yield "session"
        import evcc.session.session  # noqa: F401, PLC0415 - the largest part of the application

        yield "parts"
        from ecu.host import HostDoors  # noqa: PLC0415 - see above
        from evcc.ecu.build import building  # noqa: PLC0415 - see above

        yield "services"
        ecu = yield from building(base, config, HostDoors(base, config, notify))
        yield from ecu.start()
        notify.ready()
        made(ecu)
        yield READY
        from bsw.chrgm.rehearsal import rehearse  # noqa: PLC0415 - see above
        from evcc.session.profile import PROFILES  # noqa: PLC0415 - see above

        for name in ecu.protocols:
            yield from rehearse(name, PROFILES[config.session.profile].reading)

    return base.run(start)
