"""``pilotwire.decode`` and ``encode``: one message, whatever it came in."""

import pytest

import pilotwire
from bsw.chrgm.messages import din, iso2, sap
from bsw.chrgm.messages.iso20 import common, dc
from bsw.chrgm.messages.model import Message
from bsw.chrgm.placeholder import smallest
from bsw.v2gtp import PayloadType, pack
from tests.peers.recordings import Recording, everything

RECORDINGS = everything()


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_every_message_of_a_recording_is_read_and_written_again(recording: Recording) -> None:
    for frame in recording.frames:
        decoded = pilotwire.decode(frame.payload)
        assert pilotwire.encode(decoded) == frame.payload
        assert pilotwire.encode(decoded.message) == pilotwire.encode(
            decoded.as_tree(), decoded.schema
        )
        assert pilotwire.decode(pack(PayloadType.EXI, frame.payload)).message == decoded.message
        assert decoded.name.endswith(("Req", "Res"))


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (din.CurrentDemandReq, "din"),
        (iso2.CurrentDemandReq, "iso2"),
        (sap.SupportedAppProtocolReq, "sap"),
        (dc.DCChargeLoopReq, "iso20.dc"),
        (common.SessionSetupReq, "iso20.common"),
    ],
)
def test_the_class_of_a_message_says_its_schema(kind: type[Message], schema: str) -> None:
    message = smallest(kind)
    framed = pilotwire.encode(message, frame=True)
    decoded = pilotwire.decode(framed, schema)
    assert decoded.body == message
    assert decoded.schema == schema
    number = int.from_bytes(framed[2:4], "big")
    own = {"iso20.dc": PayloadType.DC, "iso20.common": PayloadType.MAIN}
    assert number == own.get(schema, PayloadType.EXI)


def test_a_body_gets_its_session_id() -> None:
    octets = pilotwire.encode(smallest(iso2.SessionStopReq), session_id=b"\1\2\3\4\5\6\7\x08")
    message = pilotwire.decode(octets, "iso2").message
    assert isinstance(message, iso2.V2GMessage)
    assert message.header.session_id == b"\1\2\3\4\5\6\7\x08"


def test_values_have_their_names_on_the_wire() -> None:
    recording = next(one for one in RECORDINGS if one.mode == "DC_extended")
    loop = [pilotwire.decode(frame.payload) for frame in recording.frames]
    demand = next(one for one in loop if one.name == "CurrentDemandRes")
    assert isinstance(demand.values["EVSEPresentVoltage"], float)
    assert "EVSEPresentVoltage" in demand.as_xml()


@pytest.mark.parametrize(
    ("octets", "schema", "error"),
    [
        (b"\0\1\2", None, pilotwire.DecodeError),
        (b"", None, pilotwire.DecodeError),
        (b"\x80\0", "iso3", ValueError),
    ],
)
def test_what_is_no_message_is_said(
    octets: bytes, schema: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        pilotwire.decode(octets, schema)


@pytest.mark.parametrize("tree", [{}, {"NoSuchReq": {}}, {"SessionSetupReq": {}}])
def test_a_tree_that_is_no_message_is_refused(tree: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"say which schema|no document|missing|EVCCID"):
        pilotwire.encode(tree)
