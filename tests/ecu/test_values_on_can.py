"""Two recordings of one charge compared: the messages of V2G and the frames of the vehicle's bus.

Frames are decoded by cantools from the matrices alone.  A value of a request must have been on
the bus when the request left; a value of the station must be on the bus soon after.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import floor
from pathlib import Path
from typing import Any, TypeAlias

import cantools.database
import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.model import Message
from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import protocol
from bsw.os.clock import MS, S
from can_adapter.bus import CanFrame
from can_adapter.signals.values import EnergyTransferMode
from secc.session.schedules import Plan, Step
from tools.bench.world.whole import Bench, WholeOptions

Told: TypeAlias = Any
"""What an element or a signal may hold: numbers, words, switches."""

DBC = Path(__file__).parents[2] / "config" / "dbc"
VEHICLE = ("bms", "vcu", "ems", "obc", "inlet", "evcc")
EXI = 0x8001
RAMP = 3 * S
"""The ECU brings a current down at 100 A/s when the battery asks for none any more."""
SOON = 1_200 * MS
"""The slowest message of the ECU comes each second."""


@dataclass(frozen=True)
class From:
    """A signal of the vehicle, and how the element follows from it."""

    signal: str
    rule: str = "same"


OUT: dict[str, From] = {
    "departure_time": From("EMS_MobilityNeeds.DepartureTime"),
    "ev_ready": From("BMS_Targets.EvReady"),
    "ev_error_code": From("BMS_Battery.EvErrorCode"),
    "evresssoc": From("BMS_Battery.Soc", "floor"),
    "full_soc": From("BMS_Battery.FullSoc", "floor"),
    "bulk_soc": From("BMS_Battery.BulkSoc", "floor"),
    "ev_maximum_current_limit": From("BMS_Limits.MaxCurrentLimit"),
    "ev_maximum_power_limit": From("BMS_Limits.MaxPowerLimit"),
    "ev_maximum_voltage_limit": From("BMS_Limits.MaxVoltageLimit"),
    "ev_energy_capacity": From("BMS_Battery.EnergyCapacity"),
    "e_amount": From("BMS_Battery.EnergyRequest"),
    "ev_max_voltage": From("OBC_Limits.AcMaxVoltage"),
    "ev_max_current": From("OBC_Limits.AcMaxCurrent"),
    "ev_min_current": From("OBC_Limits.AcMinCurrent"),
    "ev_energy_request": From("BMS_Battery.EnergyRequest"),
    "remaining_time_to_full_soc": From("BMS_Battery.RemainingTimeToFullSoc"),
    "remaining_time_to_bulk_soc": From("BMS_Battery.RemainingTimeToBulkSoc"),
    "bulk_charging_complete": From("BMS_Targets.BulkChargingComplete"),
    "charging_complete": From("BMS_Targets.ChargingComplete", "or leaving"),
    "ev_target_voltage": From("BMS_Targets.TargetVoltage", "or link"),
    "ev_target_current": From("BMS_Targets.TargetCurrent", "up to"),
    "requested_energy_transfer_mode": From("VCU_Selection.EnergyTransferMode"),
    "ev_requested_energy_transfer_type": From("VCU_Selection.EnergyTransferMode"),
    "selected_payment_option": From("VCU_Selection.PaymentOption"),
    "ev_cabin_conditioning": From("BMS_Battery.CabinConditioning"),
    "evress_conditioning": From("BMS_Battery.RessConditioning"),
}
OWN = {
    "evccid",  # the ECU's address
    "service_id", "service_category", "max_entries_sa_schedule_tuple",  # of the protocol
    "charge_progress", "charging_session", "ready_to_charge_state",  # where the session is
    "sa_schedule_tuple_id",  # the station's, repeated; see ``schedule_tuple`` below
    "charging_profile_entry_start", "charging_profile_entry_max_power",  # the station's PMax
}  # fmt: skip
IN = {
    "evseid": "EVCC_StationIdentity.EvseId",
    "date_time_now": "EVCC_StationIdentity.EvseTime",
    "evse_time_stamp": "EVCC_StationIdentity.EvseTime",
    "meter_id": "EVCC_StationIdentity.MeterId",
    "meter_reading": "EVCC_Metering.MeterReading",
    "t_meter": "EVCC_Metering.MeterTime",
    "receipt_required": "EVCC_StationStatus.ReceiptRequired",
    "payment_option": "EVCC_Session.OfferedPayments",
    "energy_transfer_mode": "EVCC_Session.OfferedModes",
    "energy_transfer_type": "EVCC_Session.OfferedModes",
    "evse_processing": "EVCC_StationStatus.EvseProcessing",
    "evse_status_code": "EVCC_StationStatus.EvseStatusCode",
    "evse_isolation_status": "EVCC_StationStatus.EvseIsolationStatus",
    "evse_notification": "EVCC_StationStatus.EvseNotification",
    "notification_max_delay": "EVCC_StationStatus.NotificationMaxDelay",
    "evse_maximum_current_limit": "EVCC_StationLimits.EvseMaxCurrentLimit",
    "evse_maximum_power_limit": "EVCC_StationLimits.EvseMaxPowerLimit",
    "evse_maximum_voltage_limit": "EVCC_StationLimits.EvseMaxVoltageLimit",
    "evse_minimum_current_limit": "EVCC_StationLimits.EvseMinCurrentLimit",
    "evse_minimum_voltage_limit": "EVCC_StationLimits.EvseMinVoltageLimit",
    "evse_current_regulation_tolerance": "EVCC_StationLimits.EvseRegulationTolerance",
    "evse_peak_current_ripple": "EVCC_StationLimits.EvsePeakCurrentRipple",
    "evse_energy_to_be_delivered": "EVCC_StationLimits.EvseEnergyToBeDelivered",
    "evse_present_voltage": "EVCC_StationPresent.EvsePresentVoltage",
    "evse_present_current": "EVCC_StationPresent.EvsePresentCurrent",
    "evse_current_limit_achieved": "EVCC_StationPresent.EvseCurrentLimitAchieved",
    "evse_voltage_limit_achieved": "EVCC_StationPresent.EvseVoltageLimitAchieved",
    "evse_power_limit_achieved": "EVCC_StationPresent.EvsePowerLimitAchieved",
    "evse_nominal_voltage": "EVCC_StationAc.EvseNominalVoltage",
    "evse_max_current": "EVCC_StationAc.EvseMaxCurrent",
    "rcd": "EVCC_StationStatus.RcdTripped",
    "sa_schedule_tuple_id": "EVCC_Schedule.ScheduleTuple",
    "p_max": "EVCC_Schedule.SchedulePower",
}
FAST = {"evse_present_voltage", "evse_present_current"}
"""They change with each answer; a frame may show the next one already."""
WORDS = {"None": "NoNotification"}
DIN_MOST = 32_767
"""W, the largest PMax that DIN can say: that much or more."""
PROTOCOL_ONLY = {"response_code", "service_id", "service_category", "free_service", "start",
                 "duration", "p_max_schedule_id"}  # fmt: skip
MODES = {
    "AC_single_phase_core": 1,
    "AC_three_phase_core": 2,
    "DC_core": 4,
    "DC_extended": 8,
    "DC_combo_core": 16,
    "DC_unique": 32,
}
BITS = {
    "payment_option": {"Contract": 1, "ExternalPayment": 2},
    "energy_transfer_mode": MODES,
    "energy_transfer_type": MODES,
}


@dataclass
class Recording:
    """All frames of the bus, decoded; each signal's values in the order of time."""

    database: Any = field(default_factory=cantools.database.Database)
    signals: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    frames: int = 0

    def __post_init__(self) -> None:
        for name in VEHICLE:
            self.database.add_dbc_file(DBC / f"{name}.dbc")

    def heard(self, at: int, _sender: str, frame: CanFrame) -> None:
        self.frames += 1
        message = self.database.get_message_by_frame_id(frame.id)
        for name, value in message.decode(frame.data, decode_choices=True).items():
            history = self.signals.setdefault(f"{message.name}.{name}", [])
            if not history or history[-1][1] != value:
                history.append((at, value))

    def during(self, signal: str, begin: int, end: int) -> list[Any]:
        """What the signal said between two times, what it said at the first one included."""
        history = self.signals.get(signal, [])
        before = [value for at, value in history if at <= begin][-1:]
        return before + [value for at, value in history if begin < at <= end]

    def text(self, signal: str, begin: int, end: int) -> str:
        """A text lies in several signals, eight characters each."""
        parts = [
            self.during(name, begin, end)[-1]
            for name in sorted(self.signals)
            if name.startswith(signal) and name[len(signal) :].isdigit()
        ]
        return b"".join(int(part).to_bytes(8, "little") for part in parts).rstrip(b"\0 ").decode()


