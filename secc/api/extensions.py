"""The objects of the interfaces beside the charger's: what a back end wants to know of a vehicle.

Names follow OCPP 2.x NotifyEVChargingNeeds in snake case; only what DIN 70121 and ISO 15118-2
have elements for.  Numbers are SI, times RFC 3339 in UTC.
"""

from typing import Annotated

from pydantic import Field

from secc.api.literals import (
    ControlMode,
    EnergyTransferMode,
    MobilityNeedsMode,
    PaymentOption,
    SupportedAppProtocol,
)
from secc.api.objects import AppProtocols, NotNegative, Object, Percent, ProvidedIdToken


class AuthorizationRequest(Object):
    """What one session asks; ``request_id`` goes back with the answer.

    ``chain_judged``: the contract's chain was found good here; false where its root is unknown.
    """

    request_id: int
    payment_option: PaymentOption
    tls: bool
    evcc_id: str | None = None
    id_token: ProvidedIdToken | None = None
    chain_judged: bool | None = None


class ACChargingParameters(Object):
    energy_amount: NotNegative
    ev_min_current: NotNegative
    ev_max_current: NotNegative
    ev_max_voltage: NotNegative


class DCChargingParameters(Object):
    """What the vehicle left out is absent."""

    ev_max_current: NotNegative
    ev_max_voltage: NotNegative
    ev_max_power: NotNegative | None = None
    ev_energy_capacity: NotNegative | None = None
    energy_amount: NotNegative | None = None
    state_of_charge: Percent
    full_soc: Percent | None = None
    bulk_soc: Percent | None = None


class MobilityNeeds(Object):
    """What the site wants of the vehicle in dynamic control."""

    departure_time: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None  # seconds from now
    minimum_soc: Annotated[int, Field(ge=0, le=100)] | None = None
    target_soc: Annotated[int, Field(ge=0, le=100)] | None = None


class V2xParameters(Object):
    """What a vehicle of -20 can and needs; W, A, V, Wh, percent; discharge as magnitudes."""

    min_charge_power: float | None = None
    max_charge_power: float | None = None
    min_discharge_power: float | None = None
    max_discharge_power: float | None = None
    min_charge_current: float | None = None
    max_charge_current: float | None = None
    min_discharge_current: float | None = None
    max_discharge_current: float | None = None
    min_voltage: float | None = None
    max_voltage: float | None = None
    ev_target_energy_request: float | None = None
    ev_min_energy_request: float | None = None
    ev_max_energy_request: float | None = None
    ev_min_v2x_energy_request: float | None = None
    ev_max_v2x_energy_request: float | None = None
    target_soc: int | None = None


class ChargingNeeds(Object):
    """One of the two blocks, by the kind of the energy transfer."""

    requested_energy_transfer: EnergyTransferMode
    control_mode: ControlMode
    departure_time: str | None = None
    ac_charging_parameters: ACChargingParameters | None = None
    dc_charging_parameters: DCChargingParameters | None = None
    max_schedule_tuples: int | None = None
    v2x_charging_parameters: V2xParameters | None = None
    mobility_needs_mode: MobilityNeedsMode | None = None
    available_energy_transfer: tuple[EnergyTransferMode, ...] = ()


class PowerStep(Object):
    """From ``start`` seconds on; W, a set point below zero is given back."""

    start: int = Field(ge=0)
    power: float | None = Field(default=None, ge=0, le=5_000_000)
    discharge_power: float | None = Field(default=None, ge=0, le=5_000_000)
    set_point: float | None = Field(default=None, ge=-5_000_000, le=5_000_000)


class GridControl(Object):
    """A control of the grid that counts: its kind and, as JSON, its values in the words of 2.1."""

    id: str
    kind: str
    values: str


class GridControls(Object):
    """All that count now."""

    controls: tuple[GridControl, ...] = ()


class ScheduleStep(Object):
    """From ``start`` seconds on at most ``power`` watts."""

    start: int
    power: float


class ChosenSchedule(Object):
    """The tuple a vehicle has chosen, and how it means to charge; no steps: it did not say."""

    schedule_tuple_id: int
    steps: tuple[ScheduleStep, ...] = ()


class EvInfo(Object):
    """Grows in the course of a session; what is not known yet is absent."""

    tls: bool
    supported_protocols: AppProtocols | None = None
    selected_protocol: SupportedAppProtocol | None = None
    evcc_id: str | None = None


class DutyOffer(Object):
    """What a vehicle without a protocol may draw, by the duty cycle; 0 A: nothing."""

    current: Annotated[float, Field(ge=0)]
    closed: bool


class HostTroubles(Object):
    """What the station misses of its host, by the names of trouble codes; none: all is well."""

    troubles: tuple[str, ...] = ()


class PlugFaults(Object):
    """What the driver of pilot, lock and contactors has found, in its words; none: all is well."""

    faults: tuple[str, ...] = ()
