"""ISO 15118-20, both roles' rooms: several contracts fetched, and contracts judged by warnings."""

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.x509 import UnrecognizedExtension
from cryptography.x509.oid import ObjectIdentifier

from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Said
from bsw.crypto import KeyType
from bsw.dlt import silent
from bsw.north.command import CommandError
from keym.config import ExchangeConfig
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import Demand
from keym.judging.verdict import FIELD, Anchor
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from secc.api.charger import Charger
from secc.api.literals import CertificateAction, CertificateExchangeStatus, SupportedAppProtocol
from secc.api.objects import CertificateRequest, CertificateResponse
from secc.contract.certificate_relay import Exchange
from secc.contract.newer import contract_chain
from tests.pnc.newer import SESSION, WIRE, Sides, heard, judge, pnc_request
from tests.pnc.world import NOW, World
from tools.pki.maker import EMAID_WITH_DIGIT, Plan, build
from tools.pki.recipe import Subject

FIRST, SECOND, THIRD = (f"DE8AA00000000{n}" for n in (1, 2, 3))
OTHERS = "DEABC000000001"
HARMLESS = UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")


def names(sides: Sides) -> list[str]:
    return [one.emaid for one in sides.wallet.contracts(None)]


def test_several_contracts_are_fetched_one_by_one_into_the_key_store() -> None:
    sides = Sides()
    offered = sides.offer(FIRST, SECOND, THIRD)
    for left in (2, 1, 0):
        response = sides.deliver()
        assert response.remaining_contract_certificate_chains == left
        assert sides.take(response) == ""
    assert sorted(names(sides)) == [FIRST, SECOND, THIRD]
    kept = {one.ders for one in sides.keym.store.credentials(Use.CONTRACT)}
    assert kept == {one.chain for one in offered}
    best = sides.wallet.contracts(None)[0]
    assert sides.desk.verify(sides.authorization().body, best.chain[0]).good


def test_no_more_are_delivered_than_the_vehicle_takes_and_those_it_had_come_first() -> None:
    sides = Sides()
    sides.own(sides.contract(THIRD))
    sides.wallet.keym = replace(
        sides.keym, config=sides.keym.config.model_copy(update={"most_contracts": 2})
    )
    sides.offer(FIRST, SECOND, THIRD)
    request = sides.request()
    assert request.body.maximum_contract_certificate_chains == 2
    assert request.body.prioritized_emaids.emaid == (THIRD,)
    first, second = sides.deliver(request), sides.deliver()
    assert (first.remaining_contract_certificate_chains, second.evse_processing) == (
        1,
        Processing.FINISHED,
    )
    assert sides.take(first) == sides.take(second) == ""
    assert sorted(names(sides)) == [FIRST, THIRD]


def test_a_contract_of_the_same_number_takes_the_old_ones_place() -> None:
    sides = Sides()
    sides.own()
    (old,) = sides.keym.store.credentials(Use.CONTRACT)
    (fresh,) = sides.offer(EMAID_WITH_DIGIT)
    assert sides.take(sides.deliver()) == ""
    (kept,) = sides.keym.store.credentials(Use.CONTRACT)
    assert kept.ders == fresh.chain
    assert old.key not in {line.handle for line in sides.world.token.stored()}


def test_a_delivery_that_is_not_believed_leaves_nothing() -> None:
    sides = Sides()
    sides.offer(FIRST, SECOND)
    first, second = sides.deliver(), sides.deliver()
    before = {line.handle for line in sides.world.token.stored()}
    mixed = first.replace(signed_installation_data=second.signed_installation_data)
    assert "not what was signed" in sides.take(mixed)
    assert names(sides) == []
    assert {line.handle for line in sides.world.token.stored()} == before
    assert sides.faults == []


def test_a_vehicle_nobody_has_a_contract_for_is_told_by_a_warning() -> None:
    response = Sides().deliver()
    assert response.response_code is ResponseCode.WARNING_NO_CONTRACT_MATCHING_PCID_FOUND
    assert response.evse_processing is Processing.FINISHED
    assert response.signed_installation_data.contract_certificate_chain.certificate == b""


