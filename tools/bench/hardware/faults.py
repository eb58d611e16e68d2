"""Faults of a vehicle by name: each can be made and taken back while everything runs.

Bus faults go through the node's tampered port, the others into the unit that has the defect.
What the ECU should do about a fault is for the tests to say.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from can_adapter.signals.values import EvErrorCode, ShiftPosition, StopRequest
from can_adapter.vehicle.report import VehicleReport
from tools.bench.hardware.node import Node
from tools.bench.hardware.tamper import (
    BrokenChecksum,
    Forced,
    Frozen,
    JumpingCounter,
    Shortened,
    Silence,
    Spoil,
    StandingCounter,
    WrongDataId,
)
from tools.bench.hardware.vehicle import SimulatedVehicle

Change = Callable[[SimulatedVehicle], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """``message`` is the one whose trouble the ECU should notice, if it is one message's."""

    name: str
    make: Change
    mend: Change
    message: str = ""


MESSAGES: Final = (
    "VCU_Permission",
    "VCU_Status",
    "VCU_Selection",
    "BMS_Contactors",
    "BMS_Targets",
    "BMS_Limits",
    "BMS_Battery",
    "EMS_MobilityNeeds",
    "INLET_State",
    "OBC_Limits",
    "OBC_Present",
)
PROTECTED: Final = ("VCU_Permission", "BMS_Contactors", "BMS_Targets", "BMS_Limits")

PROTECTION_FAULTS: Final[tuple[tuple[str, Spoil], ...]] = (
    ("checksum", BrokenChecksum()),
    ("standing counter", StandingCounter()),
    ("jumping counter", JumpingCounter()),
    ("frozen", Frozen()),
    ("wrong data id", WrongDataId()),
)

OUT_OF_RANGE: Final = (
    ("BMS_Battery", "Soc", 1_001),
    ("BMS_Battery", "EvErrorCode", 13),
    ("BMS_Limits", "MaxVoltageLimit", 65_535),
    ("BMS_Limits", "MaxCurrentLimit", 65_535),
    ("BMS_Targets", "TargetVoltage", 65_535),
    ("BMS_Targets", "TargetCurrent", 65_535),
    ("BMS_Contactors", "ContactorVoltage", 65_535),
    ("BMS_Contactors", "LinkVoltage", 65_535),
    ("BMS_Contactors", "ContactorState", 15),
    ("VCU_Permission", "StopRequest", 15),
    ("VCU_Status", "ShiftPosition", 9),
    ("INLET_State", "DcPinTemperature1", 32_767),
    ("EMS_MobilityNeeds", "TargetSoc", 2_000),
)


def faults() -> dict[str, Fault]:
    """All faults by name."""
    return {fault.name: fault for fault in (*_bus_faults(), *_unit_faults())}


def node_of(vehicle: SimulatedVehicle, message: str) -> Node[VehicleReport]:
    sender = message.partition("_")[0]
    return next(node for node in vehicle.nodes if node.name == sender)


def _bus_faults() -> Iterator[Fault]:
    for message in MESSAGES:
        yield _spoiled(f"{message} missing", message, Silence())
        yield _spoiled(f"{message} short", message, Shortened())
    for message in PROTECTED:
        for name, spoil in PROTECTION_FAULTS:
            yield _spoiled(f"{message} {name}", message, spoil)
    for message, signal, raw in OUT_OF_RANGE:
        yield _spoiled(f"{signal} out of range", message, Forced(signal, raw))
    for name in ("BMS", "VCU", "EMS", "INLET", "OBC"):
        yield _node_off(name)


def _spoiled(name: str, message: str, spoil: Spoil) -> Fault:
    def make(vehicle: SimulatedVehicle) -> None:
        node_of(vehicle, message).port.spoil(message, spoil)

    def mend(vehicle: SimulatedVehicle) -> None:
        node_of(vehicle, message).port.mend(message, spoil)

    return Fault(name, make, mend, message)


def _node_off(name: str) -> Fault:
    def make(vehicle: SimulatedVehicle) -> None:
        node_of(vehicle, name).stop()

    def mend(vehicle: SimulatedVehicle) -> None:
        node_of(vehicle, name).start()

    return Fault(f"{name} silent", make, mend)


def _unit_faults() -> Iterator[Fault]:
    for code in EvErrorCode:
        if code is not EvErrorCode.NO_ERROR:
            yield _set(f"BMS reports {code.value}", "bms.moods", "error", code)
    for stop in StopRequest:
        if stop is not StopRequest.NONE:
            yield _set(f"stop request {stop.value}", "vcu.wishes", "stop", stop)
    yield _set("permission withdrawn", "vcu.wishes", "charge", value=False)
    yield _set("crash", "vcu.wishes", "crash", value=True)
    yield _set("not in Park", "vcu.wishes", "shift", ShiftPosition.DRIVE)
    yield _set("interlock open", "bms.moods", "hv_interlock_closed", value=False)
    yield _set("inlet voltage misread", "bms.moods", "voltage_error", -60.0)
    yield _set("vehicle isolation low", "bms.moods", "isolation", 20.0)
    yield _set(
        "positive contactor stuck open", "bms.contactors.positive.defects", "stuck_open", value=True
    )
    yield _set(
        "negative contactor stuck open", "bms.contactors.negative.defects", "stuck_open", value=True
    )
    yield _set("positive contactor welded", "bms.contactors.positive.defects", "welded", value=True)
    yield _set("negative contactor welded", "bms.contactors.negative.defects", "welded", value=True)
    yield _set(
        "contactor feedback lies", "bms.contactors.positive.defects", "lying_feedback", value=True
    )
    yield _set("lock jams", "inlet.state.defects", "lock_jams", value=True)
    yield _set("temperature sensor lost", "inlet.state.defects", "sensor_lost", value=True)
    yield _set("DC+ temperature sensor lost", "inlet.state.defects", "one_lost", value=True)
    yield _set("DC- temperature sensor shorted", "inlet.state.defects", "one_shorted", value=True)
    yield _set("AC temperature sensor lost", "inlet.state.defects", "ac_lost", value=True)
    yield _set("inlet hot", "inlet.state.defects", "heat", 60.0)
    yield _set("inlet too hot", "inlet.state.defects", "heat", 90.0)
    yield _set("stop button", "inlet.state", "stop_button", value=True)
    yield _set("connector button", "inlet.state", "proximity_switch", value=True)
    yield _set("plug fault", "inlet.state", "plug_fault", value=True)
    yield _set("plug pulled", "wires.cable", "plugged", value=False)
    yield _set("cable isolation low", "wires.cable", "isolation", 50.0)


def _set(name: str, place: str, attribute: str, value: object) -> Fault:
    """One attribute somewhere in the vehicle is different; mending brings the old value back."""
    before: dict[int, object] = {}

    def owner(vehicle: SimulatedVehicle) -> object:
        found: object = vehicle
        for step in place.split("."):
            found = getattr(found, step)
        return found

    def make(vehicle: SimulatedVehicle) -> None:
        before[id(vehicle)] = getattr(owner(vehicle), attribute)
        setattr(owner(vehicle), attribute, value)

    def mend(vehicle: SimulatedVehicle) -> None:
        setattr(owner(vehicle), attribute, before.pop(id(vehicle)))

    return Fault(name, make, mend)