def leaves(value: Told, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of a message with the name of its element."""
    if value is None:
        return
    if hasattr(value, "si"):
        yield name, value.si()
    elif isinstance(value, Enum):
        yield name, value.value
    elif isinstance(value, Message):
        for part in type(value).__fields__:
            yield from leaves(getattr(value, part.name), part.name)
    elif isinstance(value, tuple):
        for one in value:
            yield from leaves(one, name)
    else:
        yield name, value


def equal(told: Told, wanted: Told) -> bool:
    if isinstance(wanted, bool):
        return bool(int(told) if not isinstance(told, str) else told) is wanted
    if isinstance(wanted, str):
        return str(told) == wanted
    return bool(abs(float(told) - float(wanted)) <= 0.06 + 1e-4 * abs(float(wanted)))


def follows(rule: str, told: list[Any], value: Told, link: list[Any]) -> bool:
    """``link`` is given for pre-charge, where the targets are the ECU's: battery, and 1 A."""
    if rule == "floor":
        return value in {floor(float(one)) for one in told}
    if rule == "up to":
        return any(float(value) <= float(one) + 0.06 for one in told) or bool(link and value == 1.0)
    if rule == "or leaving":
        return value is True or any(equal(one, value) for one in told)
    choices = told + link if rule == "or link" else told
    return any(equal(one, value) for one in choices)


@dataclass
class Charge:
    name: str
    mode: EnergyTransferMode
    recording: Recording = field(default_factory=Recording)

    def __post_init__(self) -> None:
        bench = Bench(
            WholeOptions(protocols=(self.name,), mode=self.mode.value, soc=79.7, target=80.0)
        )
        bench.vehicle.vcu.wishes.energy_transfer = self.mode
        bench.start()
        bench.vehicle_bus.tap(self.recording.heard)
        bench.run(2)
        bench.plug()
        bench.until_ended(within=900)
        bench.run(5)
        assert bench.manager.results[0].ending is Ending.TERMINATED
        self.messages = [
            (record.time, str(record.fields["way"]), record.fields["exi"])
            for record in bench.vehicle_trace.records
            if record.kind == "message"
            and not str(record.fields["name"]).startswith("SupportedAppProtocol")
        ]

    @property
    def ac(self) -> bool:
        return mode_of(self.mode.value).ac

    def bodies(self, way: str) -> Iterator[tuple[int, Any]]:
        dialect = protocol(self.name).dialect
        for at, one, octets in self.messages:
            if one == way:
                assert isinstance(octets, bytes)
                yield at, dialect.decode(EXI, octets).body


CHARGES = {
    "-2 DC": ("iso2", EnergyTransferMode.DC_EXTENDED),
    "DIN DC": ("din", EnergyTransferMode.DC_EXTENDED),
    "-2 AC three phases": ("iso2", EnergyTransferMode.AC_THREE_PHASE_CORE),
    "-2 AC one phase": ("iso2", EnergyTransferMode.AC_SINGLE_PHASE_CORE),
}


@pytest.fixture(scope="module", params=list(CHARGES.values()), ids=list(CHARGES))
def charge(request: pytest.FixtureRequest) -> Charge:
    return Charge(*request.param)


def test_each_value_of_each_request_was_on_the_bus(charge: Charge) -> None:
    recording, checked, wrong = charge.recording, 0, []
    assert recording.frames > 5_000
    for at, body in charge.bodies("out"):
        for name, value in leaves(body):
            if name in OWN:
                continue
            source = OUT[name]  # a KeyError is a value nobody accounted for
            back = RAMP if source.rule == "up to" else 250 * MS
            told = recording.during(source.signal, at - back, at)
            link = recording.during("BMS_Contactors.LinkVoltage", at - 250 * MS, at)
            precharge = type(body).__name__ == "PreChargeReq"
            checked += 1
            if not follows(source.rule, told, value, link if precharge else []):
                wrong.append((at / S, type(body).__name__, name, value, told))
    assert wrong == []
    assert checked > (6 if charge.ac else 500)  # the loop of AC asks without any value


def test_each_value_of_the_station_is_on_the_bus_soon_after(charge: Charge) -> None:
    recording, checked, wrong = charge.recording, 0, []
    over = max(at for at, _ in charge.bodies("in"))
    for at, body in charge.bodies("in"):
        for name, value in leaves(body):
            if name in PROTOCOL_ONLY:
                continue
            signal = IN[name]
            checked += 1
            identity = signal.startswith("EVCC_StationIdentity")
            until = at + (3 * SOON if identity else SOON)  # it has three pages
            if identity and signal.endswith("Id"):
                text = value.decode() if isinstance(value, bytes) else value
                told: list[Any] = [recording.text(signal, at, min(until, over))]
                good = told == [text]
            else:
                told = recording.during(signal, at, until)
                good = shown(name, told, value)
            if not good:
                wrong.append((at / S, type(body).__name__, name, value, told[:5]))
    assert wrong == []
    assert checked > 500


def shown(name: str, told: list[Any], value: Told) -> bool:
    if name in BITS:
        return any(int(one) & BITS[name][str(value)] for one in told)
    if isinstance(value, str):
        return WORDS.get(value, value) in {str(one) for one in told}
    if name == "p_max" and value == DIN_MOST:
        return any(float(one) >= value for one in told)
    if name in FAST and told:
        low, high = min(map(float, told)), max(map(float, told))
        return low - 0.1 <= float(value) <= high + 0.1
    return any(equal(one, value) for one in told)


def test_a_schedule_of_many_entries_is_on_the_bus_row_by_row() -> None:
    steps = (Step(0, 22_000.0), Step(900, 11_000.0), Step(3_600, 7_400.0), Step(7_200, 22_000.0))
    bench = Bench(WholeOptions(protocols=("iso2",), mode="AC_three_phase_core", soc=50.0))
    bench.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode.AC_THREE_PHASE_CORE
    bench.pair.station.schedules.plans = (Plan(7, steps, 86_400),)
    recording = Recording()
    bench.vehicle_bus.tap(recording.heard)
    bench.start()
    bench.run(2)
    bench.plug()
    bench.run(10)
    names = ("ScheduleRow", "ScheduleRowStart", "ScheduleRowPower")
    rows = {
        tuple(recording.during(f"EVCC_ScheduleRow.{name}", at, at)[-1] for name in names)
        for at in range(bench.scheduler.now - 2 * S, bench.scheduler.now, 100 * MS)
    }
    assert rows == {(number, step.start, step.power) for number, step in enumerate(steps)}
    now = bench.scheduler.now
    told = recording.during
    assert told("EVCC_Schedule.ScheduleTuple", now, now) == [7]
    assert told("EVCC_Schedule.SchedulePower", now, now) == [22_000]
    assert told("EVCC_Schedule.ScheduleNextPower", now, now) == [11_000]
    assert 885 <= told("EVCC_Schedule.ScheduleRemaining", now, now)[0] <= 900
    assert recording.signals["EVCC_Requests.ChargeCurrentAllowed"][-1][1] == 16.0
    bench.manager.stop()
    bench.until_ended(within=30)
    bench.run(2)
    assert str(recording.signals["EVCC_ScheduleRow.ScheduleRowFlag"][-1][1]) == "NotValid"


def test_no_value_of_the_station_outlives_its_session(charge: Charge) -> None:
    left = {
        name: history[-1][1]
        for name, history in charge.recording.signals.items()
        if name.startswith(("EVCC_Station", "EVCC_Metering", "EVCC_Schedule."))
        and name.endswith("Flag")
    }
    assert len(left) > 20
    assert set(map(str, left.values())) == {"NotValid"}
