"""Where a vehicle is tested: what a scripted station needs of the place it stands at.

``inside`` is our own vehicle where the place is simulated around it, and ``None`` where the vehicle
is somebody else's: then only what it says and what its pilot shows can be judged.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bsw.chrgm.agreement import Payment
from bsw.chrgm.modes import mode_of
from bsw.cp.pilot import PilotListener, PilotState
from bsw.net.ports import Network
from bsw.os.clock import Action
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.slac.links.link import Link, LinkUser
from evcc.session.profile import CONFORMANCE, VehicleProfile
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today
from tools.conformance.bench import DC, Limits

if TYPE_CHECKING:
    from tools.conformance.vehicle.lab import VehicleLab


class VehicleBench(Protocol):
    """A station's half of plug, power line and network."""

    @property
    def setup(self) -> Any: ...  # noqa: ANN401 - ``VehicleSetup``, or that of a newer protocol
    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def network(self) -> Network: ...
    @property
    def worker(self) -> Worker: ...
    @property
    def crypto(self) -> Crypto | None: ...
    @property
    def today(self) -> Today: ...
    @property
    def inside(self) -> "VehicleLab | None": ...
    @property
    def limits(self) -> Limits: ...
    @property
    def unseen(self) -> list[str]: ...
    @property
    def remarks(self) -> list[str]: ...
    @property
    def closing(self) -> list[Action]: ...
    @property
    def now(self) -> int: ...
    def run(self, duration: int) -> None: ...
    def wait(self, reached: Callable[[], object], within: int, every: int = 0) -> bool: ...

    def link(self, user: LinkUser) -> Link:
        """The station's data link, not started."""
        ...

    def plug(self) -> None: ...

    @property
    def begins_within(self) -> int:
        """From the plug to the vehicle's first search."""
        ...

    @property
    def pilot(self) -> PilotState | None:
        """As the station sees it; ``None``: nobody measures it."""
        ...

    def listen(self, changed: PilotListener) -> None:
        """To the pilot."""

    def charge(self, volts: float, amps: float) -> None:
        """What the source is set to."""

    @property
    def volts(self) -> float:
        """What it puts out."""
        ...

    @property
    def can_order(self) -> bool:
        """Whether the driver's wishes can be made known to the vehicle."""
        ...

    def stop(self) -> None: ...
    def pause(self) -> None: ...
    def wake_up(self) -> None: ...


MakeVehicleBench = Callable[["VehicleSetup"], VehicleBench]


@dataclass(frozen=True, slots=True)
class VehicleSetup:
    """How vehicle and tester are set up.  ``certificates`` is ``install`` or empty."""

    mode: str = DC
    protocol: str = "iso2"
    tls: bool = False
    contract: bool = False
    certificates: str = ""
    profile: VehicleProfile = field(default=CONFORMANCE, compare=False)
    bench: MakeVehicleBench | None = field(default=None, compare=False, repr=False)
    """Where it is played; ``None``: at our own vehicle in simulated time."""

    @property
    def ac(self) -> bool:
        return mode_of(self.mode).ac

    @property
    def payment(self) -> Payment:
        return Payment.CONTRACT if self.contract else Payment.EXTERNAL
