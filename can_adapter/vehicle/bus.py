"""The vehicle bus for the application: what the vehicle tells, and what is told to it.

``VehicleSignals`` gives a ``VehicleSnapshot`` in SI units, ``VehiclePublisher`` takes the parts
of a ``VehicleReport``.  Both hide frames, matrices and protection; neither knows what charging is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bsw.ecuc.part import Wrong
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler, Task
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
from can_adapter.vehicle.report import ScheduleRow, VehicleReport, VehicleReportPart
from can_adapter.vehicle.values import VehicleSnapshot

VEHICLE_VALUES: Final = Catalogue.of(VehicleSnapshot)
VEHICLE_REPORT: Final = Catalogue.of(VehicleReport)

ROW_PERIOD: Final = 100 * MS


def wrong_in(config: CanConfig) -> Iterable[Wrong]:
    """What in a configuration does not fit its matrices."""
    for problem in problems(config, VEHICLE_VALUES, VEHICLE_REPORT):
        yield Wrong(".".join(problem.where), problem.text)


class VehicleSignals(Inbound[VehicleSnapshot]):
    """What the vehicle tells us."""


class VehiclePublisher(Outbound[VehicleReportPart]):
    """What we tell the vehicle."""


@dataclass(frozen=True, slots=True)
class VehicleBus:
    """The vehicle's bus, bound and ready; ``publisher.start()`` begins to send."""

    canif: CanIf
    signals: VehicleSignals
    publisher: VehiclePublisher
    scheduler: Scheduler

    def close(self) -> None:
        self.publisher.stop()
        self.signals.close()
        self.canif.close()


def open_vehicle_bus(
    scheduler: Scheduler, port: CanPort, config: CanConfig, trace: Trace | None = None
) -> VehicleBus:
    """Bind the configured signals on a port.  Raises ``CanConfigError`` with all problems."""
    matrix, wrong = load_matrix(config)
    received, wrong_in = bind(config, matrix, VEHICLE_VALUES, "receive")
    sent, wrong_out = bind(config, matrix, VEHICLE_REPORT, "transmit")
    if found := [*wrong, *wrong_in, *wrong_out]:
        raise CanConfigError(found)
    canif = CanIf(scheduler, port, config.recovery.recovery())
    if trace is not None:
        CanNotes(scheduler, canif, trace, received.messages())
    return VehicleBus(
        canif,
        VehicleSignals(scheduler, canif, config, received, VehicleSnapshot),
        VehiclePublisher(scheduler, canif, sent),
        scheduler,
    )


class ScheduleRows:
    """Publishes a schedule of any length one row after the other, over and over."""

    def __init__(self, scheduler: Scheduler, publisher: VehiclePublisher) -> None:
        self._scheduler = scheduler
        self._publisher = publisher
        self._rows: tuple[ScheduleRow, ...] = ()
        self._next = 0
        self._task: Task | None = None

    def show(self, rows: Sequence[ScheduleRow]) -> None:
        """Replace what is published; an empty sequence takes the rows off the bus."""
        self._rows = tuple(rows)
        self._next = 0
        if self._rows and self._task is None:
            self._task = self._scheduler.every(
                ROW_PERIOD, self._advance, name="schedule rows", offset=0
            )
        elif not self._rows:
            if self._task is not None:
                self._task.stop()
                self._task = None
            self._publisher.publish(ScheduleRow())

    def _advance(self) -> None:
        self._publisher.publish(self._rows[self._next])
        self._next = (self._next + 1) % len(self._rows)
