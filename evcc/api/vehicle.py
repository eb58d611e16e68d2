"""The vehicle's commands.  Every argument is checked before anything reaches the session."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, validate_call

from evcc.api.variables import Variables
from evcc.vehicle import Intent, VehicleState

P = ParamSpec("P")
R = TypeVar("R")

Mode = Literal[
    "AC_single_phase_core",
    "AC_three_phase_core",
    "DC_core",
    "DC_extended",
    "DC_combo_core",
    "DC_unique",
]
ErrorCode = Literal[
    "NO_ERROR",
    "FAILED_RESSTemperatureInhibit",
    "FAILED_EVShiftPosition",
    "FAILED_ChargerConnectorLockFault",
    "FAILED_EVRESSMalfunction",
    "FAILED_ChargingCurrentdifferential",
    "FAILED_ChargingVoltageOutOfRange",
    "FAILED_ChargingSystemIncompatibility",
    "NoData",
]
Amps = Annotated[float, Field(ge=0, le=3_000, allow_inf_nan=False)]
Volts = Annotated[float, Field(ge=0, le=1_500, allow_inf_nan=False)]
Watts = Annotated[float, Field(ge=0, le=5_000_000, allow_inf_nan=False)]
WattHours = Annotated[float, Field(ge=0, le=5_000_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=2**32 - 1)]


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SelectedPaymentOption(_Object):
    payment_option: Literal["Contract", "ExternalPayment"] | None = None
    enforce_payment_option: bool | None = None


class DcEvParameters(_Object):
    """DC limits and targets.  What is left out stays as it was."""

    max_current_limit: Amps | None = None
    max_power_limit: Watts | None = None
    max_voltage_limit: Volts | None = None
    energy_capacity: WattHours | None = None
    target_current: Amps | None = None
    target_voltage: Volts | None = None


class AcEvParameters(_Object):
    """AC limits per phase.  What is left out stays as it was."""

    max_voltage: Volts | None = None
    max_current: Amps | None = None
    min_current: Amps | None = None


class CommandError(ValueError):
    """A command that cannot be taken: which argument, what is wrong with it."""


def command(method: Callable[P, R]) -> Callable[P, R]:
    checked = validate_call(method)

    @wraps(method)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return checked(*arguments, **named)
        except ValidationError as error:
            problems = [
                f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
                for one in error.errors(include_url=False, include_input=False)
            ]
            raise CommandError(f"{method.__name__}: {'; '.join(problems)}") from None

    return call


class Vehicle:
    """One inlet.  ``changed`` is told after each command."""

    def __init__(self, state: VehicleState) -> None:
        self.state = state
        self.variables = Variables()
        self.changed: Callable[[], None] = lambda: None
        self.wake: Callable[[], None] = lambda: None

    def subscribe(self, name: str, listener: Callable[[Any], None]) -> None:
        self.variables.subscribe(name, listener)

    # The interface integrators know

    @command
    def start_charging(
        self,
        *,
        EnergyTransferMode: Mode,  # noqa: N803 - the interface's own names
        SelectedPaymentOption: SelectedPaymentOption,  # noqa: N803
        DepartureTime: Seconds,  # noqa: N803
        EAmount: Annotated[float, Field(ge=0, le=5_000)],  # noqa: N803
    ) -> bool:
        """Departure in seconds from now, 0 for none; energy in kWh, 0 for no goal."""
        self._set(
            mode=EnergyTransferMode,
            prefer_contract=SelectedPaymentOption.payment_option != "ExternalPayment",
            departure=DepartureTime or None,
            energy_request=EAmount * 1000.0 or None,
            intent=Intent.CHARGE,
            permission=True,
        )
        return True

    @command
    def stop_charging(self) -> None:
        self._set(intent=Intent.STOP)

    @command
    def pause_charging(self) -> None:
        self._set(intent=Intent.PAUSE)

    @command
    def set_fault(self, *, error: ErrorCode = "FAILED_EVRESSMalfunction") -> None:
        self._set(error=error)

    @command
    def set_dc_params(self, *, EvParameters: DcEvParameters) -> None:  # noqa: N803
        given = EvParameters
        self._take(
            max_current=given.max_current_limit,
            max_power=given.max_power_limit,
            max_voltage=given.max_voltage_limit,
            energy_capacity=given.energy_capacity,
            target_current=given.target_current,
            target_voltage=given.target_voltage,
        )

    @command
    def update_soc(self, *, SoC: Percent) -> None:  # noqa: N803
        self._set(soc=SoC)

    # What it lacked

    @command
    def reset_fault(self) -> None:
        self._set(error="NO_ERROR")

    @command
    def set_ac_params(self, *, parameters: AcEvParameters) -> None:
        self._take(
            ac_max_voltage=parameters.max_voltage,
            ac_max_current=parameters.max_current,
            ac_min_current=parameters.min_current,
        )

    @command
    def update_dc_present_values(
        self, *, inlet_voltage: Volts, battery_voltage: Volts, current: float
    ) -> None:
        """Measured by the vehicle, never the target repeated."""
        self._set(
            inlet_voltage=inlet_voltage, battery_voltage=battery_voltage, battery_current=current
        )

    @command
    def update_contactor_state(self, *, closed: bool) -> None:
        self._set(contactors_closed=closed)

    @command
    def update_inlet(
        self,
        *,
        locked: bool | None = None,
        cable_current: Amps | None = None,
        derating: Annotated[float, Field(ge=0, le=1)] = 1.0,
    ) -> None:
        self._set(locked=locked, cable_current=cable_current, derating=derating)

    @command
    def set_mobility_needs(
        self,
        *,
        departure: Seconds | None = None,
        energy_request: WattHours | None = None,
        full_soc: Percent | None = None,
        bulk_soc: Percent | None = None,
    ) -> None:
        self._set(
            departure=departure,
            energy_request=energy_request,
            full_soc=full_soc,
            bulk_soc=bulk_soc,
        )

    @command
    def allow_charging(self, *, permission: bool) -> None:
        self._set(permission=permission)

    @command
    def request_renegotiation(self) -> None:
        self._set(renegotiate=True)

    @command
    def resume(self) -> None:
        """End a pause from the vehicle's side."""
        self._set(intent=Intent.CHARGE)
        self.wake()

    wake_up = resume

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self.state, name, value)
        self.changed()

    def _take(self, **values: object) -> None:
        self._set(**{name: value for name, value in values.items() if value is not None})