def test_a_request_that_is_not_signed_fails_and_one_out_of_date_is_warned() -> None:
    sides = Sides()
    sides.offer(FIRST)
    request = sides.request()
    bare = heard(Said(request.body))
    assert sides.deliver(bare).response_code is ResponseCode.FAILED_SIGNATURE_ERROR
    sides.world.calendar.at += timedelta(days=5 * 365)
    code = sides.deliver(request).response_code
    assert code is ResponseCode.WARNING_CERTIFICATE_EXPIRED


def test_a_station_without_a_provisioning_service_says_so_by_a_warning() -> None:
    sides = Sides()
    sides.desk.provider = None
    code = sides.deliver().response_code
    assert code is ResponseCode.WARNING_NO_CERTIFICATE_AVAILABLE


def test_what_is_not_there_yet_is_ongoing_and_what_never_comes_a_warning() -> None:
    sides = Sides()
    pending, late = heard(sides.desk.pending()).body, heard(sides.desk.too_late()).body
    assert (pending.response_code, pending.evse_processing) == (
        ResponseCode.OK,
        Processing.ONGOING,
    )
    assert (late.response_code, late.evse_processing) == (
        ResponseCode.WARNING_NO_CERTIFICATE_AVAILABLE,
        Processing.FINISHED,
    )


def test_a_request_signed_as_a_whole_is_served() -> None:
    sides = Sides(exchange=ExchangeConfig(lab_whole_request=True))
    sides.offer(FIRST)
    assert sides.take(sides.deliver()) == ""
    assert names(sides) == [FIRST]


def test_the_laboratory_encloses_without_identities_on_both_sides() -> None:
    sides = Sides(exchange=ExchangeConfig(lab_no_aad=True, lab_bare_kdf=True))
    sides.offer(FIRST)
    assert sides.take(sides.deliver()) == ""
    strict = Sides(world=World(edition=Edition.ISO20))
    sides.offer(SECOND)
    assert "the tag does not fit" in strict.take(sides.deliver())


# Authorization


def judged(sides: Sides, **changes: Any) -> str:  # noqa: ANN401 - fields of a recipe
    return sides.desk.judge_contract(sides.contract(**changes).chain).code


def test_each_finding_about_a_contract_is_its_warning() -> None:
    sides = Sides()
    at = sides.world.calendar.at
    assert judged(sides) == "OK"
    assert judged(sides, valid_until=at + timedelta(days=15)) == "OK"
    assert judged(sides, valid_until=at + timedelta(days=13)) == "OK_CertificateExpiresSoon"
    assert judged(sides, valid_until=at - timedelta(hours=1)) == "WARNING_CertificateExpired"
    assert judged(sides, valid_from=at + timedelta(1)) == "WARNING_CertificateNotYetValid"
    nobody = Subject("Somebody", "MO", "Test PKI", "DE")
    assert judged(sides, subject=nobody) == "WARNING_CertificateValidationError"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"subject": Subject(EMAID_WITH_DIGIT, "MO", None, "DE")}, "[V2G20-2589]"),
        ({"ocsp_url": None, "crl_url": None}, "[V2G20-2590]"),
        ({"extra": ((HARMLESS, False),)}, "[V2G20-2686]"),
    ],
    ids=["no operator", "nobody to ask", "an extension too many"],
)
def test_the_profile_of_a_contract_is_held_by_the_letter_and_eased_in_the_field(
    changes: dict[str, Any], rule: str
) -> None:
    sides = Sides()
    chain = sides.contract(**changes).chain
    verdict = sides.desk.judge_contract(chain)
    assert verdict.code == "WARNING_CertificateValidationError"
    assert rule in verdict.why
    world = sides.world
    anchors = [Anchor(RootKind.MO, parse(world.pki.root(RootKind.MO).der))]
    field = Policy(revocation=Demand.SOFT, tolerate=FIELD)
    sides.desk.judge = Judge(lambda: anchors, world.calendar, policies={Use.CONTRACT: field})
    assert sides.desk.judge_contract(chain).good


def test_extensions_that_the_norm_marks_critical_are_understood() -> None:
    """Annex B has key identifiers and pointers critical, where RFC 5280 has not."""
    sides = Sides()
    found = parse(sides.contract(crl_url="http://crl.test/mo.crl").chain[0]).extensions
    assert found.crl_urls
    listed = found.present
    assert replace(found, critical=listed).not_understood == ()


