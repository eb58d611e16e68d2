"""The station's side of Plug & Charge in ISO 15118-2: each verdict has its response code."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Said
from bsw.chrgm.signature import sign
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from csm.jobs import Csm
from keym.certificate import parse
from keym.judge import Judge, Policy
from keym.profile import RootKind, Use
from keym.provisioning import vehicle_iso2
from keym.provisioning.desk_iso2 import Iso2Desk
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.provider import Contract
from keym.revocation import Demand, StatusBook
from secc.ports import Verdict
from tests.pnc.world import World
from tools.pki.maker import EMAID_WITH_DIGIT
from tools.pki.status import Status, ocsp_response


class NoContracts:
    """A back end that knows nobody, or no longer wants to."""

    def installed(self, owner: object) -> Contract:
        raise ProvisioningError(Fault.NO_CONTRACT)

    def renewed(self, owner: object) -> Contract:
        raise ProvisioningError(Fault.CANCELED)


class Bench:
    def __init__(self, *, connected: bool = True) -> None:
        self.world = world = World()
        self.scheduler = Scheduler(VirtualClock())
        self.book = StatusBook()
        csm = Csm(self.scheduler, world.keys, lambda _: SimulatedWorker(self.scheduler))
        anchors = world.judge(RootKind.V2G, RootKind.MO, RootKind.OEM).anchors
        policies = {Use.CONTRACT: Policy(revocation=Demand.SOFT)}
        judge = Judge(anchors, world.calendar, book=self.book, policies=policies)
        self.desk = Iso2Desk(
            judge,
            world.calendar,
            csm,
            Verdict,
            provider=world.provider() if connected else None,
            contracts=NoContracts() if connected else None,
        )

    def code(self, chain: tuple[bytes, ...], emaid: str = EMAID_WITH_DIGIT) -> str:
        return self.desk.judge_contract(chain, emaid).code

    def answer(self, asked: Said) -> iso2.ResponseCode:
        """What the desk says to a request for a certificate, once its job is done."""
        heard: list[Said] = []
        desk = self.desk
        update = isinstance(asked.body, iso2.CertificateUpdateReq)
        later = (desk.update if update else desk.install)(asked.body, asked.signature)
        later.then(heard.append)
        self.scheduler.run(self.scheduler.now + S)
        (said,) = heard
        assert said.signature is None
        code: iso2.ResponseCode = said.body.response_code
        return code


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_good_contract_is_taken_however_its_name_is_written(bench: Bench) -> None:
    chain = bench.world.pki["contract"].chain
    for emaid in (EMAID_WITH_DIGIT, EMAID_WITH_DIGIT[:14], EMAID_WITH_DIGIT.lower()):
        assert bench.code(chain, emaid) == "OK"


def test_each_bad_contract_has_its_code(bench: Bench) -> None:
    world = bench.world
    good = world.pki["contract"].chain
    assert bench.code(good, "DEABC123456789") == "FAILED_CertChainError"
    assert bench.code(good[:1]) == "FAILED_CertChainError"
    assert bench.code((b"garbage", *good[1:])) == "FAILED_CertChainError"
    assert bench.code(()) == "FAILED_CertChainError"
    assert bench.code(world.pki["secc"].chain) == "FAILED_CertChainError"
    world.calendar.at += timedelta(days=3 * 365)
    assert bench.code(good) == "FAILED_CertificateExpired"
    world.calendar.at -= timedelta(days=9 * 365)
    assert bench.code(good) == "FAILED_CertificateExpired"  # not yet valid [V2G2-824]


def test_a_contract_that_was_taken_back_is_refused(bench: Bench) -> None:
    world = bench.world
    leaf, issuer = world.pki["contract"], world.pki["mo_sub2"]
    answer = ocsp_response(leaf, world.pki.at, Status.REVOKED)
    bench.book.learn(answer, parse(leaf.der), parse(issuer.der), world.calendar.moment())
    assert bench.code(leaf.chain) == "FAILED_CertificateRevoked"


def test_a_contract_that_ends_soon_is_taken_with_a_word(bench: Bench) -> None:
    entity = bench.world.fresh_contract(valid_until=bench.world.pki.at + timedelta(days=5))
    assert bench.code(entity.chain) == "OK_CertificateExpiresSoon"


def test_a_signature_is_checked_against_the_contract_that_was_shown(bench: Bench) -> None:
    world = bench.world
    body = iso2.AuthorizationReq(id="id1", gen_challenge=bytes(16))
    signature = sign(SCHEME, signed_elements(body), world.signer("contract"))
    leaf = world.pki["contract"].der
    assert bench.desk.verify(body, signature, leaf).good
    for other, shown, signed in (
        (body.replace(gen_challenge=bytes(15) + b"\1"), leaf, signature),
        (body, world.pki["provisioning"].der, signature),
        (body, b"garbage", signature),
        (body, leaf, None),
        (body.replace(id=None), leaf, signature),
    ):
        assert bench.desk.verify(other, signed, shown).code == "FAILED_SignatureError"


def requests(world: World) -> tuple[Said, Said]:
    roots = [world.pki["v2g_root"].der]
    leaf = world.pki["provisioning"].der
    install = vehicle_iso2.installation_request(leaf, world.signer("provisioning"), roots)
    chain, signer = world.pki["contract"].chain, world.signer("contract")
    return install, vehicle_iso2.update_request(chain, EMAID_WITH_DIGIT, signer, roots)


def test_what_the_back_end_says_becomes_a_code(bench: Bench) -> None:
    install, update = requests(bench.world)
    assert bench.answer(install) is iso2.ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE
    assert bench.answer(update) is iso2.ResponseCode.FAILED_CONTRACT_CANCELED


def test_a_bad_request_never_gets_to_the_back_end(bench: Bench) -> None:
    install, update = requests(bench.world)
    for said in (replace(install, signature=None), replace(update, signature=install.signature)):
        assert bench.answer(said) is iso2.ResponseCode.FAILED_SIGNATURE_ERROR
    bench.world.calendar.at += timedelta(days=9 * 365)
    for said in (install, update):
        assert bench.answer(said) is iso2.ResponseCode.FAILED_CERTIFICATE_EXPIRED


def test_a_desk_without_a_back_end_has_no_contract() -> None:
    bench = Bench(connected=False)
    for said in requests(bench.world):
        assert bench.answer(said) is iso2.ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE
