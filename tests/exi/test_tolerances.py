"""Deviations of known peers: refused by the conformance profile, read by the field profile."""

import pytest

from bsw import exi
from bsw.chrgm.messages import din, iso2
from bsw.chrgm.messages.iso20 import acdp, common_types
from bsw.chrgm.messages.model import assemble
from bsw.chrgm.placeholder import smallest
from bsw.exi import CONFORMANCE, FIELD, DecodeError, Tolerance
from bsw.exi.codec import Form
from bsw.exi.pure.encoder import ENCODERS
from tests.exi.abstract import without_schedules
from tests.exi.support import bits, number, octets
from tools.exi.decode import show

SETUP = bytes.fromhex("8098004011d01800621c00704400")


def content(message: iso2.V2GMessage) -> str:
    """The bits of a message of -2 without padding."""
    return "10000000" + number(76, 7) + ENCODERS[iso2.V2GMessage](message)


def services(count: int) -> iso2.V2GMessage:
    free = iso2.ChargeService(
        service_id=1,
        service_category=iso2.ServiceCategory.EV_CHARGING,
        free_service=True,
        supported_energy_transfer_mode=iso2.SupportedEnergyTransferMode(
            energy_transfer_mode=(iso2.EnergyTransferMode.DC_CORE,)
        ),
    )
    more = iso2.Service(
        service_id=3, service_category=iso2.ServiceCategory.INTERNET, free_service=True
    )
    return iso2.V2GMessage(
        header=iso2.MessageHeader(session_id=b"1"),
        body=iso2.ServiceDiscoveryRes(
            response_code=iso2.ResponseCode.OK,
            payment_option_list=iso2.PaymentOptionList(
                payment_option=(iso2.PaymentOption.EXTERNAL_PAYMENT,)
            ),
            charge_service=free,
            service_list=iso2.ServiceList(service=(more,) * count),
        ),
    )


def selection(count: int) -> iso2.V2GMessage:
    chosen = iso2.SelectedService(service_id=1)
    return iso2.V2GMessage(
        header=iso2.MessageHeader(session_id=b"1"),
        body=iso2.PaymentServiceSelectionReq(
            selected_payment_option=iso2.PaymentOption.CONTRACT,
            selected_service_list=iso2.SelectedServiceList(selected_service=(chosen,) * count),
        ),
    )


@pytest.mark.parametrize("message", [services(8), selection(16)])
def test_a_full_list_that_ends_like_another_is_read(message: iso2.V2GMessage, form: Form) -> None:
    text = content(message)
    assert text.endswith("0000")  # list, message, Body, V2G_Message
    wide = octets(text[:-4] + "01" + "000")
    noted = exi.codec("iso2", FIELD, form=form).decode_noted(wide)
    assert noted.message == message
    assert "is full and ends like another list" in noted.notes[0]
    with pytest.raises(DecodeError):
        exi.codec("iso2", CONFORMANCE, form=form).decode(wide)


def test_a_list_that_is_too_long_is_refused_all_the_same(form: Form) -> None:
    text = content(services(8))
    longer = octets(text[:-4] + "00" + "0" * 40 + "01000")
    with pytest.raises(DecodeError):
        exi.codec("iso2", FIELD, form=form).decode(longer)


def test_swapped_acdp_messages_are_told_apart(form: Form) -> None:
    header = common_types.MessageHeader(session_id=bytes(8), time_stamp=5)
    message = acdp.ACDPDisconnectReq(
        header=header,
        ev_electrical_charging_device_status=acdp.ElectricalChargingDeviceStatus.STATE_B,
    )
    codec = exi.codec("iso20.acdp", form=form)
    text = bits(codec.encode(message))
    assert text[8:14] == number(2, 6)
    swapped = octets(text[:8] + number(1, 6) + text[14:])
    noted = codec.decode_noted(swapped)
    assert noted.message == message
    assert noted.notes == ("ACDP_DisconnectReq came with the code of ACDP_ConnectRes",)
    with pytest.raises(DecodeError):
        exi.codec("iso20.acdp", CONFORMANCE, form=form).decode(swapped)


