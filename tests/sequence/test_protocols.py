"""The records of the protocols: complete, of one mind with each other, and read by everybody."""

import subprocess
import sys
from typing import Any, get_args

import pytest

from bsw import exi
from bsw.chrgm.applications import APPLICATIONS, ISO20_ACDP, ISO20_DC
from bsw.chrgm.coding.dialect import Dialect, iso20
from bsw.chrgm.messages.iso20 import acdp, common, common_types, dc, wpt
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.messages.model import Message
from bsw.chrgm.phases import Phase
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import (
    DIN,
    ISO2,
    ISO20,
    PROTOCOLS,
    SPOKEN,
    Protocol,
    ProtocolName,
    ProtocolWord,
    dialect_of,
    phase_of,
    protocol,
)
from bsw.chrgm.record import Said
from bsw.tls.port import TlsProfile
from bsw.v2gtp import PayloadType
from can_adapter.signals.values import SelectedProtocol, SessionState
from evcc.session.handlers.registry import SCRIPTS as VEHICLE
from keym.x509.edition import Edition
from secc.api.literals import SupportedAppProtocol
from secc.session.handlers.registry import SCRIPTS as STATION

SESSION = bytes(range(1, 9))
spoken = pytest.mark.parametrize("one", SPOKEN, ids=lambda one: one.name)
every = pytest.mark.parametrize("one", PROTOCOLS, ids=lambda one: one.name)


def test_each_application_belongs_to_one_protocol() -> None:
    owned = [application for one in PROTOCOLS for application in one.applications]
    assert sorted(one.name for one in owned) == sorted(one.name for one in APPLICATIONS)
    assert all(protocol(one.name) in PROTOCOLS for one in APPLICATIONS)


def test_files_and_commands_name_what_is_spoken() -> None:
    assert get_args(ProtocolName) == tuple(one.name for one in SPOKEN)
    assert set(get_args(ProtocolWord)) == {one.word for one in SPOKEN}


@every
def test_bus_and_interface_have_a_word_for_it(one: Protocol) -> None:
    assert SelectedProtocol(one.word).value == SupportedAppProtocol(one.word).value == one.word


@spoken
def test_both_roles_have_a_script_and_the_table_is_its_own(one: Protocol) -> None:
    assert callable(VEHICLE.load(one.name))
    assert callable(STATION.load(one.name))
    assert one.dialect.name == one.title == one.table.name


@pytest.mark.parametrize(
    ("one", "vehicle", "station"),
    [
        (DIN, "evcc.session.handlers.din.script", "secc.session.handlers.din.script"),
        (ISO2, "evcc.session.handlers.iso2.script", "secc.session.handlers.iso2.script"),
        (ISO20, "evcc.session.handlers.iso20.script", "secc.session.handlers.iso20.script"),
    ],
)
def test_a_script_stands_under_the_protocols_name(
    one: Protocol, vehicle: str, station: str
) -> None:
    assert VEHICLE.load(one.name).__module__ == vehicle
    assert STATION.load(one.name).__module__ == station


@spoken
def test_each_exchange_that_can_be_reached_has_its_phase(one: Protocol) -> None:
    led = {edge.to for exchange in one.table.exchanges.values() for edge in exchange.follow}
    assert led | {one.table.first, *one.table.sides} == set(one.phases)


def test_an_exchange_is_for_the_same_in_all_protocols_and_the_bus_has_each_phase() -> None:
    for one in PROTOCOLS:
        assert all(phase_of(exchange) is phase for exchange, phase in one.phases.items())
    assert {phase.name for phase in Phase} <= set(SessionState.__members__)
    assert phase_of("SupportedAppProtocol") is None


def test_what_knows_no_tls_knows_no_contract() -> None:
    assert [one for one in PROTOCOLS if one.edition is None] == [DIN]
    assert [one for one in PROTOCOLS if not one.contracts] == [DIN]
    assert (ISO2.edition, ISO20.edition) == (TlsProfile.ISO2, TlsProfile.ISO20)


def test_the_certificates_of_a_protocol_have_an_edition() -> None:
    assert [Edition(one.edition.value) for one in PROTOCOLS if one.edition is not None] == [
        Edition.ISO20,
        Edition.ISO2,
    ]


def test_a_configuration_loads_no_grammar() -> None:
    code = (
        "import sys, bsw.chrgm.protocols\n"
        "heavy = ('bsw.exi', 'bsw.chrgm.messages')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def carried(dialect: Dialect, body: Message, payload_type: int | None = None) -> tuple[int, Any]:
    number, octets = dialect.encode(SESSION, Said(body, payload_type=payload_type))
    return number, dialect.decode(number, octets)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (smallest(common.SessionSetupReq), PayloadType.MAIN),
        (smallest(common.SessionStopRes), PayloadType.MAIN),
        (smallest(dc.DCCableCheckReq), PayloadType.DC),
        (smallest(dc.DCPreChargeRes), PayloadType.DC),
        (smallest(acdp.ACDPConnectReq), PayloadType.ACDP),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_message_of_iso20_goes_by_the_type_of_its_schema(body: Message, number: int) -> None:
    sent, heard = carried(iso20(ISO20_ACDP.payload_types), body)
    assert sent == heard.payload_type == number
    assert heard.session_id == SESSION == heard.body.header.session_id
    assert type(heard.body) is type(body)


def test_a_side_stream_has_the_same_message_under_its_own_payload_type() -> None:
    confirmed = smallest(common.MeteringConfirmationRes)
    sent, heard = carried(dialect_of("iso20-dc"), confirmed, PayloadType.METERING)
    assert sent == heard.payload_type == PayloadType.METERING
    status = smallest(acdp.ACDPSystemStatusReq)
    sent, heard = carried(iso20(ISO20_ACDP.payload_types), status, PayloadType.ACDP_STATUS)
    assert (sent, type(heard.body)) == (PayloadType.ACDP_STATUS, acdp.ACDPSystemStatusReq)


def test_a_message_of_another_service_is_refused() -> None:
    with pytest.raises(MessageError, match="no message of this service"):
        dialect_of("iso20-dc").encode(SESSION, Said(smallest(wpt.WPTAlignmentCheckReq)))
    with pytest.raises(MessageError, match="no message of this service"):
        dialect_of("iso20-dc").encode(
            SESSION, Said(smallest(dc.DCCableCheckReq), payload_type=PayloadType.MAIN)
        )


def test_the_header_keeps_its_time_and_gets_the_signature() -> None:
    header = common_types.MessageHeader(session_id=bytes(8), time_stamp=7)
    body = smallest(dc.DCCableCheckReq, header=header)
    number, octets = dialect_of("iso20-dc").encode(SESSION, Said(body))
    heard = dialect_of("iso20-dc", exi.CONFORMANCE).decode(number, octets)
    assert (heard.body.header.time_stamp, heard.signature, heard.octets) == (7, None, octets)


@pytest.mark.parametrize("name", ["din", "iso2"])
def test_what_a_session_hears_says_by_which_payload_type(name: str) -> None:
    request = protocol(name).table.exchanges["SessionStop"].request
    _, heard = carried(dialect_of(name), smallest(request))
    assert heard.payload_type == PayloadType.EXI


def test_iso20_takes_what_its_services_send() -> None:
    assert dialect_of("iso20-dc").payload_types == ISO20_DC.payload_types
