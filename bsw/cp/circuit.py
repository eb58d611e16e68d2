"""The pilot circuit in volts: source, 1 kOhm, diode and the vehicle's resistors.

Both simulated ends read their state from here, so a wrong resistor or a missing diode shows
itself as it would in a garage.
"""

from dataclasses import dataclass
from math import inf

from bsw.cp.pilot import CONNECTED, Drive, PilotState, Source
from bsw.cp.table import DIODE_PROVED, LEVELS

SERIES = 1000.0
DIODE = 0.7
SUPPLY = 12.0

RESISTANCE = {
    PilotState.B: 2740.0,
    PilotState.C: 1 / (1 / 2740.0 + 1 / 1300.0),
    PilotState.D: 1 / (1 / 2740.0 + 1 / 270.0),
}
"""What the vehicle puts between pilot and earth to show a state, in ohm."""


def state_from_volts(volts: float) -> PilotState | None:
    """The state of a positive level by the table of rules; ``None`` in its grey bands and faults,
    where nothing new is known.
    """
    millivolts = round(volts * 1000)
    _, _, then, otherwise = next(row for row in LEVELS if millivolts > row[0])
    return PilotState[then] if then == otherwise != "FAULT" else None


@dataclass(frozen=True, slots=True)
class Levels:
    """High and low level of the pilot in volts; the same if it does not oscillate."""

    high: float
    low: float

    @property
    def diode_found(self) -> bool:
        """The negative half wave is not loaded: a vehicle, not a short or a finger."""
        return self.low * 1000 <= DIODE_PROVED


def levels(drive: Drive, resistance: float, *, diode: bool = True) -> Levels:
    """``resistance`` is the vehicle's, infinite when unplugged; ``diode`` false: it is shorted.

    A diode in order carries the positive half wave only.
    """
    if drive.source is Source.FAULT:
        return Levels(0.0, 0.0)
    high, low = SUPPLY, -SUPPLY
    if resistance < inf:
        drop = DIODE if diode else 0.0
        share = resistance / (resistance + SERIES)
        high = (SUPPLY - drop) * share + drop
        low = -SUPPLY if diode else -SUPPLY * share
    if drive.source is Source.UNAVAILABLE:
        return Levels(low, low)
    oscillates = drive.duty < 100
    return Levels(high, low if oscillates else high)


class DiodeCheck:
    """Both half waves judged; found, it stays found until the plug is out.

    Only an oscillating pilot shows the negative half wave, and a finding that came and went with
    the oscillator would be none (IEC 61851-1).
    """

    def __init__(self) -> None:
        self.shorted = False

    def judge(self, seen: Levels, state: PilotState, *, oscillates: bool) -> bool:
        if state is PilotState.A:
            self.shorted = False
        elif oscillates and state in CONNECTED and not seen.diode_found:
            self.shorted = True
        return self.shorted