def test_an_emaid_in_the_grammar_of_its_type_is_read(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    emaid = iso2.EMAID(id="id4", value="DE1ABCD2EF357A")
    typed = codec.encode_fragment(emaid, typed=True)
    assert typed != codec.encode_fragment(emaid)
    noted = codec.decode_fragment_noted(typed)
    assert noted.message.value == emaid
    assert noted.notes == ("eMAID came in the grammar of its type",)
    with pytest.raises(DecodeError):
        exi.codec("iso2", CONFORMANCE, form=form).decode_fragment(typed)


def test_an_empty_text_where_a_length_is_asked_is_read(form: Form) -> None:
    text = content(
        iso2.V2GMessage(
            header=iso2.MessageHeader(session_id=b""),
            body=iso2.SessionSetupRes(response_code=iso2.ResponseCode.FAILED, evseid="DE*1234"),
        )
    )
    named = "".join(number(value, 8) for value in (9, *b"DE*1234"))
    start = text.index(named)
    for empty in (text[start - 1] + number(2, 8), "1000"):
        end = start + len(named) + (0 if empty[0] == "0" else 1)
        data = octets(text[: start - 1] + empty + text[end:])
        noted = exi.codec("iso2", FIELD, form=form).decode_noted(data)
        assert noted.message.body.evseid == ""
        assert noted.notes == ("V2G_Message/Body/SessionSetupRes/EVSEID is empty",)
        with pytest.raises(DecodeError, match=r"EVSEID: expected 7\.\.37 characters, found 0"):
            exi.codec("iso2", CONFORMANCE, form=form).decode(data)


def test_lengths_and_bounds_can_be_let_pass_as_far_as_the_base_type_goes(form: Form) -> None:
    loose = FIELD._replace(loose_bounds=True)
    short = assemble(iso2.SessionSetupRes, iso2.ResponseCode.OK, "DE*", None)
    interval = assemble(iso2.RelativeTimeInterval, 2**24, None)
    for name, value, said in (
        ("SessionSetupRes", short, "SessionSetupRes/EVSEID has 3 of 7"),
        ("RelativeTimeInterval", interval, "RelativeTimeInterval/start is 16777216"),
    ):
        data = exi.codec("iso2", form=form).encode_fragment(value, name)
        noted = exi.codec("iso2", loose, form=form).decode_fragment_noted(data)
        assert noted.message.value == value
        assert noted.notes == (said,)
        with pytest.raises(DecodeError):
            exi.codec("iso2", FIELD, form=form).decode_fragment(data)
    wide = assemble(iso2.RelativeTimeInterval, 2**32, None)
    data = exi.codec("iso2", form=form).encode_fragment(wide, "RelativeTimeInterval")
    with pytest.raises(DecodeError, match=r"start: expected 0\.\.16777214, found 4294967296"):
        exi.codec("iso2", loose, form=form).decode_fragment(data)


@pytest.mark.parametrize(
    ("front", "note"),
    [
        (b"$EXI\x80", "the stream begins with the cookie $EXI"),
        (b"\x81", "the header 0x81 names final version 2"),
        (b"\x90", "the header 0x90 names preview version 1"),
    ],
)
def test_other_headers_are_read(front: bytes, note: str, form: Form) -> None:
    data = front + SETUP[1:]
    noted = exi.codec("iso2", FIELD, form=form).decode_noted(data)
    assert noted.message == exi.codec("iso2").decode(SETUP)
    assert noted.notes == (note,)
    with pytest.raises(DecodeError):
        exi.codec("iso2", CONFORMANCE, form=form).decode(data)


def test_octets_behind_the_message_are_noted_only_where_that_is_asked_for(form: Form) -> None:
    asked = Tolerance(trailing=True)
    noted = exi.codec("iso2", asked, form=form).decode_noted(SETUP + b"more")
    assert noted.notes == ("4 octets follow the message",)
    for profile in (CONFORMANCE, FIELD):
        with pytest.raises(DecodeError, match="found 4 more octets"):
            exi.codec("iso2", profile, form=form).decode(SETUP + b"more")


def test_the_padding_may_hold_anything(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    assert codec.decode(SETUP[:-1] + bytes([SETUP[-1] | 0x3F])) == codec.decode(SETUP)


def test_a_strict_message_needs_no_tolerance(form: Form) -> None:
    for profile in (CONFORMANCE, FIELD):
        assert exi.codec("iso2", profile, form=form).decode_noted(SETUP).notes == ()


@pytest.mark.parametrize("count", [1, 3])
def test_octets_of_zero_behind_the_message_are_noted_in_the_field(count: int, form: Form) -> None:
    noted = exi.codec("iso2", FIELD, form=form).decode_noted(SETUP + bytes(count))
    assert noted.message == exi.codec("iso2").decode(SETUP)
    assert noted.notes == (f"{count} octets follow the message",)
    with pytest.raises(DecodeError, match=f"found {count} more octets"):
        exi.codec("iso2", CONFORMANCE, form=form).decode(SETUP + bytes(count))
    with pytest.raises(DecodeError, match="found 2 more octets"):
        exi.codec("iso2", FIELD, form=form).decode(SETUP + b"\0\xff")


def parameters() -> din.V2GMessage:
    return din.V2GMessage(
        header=din.MessageHeader(session_id=b"1"), body=smallest(din.ChargeParameterDiscoveryRes)
    )


def test_an_abstract_and_empty_list_of_schedules_is_read_in_the_field(form: Form) -> None:
    data = without_schedules(parameters())
    noted = exi.codec("din", FIELD, form=form).decode_noted(data)
    assert isinstance(noted.message, din.V2GMessage)
    body = noted.message.body
    assert isinstance(body, din.ChargeParameterDiscoveryRes)
    assert type(body.sa_schedules) is din.SASchedules
    assert (
        body.evse_charge_parameter
        == smallest(din.ChargeParameterDiscoveryRes).evse_charge_parameter
    )
    assert noted.notes == (
        "V2G_Message/Body/ChargeParameterDiscoveryRes/SASchedules is abstract and empty",
    )
    assert "<" in show("din", noted.message, "xml", indent=2)
    assert '"SASchedules": {}' in show("din", noted.message, "json", indent=2)
    with pytest.raises(DecodeError, match="found the abstract SASchedules"):
        exi.codec("din", CONFORMANCE, form=form).decode(data)
    with pytest.raises(exi.EncodeError):
        exi.codec("din", FIELD, form=form).encode(noted.message)
