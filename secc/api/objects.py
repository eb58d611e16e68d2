"""The objects of the north side.  Numbers are SI; times are RFC 3339 texts in UTC.

Unknown keys are refused and optional ones may be absent, so that a typing mistake of a client
is found at once and not in the car.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from secc.api.literals import (
    AuthorizationType,
    BptChannel,
    CertificateAction,
    CertificateExchangeStatus,
    Connector,
    ControlMode,
    DcEvErrorCode,
    GeneratorMode,
    GridCodeIslandingDetectionMethod,
    IdTokenType,
    MobilityNeedsMode,
    Pricing,
    ServiceCategory,
    SupportedAppProtocol,
)

NotNegative = Annotated[float, Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]


class Object(BaseModel):
    """Frozen, and strict about its keys.  Its checks are made at its first use: most have none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class AcEvDynamicModeValues(Object):
    departure_time: NotNegative | None = None
    target_energy_request: NotNegative
    max_energy_request: NotNegative
    min_energy_request: NotNegative
    max_v2x_energy_request: NotNegative | None = None
    min_v2x_energy_request: NotNegative | None = None


class Current(Object):
    DC: float | None = None
    L1: float | None = None
    L2: float | None = None
    L3: float | None = None
    N: float | None = None


class Voltage(Object):
    DC: float | None = None
    L1: float | None = None
    L2: float | None = None
    L3: float | None = None


class Power(Object):
    total: float
    L1: float | None = None
    L2: float | None = None
    L3: float | None = None


class ReactivePower(Object):
    total: float
    L1: float | None = None
    L2: float | None = None
    L3: float | None = None


class Energy(Object):
    total: float
    L1: float | None = None
    L2: float | None = None
    L3: float | None = None


class Frequency(Object):
    L1: float
    L2: float | None = None
    L3: float | None = None


class SignedMeterValue(Object):
    signed_meter_data: str
    signing_method: str
    encoding_method: str
    public_key: str | None = None
    timestamp: str | None = None


class SignedCurrent(Object):
    DC: SignedMeterValue | None = None
    L1: SignedMeterValue | None = None
    L2: SignedMeterValue | None = None
    L3: SignedMeterValue | None = None
    N: SignedMeterValue | None = None


class SignedVoltage(Object):
    DC: SignedMeterValue | None = None
    L1: SignedMeterValue | None = None
    L2: SignedMeterValue | None = None
    L3: SignedMeterValue | None = None


class SignedTotal(Object):
    total: SignedMeterValue | None = None
    L1: SignedMeterValue | None = None
    L2: SignedMeterValue | None = None
    L3: SignedMeterValue | None = None


class SignedFrequency(Object):
    L1: SignedMeterValue | None = None
    L2: SignedMeterValue | None = None
    L3: SignedMeterValue | None = None


class Temperature(Object):
    temperature: float
    identification: str | None = None
    location: str | None = None


class AcEvPowerLimits(Object):
    max_charge_power: Power | None = None
    min_charge_power: Power | None = None
    max_discharge_power: Power | None = None
    min_discharge_power: Power | None = None


class AcEvPresentPowerValues(Object):
    present_active_power: Power
    present_reactive_power: Power | None = None


class AcEvseMaximumPower(Object):
    charge_power: Power
    discharge_power: Power | None = None


class AcEvseMinimumPower(Object):
    charge_power: Power
    discharge_power: Power | None = None


class AcParameters(Object):
    nominal_frequency: NotNegative
    max_power_asymmetry: NotNegative | None = None
    power_ramp_limitation: NotNegative | None = None
    nominal_voltage: NotNegative
    connectors: list[Connector]
    evse_max_reactive_power: NotNegative | None = None


class AcTargetValues(Object):
    target_active_power: Power
    target_reactive_power: ReactivePower | None = None
    target_frequency: NotNegative | None = None


class AppProtocol(Object):
    """One entry of a car's offer."""

    protocol_namespace: str = Field(min_length=1, max_length=100)
    version_number_major: int = Field(ge=0)
    version_number_minor: int = Field(ge=0)
    schema_id: int = Field(ge=0, le=255)
    priority: int = Field(ge=1, le=20)


class BptSetup(Object):
    bpt_channel: BptChannel
    generator_mode: GeneratorMode
    grid_code_detection: GridCodeIslandingDetectionMethod | None = None


