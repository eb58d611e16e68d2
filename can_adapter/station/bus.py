"""The station bus for the application: the power module, and what it is ordered to do.

``StationSignals`` gives a ``PowerModule`` in SI units, ``StationPublisher`` takes the parts of a
``PowerCommand``.  Both hide frames, matrices and protection; neither knows what charging is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bsw.ecuc.part import Wrong
from bsw.os.scheduler import Scheduler
from bsw.trace import Trace
from can_adapter.bus import CanPort
from can_adapter.canif import CanIf
from can_adapter.config import CanConfig
from can_adapter.matrix.configured import CanConfigError, load_matrix
from can_adapter.signals.binding import bind, problems
from can_adapter.signals.noted import CanNotes
from can_adapter.signals.receive import Inbound
from can_adapter.signals.roles import Catalogue
from can_adapter.signals.transmit import Outbound
from can_adapter.station.values import PowerCommand, PowerCommandPart, PowerModule

POWER_MODULE: Final = Catalogue.of(PowerModule)
POWER_COMMAND: Final = Catalogue.of(PowerCommand)


def wrong_in(config: CanConfig) -> Iterable[Wrong]:
    """What in a configuration does not fit its matrices."""
    for problem in problems(config, POWER_MODULE, POWER_COMMAND):
        yield Wrong(".".join(problem.where), problem.text)


class StationSignals(Inbound[PowerModule]):
    """What the power module tells us."""


class StationPublisher(Outbound[PowerCommandPart]):
    """What we order."""


@dataclass(frozen=True, slots=True)
class StationBus:
    """The station's bus, bound and ready; ``publisher.start()`` begins to send."""

    canif: CanIf
    signals: StationSignals
    publisher: StationPublisher

    def close(self) -> None:
        self.publisher.stop()
        self.signals.close()
        self.canif.close()


def open_station_bus(
    scheduler: Scheduler, port: CanPort, config: CanConfig, trace: Trace | None = None
) -> StationBus:
    """Bind the configured signals on a port.  Raises ``CanConfigError`` with all problems."""
    matrix, wrong = load_matrix(config)
    received, wrong_in = bind(config, matrix, POWER_MODULE, "receive")
    sent, wrong_out = bind(config, matrix, POWER_COMMAND, "transmit")
    if found := [*wrong, *wrong_in, *wrong_out]:
        raise CanConfigError(found)
    canif = CanIf(scheduler, port, config.recovery.recovery())
    if trace is not None:
        CanNotes(scheduler, canif, trace, received.messages())
    return StationBus(
        canif,
        StationSignals(scheduler, canif, config, received, PowerModule),
        StationPublisher(scheduler, canif, sent),
    )
