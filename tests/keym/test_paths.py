"""How a way from the leaf to a root is found in what was sent."""

import itertools
from dataclasses import replace

import pytest

from bsw.crypto import KeyType
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import Demand
from keym.judging.verdict import FIELD, TOLERABLE, Anchor, Reason, Rule, Verdict
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import KeyUse, RootKind, Use
from tests.keym.world import AT, KINDS, Calendar, anchors_of, judge_of, pki_of
from tools.pki.broken.variants import faults_of, variant
from tools.pki.broken.workshop import (
    DAY,
    STRANGE,
    Change,
    Workshop,
    changed,
    extended,
    renamed,
    with_bulk,
)
from tools.pki.maker import STEMS, Pki, Plan, build, root_recipe, succeed
from tools.pki.recipe import issue

NO_STATUS = Policy(Demand.OFF)


@pytest.fixture(params=KINDS)
def pki(request: pytest.FixtureRequest) -> Pki:
    return pki_of(request.param)


def judged(pki: Pki, chain: tuple[bytes, ...], *anchors: Anchor) -> Verdict:
    roots = list(anchors) or anchors_of(pki)
    judge = Judge(lambda: roots, Calendar())
    return judge.judge(Question(Use.SECC, pki.edition, chain), NO_STATUS)


def test_the_order_above_the_leaf_does_not_matter(pki: Pki) -> None:
    leaf, *above = pki["secc"].chain
    for order in itertools.permutations((*above, pki["v2g_root"].der)):
        assert judged(pki, (leaf, *order)).trusted


def test_doubled_and_foreign_certificates_do_no_harm(pki: Pki) -> None:
    chain = (*pki["secc"].chain, *pki["secc"].chain[1:], pki["cps"].der, pki["mo_root"].der)
    assert judged(pki, chain).trusted


def test_a_root_in_the_chain_is_no_anchor(pki: Pki) -> None:
    other = build(Plan(pki.edition, pki.plan.key_type, AT, "Other"))
    chain = (*other["secc"].chain, other["v2g_root"].der)
    assert judged(pki, chain).reason is Reason.UNTRUSTED_ROOT
    assert judged(pki, chain, *anchors_of(other)).trusted


def test_roots_of_one_name_are_told_apart_by_their_signatures(pki: Pki) -> None:
    """A new root under the old name: both are valid at once."""
    twin = build(pki.plan)
    both = (*anchors_of(pki), *anchors_of(twin))
    assert pki["v2g_root"].certificate.subject == twin["v2g_root"].certificate.subject
    for chain in (pki["secc"].chain, twin["secc"].chain):
        assert judged(pki, chain, *both).trusted
        assert judged(pki, chain, *reversed(both)).trusted
    assert judged(pki, twin["secc"].chain).reason is Reason.UNTRUSTED_ROOT


def test_a_bridge_leads_to_the_old_root_if_the_chain_stays_short(pki: Pki) -> None:
    """A new root of the same name, certified by the old one, which is all we know."""
    fresh, bridge = succeed(pki)
    sub2 = fresh.issue("sub2", fresh.recipe("cpo_sub2"), "v2g_root")
    leaf = fresh.issue("leaf", fresh.recipe("secc"), sub2)
    assert judged(pki, (leaf.der, sub2.der)).reason is Reason.UNTRUSTED_ROOT
    assert judged(pki, (leaf.der, sub2.der, bridge.der)).trusted
    longer = (*fresh["secc"].chain, bridge.der)
    assert judged(pki, longer).reason in {Reason.CHAIN_TOO_LONG, Reason.PATH_LENGTH}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (changed(authority=False, path_length=None), Reason.NOT_AUTHORITY),
        (changed(usage=KeyUse.DIGITAL_SIGNATURE), Reason.WRONG_USAGE),
        (changed(path_length=0), Reason.PATH_LENGTH),
        (changed(valid_until=AT - DAY / 2), Reason.EXPIRED),
        (extended(STRANGE, critical=True), Reason.CRITICAL_EXTENSION),
    ],
)
def test_a_bridge_is_looked_at_like_any_authority(pki: Pki, change: Change, reason: Reason) -> None:
    fresh, _ = succeed(pki)
    recipe = change(replace(root_recipe(pki.plan, RootKind.V2G), path_length=1))
    bridge = issue("bridge", recipe, pki["v2g_root"], fresh["v2g_root"].key)
    sub2 = fresh.issue("sub2", fresh.recipe("cpo_sub2"), "v2g_root")
    leaf = fresh.issue("leaf", fresh.recipe("secc"), sub2)
    assert judged(pki, (leaf.der, sub2.der, bridge.der)).reason is reason


