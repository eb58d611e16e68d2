"""The faults this ECU knows: one row each, with trouble code, severity and debouncing.

The severity decides what happens while the fault stands: a note, less current, an ordered stop, or
the safe state at once.  Who notices a fault is ``evcc.supervision``; this table is also what the
diagnostic documentation is made from.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.dem.events import Debounce, Event, Severity
from bsw.os.clock import MS
from can_adapter.signals.values import EvErrorCode
from csm.errors import CsmFault
from evcc.inlet.heat import ROLES, Side
from evcc.inlet.inlet_side import role_of
from evcc.inlet.selection import INLETS
from keym.faults import KeymFault

NOTE, DEGRADE, STOP, EMERGENCY = (
    Severity.NOTE,
    Severity.DEGRADE,
    Severity.STOP,
    Severity.EMERGENCY,
)

MESSAGES: Final = {
    "VCU_Permission": STOP,
    "VCU_Status": STOP,
    "VCU_Selection": NOTE,
    "BMS_Contactors": STOP,
    "BMS_Targets": STOP,
    "BMS_Limits": STOP,
    "BMS_Battery": STOP,
    "EMS_MobilityNeeds": NOTE,
    "INLET_State": STOP,
    "OBC_Limits": DEGRADE,
    "OBC_Present": NOTE,
    "INLET2_State": NOTE,
}
"""What the loss of each message of the vehicle means.  AC needs OBC_Limits, and has no current
without it; the second inlet, where it is active, has no permission without its message."""

SENSORS: Final = {"DC_1": "DC+", "DC_2": "DC-", "AC": "the AC contacts"}
DEFECTS: Final = {"OPEN": "open", "SHORT": "shorted", "RANGE": "out of range"}

SENSOR_CODES: Final = 0x950000
TIMEOUT_CODES, PROTECTION_CODES, RANGE_CODES, LENGTH_CODES = 0xC10000, 0xC20000, 0xC30000, 0xC40000
BMS_CODES, SESSION_CODES, CSM_CODES, KEYM_CODES = 0xA10000, 0xD10000, 0xE10000, 0xE20000

_ROWS: Final = (
    # name, code, severity, failed after ms, passed after ms, text
    ("CAN_BUS_OFF", 0xC00100, STOP, 0, 500, "the vehicle bus is off"),
    ("STOP_SWITCH", 0x900100, NOTE, 0, 500, "the driver stopped charging at the inlet"),
    ("STOP_SWITCH_SHORT", 0x900200, NOTE, 10_000, 500, "the stop switch never opens"),
    ("PROXIMITY_BUTTON", 0x900300, EMERGENCY, 0, 500, "the connector's button was pressed"),
    ("PLUG_FAULT", 0x900400, EMERGENCY, 0, 500, "the proximity contact is broken"),
    ("PLUG_LOST", 0x900500, EMERGENCY, 0, 500, "the plug left the inlet under current"),
    ("PILOT_SHORT", 0x910100, EMERGENCY, 0, 500, "control pilot in state E: short, or no power"),
    ("PILOT_UNAVAILABLE", 0x910200, EMERGENCY, 0, 500, "control pilot in state F"),
    ("PILOT_LOST", 0x910300, EMERGENCY, 0, 500, "control pilot in state A under current"),
    ("PILOT_DIODE", 0x910400, EMERGENCY, 0, 500, "the diode of the control pilot is shorted"),
    ("PILOT_LEVEL", 0x910500, EMERGENCY, 0, 500, "the control pilot has a level of no state"),
    ("PILOT_OSCILLATOR", 0x910600, STOP, 0, 500, "the oscillator stopped under current"),
    ("LOCK_ERROR", 0x920100, STOP, 0, 500, "the lock reports an error"),
    ("LOCK_FEEDBACK", 0x920200, STOP, 2_000, 500, "the lock does not reach its position"),
    ("LOCK_LOST", 0x920300, EMERGENCY, 0, 500, "the lock opened under current"),
    ("CONTACTOR_FAULT", 0x930100, STOP, 0, 500, "the contactors do not obey"),
    ("CONTACTOR_WELDED", 0x930200, STOP, 0, 500, "a contactor does not open"),
    ("CONTACTOR_CONTRADICTION", 0x930300, STOP, 300, 500, "contactor feedback contradicts itself"),
    ("CONTACTOR_ALONE", 0x930400, STOP, 500, 500, "the contactors are not as requested"),
    ("CONTACTOR_SELF_TEST", 0x930500, NOTE, 0, 0, "the self test found a bad contactor"),
    ("OPENED_UNDER_LOAD", 0x930600, NOTE, 0, 0, "contactors were opened under load"),
    ("VOLTAGE_MISMATCH", 0x940100, STOP, 500, 500, "voltages differ across closed contactors"),
    ("OVERVOLTAGE", 0x940200, EMERGENCY, 100, 1_000, "the inlet has more than the battery stands"),
    ("OVERCURRENT", 0x940300, STOP, 1_000, 1_000, "more current than the battery stands"),
    ("TEMPERATURE_DC_1", 0x950100, STOP, 100, 1_000, "contact DC+ too hot"),
    ("TEMPERATURE_DC_2", 0x950200, STOP, 100, 1_000, "contact DC- too hot"),
    ("TEMPERATURE_AC", 0x950300, STOP, 100, 1_000, "AC contacts too hot"),
    ("TEMPERATURE_CRITICAL", 0x950400, EMERGENCY, 0, 1_000, "a contact is dangerously hot"),
    ("SENSORS_DC_LOST", 0x954100, STOP, 500, 500, "no DC contact's temperature is known"),
    ("SENSORS_AC_LOST", 0x954200, DEGRADE, 500, 500, "the AC contacts' temperature is not known"),
    ("CRASH", 0x960100, EMERGENCY, 0, 500, "the crash signal"),
    ("INTERLOCK_OPEN", 0x960200, EMERGENCY, 0, 500, "the high-voltage interlock is open"),
    ("NOT_IN_PARK", 0x960300, STOP, 100, 500, "the vehicle is not in Park"),
    ("ISOLATION_LOW", 0x960400, STOP, 200, 1_000, "isolation of the vehicle too low"),
    ("VEHICLE_EMERGENCY_STOP", 0x960500, EMERGENCY, 0, 500, "the vehicle asked for an emergency"),
    ("VEHICLE_FAST_STOP", 0x960600, STOP, 0, 500, "the vehicle asked for a fast stop"),
    ("PLUG_HARDWARE", 0x980100, STOP, 0, 500, "the driver of the plug reports a fault"),
    ("PLUG_GUARD", 0x980200, STOP, 0, 500, "the plug's processor lost us, or is not in order"),
    ("PLUG_SENSOR", 0x980300, STOP, 0, 500, "a temperature sensor of the plug is not in order"),
    ("STOP_LOOP", 0x980400, EMERGENCY, 0, 500, "the stop loop at the plug is open"),
    ("PLUG_NODE_SILENT", 0x980500, EMERGENCY, 0, 500, "the plug's node on the bus is silent"),
    ("PLUG_NODE_UNTRUSTED", 0x980600, EMERGENCY, 0, 500, "frames of the plug's node are wrong"),
    ("STATION_VOLTAGE", 0x970100, NOTE, 0, 0, "the station's voltage cannot be true"),
    ("STATION_CURRENT", 0x970200, NOTE, 0, 0, "the station's current cannot be true"),
    ("STATION_LIMITS", 0x970300, NOTE, 0, 0, "a limit of the station cannot be true"),
    ("WEAR_RENEGOTIATIONS", 0x970400, NOTE, 0, 0, "the station renegotiated too often"),
    ("WEAR_SWITCHING", 0x970500, NOTE, 0, 0, "the station had contactors closed too often"),
    ("WEAR_SESSIONS", 0x970600, NOTE, 0, 0, "the station began too many sessions"),
    ("WEAR_MATCHING", 0x970700, NOTE, 0, 0, "the station asked for too many matchings"),
    ("NVM_DAMAGED", 0xF00100, NOTE, 0, 0, "non-volatile memory damaged or not writable"),
    ("TRACE_NOT_WRITTEN", 0xF00101, NOTE, 0, 0, "the trace cannot be written, or not all of it"),
    ("CAPTURE_NOT_WRITTEN", 0xF00102, NOTE, 0, 0, "the capture could not be written and ended"),
    ("WATCHDOG", 0xF00200, EMERGENCY, 0, 0, "a room gave no sign of life"),
    ("INTERNAL_FAULT", 0xF00300, EMERGENCY, 0, 0, "a broken promise inside the ECU"),
    ("INCOMPATIBLE", 0xF00400, STOP, 0, 0, "software and hardware do not fit"),
    ("STOP_LATE", 0xF00500, NOTE, 0, 0, "an ordered stop took too long and was forced"),
)

GOOD_ENDINGS: Final = frozenset({Ending.TERMINATED, Ending.PAUSED})
OF_A_STATION: Final = ("SESSION_", "STATION_", "WEAR_")
"""Events of one session or station: they heal when another one does well."""
EXPECTED_ENDINGS: Final = frozenset({Ending.PERMISSION_LOST, Ending.LOCAL_ABORT})

ERROR_CODES: Final = {
    "LOCK_ERROR": EvErrorCode.CONNECTOR_LOCK_FAULT,
    "LOCK_FEEDBACK": EvErrorCode.CONNECTOR_LOCK_FAULT,
    "NOT_IN_PARK": EvErrorCode.SHIFT_POSITION,
    "VOLTAGE_MISMATCH": EvErrorCode.VOLTAGE_OUT_OF_RANGE,
    "TEMPERATURE_DC_1": EvErrorCode.RESS_TEMPERATURE_INHIBIT,
    "TEMPERATURE_DC_2": EvErrorCode.RESS_TEMPERATURE_INHIBIT,
    "INCOMPATIBLE": EvErrorCode.SYSTEM_INCOMPATIBILITY,
}
"""What the station is told of a fault of ours; all others are a malfunction of the vehicle."""


OWN_RANGE: Final = frozenset(
    role_of(role, number) for role, _ in ROLES.values() for number in INLETS
)
"""Values whose leaving their range is a fault of their own, not of their message."""


def weakens(name: str) -> Side:
    """Whose current a fault to degrade for costs."""
    return Side.DC if name.startswith("SENSOR_DC") else Side.AC


def timeout(message: str) -> str:
    return f"CAN_TIMEOUT_{message.upper()}"


def protection(message: str) -> str:
    return f"E2E_{message.upper()}"


def out_of_range(message: str) -> str:
    return f"CAN_RANGE_{message.upper()}"


def wrong_length(message: str) -> str:
    return f"CAN_LENGTH_{message.upper()}"


def battery_error(code: EvErrorCode) -> str:
    return f"BMS_{code.name}"


def session_end(ending: Ending) -> str:
    return f"SESSION_{ending.name}"


def sensor_fault(sensor: str, defect: str) -> str:
    return f"SENSOR_{sensor}_{defect}"


def events(aging: int = 40, sensor: Severity = DEGRADE) -> tuple[Event, ...]:
    """The whole table.  ``aging`` in healthy operation cycles; what one bad ``sensor`` means."""
    every = (*_fixed(), *_sensors(sensor), *_messages(), *_battery(), *_sessions(), *_keys())
    return tuple(replace(event, aging=aging) for event in every)


def _fixed() -> Iterator[Event]:
    for name, code, severity, failed, passed, text in _ROWS:
        yield Event(name, code, text, severity, Debounce(failed * MS, passed * MS))


def _sensors(severity: Severity) -> Iterator[Event]:
    """With another sensor left, or for AC, a bad one costs current and not the charge."""
    for number, (sensor, place) in enumerate(SENSORS.items(), start=1):
        for kind, (defect, words) in enumerate(DEFECTS.items(), start=1):
            code = SENSOR_CODES | number << 12 | kind << 8
            name, text = sensor_fault(sensor, defect), f"sensor of {place} {words}"
            yield Event(name, code, text, severity, Debounce(500 * MS, 500 * MS))


def _messages() -> Iterator[Event]:
    for number, (message, severity) in enumerate(MESSAGES.items(), start=1):
        low = number << 8
        at_once, back = Debounce(0, 200 * MS), Debounce(50 * MS, 500 * MS)
        reaction = severity if severity is not NOTE else NOTE
        yield Event(timeout(message), TIMEOUT_CODES | low, f"{message} missing", reaction, at_once)
        yield Event(
            protection(message),
            PROTECTION_CODES | low,
            f"{message}: checksum, counter or identity wrong",
            reaction,
            at_once,
        )
        yield Event(
            out_of_range(message), RANGE_CODES | low, f"{message}: a value out of range",
            reaction, back,
        )  # fmt: skip
        yield Event(wrong_length(message), LENGTH_CODES | low, f"{message} too short", NOTE, back)


def _battery() -> Iterator[Event]:
    for number, code in enumerate(EvErrorCode):
        if code is not EvErrorCode.NO_ERROR:
            yield Event(
                battery_error(code), BMS_CODES | number << 8, f"the vehicle reports {code.value}",
                STOP, Debounce(0, 500 * MS),
            )  # fmt: skip


def _sessions() -> Iterator[Event]:
    for number, ending in enumerate(Ending, start=1):
        if ending not in GOOD_ENDINGS | EXPECTED_ENDINGS:
            yield Event(
                session_end(ending), SESSION_CODES | number << 8, f"session: {ending.value}",
                NOTE, Debounce(0, 0),
            )  # fmt: skip


def _keys() -> Iterator[Event]:
    for base, faults in ((CSM_CODES, CsmFault), (KEYM_CODES, KeymFault)):
        for number, fault in enumerate(faults, start=1):
            text = fault.value.replace("_", " ").lower()
            yield Event(fault.value, base | number << 8, text, NOTE, Debounce(0, 0))
