"""Octets changed at random: never trusted, never an exception, never read otherwise than others."""

import contextlib
import random
from dataclasses import dataclass

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from keym.judging.judge import Question
from keym.judging.status import read_list, read_response
from keym.x509.certificate import Malformed, parse
from keym.x509.profile import Use
from tests.keym.world import AT, KINDS, good_question, judge_of, pki_of, uses_of
from tools.pki.status import crl, ocsp_response

Case = tuple[str, Use]
CHAINS: list[Case] = [(kind, use) for kind in KINDS for use in uses_of(pki_of(kind))]


@dataclass(frozen=True, slots=True)
class Cut:
    """One change to some octets: where (in sixteenths of a thousandth), what, how much."""

    kind: str
    where: int
    length: int
    octets: bytes

    def apply(self, octets: bytes) -> bytes:
        at = self.where * len(octets) >> 16
        end = at + self.length
        middle = {
            "replace": self.octets,
            "cut": b"",
            "double": octets[at:end] * 2,
            "insert": self.octets + octets[at:end],
        }[self.kind]
        return octets[:at] + middle + octets[end:]


CUTS = st.lists(
    st.builds(
        Cut,
        st.sampled_from(("replace", "cut", "double", "insert")),
        st.integers(0, (1 << 16) - 1),
        st.integers(0, 8),
        st.binary(max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def mutated(octets: bytes, cuts: list[Cut]) -> bytes:
    for cut in cuts:
        octets = cut.apply(octets)
    return octets


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_no_flipped_bit_is_ever_trusted(kind: str, place: int) -> None:
    pki = pki_of(kind)
    judge, question = judge_of(pki), good_question(pki, Use.SECC)
    chance = random.Random(f"{kind} {place}")
    good = question.chain[place]
    for at in range(len(good)):
        chain = list(question.chain)
        chain[place] = good[:at] + bytes([good[at] ^ 1 << chance.randrange(8)]) + good[at + 1 :]
        verdict = judge.judge(Question(Use.SECC, pki.edition, chain, question.staples))
        assert not verdict.trusted, at
        assert verdict.findings


@given(st.sampled_from(CHAINS), st.integers(0, 2), CUTS)
def test_a_mutated_chain_is_never_trusted(case: Case, place: int, cuts: list[Cut]) -> None:
    kind, use = case
    pki = pki_of(kind)
    question = good_question(pki, use)
    chain = list(question.chain)
    chain[place] = mutated(chain[place], cuts)
    verdict = judge_of(pki).judge(Question(use, pki.edition, chain, question.staples))
    assert verdict.trusted == (chain == list(question.chain))


@given(st.sampled_from(CHAINS), CUTS)
def test_a_mutated_staple_is_never_believed(case: Case, cuts: list[Cut]) -> None:
    kind, use = case
    pki = pki_of(kind)
    question = good_question(pki, use)
    staple = question.staples[0]
    assert staple is not None
    changed = mutated(staple, cuts)
    verdict = judge_of(pki).judge(Question(use, pki.edition, question.chain, (changed,)))
    assert verdict.trusted == (changed == staple)


@given(st.lists(st.binary(max_size=400), max_size=6), st.sampled_from(list(Use)))
def test_random_octets_are_refused(chain: list[bytes], use: Use) -> None:
    pki = pki_of("iso20-p521")
    verdict = judge_of(pki).judge(Question(use, pki.edition, chain, tuple(chain)))
    assert not verdict.trusted
    assert str(verdict)


@given(st.sampled_from(CHAINS), CUTS)
@settings(max_examples=300)
def test_what_is_read_here_is_read_the_same_elsewhere(case: Case, cuts: list[Cut]) -> None:
    """What our reader takes, the library takes as well, and sees the same in it."""
    kind, use = case
    octets = mutated(good_question(pki_of(kind), use).chain[0], cuts)
    try:
        ours = parse(octets)
    except Malformed:
        return
    theirs = x509.load_der_x509_certificate(octets)
    assert ours.serial == theirs.serial_number
    assert ours.not_before == theirs.not_valid_before_utc
    assert ours.not_after == theirs.not_valid_after_utc
    assert ours.tbs == theirs.tbs_certificate_bytes
    assert ours.signature == theirs.signature


@given(st.sampled_from(list(KINDS)), CUTS)
def test_any_answer_is_read_or_malformed(kind: str, cuts: list[Cut]) -> None:
    pki = pki_of(kind)
    response = ocsp_response(pki["secc"], AT, signer=pki["cpo_ocsp"], nonce=b"n" * 16)
    revoked = crl(pki["cpo_sub2"], (pki["secc"], 5), AT)
    assert read_response(response).nonce == b"n" * 16
    assert 5 in read_list(revoked).revoked
    with contextlib.suppress(Malformed):
        read_response(mutated(response, cuts))
    with contextlib.suppress(Malformed):
        read_list(mutated(revoked, cuts))
