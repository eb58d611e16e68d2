"""What the pilot's duty cycle says, and which duty cycle says it (IEC 61851-1, annex A).

Percent and ampere.  100 % stands for an oscillator that is off: the pilot is steady.
"""

from enum import Enum

STEADY = 100.0
DIGITAL = 5.0
"""The duty cycle that asks for digital communication."""

LEAST_CURRENT, MOST_CURRENT = 6.0, 80.0


class Meaning(Enum):
    NOT_ALLOWED = "no charging"
    DIGITAL = "digital communication needed"
    CURRENT = "a current limit"
    STEADY = "oscillator off"


def meaning(duty: float) -> Meaning:
    if duty >= STEADY:
        return Meaning.STEADY
    if 3 <= duty <= 7:
        return Meaning.DIGITAL
    if 8 <= duty <= 97:
        return Meaning.CURRENT
    return Meaning.NOT_ALLOWED


def current_from_duty(duty: float) -> float:
    """The current a vehicle may draw; 0 where the duty cycle names none."""
    if meaning(duty) is not Meaning.CURRENT:
        return 0.0
    if duty < 10:
        return LEAST_CURRENT
    if duty <= 85:
        return duty * 0.6
    return min((duty - 64) * 2.5, MOST_CURRENT)


def duty_from_current(current: float) -> float:
    """The duty cycle that offers ``current``.  Between 51 and 52.5 A there is no code: 51 A."""
    if not LEAST_CURRENT <= current <= MOST_CURRENT:
        raise ValueError(
            f"a pilot can offer {LEAST_CURRENT:g} to {MOST_CURRENT:g} A, not {current:g} A"
        )
    if current >= 52.5:
        return current / 2.5 + 64
    return min(current, 51.0) / 0.6
