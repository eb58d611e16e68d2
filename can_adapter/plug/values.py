"""What a plug's node and the ECU tell each other, at an inlet as at an outlet.

``PlugTold`` is what the node found, ``PlugOrders`` what it shall do.  ``None`` means that there is
no value that may be used.  What follows from them is not known here.
"""

from dataclasses import dataclass
from enum import IntFlag

from bsw.island.messages import Why
from can_adapter.signals.roles import bits, choice, number, switch
from can_adapter.signals.values import ContactorFeedback, LockRequest, LockState, PilotState, Word


class PlugDrive(Word):
    """What a station puts on the pilot."""

    UNAVAILABLE = "Unavailable"
    STEADY = "Steady"
    OSCILLATOR = "Oscillator"
    FAULT = "Fault"


class PlugShow(Word):
    """Which resistor a vehicle shows."""

    B = "B"
    C = "C"
    D = "D"


class PlugFault(IntFlag):
    """The faults of the safety island's table, a bit each, by the same numbers."""

    HOST_LOST = 0x00001
    PILOT_FAULT = 0x00002
    PILOT_SHORT = 0x00004
    DIODE_SHORT = 0x00008
    STATION_FAULT = 0x00010
    VENTILATION_MISSING = 0x00020
    PWM_LOST = 0x00040
    PROXIMITY_LOST = 0x00080
    PROXIMITY_SHORT = 0x00100
    BUTTON = 0x00200
    STOP_INPUT = 0x00400
    TEMPERATURE = 0x00800
    TEMPERATURE_SENSOR = 0x01000
    CONTACTOR_STUCK = 0x02000
    CONTACTOR_WELDED = 0x04000
    CONTACTOR_MOVED = 0x08000
    LOCK_LOST = 0x10000
    LOCK_STUCK = 0x20000
    LATE_LOOP = 0x40000
    MEMORY = 0x80000
    OVERVOLTAGE = 0x100000
    VOLTAGE_HIGH = 0x200000
    OVERCURRENT = 0x400000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugPresent:
    """How the plug is.  End-to-end protected."""

    node_pilot: PilotState | None = choice("control pilot as measured, debounced")
    node_duty: float | None = number("%", 0, 100, "duty cycle; 100 without oscillator")
    node_diode_short: bool | None = switch("the diode of the vehicle is shorted")
    node_plugged: bool | None = switch("proximity contact: a plug is in")
    node_button: bool | None = switch("release of a type 1 plug is pressed")
    node_stopped: bool | None = switch("the stop loop is open")
    node_lock: LockState | None = choice("position feedback of the lock")
    node_contactors: ContactorFeedback | None = choice("feedback of all contactors as one")
    node_faults: PlugFault | None = bits("what is wrong or held")
    node_why_open: Why | None = bits("what keeps the contactors open")
    node_cable_current: float | None = number("A", 0, 400, "coded in the cable", optional=True)
    node_high: float | None = number("V", -20, 20, "positive half wave", optional=True)
    node_low: float | None = number("V", -20, 20, "negative half wave", optional=True)
    node_temperature_1: float | None = number("degC", -50, 250, "first contact", optional=True)
    node_temperature_2: float | None = number("degC", -50, 250, "second contact", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugTold:
    """Everything the node told, at one moment."""

    present: PlugPresent = PlugPresent()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugOrder:
    """What the node shall do; without it for its time-out it opens.  End-to-end protected."""

    node_drive: PlugDrive | None = choice("station: what goes on the pilot")
    node_drive_duty: float | None = number("%", 0, 100, "station: duty cycle of the oscillator")
    node_show: PlugShow | None = choice("vehicle: resistor on the pilot")
    node_permission: bool | None = switch("contactors may be closed; false: open")
    node_lock_request: LockRequest | None = choice("what the lock shall do")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugOrders:
    order: PlugOrder = PlugOrder()