def test_a_strict_station_waits_for_its_responders_before_it_refuses() -> None:
    sides = Sides()
    chain = sides.contract().chain
    sides.desk.judge = sides.world.judge(RootKind.MO)
    assert sides.desk.judge_contract(chain).code == "WARNING_CertificateValidationError"
    sides.desk.find_out = lambda _verdict, done: done()
    assert sides.desk.judge_contract(chain).good
    looked_up = sides.now(sides.desk.look_up(chain))
    assert looked_up.code == "WARNING_CertificateValidationError", "nobody answered"


@pytest.mark.parametrize("use", [Use.CONTRACT, Use.PROVISIONING])
def test_both_anchors_of_a_branch_count(use: Use) -> None:
    """[V2G20-2329], [V2G20-2333]: the branch's own root, or the V2G root; no other one."""
    under_v2g = build(Plan(Edition.ISO20, KeyType.P521, NOW, single_root=True))
    own = World(edition=Edition.ISO20)
    easy = Policy(revocation=Demand.SOFT)
    kinds = {Use.CONTRACT: RootKind.MO, Use.PROVISIONING: RootKind.OEM}
    for pki, kind, trusted in (
        (own.pki, kinds[use], True),
        (under_v2g, RootKind.V2G, True),
        (own.pki, RootKind.V2G, False),
    ):
        anchors = [Anchor(kind, parse(pki.root(kind).der))]
        judged_by = Judge(lambda anchors=anchors: anchors, own.calendar)  # type: ignore[misc]
        question = Question(use, Edition.ISO20, pki[use.value].chain)
        assert judged_by.judge(question, easy).trusted is trusted


def test_a_lone_sub_ca_counts_as_the_second() -> None:
    """[V2G20-911]: nothing but the leaf may stand below it."""
    sides = Sides()
    pki = sides.world.pki
    for length, good in ((0, True), (1, False)):
        recipe = replace(pki.recipe("mo_sub2"), path_length=length)
        lone = pki.issue("lone", recipe, "mo_root")
        chain = pki.issue("contract", pki.recipe("contract"), lone).chain
        assert len(chain) == 2
        assert sides.desk.judge_contract(chain).good is good


def test_an_authority_that_ran_out_counts_as_expired() -> None:
    sides = Sides()
    sides.world.calendar.at += timedelta(days=4 * 365 + 30)
    chain = sides.contract(valid_until=sides.world.calendar.at + timedelta(days=300)).chain
    assert sides.desk.judge_contract(chain).code == "WARNING_CertificateExpired"


def test_a_provisioning_certificate_does_not_pay() -> None:
    sides = Sides()
    chain = sides.world.pki["provisioning"].chain
    assert sides.desk.judge_contract(chain).code == "WARNING_CertificateValidationError"


def test_a_contract_under_an_unknown_root_may_be_known_elsewhere() -> None:
    sides = Sides()
    sides.desk.judge = judge(sides.world, RootKind.V2G, RootKind.OEM)
    verdict = sides.desk.judge_contract(sides.contract().chain)
    assert verdict.code == "WARNING_eMSPUnknown"
    assert verdict.elsewhere


def test_a_station_serves_the_providers_it_names() -> None:
    sides = Sides(providers=("DE-8AA",))
    assert sides.desk.judge_contract(sides.contract().chain).good
    verdict = sides.desk.judge_contract(sides.contract(OTHERS).chain)
    assert verdict.code == "WARNING_eMSPUnknown"
    assert not verdict.elsewhere
    sides.own(sides.contract(OTHERS))
    assert sides.wallet.contracts(("DE8AA",)) == ()


@pytest.mark.parametrize("key_type", [KeyType.P521, KeyType.ED448])
def test_the_contract_signs_and_nothing_else_does(key_type: KeyType) -> None:
    sides = Sides(World(edition=Edition.ISO20, key_type=key_type))
    sides.own()
    request = sides.authorization().body
    leaf = contract_chain(request)[0]
    assert sides.desk.verify(request, leaf).good
    other = sides.contract(FIRST)
    swapped = pnc_request(other.chain, bytes(16)).replace(header=request.header)
    for body in (
        request.replace(header=request.header.replace(signature=None)),
        pnc_request(contract_chain(request), b"\1" * 16).replace(header=request.header),
        swapped,
    ):
        code = sides.desk.verify(body, contract_chain(body)[0]).code
        assert code == "FAILED_SignatureError"


