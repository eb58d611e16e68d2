"""A foreign vehicle's AuthorizationReq of ISO 15118-20, as it came over the wire."""

import json
from pathlib import Path

import pytest

from bsw.chrgm.coding.dialect import iso20
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.signature import Flaw, SignatureFlaw, SignatureRules, verify
from bsw.chrgm.signature.iso20 import SCHEME, signed_elements
from bsw.v2gtp import PayloadType
from csm.signing import SoftwareVerifier
from keym.x509.certificate import parse
from secc.contract.newer import contract_chain
from secc.session.handlers.iso20.authorization import content_of

FILE = Path(__file__).parents[1] / "data" / "pnc" / "foreign_vehicle.json"
LAB = SignatureRules(lab_other_suites=True)
WIRE = iso20({PayloadType.MAIN})


def messages(name: str) -> list[Heard]:
    recorded = json.loads(FILE.read_text(encoding="utf-8"))[name]
    return [WIRE.decode(PayloadType.MAIN, bytes.fromhex(one)) for one in recorded]


REQUESTS = messages("AuthorizationReq")


def check(heard: Heard, rules: SignatureRules) -> None:
    spki = parse(contract_chain(heard.body)[0]).spki
    verify(
        SCHEME, heard.signature, signed_elements(heard.body), spki, SoftwareVerifier(), rules=rules
    )


@pytest.mark.parametrize("heard", REQUESTS, ids=["first", "repeated"])
def test_it_is_read_and_written_to_the_same_octets(heard: Heard) -> None:
    said = Said(heard.body, heard.signature)
    assert WIRE.encode(heard.session_id, said) == (PayloadType.MAIN, heard.octets)


@pytest.mark.parametrize("heard", REQUESTS, ids=["first", "repeated"])
def test_its_signature_holds_where_the_laboratory_takes_p256(heard: Heard) -> None:
    check(heard, LAB)
    with pytest.raises(SignatureFlaw) as raised:
        check(heard, SignatureRules())
    assert raised.value.flaw is Flaw.UNSUPPORTED_SIGNATURE


def test_it_answers_our_challenge_and_is_repeated_unaltered() -> None:
    (offer,) = messages("AuthorizationSetupRes")
    challenge = offer.body.pnc_as_res_authorization_mode.gen_challenge
    first, again = (heard.body for heard in REQUESTS)
    assert isinstance(first, common.AuthorizationReq)
    assert isinstance(again, common.AuthorizationReq)
    mode = first.pnc_a_req_authorization_mode
    assert mode is not None
    assert mode.gen_challenge == challenge
    assert content_of(first) == content_of(again)
    assert first.header.time_stamp != again.header.time_stamp
