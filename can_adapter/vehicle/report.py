"""What the ECU tells the vehicle: frozen parts that are published as a whole when they change.

``None`` means that there is nothing to tell; on the bus the value's flag is 0 then.  Names and
signs are those of the charger interface: limits are positive, a present current is positive
into the vehicle.  Who fills a part, and when, is not known here.
"""

from dataclasses import dataclass

from can_adapter.signals.roles import bits, choice, number, switch, text
from can_adapter.signals.values import (
    ChargeMode,
    ContactorRequest,
    ControlMode,
    EcuState,
    EcuWakeUp,
    EnergyTransferMode,
    EvseNotification,
    EvseProcessing,
    EvseStatusCode,
    IsolationStatus,
    LockRequest,
    LockState,
    OfferedModes,
    OfferedPayments,
    PaymentOption,
    PilotState,
    PlugState,
    SelectedProtocol,
    SessionResult,
    SessionState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What the ECU demands of the vehicle.  End-to-end protected."""

    contactor_request: ContactorRequest | None = choice("wanted state of the contactors")
    isolation_measurement_request: bool | None = switch("the vehicle may measure isolation")
    lock_request: LockRequest | None = choice("wanted state of the plug lock")
    second_lock_request: LockRequest | None = choice("wanted state of the second inlet's lock")
    charge_current_allowed: float | None = number(
        "A", 0, 3200, "most the battery may ask for, derating included", optional=True
    )
    discharge_current_allowed: float | None = number(
        "A", 0, 3200, "most the battery may give, derating included", optional=True
    )
    keep_awake_request: bool | None = switch("the vehicle network shall stay awake")


@dataclass(frozen=True, slots=True, kw_only=True)
class EcuStatus:
    """How the ECU and its inlet are."""

    ecu_state: EcuState | None = choice("mode of the ECU")
    ecu_wake_up: EcuWakeUp | None = choice("why the ECU is awake")
    cp_state: PilotState | None = choice("control pilot as measured")
    charge_mode: ChargeMode | None = choice("what the duty cycle demands")
    pwm_duty_cycle: float | None = number("%", 0, 100, "of the control pilot", optional=True)
    pwm_max_current: float | None = number("A", 0, 400, "from the duty cycle", optional=True)
    cable_max_current: float | None = number("A", 0, 400, "coded in the cable", optional=True)
    inlet_plug_state: PlugState | None = choice("plug as the ECU judges it")
    inlet_lock_state: LockState | None = choice("lock as the ECU judges it")
    active_inlet: int | None = number("", 1, 2, "inlet in use", optional=True)
    inlet_dc_temperature_1: float | None = number("degC", -50, 250, "DC+ contact", optional=True)
    inlet_dc_temperature_2: float | None = number("degC", -50, 250, "DC- contact", optional=True)
    inlet_ac_temperature: float | None = number("degC", -50, 250, "AC contacts", optional=True)
    inlet_hot: bool | None = switch("current is reduced because the inlet is hot")
    active_faults: int | None = number("", 0, 255, "number of active trouble codes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatus:
    """How far the session has come and what was agreed."""

    session_state: SessionState | None = choice("phase of the session")
    selected_protocol: SelectedProtocol | None = choice("agreed protocol (SupportedAppProtocol)")
    session_result: SessionResult | None = choice("how the last session ended")
    selected_energy_transfer_mode: EnergyTransferMode | None = choice(
        "agreed energy transfer mode", optional=True
    )
    selected_payment_option: PaymentOption | None = choice("agreed payment", optional=True)
    selected_control_mode: ControlMode | None = choice("agreed control mode", optional=True)
    offered_payments: OfferedPayments | None = bits(
        "payments the station offers (PaymentOptionList, -20 AuthorizationServices)"
    )
    offered_modes: OfferedModes | None = bits(
        "modes the station offers (SupportedEnergyTransferMode, -20 services)"
    )
    tls_active: bool | None = switch("the connection is encrypted")
    link_ready: bool | None = switch("the power line link is up")
    response_code: int | None = number(
        "", 0, 255, "last ResponseCode, by its place in the schema", optional=True
    )
    session_seconds: int | None = number("s", 0, 16777214, "since the plug", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationStatus:
    """How the station says it is."""

    evse_status_code: EvseStatusCode | None = choice(
        "state of a DC station (EVSEStatusCode)", optional=True
    )
    evse_isolation_status: IsolationStatus | None = choice(
        "isolation as the station sees it (EVSEIsolationStatus)", optional=True
    )
    evse_notification: EvseNotification | None = choice(
        "what the station asks for (EVSENotification)", optional=True
    )
    notification_max_delay: int | None = number(
        "s", 0, 65535, "react within (NotificationMaxDelay)", optional=True
    )
    evse_processing: EvseProcessing | None = choice(
        "whether the station is still at work (EVSEProcessing)", optional=True
    )
    rcd_tripped: bool | None = switch("RCD of an AC station (RCD)", optional=True)
    receipt_required: bool | None = switch(
        "a signed receipt is wanted (ReceiptRequired)", optional=True
    )
    ack_max_delay: int | None = number(
        "s", 0, 65535, "react within (-20 AckMaxDelay)", optional=True
    )
    go_to_pause: bool | None = switch("no energy for now (-20 GoToPause)", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPresent:
    """What the station delivers now."""

    evse_present_voltage: float | None = number(
        "V", 0, 1500, "output voltage (EVSEPresentVoltage)", optional=True
    )
    evse_present_current: float | None = number(
        "A", -3200, 3200, "output current (EVSEPresentCurrent)", optional=True
    )
    evse_current_limit_achieved: bool | None = switch(
        "current holds the output (EVSECurrentLimitAchieved)", optional=True
    )
    evse_voltage_limit_achieved: bool | None = switch(
        "voltage holds the output (EVSEVoltageLimitAchieved)", optional=True
    )
    evse_power_limit_achieved: bool | None = switch(
        "power holds the output (EVSEPowerLimitAchieved)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StationLimits:
    """What the station can and will deliver.  End-to-end protected."""

    evse_maximum_current_limit: float | None = number(
        "A",
        0,
        3200,
        "highest (EVSEMaximumCurrentLimit, -20 EVSEMaximumChargeCurrent)",
        optional=True,
    )
    evse_maximum_voltage_limit: float | None = number(
        "V", 0, 1500, "highest (EVSEMaximumVoltageLimit, -20 EVSEMaximumVoltage)", optional=True
    )
    evse_maximum_power_limit: float | None = number(
        "W", 0, 5e6, "highest (EVSEMaximumPowerLimit, -20 EVSEMaximumChargePower)", optional=True
    )
    evse_minimum_current_limit: float | None = number(
        "A",
        0,
        3200,
        "lowest (EVSEMinimumCurrentLimit, -20 EVSEMinimumChargeCurrent)",
        optional=True,
    )
    evse_minimum_voltage_limit: float | None = number(
        "V", 0, 1500, "lowest (EVSEMinimumVoltageLimit, -20 EVSEMinimumVoltage)", optional=True
    )
    evse_minimum_power_limit: float | None = number(
        "W", 0, 5e6, "lowest (-20 EVSEMinimumChargePower)", optional=True
    )
    evse_maximum_discharge_current_limit: float | None = number(
        "A", 0, 3200, "highest into the station (-20 EVSEMaximumDischargeCurrent)", optional=True
    )
    evse_maximum_discharge_power_limit: float | None = number(
        "W", 0, 5e6, "highest into the station (-20 EVSEMaximumDischargePower)", optional=True
    )
    evse_minimum_discharge_current_limit: float | None = number(
        "A", 0, 3200, "lowest into the station (-20 EVSEMinimumDischargeCurrent)", optional=True
    )
    evse_minimum_discharge_power_limit: float | None = number(
        "W", 0, 5e6, "lowest into the station (-20 EVSEMinimumDischargePower)", optional=True
    )
    evse_regulation_tolerance: float | None = number(
        "A", 0, 1000, "deviation to expect (EVSECurrentRegulationTolerance)", optional=True
    )
    evse_peak_current_ripple: float | None = number(
        "A", 0, 1000, "peak to peak (EVSEPeakCurrentRipple)", optional=True
    )
    evse_energy_to_be_delivered: float | None = number(
        "Wh", 0, 5e6, "estimate of the station (EVSEEnergyToBeDelivered)", optional=True
    )
    evse_power_ramp_limitation: float | None = number(
        "W/s", 0, 5e6, "slowest change of power (-20 EVSEPowerRampLimitation)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAc:
    """What an AC station offers, measures and commands."""

    evse_nominal_voltage: float | None = number(
        "V", 0, 1000, "phase to neutral (EVSENominalVoltage)", optional=True
    )
    evse_nominal_frequency: float | None = number(
        "Hz", 0, 500, "of the grid (-20 EVSENominalFrequency)", optional=True
    )
    evse_max_current: float | None = number(
        "A", 0, 400, "per phase (EVSEMaxCurrent)", optional=True
    )
    evse_max_charge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVSEMaximumChargePower)", optional=True
    )
    evse_max_charge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVSEMaximumChargePower_L2)", optional=True
    )
    evse_max_charge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVSEMaximumChargePower_L3)", optional=True
    )
    evse_min_charge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVSEMinimumChargePower)", optional=True
    )
    evse_max_discharge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVSEMaximumDischargePower)", optional=True
    )
    evse_min_charge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVSEMinimumChargePower_L2)", optional=True
    )
    evse_min_charge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVSEMinimumChargePower_L3)", optional=True
    )
    evse_max_discharge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVSEMaximumDischargePower_L2)", optional=True
    )
    evse_max_discharge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVSEMaximumDischargePower_L3)", optional=True
    )
    evse_min_discharge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVSEMinimumDischargePower)", optional=True
    )
    evse_min_discharge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVSEMinimumDischargePower_L2)", optional=True
    )
    evse_min_discharge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVSEMinimumDischargePower_L3)", optional=True
    )
    evse_max_power_asymmetry: float | None = number(
        "W", 0, 5e6, "among phases (-20 MaximumPowerAsymmetry)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAcTargets:
    """Commands and measurements in an AC charge loop of ISO 15118-20."""

    target_active_power: float | None = number(
        "W", -5e6, 5e6, "total or phase 1 (-20 EVSETargetActivePower)", optional=True
    )
    target_active_power_l2: float | None = number(
        "W", -5e6, 5e6, "phase 2 (-20 EVSETargetActivePower_L2)", optional=True
    )
    target_active_power_l3: float | None = number(
        "W", -5e6, 5e6, "phase 3 (-20 EVSETargetActivePower_L3)", optional=True
    )
    target_reactive_power: float | None = number(
        "var", -5e6, 5e6, "total or phase 1 (-20 EVSETargetReactivePower)", optional=True
    )
    target_reactive_power_l2: float | None = number(
        "var", -5e6, 5e6, "phase 2 (-20 EVSETargetReactivePower_L2)", optional=True
    )
    target_reactive_power_l3: float | None = number(
        "var", -5e6, 5e6, "phase 3 (-20 EVSETargetReactivePower_L3)", optional=True
    )
    target_frequency: float | None = number(
        "Hz", 0, 500, "to be held (-20 EVSETargetFrequency)", optional=True
    )
    evse_present_active_power: float | None = number(
        "W", -5e6, 5e6, "total or phase 1 (-20 EVSEPresentActivePower)", optional=True
    )
    evse_present_active_power_l2: float | None = number(
        "W", -5e6, 5e6, "phase 2 (-20 EVSEPresentActivePower_L2)", optional=True
    )
    evse_present_active_power_l3: float | None = number(
        "W", -5e6, 5e6, "phase 3 (-20 EVSEPresentActivePower_L3)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What the agreed schedule allows now and next, and what the station sets (dynamic mode)."""

    schedule_tuple: int | None = number(
        "", 1, 255, "tuple in use (SAScheduleTupleID)", optional=True
    )
    schedule_power: float | None = number("W", 0, 5e6, "highest now (PMax)", optional=True)
    schedule_remaining: int | None = number("s", 0, 16777214, "left of this entry", optional=True)
    schedule_next_power: float | None = number(
        "W", 0, 5e6, "highest after it (PMax of the next entry)", optional=True
    )
    station_departure_time: int | None = number(
        "s", 0, 4294967294, "set by the station, from now (-20 DepartureTime)", optional=True
    )
    station_minimum_soc: float | None = number(
        "%", 0, 100, "set by the station (-20 MinimumSOC)", optional=True
    )
    station_target_soc: float | None = number(
        "%", 0, 100, "set by the station (-20 TargetSOC)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One entry of the agreed schedule; rows are sent one after the other."""

    schedule_row: int | None = number("", 0, 1023, "place of this entry", optional=True)
    schedule_rows: int | None = number("", 0, 1024, "entries in all", optional=True)
    schedule_row_start: int | None = number(
        "s", 0, 16777214, "since the schedule began", optional=True
    )
    schedule_row_power: float | None = number("W", 0, 5e6, "highest in it (PMax)", optional=True)
    schedule_row_price: int | None = number("", 0, 255, "price level (EPriceLevel)", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metering:
    """What the station's meter says."""

    meter_reading: int | None = number(
        "Wh", 0, 1e12, "into the vehicle (MeterReading, -20 ChargedEnergyReadingWh)", optional=True
    )
    meter_discharged: int | None = number(
        "Wh", 0, 1e12, "out of the vehicle (-20 BPT_DischargedEnergyReadingWh)", optional=True
    )
    meter_status: int | None = number("", -32768, 32767, "maker's own (MeterStatus)", optional=True)
    meter_time: int | None = number(
        "s", 0, 4294967295, "UTC since 1970 (TMeter, -20 MeterTimestamp)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StationIdentity:
    """Who the station and its meter are."""

    evse_id: str | None = text(40, "EVSEID", optional=True)
    meter_id: str | None = text(32, "MeterID", optional=True)
    session_id: str | None = text(16, "SessionID in hexadecimal", optional=True)
    evse_time: int | None = number(
        "s", 0, 4294967295, "UTC told by the station (EVSETimeStamp)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleReport:
    """All parts together; each is published on its own."""

    requests: Requests = Requests()
    ecu: EcuStatus = EcuStatus()
    session: SessionStatus = SessionStatus()
    station: StationStatus = StationStatus()
    present: StationPresent = StationPresent()
    limits: StationLimits = StationLimits()
    ac: StationAc = StationAc()
    ac_targets: StationAcTargets = StationAcTargets()
    schedule: Schedule = Schedule()
    schedule_row: ScheduleRow = ScheduleRow()
    metering: Metering = Metering()
    identity: StationIdentity = StationIdentity()


VehicleReportPart = (
    Requests
    | EcuStatus
    | SessionStatus
    | StationStatus
    | StationPresent
    | StationLimits
    | StationAc
    | StationAcTargets
    | Schedule
    | ScheduleRow
    | Metering
    | StationIdentity
)
