"""Where a case is played: what a scripted tester needs of the place it stands at.

The place is a simulated world around one of our roles, or a real interface behind which a foreign
device is.  What can be seen of the device only from inside is ``None`` where nobody is inside, and
what could therefore not be judged is kept, so that a verdict says it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bsw.chrgm.endings import Ending
from bsw.chrgm.modes import mode_of
from bsw.cp.pilot import PilotState
from bsw.net.ports import Network
from bsw.os.clock import Action, S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.slac.links.link import Link, LinkUser
from secc.session.profile import CONFORMANCE, StationProfile
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today

AC: Final = "AC_three_phase_core"
DC: Final = "DC_extended"


class Deviation(AssertionError):
    """The device under test did something else than the case expects."""


class Untimely(Deviation):
    """Too early or too late: only true on a machine that was not late itself."""


class NotReached(Deviation):
    """Before the place the case is about; of what it is about nothing is known."""


class NotFromHere(Exception):
    """The case needs what this place does not have; the text says what."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device is held to; its maker may declare other times."""

    setup: int = 18 * S
    sequence: int = 60 * S
    close: int = 5 * S


class Clockwork:
    """A scheduler that runs until something was seen."""

    def __init__(self, scheduler: Scheduler, limits: Limits = Limits()) -> None:
        self.scheduler = scheduler
        self.limits = limits
        self.unseen: list[str] = []
        self.remarks: list[str] = []
        self.closing: list[Action] = []
        self.answers_within = 0
        self.knows_plug = True

    @property
    def now(self) -> int:
        return self.scheduler.now

    def run(self, duration: int) -> None:
        deadline = self.now + duration
        while self.now < deadline:
            self.scheduler.run(deadline)

    def wait(self, reached: Callable[[], object], within: int, every: int = 0) -> bool:
        """Until ``reached``; whoever makes it true stops the scheduler, or it is polled."""
        deadline = self.now + within
        while not reached() and self.now < deadline:
            self.scheduler.run(min(deadline, self.now + every) if every else deadline)
        return bool(reached())


class StationBench(Protocol):
    """A vehicle's half of plug, power line and network, and what shows of the station."""

    @property
    def setup(self) -> Any: ...  # noqa: ANN401 - ``Setup``, or that of a newer protocol
    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def network(self) -> Network: ...
    @property
    def worker(self) -> Worker: ...
    @property
    def crypto(self) -> Crypto | None: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def today(self) -> Today: ...
    @property
    def unseen(self) -> list[str]:
        """What could not be judged from here."""
        ...

    @property
    def remarks(self) -> list[str]:
        """What is not by the letter, and no reason to fail."""
        ...

    @property
    def closing(self) -> list[Action]:
        """What has to be let go of when the case is over."""
        ...

    @property
    def answers_within(self) -> int:
        """So long the station may take until it answers discovery; some come back late."""
        ...

    @property
    def knows_plug(self) -> bool:
        """When the plug went in; a person says it some seconds later."""
        ...

    @property
    def now(self) -> int: ...
    def run(self, duration: int) -> None: ...
    def wait(self, reached: Callable[[], object], within: int, every: int = 0) -> bool: ...

    def link(self, user: LinkUser) -> Link:
        """The vehicle's data link, not started."""
        ...

    def plug(self) -> None: ...
    def unplug(self) -> None: ...

    def show(self, state: PilotState) -> None:
        """The vehicle's resistors."""

    def load(self, resistance: float) -> None:
        """Any resistor on the pilot, in ohms."""

    def battery(self, *, connected: bool) -> None:
        """The vehicle's contactors."""

    def pay(self) -> None:
        """The station waits for its customer: a card, an app, somebody at the desk; said once or
        again and again.
        """

    def wake_station(self) -> None:
        """The station ends a pause from its side."""

    @property
    def listening_since(self) -> int:
        """When the station had its data link."""
        ...

    @property
    def energised(self) -> bool | None:
        """Whether energy flows or could flow."""
        ...

    @property
    def endings(self) -> tuple[Ending, ...] | None:
        """How the station says its sessions ended."""
        ...

    @property
    def left_network(self) -> bool | None:
        """The station left the logical network."""
        ...


MakeStationBench = Callable[["Setup"], StationBench]


@dataclass(frozen=True, slots=True)
class Setup:
    """How station and tester are set up for one case: the switches of a test plan.

    ``certificates`` is ``install`` or ``update``; ``resumed`` says who wakes a paused session,
    ``vehicle`` or ``station``; ``slow`` names the exchange that
    answers Ongoing for a while, or ``for ever``.
    """

    mode: str = DC
    protocol: str = "iso2"
    tls: bool = False
    contract: bool = False
    only_contract: bool = False
    certificates: str = ""
    detail: bool = False
    internet: bool = False
    receipts: bool = False
    tariff: bool = False
    slow: str = ""
    resumed: str = ""
    renegotiated: bool = False
    welding: bool = True
    pilot: str = "C"
    entries: int | None = None
    departure: int | None = None
    station_tls: bool | None = None
    """Whether the station offers TLS; by default when the tester uses it."""
    profile: StationProfile = field(default=CONFORMANCE, compare=False)
    bench: MakeStationBench | None = field(default=None, compare=False, repr=False)
    """Where it is played; ``None``: at our own station in simulated time."""

    @property
    def ac(self) -> bool:
        return mode_of(self.mode).ac
