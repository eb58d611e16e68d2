"""Each branch of a PKI issues what is its own, and nothing that belongs to another."""

from dataclasses import replace
from functools import cache

import pytest

from bsw.crypto import KeyType
from bsw.dlt import silent
from bsw.os.clock import VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from keym.faults import NotFit
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import Demand, Unusable, believed_response
from keym.judging.verdict import Anchor, Rule, Verdict
from keym.keeping.admission import admitted_chain
from keym.provisioning.chains import ChainRefused, contract_leaf
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import OCSP_SIGNING, KeyUse, RootKind, Use
from secc.contract.contracts import StationContracts
from tests.keym.world import AT, KINDS, Calendar
from tools.pki.maker import EMAID_WITH_DIGIT, STEMS, Pki, Plan, build
from tools.pki.recipe import Entity
from tools.pki.status import ocsp_response

EASY = Policy(revocation=Demand.OFF)
OTHERS = [use for use in Use if use is not Use.SECC]
NEIGHBOURS = [
    (kind, use) for kind in KINDS for use in OTHERS if use is not Use.VEHICLE or kind != "iso2"
]
NAMES = [f"{kind}-{use.value}" for kind, use in NEIGHBOURS]


class Today:
    def unix(self) -> int:
        return int(AT.timestamp())


@cache
def shared(kind: str) -> Pki:
    """Every branch hangs under the V2G root: only names tell them apart."""
    edition, key_type = KINDS[kind]
    return build(Plan(edition, key_type, AT, single_root=True))


def judge_of(pki: Pki, *kinds: RootKind) -> Judge:
    anchors = [Anchor(kind, parse(pki.root(RootKind.V2G).der)) for kind in kinds]
    return Judge(lambda: anchors, Calendar())


def judged(pki: Pki, use: Use, leaf: Entity, policy: Policy = EASY) -> Verdict:
    question = Question(use, pki.edition, leaf.chain)
    return judge_of(pki, RootKind.V2G).judge(question, policy)


def under(pki: Pki, use: Use, issuer: str | Entity) -> Entity:
    """A leaf that is right in every respect but who issued it."""
    name = STEMS[use][2]
    return pki.issue(name, pki.recipe(name), issuer)


def renamed(pki: Pki, name: str, domain: str | None, issuer: str | Entity) -> Entity:
    recipe = pki.recipe(name)
    return pki.issue(name, replace(recipe, subject=replace(recipe.subject, domain=domain)), issuer)


def disguised(pki: Pki, use: Use) -> Entity:
    """A station operator's authority makes itself a sub-CA that calls itself right."""
    return under(pki, use, pki.issue("disguised", pki.recipe(STEMS[use][1]), "cpo_sub1"))


def desk(judge: Judge) -> StationContracts:
    worker = SimulatedWorker(Scheduler(VirtualClock()), lambda _job: 1)
    return StationContracts(judge, Today(), worker, silent().logger("desk"))


@pytest.mark.parametrize("kind", KINDS)
def test_each_branch_of_a_shared_root_issues_its_own(kind: str) -> None:
    pki = shared(kind)
    for use in Use:
        if STEMS[use][2] in pki.entities:
            verdict = judged(pki, use, pki[STEMS[use][2]])
            assert verdict.trusted, str(verdict)


@pytest.mark.parametrize(("kind", "use"), NEIGHBOURS, ids=NAMES)
@pytest.mark.parametrize("issuer", ["cpo_sub1", "cpo_sub2"])
def test_a_station_operator_issues_nothing_else(kind: str, use: Use, issuer: str) -> None:
    verdict = judged(shared(kind), use, under(shared(kind), use, issuer))
    assert Rule.UNNAMED_BRANCH in {finding.rule for finding in verdict.findings}


@pytest.mark.parametrize(("kind", "use"), NEIGHBOURS, ids=NAMES)
def test_nor_does_a_sub_ca_of_its_own_with_the_right_name(kind: str, use: Use) -> None:
    verdict = judged(shared(kind), use, disguised(shared(kind), use))
    assert [finding.rule for finding in verdict.findings] == [Rule.UNNAMED_BRANCH]


@pytest.mark.parametrize("domain", [None, "CPO"])
def test_a_station_of_the_newer_edition_may_name_its_branch_or_not(domain: str | None) -> None:
    """[V2G20-3073]: a draft; who names another one is still refused."""
    pki = shared("iso20-p521")
    assert judged(pki, Use.SECC, renamed(pki, "secc", domain, "cpo_sub2")).trusted
    wrong = judged(pki, Use.SECC, renamed(pki, "secc", "MO", "cpo_sub2"))
    assert [finding.rule for finding in wrong.findings] == [Rule.DOMAIN]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("issuer", ["mo_sub1", "mo_sub2", "oem_sub2", "cps_sub2"])
def test_no_other_branch_makes_a_station(kind: str, issuer: str) -> None:
    verdict = judged(shared(kind), Use.SECC, under(shared(kind), Use.SECC, issuer))
    assert Rule.BRANCH in {finding.rule for finding in verdict.findings}


@pytest.mark.parametrize("domain", [None, "mo", "Operator"])
def test_a_sub_ca_that_names_no_branch_is_of_none(domain: str | None) -> None:
    pki = shared("iso2")
    for use in (Use.CONTRACT, Use.CPS, Use.SECC):
        stem = STEMS[use][1]
        leaf = under(pki, use, renamed(pki, stem, domain, STEMS[use][0]))
        verdict = judged(pki, use, leaf)
        assert [finding.rule for finding in verdict.findings] == [Rule.UNNAMED_BRANCH]


