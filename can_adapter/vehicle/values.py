"""What the vehicle tells the ECU: one frozen snapshot of values in SI units.

``None`` means that there is no value that may be used: never heard, flagged as not valid, too
old, out of range, or not protected well enough.  Limits and discharge values are positive;
a current is positive into the battery.  Where the values come from is not known here.
"""

from dataclasses import dataclass

from can_adapter.signals.roles import choice, number, switch
from can_adapter.signals.values import (
    Channel,
    ContactorFeedback,
    ContactorState,
    ControlMode,
    EnergyTransferMode,
    EvErrorCode,
    LockState,
    MobilityNeedsMode,
    PaymentOption,
    PlugState,
    ShiftPosition,
    StopRequest,
    VehicleMode,
    WakeUpReason,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What the vehicle allows and demands.  End-to-end protected."""

    charge_permission: bool | None = switch("energy may flow into the vehicle")
    discharge_permission: bool | None = switch("energy may flow out of the vehicle")
    lock_permission: bool | None = switch("the plug may be locked")
    unlock_permission: bool | None = switch("the plug may be unlocked")
    stop_request: StopRequest | None = choice(
        "the vehicle wants charging to stop, and how fast (PowerDelivery Stop)"
    )
    pause_request: bool | None = switch(
        "the vehicle wants the session to pause (ChargingSession Pause)"
    )
    renegotiation_request: bool | None = switch(
        "the vehicle wants new schedules or services (Renegotiate)"
    )
    wake_station_request: bool | None = switch("wake a sleeping station (B-C-B toggle)")
    crash_detected: bool | None = switch("the crash signal: stop at once")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What kind of charging the vehicle wants."""

    energy_transfer_mode: EnergyTransferMode | None = choice(
        "wanted mode (RequestedEnergyTransferMode; -20 service)", optional=True
    )
    payment_option: PaymentOption | None = choice(
        "wanted payment (SelectedPaymentOption; -20 authorization service)", optional=True
    )
    control_mode: ControlMode | None = choice(
        "wanted control mode (-20 parameter set)", optional=True
    )
    mobility_needs_mode: MobilityNeedsMode | None = choice(
        "who may set the mobility needs (-20 parameter set)", optional=True
    )
    bpt_channel: Channel | None = choice(
        "direction of energy (-20 BPT_ChannelSelection)", optional=True
    )
    meter_info_wanted: bool | None = switch(
        "ask the station for meter values (-20 MeterInfoRequested)"
    )
    certificate_installation_wanted: bool | None = switch("install a contract certificate")
    selected_inlet: int | None = number("", 1, 2, "inlet to charge through", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleStatus:
    """How the vehicle is."""

    vehicle_mode: VehicleMode | None = choice("what the vehicle is doing")
    shift_position: ShiftPosition | None = choice("gear selector; charging needs Park")
    wake_up_reason: WakeUpReason | None = choice("why the vehicle network was woken")
    immobilized: bool | None = switch("the vehicle cannot be driven away")
    vehicle_time: int | None = number("s", 0, 4294967295, "UTC, seconds since 1970", optional=True)
    ambient_temperature: float | None = number("degC", -50, 150, "outside", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contactors:
    """The high-voltage path.  End-to-end protected."""

    contactor_state: ContactorState | None = choice("both contactors as one")
    positive_contactor: ContactorFeedback | None = choice("feedback of the positive contactor")
    negative_contactor: ContactorFeedback | None = choice("feedback of the negative contactor")
    contactor_voltage: float | None = number(
        "V", 0, 1500, "inlet side of the contactors (-20 EVPresentVoltage)"
    )
    link_voltage: float | None = number(
        "V", 0, 1500, "battery side of the contactors (EVTargetVoltage of PreCharge)"
    )
    present_current: float | None = number("A", -3200, 3200, "measured, into the battery")
    isolation_monitoring_active: bool | None = switch("the vehicle measures isolation now")
    hv_interlock_closed: bool | None = switch("the interlock loop is intact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What battery and cables stand.  End-to-end protected."""

    max_current_limit: float | None = number(
        "A",
        0,
        3200,
        "highest current (EVMaximumCurrentLimit, -20 EVMaximumChargeCurrent)",
        optional=True,
    )
    max_voltage_limit: float | None = number(
        "V", 0, 1500, "highest voltage (EVMaximumVoltageLimit, -20 EVMaximumVoltage)", optional=True
    )
    max_power_limit: float | None = number(
        "W", 0, 5e6, "highest power (EVMaximumPowerLimit, -20 EVMaximumChargePower)", optional=True
    )
    min_current_limit: float | None = number(
        "A", 0, 3200, "lowest current (-20 EVMinimumChargeCurrent)", optional=True
    )
    min_voltage_limit: float | None = number(
        "V", 0, 1500, "lowest voltage (-20 EVMinimumVoltage)", optional=True
    )
    min_power_limit: float | None = number(
        "W", 0, 5e6, "lowest power (-20 EVMinimumChargePower)", optional=True
    )
    discharge_max_current_limit: float | None = number(
        "A", 0, 3200, "highest out of the battery (-20 EVMaximumDischargeCurrent)", optional=True
    )
    discharge_max_power_limit: float | None = number(
        "W", 0, 5e6, "highest out of the battery (-20 EVMaximumDischargePower)", optional=True
    )
    discharge_min_current_limit: float | None = number(
        "A", 0, 3200, "lowest out of the battery (-20 EVMinimumDischargeCurrent)", optional=True
    )
    discharge_min_power_limit: float | None = number(
        "W", 0, 5e6, "lowest out of the battery (-20 EVMinimumDischargePower)", optional=True
    )
    discharge_minimal_soc: float | None = number(
        "%", 0, 100, "no discharge below this state of charge", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What the battery asks for now.  End-to-end protected."""

    target_voltage: float | None = number(
        "V", 0, 1500, "set point of constant voltage (EVTargetVoltage)"
    )
    target_current: float | None = number(
        "A", 0, 3200, "set point of constant current (EVTargetCurrent)"
    )
    discharge_target_current: float | None = number(
        "A", 0, 3200, "set point out of the battery (-20 EVTargetCurrent, negative)", optional=True
    )
    ev_ready: bool | None = switch("ready for energy (EVReady)")
    charging_complete: bool | None = switch("the goal is reached (ChargingComplete)")
    bulk_charging_complete: bool | None = switch(
        "the bulk goal is reached (BulkChargingComplete)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """How the battery is."""

    soc: float | None = number(
        "%", 0, 100, "state of charge as shown to the driver (EVRESSSOC, -20 PresentSOC)"
    )
    ev_error_code: EvErrorCode | None = choice("fault class of the vehicle (EVErrorCode)")
    battery_fault_code: int | None = number("", 0, 65535, "maker's own code", optional=True)
    energy_capacity: float | None = number(
        "Wh", 0, 5e6, "usable energy (EVEnergyCapacity, -20 BatteryEnergyCapacity)", optional=True
    )
    energy_request: float | None = number(
        "Wh", 0, 5e6, "energy to the goal (EVEnergyRequest)", optional=True
    )
    full_soc: float | None = number("%", 0, 100, "what counts as full (FullSOC)", optional=True)
    bulk_soc: float | None = number(
        "%", 0, 100, "where fast charging ends (BulkSOC)", optional=True
    )
    remaining_time_to_full_soc: int | None = number(
        "s", 0, 16777214, "until full (RemainingTimeToFullSoC)", optional=True
    )
    remaining_time_to_bulk_soc: int | None = number(
        "s", 0, 16777214, "until the bulk goal (RemainingTimeToBulkSoC)", optional=True
    )
    remaining_time_to_minimum_soc: int | None = number(
        "s", 0, 16777214, "until the least wanted (-20 RemainingTimeToMinimumSOC)", optional=True
    )
    remaining_time_to_target_soc: int | None = number(
        "s", 0, 16777214, "until the target (-20 RemainingTimeToTargetSOC)", optional=True
    )
    remaining_time_to_maximum_soc: int | None = number(
        "s", 0, 16777214, "until the most wanted (-20 RemainingTimeToMaximumSOC)", optional=True
    )
    cabin_conditioning: bool | None = switch(
        "energy goes into the cabin (DIN EVCabinConditioning)", optional=True
    )
    ress_conditioning: bool | None = switch(
        "energy goes into the battery's climate (DIN EVRESSConditioning)", optional=True
    )
    min_cell_temperature: float | None = number("degC", -50, 150, "coldest cell", optional=True)
    max_cell_temperature: float | None = number("degC", -50, 150, "hottest cell", optional=True)
    isolation_resistance: float | None = number(
        "kOhm", 0, 65534, "as the vehicle measures it", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MobilityNeeds:
    """What the driver needs.  Energy requests may be negative where energy is to be given."""

    departure_time: int | None = number(
        "s", 0, 4294967294, "from now (DepartureTime)", optional=True
    )
    e_amount: float | None = number(
        "Wh", 0, 5e6, "energy until departure, AC (EAmount)", optional=True
    )
    target_energy_request: float | None = number(
        "Wh", -5e6, 5e6, "energy to the target (-20 EVTargetEnergyRequest)", optional=True
    )
    max_energy_request: float | None = number(
        "Wh", -5e6, 5e6, "most energy that fits (-20 EVMaximumEnergyRequest)", optional=True
    )
    min_energy_request: float | None = number(
        "Wh", -5e6, 5e6, "least energy needed (-20 EVMinimumEnergyRequest)", optional=True
    )
    max_v2x_energy_request: float | None = number(
        "Wh", -5e6, 5e6, "upper end of cycling (-20 EVMaximumV2XEnergyRequest)", optional=True
    )
    min_v2x_energy_request: float | None = number(
        "Wh", -5e6, 5e6, "lower end of cycling (-20 EVMinimumV2XEnergyRequest)", optional=True
    )
    minimum_soc: float | None = number(
        "%", 0, 100, "charge to this at once (-20 MinimumSOC)", optional=True
    )
    target_soc: float | None = number(
        "%", 0, 100, "wanted at departure (-20 TargetSOC)", optional=True
    )
    maximum_soc: float | None = number(
        "%", 0, 100, "do not charge beyond (-20 MaximumSOC)", optional=True
    )
    selected_schedule: int | None = number(
        "", 1, 255, "schedule tuple the vehicle chose (SAScheduleTupleID)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AcLimits:
    """What the on-board charger stands; per phase, or in total where only the first is given."""

    ac_max_voltage: float | None = number(
        "V", 0, 1000, "phase to neutral (EVMaxVoltage)", optional=True
    )
    ac_max_current: float | None = number(
        "A", 0, 400, "highest, per phase (EVMaxCurrent)", optional=True
    )
    ac_min_current: float | None = number(
        "A", 0, 400, "lowest, per phase (EVMinCurrent)", optional=True
    )
    max_charge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVMaximumChargePower)", optional=True
    )
    max_charge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVMaximumChargePower_L2)", optional=True
    )
    max_charge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVMaximumChargePower_L3)", optional=True
    )
    min_charge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVMinimumChargePower)", optional=True
    )
    min_charge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVMinimumChargePower_L2)", optional=True
    )
    min_charge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVMinimumChargePower_L3)", optional=True
    )
    max_discharge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVMaximumDischargePower)", optional=True
    )
    max_discharge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVMaximumDischargePower_L2)", optional=True
    )
    max_discharge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVMaximumDischargePower_L3)", optional=True
    )
    min_discharge_power: float | None = number(
        "W", 0, 5e6, "total or phase 1 (-20 EVMinimumDischargePower)", optional=True
    )
    min_discharge_power_l2: float | None = number(
        "W", 0, 5e6, "phase 2 (-20 EVMinimumDischargePower_L2)", optional=True
    )
    min_discharge_power_l3: float | None = number(
        "W", 0, 5e6, "phase 3 (-20 EVMinimumDischargePower_L3)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AcPresent:
    """What the on-board charger measures; positive into the vehicle."""

    present_active_power: float | None = number(
        "W", -5e6, 5e6, "total or phase 1 (-20 EVPresentActivePower)", optional=True
    )
    present_active_power_l2: float | None = number(
        "W", -5e6, 5e6, "phase 2 (-20 EVPresentActivePower_L2)", optional=True
    )
    present_active_power_l3: float | None = number(
        "W", -5e6, 5e6, "phase 3 (-20 EVPresentActivePower_L3)", optional=True
    )
    present_reactive_power: float | None = number(
        "var", -5e6, 5e6, "total or phase 1 (-20 EVPresentReactivePower)", optional=True
    )
    present_reactive_power_l2: float | None = number(
        "var", -5e6, 5e6, "phase 2 (-20 EVPresentReactivePower_L2)", optional=True
    )
    present_reactive_power_l3: float | None = number(
        "var", -5e6, 5e6, "phase 3 (-20 EVPresentReactivePower_L3)", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inlet:
    """The inlet, where it is another ECU's."""

    plug_state: PlugState | None = choice("proximity contact")
    cable_current_limit: float | None = number("A", 0, 400, "coded in the cable", optional=True)
    lock_state: LockState | None = choice("position feedback of the lock")
    stop_button: bool | None = switch("the driver presses the stop button at the inlet")
    proximity_switch: bool | None = switch("S3 of a type 1 connector is pressed")
    dc_pin_temperature_1: float | None = number("degC", -50, 250, "DC+ contact", optional=True)
    dc_pin_temperature_2: float | None = number("degC", -50, 250, "DC- contact", optional=True)
    ac_pin_temperature: float | None = number("degC", -50, 250, "AC contacts", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondInlet:
    """The second inlet of a vehicle that has two: the same values once more."""

    second_plug_state: PlugState | None = choice("proximity contact")
    second_cable_current_limit: float | None = number(
        "A", 0, 400, "coded in the cable", optional=True
    )
    second_lock_state: LockState | None = choice("position feedback of the lock")
    second_stop_button: bool | None = switch("the driver presses the stop button at the inlet")
    second_proximity_switch: bool | None = switch("S3 of a type 1 connector is pressed")
    second_dc_pin_temperature_1: float | None = number(
        "degC", -50, 250, "DC+ contact", optional=True
    )
    second_dc_pin_temperature_2: float | None = number(
        "degC", -50, 250, "DC- contact", optional=True
    )
    second_ac_pin_temperature: float | None = number("degC", -50, 250, "AC contacts", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSnapshot:
    """Everything the vehicle told, at one moment."""

    permission: Permission = Permission()
    selection: Selection = Selection()
    status: VehicleStatus = VehicleStatus()
    contactors: Contactors = Contactors()
    limits: Limits = Limits()
    targets: Targets = Targets()
    battery: Battery = Battery()
    needs: MobilityNeeds = MobilityNeeds()
    ac_limits: AcLimits = AcLimits()
    ac_present: AcPresent = AcPresent()
    inlet: Inlet = Inlet()
    second_inlet: SecondInlet = SecondInlet()