def test_the_good_one_of_two_ways_is_taken(pki: Pki) -> None:
    """The peer sends its root itself and bridged: too long one way, known the other way."""
    fresh, bridge = succeed(pki)
    chain = (*fresh["secc"].chain, bridge.der, fresh["v2g_root"].der)
    assert judged(pki, chain, *anchors_of(pki), *anchors_of(fresh)).trusted


def test_a_sub_ca_1_may_be_left_out(pki: Pki) -> None:
    sub2 = pki.issue("sub2", pki.recipe("cpo_sub2"), "v2g_root")
    leaf = pki.issue("leaf", pki.recipe("secc"), sub2)
    assert judged(pki, (leaf.der, sub2.der)).trusted


def test_a_private_root_signs_its_leaf_itself_and_needs_no_staple(pki: Pki) -> None:
    question = Question(Use.SECC, pki.edition, pki["private_secc"].chain)
    assert judge_of(pki).judge(question).trusted
    assert pki["private_secc"].chain == (pki["private_secc"].der,)


def test_a_private_root_is_an_anchor_for_stations_only(pki: Pki) -> None:
    leaf = pki.issue("mine", pki.recipe("contract"), "private_root")
    verdict = judge_of(pki).judge(Question(Use.CONTRACT, pki.edition, leaf.chain))
    assert verdict.reason is Reason.WRONG_ROOT


@pytest.mark.parametrize("use", [Use.CONTRACT, Use.PROVISIONING])
def test_every_branch_may_hang_under_the_v2g_root(pki: Pki, use: Use) -> None:
    single = build(replace(pki.plan, single_root=True))
    verdict = judge_of(single).judge(
        Question(use, pki.edition, single[STEMS[use][2]].chain), NO_STATUS
    )
    assert verdict.trusted, str(verdict)
    assert verdict.anchor is not None
    assert verdict.anchor.kind is RootKind.V2G


def test_a_root_kept_for_two_uses_serves_both(pki: Pki) -> None:
    root = parse(pki["mo_root"].der)
    roots = [Anchor(RootKind.CPS, root), Anchor(RootKind.MO, root)]
    question = Question(Use.CONTRACT, pki.edition, pki["contract"].chain)
    assert Judge(lambda: roots, Calendar()).judge(question, NO_STATUS).trusted


def test_a_tangle_of_cross_certificates_ends(pki: Pki) -> None:
    """Six authorities of one name, each certifying all others: ways without number."""
    recipe = replace(root_recipe(pki.plan, RootKind.V2G), path_length=None)
    keys = [issue(f"r{n}", recipe) for n in range(6)]
    web = [issue("x", recipe, a, b.key).der for a in keys for b in keys if a is not b]
    leaf = pki.issue("leaf", pki.recipe("secc"), keys[0])
    judge = judge_of(pki)
    policy = Policy(Demand.OFF, most_sent=64)
    verdict = judge.judge(Question(Use.SECC, pki.edition, (leaf.der, *web)), policy)
    assert verdict.reason in {Reason.CHAIN_TOO_LONG, Reason.UNTRUSTED_ROOT}


def test_an_expired_root_of_ours_is_told_as_ours(pki: Pki) -> None:
    calendar = Calendar(AT.replace(year=AT.year + 11))
    verdict = judge_of(pki, calendar=calendar, policy=NO_STATUS).judge(
        Question(Use.SECC, pki.edition, pki["secc"].chain)
    )
    assert verdict.reason is Reason.EXPIRED
    assert "our root" in {finding.where for finding in verdict.findings}


def test_without_trusted_time_nothing_is_valid(pki: Pki) -> None:
    calendar = Calendar(trusted=False)
    question = Question(Use.SECC, pki.edition, pki["secc"].chain)
    refused = judge_of(pki, calendar=calendar, policy=NO_STATUS).judge(question)
    assert refused.reason is Reason.TIME_UNKNOWN
    tolerant = Policy(Demand.OFF, tolerate=frozenset({Rule.TIME}))
    accepted = judge_of(pki, calendar=calendar, policy=tolerant).judge(question)
    assert accepted.trusted
    assert Rule.TIME in {remark.rule for remark in accepted.remarks}


