"""Events behind the escape code: what a peer may write there and what it means."""

import pytest

from bsw import exi
from bsw.chrgm.messages import din, iso2, xmldsig
from bsw.exi import DecodeError
from bsw.exi.codec import Form
from bsw.exi.names import BUILT_IN
from tests.exi.support import bits, number, octets, string, unsigned

SETUP = "8098004011d01800621c00704400"
SETUP_BITS = 106  # without padding
EVCCID_VALUE = 45  # the bit where the value of EVCCID begins
TYPE, NIL = "001", "010"


def setup_with(inserted: str, at: int = EVCCID_VALUE) -> bytes:
    text = bits(bytes.fromhex(SETUP))[:SETUP_BITS]
    return octets(text[:at] + inserted + text[at:])


def qname(schema: str, ns: str, local: str, *, hit: bool) -> str:
    """A qualified name as the value of xsi:type, by the rules of the specification."""
    loaded = exi.schema_set(schema)
    spaces = {module_ns for cls in loaded.classes() if (module_ns := cls.__ns__)}
    order = ["", "xml", "xsi", "xsd", *sorted(spaces)]
    code = number(order.index(ns) + 1, len(order).bit_length())
    if not hit:
        return code + string(local, extra=1)
    known = {name.wire for name in (*loaded.names, *loaded.attributes) if name.ns == ns}
    known |= {cls.__wire__ for cls in loaded.classes() if cls.__ns__ == ns and cls.__wire__}
    known -= {"V2G_Message"} if ns != "urn:iso:15118:2:2013:MsgDef" else set()
    for module in loaded.modules:
        known |= set(module.SIMPLE_TYPES.get(ns, ()))
    names = sorted(known)
    return code + unsigned(0) + number(names.index(local), (len(names) - 1).bit_length())


def test_an_end_event_stands_for_an_empty_value(form: Form) -> None:
    text = bits(bytes.fromhex(SETUP))[:SETUP_BITS]
    value_and_end = 1 + 8 + 48 + 1
    data = octets(text[:EVCCID_VALUE] + "1 000" + text[EVCCID_VALUE + value_and_end :])
    codec = exi.codec("iso2", form=form)
    message = codec.decode(data)
    assert isinstance(message, iso2.V2GMessage)
    assert message.body == iso2.SessionSetupReq(evccid=b"")
    assert codec.encode_with_ends(message) == data
    assert codec.decode(codec.encode(message)) == message
    assert codec.encode(message) != data


def test_an_end_event_stands_for_an_empty_text_beside_an_attribute(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    for key in (
        iso2.DiffieHellmanPublickey(id="i", value=b""),
        iso2.ContractSignatureEncryptedPrivateKey(id="i", value=b""),
    ):
        data = codec.encode_fragment(key, ends=True)
        assert data != codec.encode_fragment(key)
        assert codec.decode_fragment(data).value == key
        assert codec.decode_fragment(codec.encode_fragment(key)).value == key


@pytest.mark.parametrize("value", [b"", b"x"])
def test_optional_attributes_do_not_hide_the_end_event(value: bytes, form: Form) -> None:
    codec = exi.codec("xmldsig", form=form)
    for identifier in (None, "i"):
        signed = xmldsig.SignatureValue(id=identifier, value=value)
        assert codec.decode_fragment(codec.encode_fragment(signed, ends=True)).value == signed


def test_a_number_has_no_empty_value(form: Form) -> None:
    head = "1000 0000" + number(76, 7) + "0 0 0" + unsigned(0) + "0 10 0" + number(25, 6)
    with pytest.raises(DecodeError, match="ServiceID: expected a value, found second-level EE"):
        exi.codec("iso2", form=form).decode(octets(head + "0 1 000 0 0 0"))


def test_not_nil_is_nothing_new(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    noted = codec.decode_noted(setup_with("1" + NIL + "0"))
    assert noted.message == codec.decode(bytes.fromhex(SETUP))
    assert noted.notes == ("V2G_Message/Body/SessionSetupReq/EVCCID says that it is not nil",)
    inside = codec.decode_noted(setup_with("1" + NIL + "0", at=44))
    assert inside.message == noted.message


def test_nil_is_refused(form: Form) -> None:
    with pytest.raises(DecodeError, match="expected an element with a value, found xsi:nil"):
        exi.codec("iso2", form=form).decode(setup_with("1" + NIL + "1"))


@pytest.mark.parametrize("hit", [True, False])
def test_a_type_name_that_repeats_the_schema_is_nothing_new(*, hit: bool, form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    name = qname("iso2", "urn:iso:15118:2:2013:MsgDataTypes", "evccIDType", hit=hit)
    noted = codec.decode_noted(setup_with("1" + TYPE + name))
    assert noted.message == codec.decode(bytes.fromhex(SETUP))
    assert noted.notes == ("V2G_Message/Body/SessionSetupReq/EVCCID says its type",)
    name = qname("iso2", "urn:iso:15118:2:2013:MsgBody", "SessionSetupReqType", hit=hit)
    assert codec.decode(setup_with("1" + TYPE + name, at=44)) == noted.message


def test_another_type_name_is_refused(form: Form) -> None:
    name = qname("iso2", "urn:iso:15118:2:2013:MsgDataTypes", "sessionIDType", hit=True)
    with pytest.raises(DecodeError, match="no type but evccIDType, found xsi:type sessionIDType"):
        exi.codec("iso2", form=form).decode(setup_with("1" + TYPE + name))
    name = qname("iso2", "urn:iso:15118:2:2013:MsgBody", "SessionStopReqType", hit=False)
    with pytest.raises(DecodeError, match="no type but SessionSetupReqType"):
        exi.codec("iso2", form=form).decode(setup_with("1" + TYPE + name, at=44))


@pytest.mark.parametrize("hit", [True, False])
def test_a_type_name_says_which_message_an_abstract_body_is(*, hit: bool, form: Form) -> None:
    """``<BodyElement xsi:type="SessionStopType"/>`` of DIN means the SessionStopReq."""
    codec = exi.codec("din", form=form)
    name = qname("din", "urn:din:70121:2012:MsgBody", "SessionStopType", hit=hit)
    head = "1000 0000" + number(77, 7) + "0 0 0" + unsigned(1) + number(7, 8) + "0 10 0"
    noted = codec.decode_noted(octets(head + number(0, 6) + "1 000" + name + "0 0 0"))
    assert noted.message == din.V2GMessage(
        header=din.MessageHeader(session_id=b"\7"), body=din.SessionStopReq()
    )
    assert noted.notes == ("BodyElement with xsi:type SessionStopType",)


def test_a_name_of_a_namespace_nobody_knows_is_read_and_refused(form: Form) -> None:
    unknown = number(0, 4) + string("urn:x", extra=0) + string("yType", extra=1)
    with pytest.raises(DecodeError, match="found xsi:type yType"):
        exi.codec("iso2", form=form).decode(setup_with("1" + TYPE + unknown))
    beyond = number(15, 4)
    with pytest.raises(DecodeError, match=r"expected a namespace 0\.\.9, found 15"):
        exi.codec("iso2", form=form).decode(setup_with("1" + TYPE + beyond))


def test_xml_schema_has_its_46_names() -> None:
    assert len(BUILT_IN.split()) == 46
    assert BUILT_IN.split() == sorted(BUILT_IN.split())
