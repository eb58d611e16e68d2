"""A node on a simulated bus: it sends its own messages of the matrix and hears some of the ECU's.

The same signal rooms serve it that serve the ECU, seen from the other end of the wire.  What a
node says, and what it makes of what it hears, is decided by its owner.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, ParamSpec, TypeVar

from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanPort
from can_adapter.canif import CanIf
from can_adapter.config import CanConfig
from can_adapter.matrix.configured import CanConfigError, load_matrix
from can_adapter.matrix.model import Matrix
from can_adapter.signals.binding import Bindings, bind
from can_adapter.signals.receive import Inbound
from can_adapter.signals.roles import Catalogue
from can_adapter.signals.transmit import Outbound
from tools.bench.hardware.tamper import TamperedPort

HeardT = TypeVar("HeardT")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Sides(Generic[HeardT]):
    """One bus seen from outside the ECU: what nodes say to it, and what it says to them."""

    config: CanConfig
    matrix: Matrix
    said: Bindings
    told: Bindings
    heard: type[HeardT]


def sides(
    config: CanConfig, said: Catalogue, told: Catalogue, heard: type[HeardT]
) -> Sides[HeardT]:
    """Bind both directions of a bus once for all nodes on it."""
    matrix, wrong = load_matrix(config)
    inward, wrong_in = bind(config, matrix, said, "receive")
    outward, wrong_out = bind(config, matrix, told, "transmit")
    if found := [*wrong, *wrong_in, *wrong_out]:
        raise CanConfigError(found)
    return Sides(config, matrix, inward, outward, heard)


class Node(Generic[HeardT]):
    """One control unit: its port, its voice, its ears."""

    def __init__(
        self,
        scheduler: Scheduler,
        port: CanPort,
        bus: Sides[HeardT],
        name: str,
        hears: Sequence[type] = (),
    ) -> None:
        self.name = name
        self.port = TamperedPort(port, bus.matrix)
        self.canif = CanIf(scheduler, self.port, bus.config.recovery.recovery())
        own = {spec.name: spec for spec in bus.matrix.sent_by(name)}
        self.voice: Outbound[object] = Outbound(scheduler, self.canif, bus.said, own)
        self.ears: Inbound[HeardT] = Inbound(
            scheduler, self.canif, bus.config, _only(bus.told, hears), bus.heard
        )

    def start(self) -> None:
        self.voice.start()

    def stop(self) -> None:
        """Fall silent but keep listening, as a control unit that resets."""
        self.voice.stop()

    def say(self, part: object) -> None:
        self.voice.publish(part)

    def tell(self, part: Callable[P, object], *unnamed: P.args, **values: P.kwargs) -> None:
        """Say what a part with these values would say.  It is not made for that."""
        assert isinstance(part, type)
        assert not unnamed
        self.voice.tell(part, values)

    @property
    def heard(self) -> HeardT:
        return self.ears.state


def _only(bindings: Bindings, groups: Sequence[type]) -> Bindings:
    """The messages that carry these groups, and no others."""
    names = {group.__name__ for group in groups}
    bound = tuple(one for one in bindings.bound if one.role.group in names)
    return replace(bindings, bound=bound, constants=())
