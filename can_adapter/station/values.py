"""What the station's power module and the SECC tell each other, in SI units.

``PowerModule`` is what the hardware tells, ``PowerCommand`` what the SECC orders.  ``None`` means
that there is no value that may be used.  Names follow the charger interface.  Where the values
come from and what follows from them is not known here.
"""

from dataclasses import dataclass

from can_adapter.signals.roles import choice, number, switch, text
from can_adapter.signals.values import (
    CableCheckState,
    ContactorFeedback,
    EvseError,
    IsolationStatus,
    PilotState,
    PowerModuleMode,
    PowerModuleState,
    SelectedProtocol,
    SessionState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePresent:
    """What the module delivers now.  End-to-end protected."""

    module_state: PowerModuleState | None = choice("what the module is doing")
    evse_present_voltage: float | None = number("V", 0, 1500, "output voltage")
    evse_present_current: float | None = number("A", -3200, 3200, "output current")
    evse_current_limit_achieved: bool | None = switch("current holds the output")
    evse_voltage_limit_achieved: bool | None = switch("voltage holds the output")
    evse_power_limit_achieved: bool | None = switch("power holds the output")
    output_contactor: ContactorFeedback | None = choice("feedback of the output contactors")
    evse_error: EvseError | None = choice("fault of the station hardware")
    emergency_stop: bool | None = switch("the emergency stop is pressed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleIsolation:
    """The insulation monitor and the cable check."""

    isolation_status: IsolationStatus | None = choice("judgement of the insulation monitor")
    cable_check_state: CableCheckState | None = choice("progress of the test")
    isolation_resistance: float | None = number("kOhm", 0, 65534, "as measured", optional=True)
    module_temperature: float | None = number("degC", -50, 250, "hottest place", optional=True)
    plug_temperature: float | None = number("degC", -50, 250, "DC contacts", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleLimits:
    """What the module can deliver now.  End-to-end protected."""

    evse_maximum_current_limit: float | None = number("A", 0, 3200, "highest")
    evse_maximum_voltage_limit: float | None = number("V", 0, 1500, "highest")
    evse_maximum_power_limit: float | None = number("W", 0, 5e6, "highest")
    evse_minimum_current_limit: float | None = number("A", 0, 3200, "lowest")
    evse_minimum_voltage_limit: float | None = number("V", 0, 1500, "lowest")
    evse_minimum_power_limit: float | None = number("W", 0, 5e6, "lowest", optional=True)
    evse_maximum_discharge_current_limit: float | None = number(
        "A", 0, 3200, "highest into the station", optional=True
    )
    evse_maximum_discharge_power_limit: float | None = number(
        "W", 0, 5e6, "highest into the station", optional=True
    )
    evse_minimum_discharge_current_limit: float | None = number(
        "A", 0, 3200, "lowest into the station", optional=True
    )
    evse_minimum_discharge_power_limit: float | None = number(
        "W", 0, 5e6, "lowest into the station", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCapabilities:
    """What the module is built for."""

    bidirectional: bool | None = switch("energy may flow back")
    current_regulation_tolerance: float | None = number("A", 0, 1000, "deviation to expect")
    peak_current_ripple: float | None = number("A", 0, 1000, "peak to peak")
    nominal_max_current: float | None = number("A", 0, 3200, "by design", optional=True)
    nominal_max_voltage: float | None = number("V", 0, 1500, "by design", optional=True)
    nominal_max_power: float | None = number("W", 0, 5e6, "by design", optional=True)
    power_ramp_limitation: float | None = number("W/s", 0, 5e6, "slowest change", optional=True)
    efficiency: float | None = number("%", 0, 100, "grid to vehicle", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleAc:
    """The AC outlet."""

    ac_contactor: ContactorFeedback | None = choice("feedback of the AC contactor", optional=True)
    rcd_tripped: bool | None = switch("the residual current device has tripped", optional=True)
    ac_nominal_voltage: float | None = number("V", 0, 1000, "phase to neutral", optional=True)
    ac_nominal_frequency: float | None = number("Hz", 0, 500, "of the grid", optional=True)
    ac_max_current: float | None = number("A", 0, 400, "per phase", optional=True)
    ac_present_power: float | None = number("W", -5e6, 5e6, "total or phase 1", optional=True)
    ac_present_power_l2: float | None = number("W", -5e6, 5e6, "phase 2", optional=True)
    ac_present_power_l3: float | None = number("W", -5e6, 5e6, "phase 3", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleMeter:
    """The energy meter."""

    energy_import: int | None = number("Wh", 0, 1e12, "into the vehicle", optional=True)
    energy_export: int | None = number("Wh", 0, 1e12, "out of the vehicle", optional=True)
    meter_power: float | None = number("W", -5e6, 5e6, "now", optional=True)
    meter_status: int | None = number("", -32768, 32767, "maker's own", optional=True)
    meter_time: int | None = number("s", 0, 4294967295, "UTC since 1970", optional=True)
    meter_id: str | None = text(32, "MeterID", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerModule:
    """Everything the power module told, at one moment."""

    present: ModulePresent = ModulePresent()
    isolation: ModuleIsolation = ModuleIsolation()
    limits: ModuleLimits = ModuleLimits()
    capabilities: ModuleCapabilities = ModuleCapabilities()
    ac: ModuleAc = ModuleAc()
    meter: ModuleMeter = ModuleMeter()


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOrder:
    """What the module shall do now.  End-to-end protected."""

    module_mode: PowerModuleMode | None = choice("wanted operation")
    target_voltage: float | None = number("V", 0, 1500, "set point of constant voltage")
    target_current: float | None = number("A", 0, 3200, "set point of constant current")
    target_power: float | None = number("W", -5e6, 5e6, "set point of power", optional=True)
    output_contactor_request: bool | None = switch("close the output contactors")
    ac_contactor_request: bool | None = switch("close the AC contactor")
    emergency_off: bool | None = switch("leave everything dead within 100 ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleLimits:
    """What the vehicle stands: the module must never go beyond.  End-to-end protected."""

    ev_maximum_current_limit: float | None = number("A", 0, 3200, "highest", optional=True)
    ev_maximum_voltage_limit: float | None = number("V", 0, 1500, "highest", optional=True)
    ev_maximum_power_limit: float | None = number("W", 0, 5e6, "highest", optional=True)
    ev_maximum_discharge_current_limit: float | None = number(
        "A", 0, 3200, "highest out of the vehicle", optional=True
    )
    ev_minimum_voltage_limit: float | None = number("V", 0, 1500, "lowest", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSession:
    """What the station's other parts may show: the session as the SECC sees it."""

    session_state: SessionState | None = choice("phase of the session")
    selected_protocol: SelectedProtocol | None = choice("agreed protocol")
    cp_state: PilotState | None = choice("control pilot as measured")
    ev_soc: float | None = number("%", 0, 100, "state of charge", optional=True)
    ev_energy_request: float | None = number("Wh", 0, 5e6, "to the goal", optional=True)
    ev_energy_capacity: float | None = number("Wh", 0, 5e6, "usable", optional=True)
    ev_departure_time: int | None = number("s", 0, 4294967294, "from now", optional=True)
    session_seconds: int | None = number("s", 0, 16777214, "since the plug", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCommand:
    """All parts together; each is published on its own."""

    order: PowerOrder = PowerOrder()
    limits: VehicleLimits = VehicleLimits()
    session: StationSession = StationSession()


PowerCommandPart = PowerOrder | VehicleLimits | StationSession