class Capabilities(Object):
    """What the DC source can do at all; what is advertised never exceeds it."""

    bidirectional: bool
    current_regulation_tolerance_A: float
    peak_current_ripple_A: float
    max_export_voltage_V: float
    nominal_max_export_voltage_V: float | None = None
    min_export_voltage_V: float
    nominal_min_export_voltage_V: float | None = None
    max_export_current_A: float
    nominal_max_export_current_A: float | None = None
    min_export_current_A: float
    nominal_min_export_current_A: float | None = None
    max_import_voltage_V: float | None = None
    nominal_max_import_voltage_V: float | None = None
    min_import_voltage_V: float | None = None
    nominal_min_import_voltage_V: float | None = None
    max_import_current_A: float | None = None
    nominal_max_import_current_A: float | None = None
    min_import_current_A: float | None = None
    nominal_min_import_current_A: float | None = None
    max_export_power_W: float
    nominal_max_export_power_W: float | None = None
    max_import_power_W: float | None = None
    nominal_max_import_power_W: float | None = None
    conversion_efficiency_import: Share | None = None
    conversion_efficiency_export: Share | None = None


class CertificateHashDataInfo(Object):
    hashAlgorithm: str
    issuerNameHash: str = Field(max_length=128)
    issuerKeyHash: str = Field(max_length=128)
    serialNumber: str = Field(max_length=40)
    responderURL: str = Field(max_length=512)


class CertificateRequest(Object):
    """The vehicle's message as it came: the whole EXI, in base 64.

    What stands beside it is in a message of ISO 15118-20 alone, and for a back end of OCPP 2.1.
    """

    exi_request: str = Field(max_length=11_000)
    iso15118_schema_version: str
    certificate_action: CertificateAction
    maximum_contract_certificate_chains: int | None = None
    prioritized_emaids: list[str] | None = None


class CertificateResponse(Object):
    """The back end's message: the whole EXI, in base 64; none with status Failed."""

    status: CertificateExchangeStatus
    exi_response: str | None = Field(default=None, max_length=17_000)
    certificate_action: CertificateAction


class CustomIdToken(Object):
    value: str = Field(max_length=36)
    type: str = Field(max_length=50)


class IdToken(Object):
    value: str = Field(max_length=36)
    type: IdTokenType
    additional_info: list[CustomIdToken] | None = None


class ProvidedIdToken(Object):
    """For Plug and Charge: the eMAID, the contract chain as PEM, and hash data for OCSP."""

    request_id: int | None = None
    id_token: IdToken
    parent_id_token: IdToken | None = None
    authorization_type: AuthorizationType
    connectors: list[int] | None = None
    prevalidated: bool | None = None
    certificate: str | None = Field(default=None, max_length=5500)
    iso15118CertificateHashData: list[CertificateHashDataInfo] | None = None


class DcChargeDynamicModeValues(Object):
    departure_time: NotNegative | None = None
    target_energy_request: NotNegative
    max_energy_request: NotNegative
    min_energy_request: NotNegative
    max_charge_power: NotNegative
    min_charge_power: NotNegative
    max_charge_current: NotNegative
    max_voltage: NotNegative
    min_voltage: NotNegative
    max_discharge_power: NotNegative | None = None
    min_discharge_power: NotNegative | None = None
    max_discharge_current: NotNegative | None = None
    max_v2x_energy_request: NotNegative | None = None
    min_v2x_energy_request: NotNegative | None = None


class DcEvMaximumLimits(Object):
    """Small negative values are measurement offsets of real cars."""

    dc_ev_maximum_current_limit: float | None = Field(default=None, ge=-2, le=10000)
    dc_ev_maximum_power_limit: float | None = Field(default=None, ge=-2, le=5_000_000)
    dc_ev_maximum_voltage_limit: float | None = Field(default=None, ge=-2, le=1500)


class DcEvRemainingTime(Object):
    ev_remaining_time_to_full_soc: str | None = None
    ev_remaining_time_to_full_bulk_soc: str | None = None


class DcEvStatus(Object):
    dc_ev_ready: bool
    dc_ev_error_code: DcEvErrorCode
    dc_ev_ress_soc: Percent
    dc_ev_cabin_conditioning: bool | None = None
    dc_ev_ress_conditioning: bool | None = None


