"""The objects of the vehicle's north side: what commands take, and what variables carry.

Numbers are SI.  Unknown keys are refused and optional ones may be absent, so that a typing
mistake of a client is found at once and not in the car.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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
StopMode = Literal["Immediate", "Ordered"]
PaymentName = Literal["Contract", "ExternalPayment"]

Amps = Annotated[float, Field(ge=0, le=3_000, allow_inf_nan=False)]
SignedAmps = Annotated[float, Field(ge=-3_000, le=3_000, allow_inf_nan=False)]
Volts = Annotated[float, Field(ge=0, le=1_500, allow_inf_nan=False)]
Watts = Annotated[float, Field(ge=0, le=5_000_000, allow_inf_nan=False)]
WattHours = Annotated[float, Field(ge=0, le=5_000_000, allow_inf_nan=False)]
KiloWattHours = Annotated[float, Field(ge=0, le=5_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
PadCode = Annotated[int, Field(ge=1, le=2**32 - 1)]
Seconds = Annotated[float, Field(ge=0, le=2**32 - 1, allow_inf_nan=False)]


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SelectedPaymentOption(_Object):
    payment_option: PaymentName | None = None
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
    """AC limits: volts and amps per phase, watts in total.  What is left out stays as it was."""

    max_voltage: Volts | None = None
    max_current: Amps | None = None
    min_current: Amps | None = None
    max_charge_power: Watts | None = None
    max_discharge_power: Watts | None = None


@dataclass(frozen=True, slots=True)
class AcTargetPower:
    """Watts and vars; the plain names are the first phase, or the total."""

    target_active_power: float | None = None
    target_active_power_L2: float | None = None  # noqa: N815 - the interface's own names
    target_active_power_L3: float | None = None  # noqa: N815
    target_reactive_power: float | None = None
    target_reactive_power_L2: float | None = None  # noqa: N815
    target_reactive_power_L3: float | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class SeccOffer:
    """What ServiceDiscovery brought; payment options are unknown in DIN until it was heard."""

    modes: tuple[str, ...] = ()
    payment_options: tuple[str, ...] = ()
    evse_id: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """How the vehicle stands to a pantograph or a pad, in mm, and where the pantograph is."""

    in_place: bool
    along: int | None = None
    across: int | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class EvseLimits:
    max_current: float | None = None
    max_voltage: float | None = None
    max_power: float | None = None
    min_current: float | None = None
    min_voltage: float | None = None


@dataclass(frozen=True, slots=True)
class EvsePresentValues:
    voltage: float | None = None
    current: float | None = None


@dataclass(frozen=True, slots=True)
class EvseStatus:
    notification: str = "None"
    status_code: str = ""
    isolation: str = ""
    rcd: bool = False


@dataclass(frozen=True, slots=True)
class Schedules:
    """Watts now and next, and the seconds until then."""

    power: float | None = None
    remaining: int | None = None
    next_power: float | None = None


@dataclass(frozen=True, slots=True)
class MeterInfo:
    id: str = ""
    reading: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class SdpResult:
    """The station that was found: where it listens, and whether with TLS."""

    address: str
    security: str


@dataclass(frozen=True, slots=True)
class TlsInfo:
    """What secures the connection; both empty on plain TCP."""

    version: str = ""
    suite: str = ""


@dataclass(frozen=True, slots=True)
class V2gMessages:
    """One message, EXI in base 64."""

    id: str
    exi_base64: str
