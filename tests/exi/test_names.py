"""How names on the wire become names in Python."""

import pytest

from tools.dev.schema.names import capital, constant, snake


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("EVTargetCurrent", "ev_target_current"),
        ("DC_EVSEStatus", "dc_evse_status"),
        ("eMAID", "emaid"),
        ("EVSEID", "evseid"),
        ("EVRESSSOC", "evresssoc"),
        ("RemainingTimeToFullSoC", "remaining_time_to_full_soc"),
        ("DHpublickey", "dhpublickey"),
        ("PrioritizedEMAIDs", "prioritized_emaids"),
        ("SupportedServiceIDs", "supported_service_ids"),
        ("PnC_AReqAuthorizationMode", "pnc_a_req_authorization_mode"),
        ("EVMaximumChargePower_L2", "ev_maximum_charge_power_l2"),
        ("EVMaximumV2XEnergyRequest", "ev_maximum_v2x_energy_request"),
        ("CapacitiveEnergyReadingVARh", "capacitive_energy_reading_varh"),
        ("X509IssuerName", "x509_issuer_name"),
        ("boolValue", "bool_value"),
        ("class", "class_"),
    ],
)
def test_a_field_is_the_wire_name_in_snake_case(wire: str, field: str) -> None:
    assert snake(wire) == field


@pytest.mark.parametrize(
    ("wire", "member"),
    [
        ("OK_NewSessionEstablished", "OK_NEW_SESSION_ESTABLISHED"),
        ("None", "NONE"),
        ("W/s", "W_S"),
        ("MF-WPT1", "MF_WPT1"),
        ("External confirmation", "EXTERNAL_CONFIRMATION"),
        ("WARNING_eMSPUnknown", "WARNING_EMSP_UNKNOWN"),
    ],
)
def test_a_member_is_the_wire_value_in_upper_case(wire: str, member: str) -> None:
    assert constant(wire) == member


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("DC_EVChargeParameterType", "DCEVChargeParameter"),
        ("V2G_Message", "V2GMessage"),
        ("responseCodeType", "ResponseCode"),
    ],
)
def test_a_class_is_the_wire_name_without_type_and_underscores(wire: str, name: str) -> None:
    assert capital(wire) == name