def test_a_root_for_contracts_alone_needs_no_name_below_it() -> None:
    pki = build(Plan(Edition.ISO2, KeyType.P256, AT))
    first = renamed(pki, "mo_sub1", None, "mo_root")
    leaf = under(pki, Use.CONTRACT, renamed(pki, "mo_sub2", None, first))
    anchors = [Anchor(RootKind.MO, parse(pki.root(RootKind.MO).der))]
    judge = Judge(lambda: anchors, Calendar())
    assert judge.judge(Question(Use.CONTRACT, Edition.ISO2, leaf.chain), EASY).trusted


def test_the_whole_pkis_root_kept_as_one_for_contracts_is_still_of_many_branches() -> None:
    pki = shared("iso2")
    leaf = under(pki, Use.CONTRACT, renamed(pki, "mo_sub2", None, "cpo_sub1"))
    question = Question(Use.CONTRACT, Edition.ISO2, leaf.chain)
    verdict = judge_of(pki, RootKind.MO, RootKind.V2G).judge(question, EASY)
    assert verdict.rule is Rule.UNNAMED_BRANCH


@pytest.mark.parametrize("issuer", ["cpo_sub1", "cpo_sub2"])
def test_a_market_that_needs_it_has_a_switch_by_name(issuer: str) -> None:
    pki = shared("iso2")
    leaf = under(pki, Use.CONTRACT, issuer)
    levels = frozenset({Rule.LEVELS})
    opened = replace(EASY, tolerate=levels | {Rule.UNNAMED_BRANCH})
    assert judged(pki, Use.CONTRACT, leaf, opened).trusted
    assert not judged(pki, Use.CONTRACT, leaf, replace(EASY, tolerate=levels)).trusted


# At the station, alone and with a back end


@pytest.mark.parametrize("roots", [(RootKind.V2G,), ()], ids=["root known", "root unknown"])
@pytest.mark.parametrize(
    ("issuer", "sent"), [("cpo_sub1", 9), ("cpo_sub2", 9), ("disguised", 9), ("cpo_sub1", 1)]
)
def test_no_station_takes_such_a_contract_nor_leaves_it_to_its_back_end(
    issuer: str, sent: int, roots: tuple[RootKind, ...]
) -> None:
    """Without the authority above it, the name of its issuer is left."""
    pki = shared("iso2")
    hidden = issuer == "disguised"
    leaf = disguised(pki, Use.CONTRACT) if hidden else under(pki, Use.CONTRACT, issuer)
    chain = leaf.chain[:sent]
    told = desk(judge_of(pki, *roots)).judge_contract(chain, EMAID_WITH_DIGIT)
    assert told.code.startswith("FAILED")
    assert not told.elsewhere


def test_a_contract_under_an_unknown_root_of_operators_is_left_to_the_back_end() -> None:
    pki = shared("iso2")
    told = desk(judge_of(pki)).judge_contract(pki["contract"].chain, EMAID_WITH_DIGIT)
    assert told.elsewhere


# In the vehicle


@pytest.mark.parametrize("sent", [2, 3])
def test_no_vehicle_takes_in_such_a_contract(sent: int) -> None:
    """Whether the authority stands on the way or in place of the root."""
    pki = shared("iso2")
    chain = under(pki, Use.CONTRACT, "cpo_sub2").chain[:sent]
    with pytest.raises(ChainRefused) as refused:
        contract_leaf(judge_of(pki), Calendar(), Edition.ISO2, chain, EMAID_WITH_DIGIT)
    assert Rule.UNNAMED_BRANCH in {finding.rule for finding in refused.value.verdict.findings}


def test_a_vehicle_takes_in_a_contract_of_an_operator_it_does_not_know() -> None:
    pki = shared("iso2")
    chain = pki["contract"].chain
    leaf = contract_leaf(judge_of(pki), Calendar(), Edition.ISO2, chain, EMAID_WITH_DIGIT)
    assert leaf.der == chain[0]


def test_such_a_contract_is_not_kept_either() -> None:
    chain = under(shared("iso2"), Use.CONTRACT, "cpo_sub2").chain
    with pytest.raises(NotFit, match="stations' branch"):
        admitted_chain(Use.CONTRACT, Edition.ISO2, chain, None, frozenset())


# Who answers about revocation


def responder(pki: Pki, domain: str | None, *, authority: bool = False) -> Entity:
    """Certified by the root itself, for answers about what the root issued."""
    recipe = pki.recipe("cpo_ocsp")
    usage = KeyUse.DIGITAL_SIGNATURE | (KeyUse.KEY_CERT_SIGN if authority else KeyUse(0))
    subject = replace(recipe.subject, domain=domain)
    changed = replace(
        recipe, subject=subject, authority=authority, usage=usage, purposes=(OCSP_SIGNING,)
    )
    return pki.issue("responder", changed, "v2g_root")


@pytest.mark.parametrize("domain", [None, "V2G", "MO"])
def test_a_responder_of_the_branch_is_believed(domain: str | None) -> None:
    pki = shared("iso2")
    asked, root = parse(pki["mo_sub1"].der), parse(pki["v2g_root"].der)
    octets = ocsp_response(pki["mo_sub1"], AT, signer=responder(pki, domain))
    believed_response(octets, asked, root, Calendar().moment())


@pytest.mark.parametrize(("domain", "authority"), [("CPO", False), ("OEM", False), ("MO", True)])
def test_a_responder_of_another_branch_proves_nothing(domain: str, *, authority: bool) -> None:
    pki = shared("iso2")
    asked, root = parse(pki["mo_sub1"].der), parse(pki["v2g_root"].der)
    octets = ocsp_response(pki["mo_sub1"], AT, signer=responder(pki, domain, authority=authority))
    with pytest.raises(Unusable, match=r"branch|authority"):
        believed_response(octets, asked, root, Calendar().moment())