def test_a_certificate_is_valid_from_its_first_to_its_last_second(pki: Pki) -> None:
    leaf = parse(pki["secc"].der)
    question = Question(Use.SECC, pki.edition, pki["secc"].chain)
    for at, reason in (
        (leaf.not_before, None),
        (leaf.not_after, None),
        (leaf.not_after.replace(microsecond=1), Reason.EXPIRED),
    ):
        judge = judge_of(pki, calendar=Calendar(at), policy=NO_STATUS)
        assert judge.judge(question).reason is reason


IDENTITIES = [
    (Use.CONTRACT, "DE8AA0012345670", None),
    (Use.CONTRACT, "de-8aa-001234567", None),
    (Use.CONTRACT, "DE8AA0012345671", None),
    (Use.CONTRACT, "DE8AA0012345680", Reason.WRONG_IDENTITY),
    (Use.CONTRACT, "", Reason.WRONG_IDENTITY),
    (Use.CONTRACT, "\0", Reason.WRONG_IDENTITY),
    (Use.PROVISIONING, "WMIP1234567890ABC9", None),
    (Use.PROVISIONING, "WMIP1234567890ABC8", Reason.WRONG_IDENTITY),
]


@pytest.mark.parametrize(("use", "identity", "reason"), IDENTITIES)
def test_the_id_of_the_message_is_that_of_the_certificate(
    pki: Pki, use: Use, identity: str, reason: Reason | None
) -> None:
    chain = pki[STEMS[use][2]].chain
    verdict = judge_of(pki, policy=NO_STATUS).judge(
        Question(use, pki.edition, chain, identity=identity)
    )
    assert verdict.reason is reason


def test_a_refusal_names_no_contract(pki: Pki) -> None:
    for fault in faults_of(pki, Use.CONTRACT):
        bad = variant(pki, Use.CONTRACT, fault)
        question = Question(Use.CONTRACT, pki.edition, bad.chain, identity="NLTNM000122045U")
        verdict = judge_of(pki).judge(question)
        words = " ".join(map(str, (verdict, *verdict.findings, *verdict.remarks)))
        assert "DE8AA" not in words
        assert "NLTNM" not in words


def test_a_tolerated_rule_makes_a_remark() -> None:
    pki = pki_of("iso2")
    shop = Workshop(pki, Use.SECC)
    chains = {
        Rule.DOMAIN: shop.grow(leaf=renamed(domain=None)).chain,
        Rule.SIZE: shop.grow(leaf=with_bulk(600)).chain,
        Rule.ROOT_SIGNS_LEAF: shop.leaf_under(shop.root).chain,
    }
    for rule, chain in chains.items():
        question = Question(Use.SECC, Edition.ISO2, chain)
        assert judge_of(pki, policy=NO_STATUS).judge(question).rule is rule
        policy = Policy(Demand.OFF, tolerate=frozenset({rule}))
        verdict = judge_of(pki, policy=policy).judge(question)
        assert verdict.trusted
        assert rule in {remark.rule for remark in verdict.remarks}


def test_p256_chains_pass_in_the_newer_edition_only_by_a_switch() -> None:
    pki = pki_of("iso2")
    question = Question(Use.SECC, Edition.ISO20, pki["secc"].chain)
    assert judge_of(pki, policy=NO_STATUS).judge(question).rule is Rule.KEY_TYPE
    lab = Policy(Demand.OFF, tolerate=frozenset({Rule.KEY_TYPE}))
    assert judge_of(pki, policy=lab).judge(question).trusted


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule not in TOLERABLE])
def test_what_holds_trust_together_cannot_be_tolerated(rule: Rule) -> None:
    with pytest.raises(ValueError, match=rule.value):
        Policy(tolerate=frozenset({rule}))


def test_the_field_profile_tolerates_nothing_dangerous() -> None:
    assert FIELD <= TOLERABLE
    assert not FIELD & {Rule.TIME, Rule.KEY_TYPE, Rule.DOMAIN, Rule.BRANCH}


def test_key_types_are_known() -> None:
    kinds = {parse(pki_of(kind)["secc"].der).key_type for kind in KINDS}
    assert kinds == {KeyType.P256, KeyType.P521, KeyType.ED448}
