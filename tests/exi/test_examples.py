"""Octets worked out bit by bit, and the outermost codes of every schema set."""

import pytest

from bsw import exi
from bsw.chrgm.messages import iso2, sap
from bsw.chrgm.messages.iso20 import common_types, dc
from bsw.exi.codec import Form
from bsw.exi.schema import Name

RELAXED = "80ec0202b4b21a400411114c505090d10c91518ccd4dd07d3d00"


def test_a_handshake_answer_takes_four_octets(form: Form) -> None:
    message = sap.SupportedAppProtocolRes(
        response_code=sap.ResponseCode.OK_SUCCESSFUL_NEGOTIATION, schema_id=1
    )
    assert exi.codec("sap", form=form).encode(message).hex() == "80400040"


def test_a_session_setup_request_of_iso2(form: Form) -> None:
    message = iso2.V2GMessage(
        header=iso2.MessageHeader(session_id=b"\0"),
        body=iso2.SessionSetupReq(evccid=bytes.fromhex("00188700 1c11")),
    )
    codec = exi.codec("iso2", form=form)
    assert codec.encode(message).hex() == "8098004011d01800621c00704400"
    assert codec.decode(codec.encode(message)) == message


def test_a_pre_charge_request_of_iso20(form: Form) -> None:
    codec = exi.codec("iso20.dc", form=form)
    volts = common_types.RationalNumber.of(400)
    message = dc.DCPreChargeReq(
        header=common_types.MessageHeader(
            session_id=bytes.fromhex("9DC2D072E979F1BA"), time_stamp=1786005021
        ),
        ev_processing=common_types.Processing.ONGOING,
        ev_present_voltage=volts,
        ev_target_voltage=volts,
    )
    expected = "8044044ee1683974bcf8dd09d8cd1d3062210012006080090030"
    assert codec.encode(message).hex() == expected
    assert codec.decode(bytes.fromhex(expected)) == message


def test_a_fragment_of_iso2(form: Form) -> None:
    key = iso2.DiffieHellmanPublickey(id="id3", value=bytes((0, 1, 2)))
    codec = exi.codec("iso2", form=form)
    assert codec.encode_fragment(key).hex() == "802d02b4b21980c000409e80"
    assert codec.decode_fragment(bytes.fromhex("802d02b4b21980c000409e80")).value == key


def test_an_emaid_fragment_uses_the_relaxed_grammar(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    emaid = iso2.EMAID(id="id4", value="DE1ABCD2EF357A")
    assert codec.encode_fragment(emaid).hex() == RELAXED
    assert codec.decode_fragment(bytes.fromhex(RELAXED)).value == emaid


@pytest.mark.parametrize(
    ("schema", "globals_", "names"),
    [
        ("sap", 2, None),
        ("din", 81, 245),
        ("iso2", 80, 243),
        ("iso20.common", 54, 281),
        ("iso20.ac", 42, 154),
        ("iso20.dc", 48, 149),
        ("iso20.wpt", 38, 193),
        ("iso20.acdp", 34, 129),
        ("xmldsig", 24, 45),
    ],
)
def test_every_set_knows_as_many_names_as_its_schema(
    schema: str, globals_: int, names: int | None
) -> None:
    loaded = exi.schema_set(schema)
    assert len(loaded.elements) == globals_
    assert names is None or len(loaded.names) == names


@pytest.mark.parametrize(
    ("schema", "wire", "code"),
    [
        ("sap", "supportedAppProtocolRes", 1),
        ("din", "V2G_Message", 77),
        ("iso2", "V2G_Message", 76),
        ("iso20.common", "CertificateInstallationReq", 7),
        ("iso20.common", "SessionStopRes", 38),
        ("iso20.common", "VehicleCheckOutRes", 52),
        ("iso20.ac", "AC_ChargeParameterDiscoveryRes", 5),
        ("iso20.dc", "DC_WeldingDetectionRes", 20),
        ("iso20.wpt", "WPT_PairingRes", 36),
        ("iso20.acdp", "ACDP_ConnectRes", 1),
        ("iso20.acdp", "ACDP_DisconnectReq", 2),
        ("xmldsig", "Signature", 15),
    ],
)
def test_documents_have_these_codes(schema: str, wire: str, code: int) -> None:
    assert exi.schema_set(schema).elements[code].wire == wire


@pytest.mark.parametrize(
    ("schema", "wire", "code"),
    [
        ("din", "CertificateInstallationReq", 13),
        ("din", "SalesTariff", 174),
        ("din", "SignedInfo", 212),
        ("iso2", "AuthorizationReq", 4),
        ("iso2", "ContractSignatureCertChain", 33),
        ("iso2", "DHpublickey", 45),
        ("iso2", "SignedInfo", 208),
        ("iso2", "eMAID", 236),
        ("iso20.common", "AbsolutePriceSchedule", 0),
        ("iso20.common", "PnC_AReqAuthorizationMode", 151),
        ("iso20.common", "SignedMeteringData", 232),
        ("iso20.ac", "SignedInfo", 135),
        ("iso20.dc", "SignedInfo", 129),
        ("iso20.wpt", "SignedInfo", 146),
        ("iso20.acdp", "SignedInfo", 110),
        ("xmldsig", "SignedInfo", 32),
    ],
)
def test_fragments_have_these_codes(schema: str, wire: str, code: int) -> None:
    names: list[Name] = list(exi.schema_set(schema).names)
    assert names[code].wire == wire