class DcEvTargetValues(Object):
    """Small negative values are measurement offsets of real cars; a current that is really below
    zero flows out of the vehicle, in the bidirectional services of ISO 15118-20 alone.
    """

    dc_ev_target_voltage: float = Field(ge=-2, le=1500)
    dc_ev_target_current: float = Field(ge=-10000, le=10000)


class DcEvseMaximumLimits(Object):
    """Charge and discharge limits are both positive."""

    evse_maximum_current_limit: float = Field(ge=0, le=10000)
    evse_maximum_power_limit: float = Field(ge=0, le=5_000_000)
    evse_maximum_voltage_limit: float = Field(ge=0, le=1500)
    evse_maximum_discharge_current_limit: float | None = Field(default=None, ge=0, le=10000)
    evse_maximum_discharge_power_limit: float | None = Field(default=None, ge=0, le=5_000_000)


class DcEvseMinimumLimits(Object):
    evse_minimum_current_limit: float = Field(ge=0, le=10000)
    evse_minimum_voltage_limit: float = Field(ge=0, le=1500)
    evse_minimum_power_limit: float = Field(ge=0, le=5_000_000)
    evse_minimum_discharge_current_limit: float | None = Field(default=None, ge=0, le=10000)
    evse_minimum_discharge_power_limit: float | None = Field(default=None, ge=0, le=5_000_000)


class DcEvsePresentVoltageCurrent(Object):
    evse_present_voltage: float = Field(ge=0, le=1500)
    evse_present_current: float | None = Field(default=None, ge=-10000, le=10000)


class DisplayParameters(Object):
    present_soc: Percent | None = None
    minimum_soc: Percent | None = None
    target_soc: Percent | None = None
    maximum_soc: Percent | None = None
    remaining_time_to_minimum_soc: NotNegative | None = None
    remaining_time_to_target_soc: NotNegative | None = None
    remaining_time_to_maximum_soc: NotNegative | None = None
    charging_complete: bool | None = None
    battery_energy_capacity: NotNegative | None = None
    inlet_hot: bool | None = None


class EvseId(Object):
    evse_id: str
    evse_id_din: str | None = None


class EvTermination(Object):
    ev_termination_code: str | None = None
    ev_termination_explanation: str | None = None


class Powermeter(Object):
    """One record of the meter, with signed values where the meter has them."""

    timestamp: str
    meter_id: str | None = None
    phase_seq_error: bool | None = None
    energy_Wh_import: Energy
    energy_Wh_export: Energy | None = None
    power_W: Power | None = None
    voltage_V: Voltage | None = None
    VAR: ReactivePower | None = None
    current_A: Current | None = None
    frequency_Hz: Frequency | None = None
    energy_Wh_import_signed: SignedTotal | None = None
    energy_Wh_export_signed: SignedTotal | None = None
    power_W_signed: SignedTotal | None = None
    voltage_V_signed: SignedVoltage | None = None
    VAR_signed: SignedTotal | None = None
    current_A_signed: SignedCurrent | None = None
    frequency_Hz_signed: SignedFrequency | None = None
    signed_meter_value: SignedMeterValue | None = None
    temperatures: list[Temperature] | None = None


class SelectedServiceParameters(Object):
    """Only -20."""

    energy_transfer: ServiceCategory
    connector: Connector
    control_mode: ControlMode
    mobility_needs_mode: MobilityNeedsMode
    pricing: Pricing
    bpt_channel: BptChannel | None = None
    generator_mode: GeneratorMode | None = None


class SetupPhysicalValues(Object):
    ac_nominal_voltage: float | None = Field(default=None, ge=0, le=1000)
    dc_current_regulation_tolerance: float | None = Field(default=None, ge=0, le=400)
    dc_peak_current_ripple: float | None = Field(default=None, ge=0, le=400)
    dc_energy_to_be_delivered: float | None = Field(default=None, ge=0, le=200_000)


class SupportedAppProtocols(Object):
    app_protocols: list[SupportedAppProtocol]


class V2gMessages(Object):
    """One message, in at least one of the four forms."""

    id: str
    xml: str | None = None
    v2g_json: str | None = None
    exi: str | None = None
    exi_base64: str | None = None


class AppProtocols(Object):
    """A car's whole offer."""

    Protocols: list[AppProtocol] = Field(min_length=1, max_length=20)
