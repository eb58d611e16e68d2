"""Each bad chain is refused with its own reason, for each use, edition and key type."""

import itertools

import pytest

from keym.judging.judge import Question
from keym.judging.verdict import Reason
from keym.x509.profile import Use
from tests.keym.world import KINDS, good_question, judge_of, judged, pki_of, uses_of
from tools.pki.broken.variants import AnyFault, faults_of, variant

CASES = [
    pytest.param(kind, use, fault, id=f"{kind}-{use.value}-{fault.name}")
    for kind in KINDS
    for use in uses_of(pki_of(kind))
    for fault in faults_of(pki_of(kind), use)
]
GOOD = [
    pytest.param(kind, use, id=f"{kind}-{use.value}")
    for kind in KINDS
    for use in uses_of(pki_of(kind))
]

MISUSED = [
    pytest.param(kind, shown, asked, id=f"{kind}-{shown.value}-as-{asked.value}")
    for kind in KINDS
    for shown, asked in itertools.permutations(uses_of(pki_of(kind)), 2)
]


@pytest.mark.parametrize(("kind", "use"), GOOD)
def test_a_good_chain_is_accepted(kind: str, use: Use) -> None:
    pki = pki_of(kind)
    verdict = judge_of(pki).judge(good_question(pki, use))
    assert verdict.trusted, str(verdict)
    assert verdict.leaf is not None


@pytest.mark.parametrize(("kind", "use", "fault"), CASES)
def test_a_bad_chain_is_refused_with_its_reason(kind: str, use: Use, fault: AnyFault) -> None:
    pki = pki_of(kind)
    bad = variant(pki, use, fault)
    verdict = judged(pki, use, bad.chain, bad.staple)
    assert not verdict.trusted
    assert verdict.leaf is None
    assert verdict.reason is bad.reason, "\n".join(map(str, verdict.findings))


def test_there_are_at_least_sixty_faults_on_either_side() -> None:
    for use in Use:
        names = {fault.name for kind in KINDS for fault in faults_of(pki_of(kind), use)}
        assert len(names) >= 60


@pytest.mark.parametrize(("kind", "shown", "asked"), MISUSED)
def test_a_chain_made_for_one_use_serves_no_other(kind: str, shown: Use, asked: Use) -> None:
    pki = pki_of(kind)
    question = good_question(pki, shown)
    verdict = judge_of(pki).judge(
        Question(asked, question.edition, question.chain, question.staples)
    )
    assert verdict.reason in {Reason.WRONG_ROOT, Reason.WRONG_PROFILE, Reason.WRONG_USAGE}


@pytest.mark.parametrize(("kind", "other"), list(itertools.permutations(KINDS, 2)))
def test_a_chain_of_another_pki_is_not_trusted(kind: str, other: str) -> None:
    pki, strange = pki_of(kind), pki_of(other)
    question = good_question(strange, Use.SECC)
    verdict = judge_of(pki).judge(Question(Use.SECC, pki.edition, question.chain, question.staples))
    assert not verdict.trusted
    wanted = {Reason.UNTRUSTED_ROOT, Reason.WRONG_ALGORITHM}
    assert {finding.reason for finding in verdict.findings} & wanted


@pytest.mark.parametrize("kind", ["iso20-p521", "iso20-ed448"])
def test_a_chain_of_the_older_edition_is_refused_even_under_a_trusted_root(kind: str) -> None:
    old = pki_of("iso2")
    question = good_question(old, Use.SECC)
    newer = Question(Use.SECC, pki_of(kind).edition, question.chain, question.staples)
    verdict = judge_of(old, pki_of(kind)).judge(newer)
    assert verdict.reason is Reason.WRONG_ALGORITHM
