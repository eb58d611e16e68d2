"""What joins vehicle and station: plug, DC cable, AC phases.

Kirchhoff and nothing else: from what the station offers and what the battery holds against it
follow the voltage and the current that both sides measure.  Who controls them is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp
from typing import Final

from bsw.os.clock import MS, S
from bsw.os.scheduler import FIRST, Scheduler

STEP: Final = 10 * MS

BLEEDER: Final = 0.15
"""Seconds in which an unconnected cable loses its voltage to a third."""

TRANSIENT: Final = 0.02
"""Seconds in which an unloaded output follows its source."""


@dataclass(slots=True)
class DcSource:
    """The station's output: an open-circuit voltage and how much it lets through each way."""

    on: bool = False
    voltage: float = 0.0
    limit: float = 0.0
    reverse_limit: float = 0.0


@dataclass(slots=True)
class DcLoad:
    """The battery behind the vehicle's contactors."""

    connected: bool = False
    voltage: float = 0.0
    resistance: float = 0.05


@dataclass(slots=True)
class Cable:
    """The charging cable.  Current is positive into the vehicle, resistance in kOhm."""

    plugged: bool = False
    inlet: int = 1  # of the vehicle, in which the station's plug sits
    other: bool = False  # another plug sits in the other inlet
    isolation: float = 10_000.0
    monitors: int = 0  # of the vehicle, measuring now
    source: DcSource = field(default_factory=DcSource)
    load: DcLoad = field(default_factory=DcLoad)
    voltage: float = 0.0  # between DC+ and DC- in the plug
    inlet_voltage: float = 0.0  # the same, but what is left in the inlet when unplugged
    current: float = 0.0

    def step(self, seconds: float) -> None:
        source, load = self.source, self.load
        if self.plugged:
            self._join(source, load, seconds)
            self.inlet_voltage = self.voltage
            return
        self.current = 0.0
        self.voltage = _follow(self.voltage, source.voltage if source.on else 0.0, seconds)
        at_inlet = load.voltage if load.connected else 0.0
        self.inlet_voltage = _follow(self.inlet_voltage, at_inlet, seconds)

    def _join(self, source: DcSource, load: DcLoad, seconds: float) -> None:
        if not load.connected:
            self.current = 0.0
            self.voltage = _follow(self.voltage, source.voltage if source.on else 0.0, seconds)
            return
        self.current = 0.0
        if source.on:
            through = (source.voltage - load.voltage) / load.resistance
            self.current = min(max(through, -source.reverse_limit), source.limit)
        self.voltage = load.voltage + self.current * load.resistance

    @property
    def measured_isolation(self) -> float:
        """What an insulation monitor sees; one of the vehicle at work disturbs it badly."""
        return self.isolation if self.monitors == 0 else min(self.isolation, 40.0)


def _follow(voltage: float, target: float, seconds: float) -> float:
    """Rising with the source, falling through the bleeder."""
    constant = TRANSIENT if target >= voltage else BLEEDER
    return target + (voltage - target) * exp(-seconds / constant)


@dataclass(slots=True)
class AcPhases:
    """The AC side of the plug."""

    energized: bool = False
    voltage: float = 230.0  # phase to neutral
    phases: int = 3
    frequency: float = 50.0
    limit: float = 32.0  # what the station allows per phase
    current: float = 0.0  # per phase, as the on-board charger draws it

    @property
    def power(self) -> float:
        return self.voltage * self.current * self.phases if self.energized else 0.0


@dataclass(slots=True)
class Wires:
    """What vehicle and station share besides the air."""

    cable: Cable = field(default_factory=Cable)
    ac: AcPhases = field(default_factory=AcPhases)


Share = Callable[[float], None]
"""One party's share in a step of so many seconds."""


class Physics:
    """Lets time pass for wires and whoever hangs on them: first all act, then all feel."""

    def __init__(self, scheduler: Scheduler, wires: Wires | None = None) -> None:
        self.wires = wires or Wires()
        self._acts: list[Share] = []
        self._feels: list[Share] = []
        self._task = scheduler.every(STEP, self._step, name="physics", priority=FIRST, offset=0)

    def join(self, act: Share, feel: Share) -> None:
        """``act`` sets source or load, ``feel`` takes the voltage and current that follow."""
        self._acts.append(act)
        self._feels.append(feel)

    def stop(self) -> None:
        self._task.stop()

    def _step(self) -> None:
        seconds = STEP / S
        for act in self._acts:
            act(seconds)
        self.wires.cable.step(seconds)
        for feel in self._feels:
            feel(seconds)
