"""The bus of a plug's node for the driver: what the node tells, and what it is ordered to do.

``PlugSignals`` gives a ``PlugTold`` in SI units, ``PlugPublisher`` takes a ``PlugOrder``.  Both
hide frames, matrices and protection.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bsw.ecuc.part import Wrong
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanPort
from can_adapter.canif import CanIf
from can_adapter.config import CanConfig
from can_adapter.matrix.configured import CanConfigError, Problem, load_matrix
from can_adapter.plug.values import PlugOrder, PlugOrders, PlugTold
from can_adapter.signals.binding import Bindings, bind, problems
from can_adapter.signals.receive import Inbound
from can_adapter.signals.roles import Catalogue
from can_adapter.signals.transmit import Outbound

PLUG_TOLD: Final = Catalogue.of(PlugTold)
PLUG_ORDERS: Final = Catalogue.of(PlugOrders)

NEEDED: Final = {
    "node_pilot": "nobody would see a plug",
    "node_duty": "nobody would see the oscillator",
    "node_contactors": "contactors without feedback can stick unseen",
    "node_faults": "nobody would hear what is wrong",
    "node_permission": "nothing would ever close",
}
"""What a driver cannot do without, and why."""


def wrong_in(config: CanConfig) -> Iterable[Wrong]:
    """What in a configuration does not fit its matrices."""
    found = problems(config, PLUG_TOLD, PLUG_ORDERS)
    if not found and config.bus.interface != "none":
        matrix, _ = load_matrix(config)
        for catalogue, way in ((PLUG_TOLD, "receive"), (PLUG_ORDERS, "transmit")):
            bound, _ = bind(
                config, matrix, catalogue, "receive" if way == "receive" else "transmit"
            )
            found += _missing(bound, way)
    for problem in found:
        yield Wrong(".".join(problem.where), problem.text)


def _missing(bound: Bindings, way: str) -> Iterable[Problem]:
    for role in bound.unbound:
        if role.name in NEEDED:
            yield Problem((way, role.name), f"is not mapped: {NEEDED[role.name]}")


class PlugSignals(Inbound[PlugTold]):
    """What the node tells us."""


class PlugPublisher(Outbound[PlugOrder]):
    """What we order."""


@dataclass(frozen=True, slots=True)
class PlugBus:
    """The node's bus, bound and ready; ``publisher.start()`` begins to send."""

    canif: CanIf
    signals: PlugSignals
    publisher: PlugPublisher

    def close(self) -> None:
        self.publisher.stop()
        self.signals.close()
        self.canif.close()


def open_plug_bus(scheduler: Scheduler, port: CanPort, config: CanConfig) -> PlugBus:
    """Bind the configured signals on a port.  Raises ``CanConfigError`` with all problems."""
    matrix, wrong = load_matrix(config)
    received, wrong_in = bind(config, matrix, PLUG_TOLD, "receive")
    sent, wrong_out = bind(config, matrix, PLUG_ORDERS, "transmit")
    if found := [*wrong, *wrong_in, *wrong_out]:
        raise CanConfigError(found)
    canif = CanIf(scheduler, port, config.recovery.recovery())
    return PlugBus(
        canif,
        PlugSignals(scheduler, canif, config, received, PlugTold),
        PlugPublisher(scheduler, canif, sent),
    )