def test_the_laboratory_pays_with_contracts_of_the_older_edition() -> None:
    lab = ExchangeConfig(lab_other_suites=True)
    older = World(edition=Edition.ISO2)
    sides = Sides(exchange=lab)
    handle = sides.world.put("older", older.pki["contract"])
    sides.keym.store.add(Use.CONTRACT, Edition.ISO2, older.pki["contract"].chain, handle)
    request = sides.authorization().body
    chain = contract_chain(request)
    assert sides.desk.verify(request, chain[0]).good
    sides.desk.judge = judge(older, RootKind.MO)
    assert sides.desk.judge_contract(chain).good
    strict = Sides()
    assert strict.desk.verify(request, chain[0]).code == "FAILED_SignatureError"
    strict.desk.judge = judge(older, RootKind.MO)
    code = strict.desk.judge_contract(chain).code
    assert code == "WARNING_CertificateValidationError"


def test_the_key_store_that_fails_is_told_to_the_session() -> None:
    sides = Sides()
    sides.own()
    best = sides.wallet.contracts(None)[0]
    (kept,) = sides.keym.store.credentials(Use.CONTRACT)
    sides.world.keys.delete(kept.key)
    later = sides.wallet.signed(pnc_request(best.chain, bytes(16)), best)
    later.then(lambda said: pytest.fail(f"{said} was signed without a key"))
    sides.scheduler.run(sides.scheduler.now + 1_000_000_000)
    (why,) = sides.faults
    assert why.startswith("sign with the contract key: ")


# A back end behind the north side


class BackEnd:
    """Answers requests with another station's provisioning service."""

    def __init__(self, sides: Sides) -> None:
        log = silent().logger("exchange")
        self.charger = Charger((SupportedAppProtocol.ISO20,), lambda: 0, log)
        self.asked: list[CertificateRequest] = []
        self.charger.subscribe("iso15118_certificate_request", self.asked.append)
        self.service = replace(sides.desk)
        sides.desk.exchange = Exchange(self.charger, log)

    def answer(self, said: Said | None) -> None:
        octets = b"" if said is None else WIRE.encode(SESSION, said)[1]
        status = (
            CertificateExchangeStatus.FAILED if said is None else CertificateExchangeStatus.ACCEPTED
        )
        response = CertificateResponse(
            status=status,
            exi_response=b64encode(octets).decode(),
            certificate_action=CertificateAction.INSTALL,
        )
        self.charger.set_get_certificate_response(certificate_response=response)


def test_a_back_end_gets_the_request_as_it_came_and_its_answer_goes_on_unchanged() -> None:
    """[V2G20-1973]"""
    sides = Sides()
    sides.offer(FIRST, SECOND)
    back_end = BackEnd(sides)
    request = sides.request()
    promise = sides.desk.install(request)
    (asked,) = back_end.asked
    assert b64decode(asked.exi_request) == request.octets
    assert asked.iso15118_schema_version == "urn:iso:std:iso:15118:-20:CommonMessages"
    assert asked.maximum_contract_certificate_chains == 3
    assert asked.prioritized_emaids is None
    made = sides.now(back_end.service.install(request))
    back_end.answer(made)
    said = sides.now(promise)
    assert WIRE.encode(SESSION, said) == WIRE.encode(SESSION, made)
    assert sides.take(heard(said).body) == ""
    assert names(sides) == [FIRST]


def test_a_back_end_without_a_contract_is_a_warning() -> None:
    sides = Sides()
    back_end = BackEnd(sides)
    promise = sides.desk.install(sides.request())
    back_end.answer(None)
    code = sides.now(promise).body.response_code
    assert code is ResponseCode.WARNING_NO_CERTIFICATE_AVAILABLE


def test_a_back_end_that_answers_with_another_message_is_told_so() -> None:
    sides = Sides()
    back_end = BackEnd(sides)
    sides.desk.install(sides.request())
    with pytest.raises(CommandError, match="CertificateInstallationRes is due"):
        back_end.answer(Said(sides.request().body))
