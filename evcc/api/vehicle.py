"""The vehicle's commands.  Every argument is checked before anything reaches the session."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, validate_call

from bsw.chrgm.endings import SessionResult
from bsw.ecuc.arguments import explain
from evcc.api.variables import Variables
from evcc.vehicle import Intent, VehicleState

P = ParamSpec("P")
R = TypeVar("R")
COMMANDS: list[str] = []

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
SignedAmps = Annotated[float, Field(ge=-3_000, le=3_000, allow_inf_nan=False)]
Volts = Annotated[float, Field(ge=0, le=1_500, allow_inf_nan=False)]
Watts = Annotated[float, Field(ge=0, le=5_000_000, allow_inf_nan=False)]
WattHours = Annotated[float, Field(ge=0, le=5_000_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=2**32 - 1, allow_inf_nan=False)]


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


class DcEvBPTParameters(_Object):
    """Discharge limits, target and floor.  Only ISO 15118-20 has words for them."""

    discharge_max_current_limit: Amps | None = None
    discharge_max_power_limit: Watts | None = None
    discharge_target_current: Amps | None = None
    discharge_minimal_soc: Percent | None = None


class AcEvParameters(_Object):
    """AC limits per phase.  What is left out stays as it was."""

    max_voltage: Volts | None = None
    max_current: Amps | None = None
    min_current: Amps | None = None


class CommandError(ValueError):
    """A command that cannot be taken: which argument, what is wrong with it."""


def command(method: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments by their annotations; list the method among the commands."""
    COMMANDS.append(method.__name__)
    checked = validate_call(method)

    @wraps(method)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return checked(*arguments, **named)
        except ValidationError as error:
            raise CommandError(explain(method.__name__, error)) from None

    return call


class Vehicle:
    """One inlet.  ``changed`` is told after each command."""

    def __init__(self, state: VehicleState) -> None:
        self.state = state
        self.variables = Variables()
        self.discharge = DcEvBPTParameters()
        self.changed: Callable[[], None] = lambda: None
        self.wake: Callable[[], None] = lambda: None

    def subscribe(self, name: str, listener: Callable[[Any], None]) -> None:
        self.variables.subscribe(name, listener)

    def last(self, name: str) -> Any:  # noqa: ANN401 - the variable's own type
        return self.variables.last(name)

    def session_ended(self, result: SessionResult) -> None:
        """Tell the end, first with its reason, then by the name that has none."""
        self.variables.publish("session_result", result)
        self.variables.publish("v2g_session_finished")

    # The interface integrators know

    @command
    def start_charging(
        self,
        *,
        EnergyTransferMode: Mode,  # noqa: N803 - the interface's own names
        SelectedPaymentOption: SelectedPaymentOption,  # noqa: N803
        DepartureTime: Seconds,  # noqa: N803
        EAmount: Annotated[float, Field(ge=0, le=5_000, allow_inf_nan=False)],  # noqa: N803
    ) -> bool:
        """Departure in seconds from now, 0 for none; energy in kWh, 0 for no goal."""
        self._set(
            mode=EnergyTransferMode,
            prefer_contract=SelectedPaymentOption.payment_option != "ExternalPayment",
            departure=int(DepartureTime) or None,
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
    def set_bpt_dc_params(self, *, EvBPTParameters: DcEvBPTParameters) -> None:  # noqa: N803
        """Checked and kept; DIN 70121 and ISO 15118-2 have no field for it."""
        kept = self.discharge.model_dump() | EvBPTParameters.model_dump(exclude_none=True)
        self.discharge = DcEvBPTParameters(**kept)

    @command
    def enable_sae_j2847_v2g_v2h(self) -> None:
        """Refused with the reason: a vehicle that believes in it would wait for nothing."""
        raise CommandError(
            "enable_sae_j2847_v2g_v2h: the reverse mode of SAE J2847/2 is not part of this "
            "version; charge without it"
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
        self, *, inlet_voltage: Volts, battery_voltage: Volts, current: SignedAmps
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
            departure=None if departure is None else int(departure),
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
