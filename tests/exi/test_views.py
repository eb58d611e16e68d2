"""XML and JSON: canonical out, forgiving but checked in."""

import json

import pytest

from bsw import exi
from bsw.chrgm.messages import din, iso2, xmldsig
from bsw.chrgm.messages.model import Message
from bsw.exi import Fragment
from bsw.exi.views.as_json import from_json, to_json
from bsw.exi.views.as_xml import from_xml, to_xml
from bsw.exi.views.values import ViewError
from tests.exi.support import FILES, vectors
from tools.exi.schemas import known

SETUP = iso2.V2GMessage(
    header=iso2.MessageHeader(session_id=b"\0\xab"), body=iso2.SessionSetupReq(evccid=b"\1")
)
XML = (
    '<md:V2G_Message xmlns:md="urn:iso:15118:2:2013:MsgDef" '
    'xmlns:mh="urn:iso:15118:2:2013:MsgHeader" xmlns:mb="urn:iso:15118:2:2013:MsgBody">'
    "<md:Header><mh:SessionID>00AB</mh:SessionID></md:Header>"
    "<md:Body><mb:SessionSetupReq><mb:EVCCID>01</mb:EVCCID></mb:SessionSetupReq></md:Body>"
    "</md:V2G_Message>"
)
JSON = '{"V2G_Message":{"Header":{"SessionID":"00AB"},"Body":{"SessionSetupReq":{"EVCCID":"01"}}}}'
ISO2 = exi.schema_set("iso2")


def test_a_message_has_one_xml_and_one_json() -> None:
    assert to_xml(ISO2, SETUP) == XML
    assert to_json(ISO2, SETUP) == JSON
    assert from_xml(ISO2, XML) == SETUP
    assert from_json(ISO2, JSON) == SETUP


def test_for_people_both_can_be_indented() -> None:
    assert to_xml(ISO2, SETUP, indent=2).splitlines()[2] == "    <mh:SessionID>00AB</mh:SessionID>"
    assert from_xml(ISO2, to_xml(ISO2, SETUP, indent=2)) == SETUP
    assert from_json(ISO2, to_json(ISO2, SETUP, indent=2)) == SETUP


@pytest.mark.parametrize("name", [name for name in FILES if "string_table" not in name])
def test_every_vector_goes_through_both_views_and_back(name: str) -> None:
    for case in vectors(name)[::3]:
        codec = exi.codec(known(case["schema"]))
        data = bytes.fromhex(case["exi"])
        fragment = case["fragment"]
        message = codec.decode_fragment(data) if fragment else codec.decode(data)
        for write, read in ((to_xml, from_xml), (to_json, from_json)):
            text = write(codec.schema, message)
            again = read(codec.schema, text, fragment=fragment)
            assert again == message
            assert write(codec.schema, again) == text


def test_any_prefixes_and_white_space_will_do() -> None:
    free = (
        XML.replace("md:", "x:")
        .replace(":md", ":x")
        .replace("><", ">\n  <")
        .replace(">01<", "> 01 <")
    )
    assert from_xml(ISO2, free) == SETUP


def test_an_empty_body_is_shown_and_read() -> None:
    empty = SETUP.replace(body=None)
    assert "<md:Body/>" in to_xml(ISO2, empty)
    assert from_xml(ISO2, to_xml(ISO2, empty)) == empty
    assert from_json(ISO2, to_json(ISO2, empty)) == empty


def test_mixed_items_keep_their_order() -> None:
    info = xmldsig.KeyInfo(
        content=(
            xmldsig.MgmtData(value="m"),
            xmldsig.KeyName(value="k"),
            xmldsig.X509Data(content=(xmldsig.X509SKI(value=b"s"),)),
            xmldsig.KeyName(value="l"),
        )
    )
    schema = exi.schema_set("xmldsig")
    for shown in (info, Fragment("KeyInfo", "http://www.w3.org/2000/09/xmldsig#", info)):
        fragment = isinstance(shown, Fragment)
        assert from_xml(schema, to_xml(schema, shown), fragment=fragment) == shown
        assert from_json(schema, to_json(schema, shown), fragment=fragment) == shown


def notice(text: str) -> Message:
    return SETUP.replace(
        header=iso2.MessageHeader(
            session_id=b"",
            notification=iso2.Notification(fault_code=iso2.FaultCode.UNKNOWN_ERROR, fault_msg=text),
        )
    )


