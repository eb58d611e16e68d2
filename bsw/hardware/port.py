"""What an ECU asks of the hardware around one plug, whoever drives it.

A driver is found by its name (``bsw.hardware.found``), made once at start and runs in the
scheduler's thread.  Readings are debounced; what is not known is ``None``.  A permission is no
order: the driver closes when all is well, opens by itself when it is not, and then wants to see
the permission withdrawn before it closes again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, runtime_checkable

from bsw.cp.pilot import StationPilot, VehiclePilot
from bsw.cp.proximity import ProximityPort
from bsw.dlt import Dlt
from bsw.island.config import IslandConfig
from bsw.linux.config import LinuxConfig
from bsw.net.ports import Stream, StreamUser
from bsw.os.clock import Action
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler

Lost = Callable[[str], None]
NOBODY_GUARDS: Final = (
    "hardware.driver: none watches no pilot and opens no contactor; for benches only, "
    "choose island, linux, can or own for a plug"
)


class Side(Enum):
    STATION = "station"
    VEHICLE = "vehicle"


class ContactorsPort(Protocol):
    @property
    def closed(self) -> bool | None:
        """By the feedback of all of them."""
        ...

    @property
    def why_open(self) -> tuple[str, ...]:
        """What keeps them open, in words of the driver."""
        ...

    def permit(self, *, closed: bool) -> None: ...


class LockPort(Protocol):
    @property
    def locked(self) -> bool | None: ...

    def request(self, *, locked: bool) -> None: ...


class PlugHardware(Protocol):
    """One plug."""

    @property
    def vehicle_pilot(self) -> VehiclePilot: ...

    @property
    def station_pilot(self) -> StationPilot: ...

    @property
    def proximity(self) -> ProximityPort: ...

    @property
    def lock(self) -> LockPort: ...

    @property
    def contactors(self) -> ContactorsPort: ...

    @property
    def stopped(self) -> bool:
        """The stop loop is open."""
        ...

    @property
    def temperatures(self) -> tuple[float | None, ...]:
        """Of the contacts, in degrees Celsius."""
        ...

    @property
    def levels(self) -> tuple[float, float] | None:
        """Both half waves of the pilot, in volts."""
        ...

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of what is wrong or held."""
        ...

    def start(self, ready: Action, lost: Lost) -> None:
        """``ready`` once, when readings count; ``lost`` at most once, with a remedy."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SupplyRatings:
    """What a station's power supply can deliver, in volts, amperes and watts."""

    max_voltage: float
    max_current: float
    max_power: float
    min_voltage: float
    min_current: float = 0.0


class SupplyPort(Protocol):
    """A station's power supply."""

    @property
    def ratings(self) -> SupplyRatings:
        """They may shrink while it runs."""
        ...

    @property
    def present(self) -> tuple[float, float] | None:
        """Volts and amperes at its output; ``None``: not known, or too old."""
        ...

    def deliver(self, volts: float, amps: float) -> None:
        """Told several times in a second, also when nothing has changed."""

    def off(self) -> None:
        """Current to zero, then the output; it does not block."""


class IsolationPort(Protocol):
    """A station's isolation monitor."""

    @property
    def kilohm(self) -> float | None:
        """Between output and earth; ``None``: not measured, or too old."""
        ...

    @property
    def tested(self) -> bool | None:
        """The outcome of the latest self-test; ``None`` while it runs."""
        ...

    def test(self) -> None:
        """Begin a self-test."""


@runtime_checkable
class PowerHardware(Protocol):
    """What a driver has besides, if ``hardware.power: driver`` shall use it."""

    @property
    def supply(self) -> SupplyPort: ...

    @property
    def isolation(self) -> IsolationPort: ...


@runtime_checkable
class TriesOut(Protocol):
    """What a driver has besides, if its electronics try themselves out at an empty plug."""

    def try_out(self, what: str) -> None:
        """``contactors``, ``lock``, or ``update`` for the boot loader."""

    @property
    def tried(self) -> str:
        """``done``, ``refused`` or ``failed``; empty before it is known."""
        ...


Open = Callable[[StreamUser], Stream]
"""Opens a line: TCP, serial or CAN, as the configuration says."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a driver is made of."""

    side: Side
    settings: IslandConfig
    """``hardware.island``; a driver of one's own takes of it what it has a use for."""
    scheduler: Scheduler
    dlt: Dlt
    randomness: Randomness
    open_line: Open
    linux: LinuxConfig = field(default_factory=LinuxConfig)
    """``hardware.linux``"""
    node: object = None
    """``hardware.can`` and its bus, for the room that knows buses."""
    gpiod: Any = None
    """A test's, in place of the library."""


Maker = Callable[[Surroundings], PlugHardware]
