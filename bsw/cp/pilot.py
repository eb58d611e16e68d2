"""The control pilot as the two ends see it: states, what each end may do, and their ports.

The station drives a source and reads the voltage; the vehicle reads voltage and duty cycle and
switches resistors.  Drivers report debounced readings; see ``bsw.cp.simulated`` for the twins
that share a cable in memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bsw.cp.duty import STEADY, Meaning, current_from_duty, meaning


class PilotState(Enum):
    """The letter of IEC 61851-1."""

    A = "not connected"
    B = "connected, vehicle not ready"
    C = "vehicle ready"
    D = "vehicle ready, ventilation needed"
    E = "station fault"
    F = "station not available"


CONNECTED = frozenset({PilotState.B, PilotState.C, PilotState.D})
READY = frozenset({PilotState.C, PilotState.D})


@dataclass(frozen=True, slots=True)
class Pilot:
    """One reading.  ``duty`` in percent, 100 when the oscillator is off.

    ``diode_short`` is the station's finding: what hangs there is no vehicle in order.
    """

    state: PilotState
    duty: float = STEADY
    diode_short: bool = False

    def __str__(self) -> str:
        if self.state not in {*CONNECTED, PilotState.A}:
            return self.state.name
        return f"{self.state.name}{2 if self.oscillating else 1}"

    @property
    def oscillating(self) -> bool:
        return self.duty < STEADY

    @property
    def ready(self) -> bool:
        """A vehicle in order asks for energy."""
        return self.state in READY and not self.diode_short

    @property
    def meaning(self) -> Meaning:
        return meaning(self.duty)

    @property
    def current(self) -> float:
        """What the duty cycle allows to draw, in ampere."""
        return current_from_duty(self.duty) if self.state in CONNECTED else 0.0


class Source(Enum):
    """What the station puts on the pilot."""

    OSCILLATOR = "+12 V, or +-12 V with a duty cycle"
    FAULT = "0 V: state E"
    UNAVAILABLE = "-12 V: state F"


@dataclass(frozen=True, slots=True)
class Drive:
    """``Drive()`` is a steady +12 V: the oscillator is off (X1)."""

    duty: float = STEADY
    source: Source = Source.OSCILLATOR

    def __post_init__(self) -> None:
        if not 0 < self.duty <= STEADY:
            raise ValueError(f"a duty cycle lies above 0 and at most 100 %, not {self.duty:g} %")


X1 = Drive()
E = Drive(source=Source.FAULT)
F = Drive(source=Source.UNAVAILABLE)

PilotListener = Callable[[Pilot], None]


class VehiclePilot(Protocol):
    """The vehicle's end."""

    def read(self) -> Pilot: ...

    def show(self, state: PilotState) -> None:
        """Switch the resistors to B, C or D."""

    def listen(self, changed: PilotListener) -> None:
        """Report each change of state or duty cycle, debounced, to one more listener."""


class StationPilot(Protocol):
    """The station's end."""

    def read(self) -> Pilot: ...
    def drive(self, drive: Drive) -> None: ...
    def listen(self, changed: PilotListener) -> None: ...