@pytest.mark.parametrize(
    "text", ["", " ", "a\r\n\tb", "<&>\"'", "\u00e9\U0001f600", "]]>", "\u2028"]
)
def test_any_text_survives_both_views(text: str) -> None:
    message = notice(text)
    assert from_xml(ISO2, to_xml(ISO2, message, indent=2)) == message
    assert from_json(ISO2, to_json(ISO2, message)) == message


def test_what_xml_cannot_write_json_can() -> None:
    message = notice("nul\0")
    with pytest.raises(ViewError, match="XML cannot show the character 0x0; use the JSON view"):
        to_xml(ISO2, message)
    assert from_json(ISO2, to_json(ISO2, message)) == message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("00AB", "0XAB"), "V2G_Message/Header/SessionID: '0XAB' is no sessionIDType"),
        (("00AB", "00" * 9), "MessageHeader.session_id: 9 octets, allowed 0..8 octets"),
        (("<mh:SessionID>00AB</mh:SessionID>", ""), "V2G_Message/Header: session_id is missing"),
        (("mb:EVCCID", "mb:EVSEID"), "SessionSetupReq/EVSEID: cannot stand here; possible: EVCCID"),
        (("<md:Header>", "<md:Header>text"), "V2G_Message/Header: the text 'text' has no place"),
        (("<md:Header>", '<md:Header a="1">'), "V2G_Message/Header: no attribute a here"),
        ((">01<", "><mb:x/><"), "EVCCID: holds a value, not elements"),
        (("V2G_Message", "Nothing"), "Nothing of urn:iso:15118:2:2013:MsgDef is no message"),
        (("<md:V2G", "<!DOCTYPE x><md:V2G"), "a document type has no place in a message"),
        (("</md:Body>", ""), "no XML: mismatched tag"),
        (("SessionSetupReq", "BodyElement"), "BodyElement: cannot stand here; possible: Auth"),
    ],
)
def test_xml_that_is_no_message_is_refused(change: tuple[str, str], said: str) -> None:
    with pytest.raises(ViewError) as caught:
        from_xml(ISO2, XML.replace(*change))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "a message is one object with one key"),
        ("{", "no JSON"),
        ('{"Nothing":{}}', "Nothing is no message of iso2"),
        ('{"V2G_Message":3}', "V2G_Message: expected an object, found 3"),
        (JSON.replace('"00AB"', "7"), "V2G_Message/Header/SessionID: expected text, found 7"),
        (JSON.replace('"SessionID"', '"Id"'), "V2G_Message/Header: SessionID is missing"),
        (JSON.replace('"01"', '"01","More":1'), "SessionSetupReq: More cannot stand here"),
        (JSON.replace('"SessionSetupReq"', '"BodyElement"'), "BodyElement cannot stand here"),
        (JSON.replace('"01"', '"01020304050607"'), "SessionSetupReq.evccid: 7 octets"),
    ],
)
def test_json_that_is_no_message_is_refused(text: str, said: str) -> None:
    with pytest.raises(ViewError) as caught:
        from_json(ISO2, text)
    assert said in str(caught.value)


def test_numbers_and_truth_have_their_own_json_types() -> None:
    schema = exi.schema_set("din")
    message = din.V2GMessage(
        header=din.MessageHeader(session_id=b"1"),
        body=din.CableCheckReq(
            dc_ev_status=din.DCEVStatus(
                ev_ready=True, ev_error_code=din.DCEVErrorCode.NO_DATA, evresssoc=7
            )
        ),
    )
    status = json.loads(to_json(schema, message))["V2G_Message"]["Body"]["CableCheckReq"]
    assert status == {"DC_EVStatus": {"EVReady": True, "EVErrorCode": "NoData", "EVRESSSOC": 7}}
    wrong = to_json(schema, message).replace("true", "1")
    with pytest.raises(ViewError, match="EVReady: '1' is no boolean"):
        from_json(schema, wrong)


def test_unchecked_a_view_may_hold_what_a_peer_really_sent() -> None:
    long = XML.replace("00AB", "00" * 9)
    message = from_xml(ISO2, long, checked=False)
    assert isinstance(message, iso2.V2GMessage)
    assert len(message.header.session_id) == 9
    assert to_xml(ISO2, message) == long


def test_a_part_is_no_document() -> None:
    for write in (to_xml, to_json):
        with pytest.raises(ViewError, match="MessageHeader is no document element of iso2"):
            write(ISO2, SETUP.header)
