"""What the evidence about revocation is worth, and how it is fetched and stapled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes

from bsw.os.clock import MS, S
from keym.asking.fetch import Fetched, Pair, pairs_of
from keym.calendar import Moment
from keym.faults import KeymFault
from keym.judging.judge import Policy, Question
from keym.judging.revocation import Demand, StatusBook, Unusable
from keym.judging.status import State
from keym.judging.verdict import Reason, Rule
from keym.x509.certificate import Certificate, parse
from keym.x509.profile import Use
from tests.keym.bench import Bench
from tests.keym.world import AT, KINDS, good_question, judge_of, pki_of
from tools.pki.maker import Pki, Plan, build
from tools.pki.status import Status, Validity, crl, ocsp_response, week_from

NOW = Moment(AT)
DAY = timedelta(days=1)


@pytest.fixture(params=KINDS)
def pki(request: pytest.FixtureRequest) -> Pki:
    return pki_of(request.param)


def pair(pki: Pki, name: str = "secc") -> tuple[Certificate, Certificate]:
    entity = pki[name]
    assert entity.issuer is not None
    return parse(entity.der), parse(entity.issuer.der)


def test_a_delegated_responder_is_believed(pki: Pki) -> None:
    book = StatusBook()
    response = ocsp_response(pki["secc"], AT, signer=pki["cpo_ocsp"])
    assert book.learn(response, *pair(pki), NOW).state is State.GOOD
    assert book.standing(*pair(pki), NOW).state is State.GOOD


def test_all_hashes_of_certificate_ids_are_understood(pki: Pki) -> None:
    for algorithm in (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        response = ocsp_response(pki["secc"], AT, hash_algorithm=algorithm)
        assert StatusBook().learn(response, *pair(pki), NOW).state is State.GOOD


@pytest.mark.parametrize(
    ("nonce", "fits"), [(b"n" * 16, True), (None, True), (b"x" * 16, False), (b"", False)]
)
def test_a_response_answers_its_own_request(pki: Pki, nonce: bytes | None, *, fits: bool) -> None:
    response = ocsp_response(pki["secc"], AT, nonce=nonce)
    book = StatusBook()
    if fits:
        book.learn(response, *pair(pki), NOW, nonce=b"n" * 16)
    else:
        with pytest.raises(Unusable, match="another request"):
            book.learn(response, *pair(pki), NOW, nonce=b"n" * 16)
        assert not len(book)


def test_an_old_good_cannot_be_played_over_a_newer_revoked(pki: Pki) -> None:
    book = StatusBook()
    older = ocsp_response(pki["secc"], AT, validity=week_from(AT - DAY))
    newer = ocsp_response(pki["secc"], AT, Status.REVOKED, validity=week_from(AT))
    book.learn(newer, *pair(pki), NOW)
    with pytest.raises(Unusable, match="newer"):
        book.learn(older, *pair(pki), NOW)
    assert book.standing(*pair(pki), NOW, older).state is State.REVOKED


def test_a_crl_takes_back_what_it_lists_and_clears_the_rest(pki: Pki) -> None:
    book = StatusBook()
    _, issuer = pair(pki)
    book.learn_list(crl(pki["cpo_sub2"], (pki["secc"],), AT), issuer, NOW)
    assert book.standing(*pair(pki), NOW).state is State.REVOKED
    other = parse(pki["cpo_ocsp"].der)
    assert book.standing(other, issuer, NOW).state is State.GOOD


def test_a_revoked_sub_ca_refuses_the_chain(pki: Pki) -> None:
    book = StatusBook()
    book.learn_list(crl(pki["cpo_sub1"], (pki["cpo_sub2"],), AT), parse(pki["cpo_sub1"].der), NOW)
    verdict = judge_of(pki, book=book).judge(good_question(pki, Use.SECC))
    assert verdict.reason is Reason.REVOKED
    assert verdict.findings[0].where == "certificate 2"


BAD_LISTS: dict[str, Callable[[Pki], bytes]] = {
    "the CRL is of another authority": lambda pki: crl(pki["cps_sub2"], (), AT),
    "signature of the CRL does not hold": lambda pki: crl(
        pki["cpo_sub2"], (), AT, signer=pki["cps_sub2"]
    ),
    "the CRL is from the future": lambda pki: crl(
        pki["cpo_sub2"], (), AT, validity=Validity(AT + DAY, AT + 2 * DAY)
    ),
    "the CRL has tag": lambda pki: pki["cpo_sub2"].pem,
    "the CRL has nothing where": lambda pki: b"",  # noqa: ARG005 - the same form as the others
}


@pytest.mark.parametrize("why", BAD_LISTS)
def test_a_list_that_proves_nothing_is_not_kept(pki: Pki, why: str) -> None:
    book = StatusBook()
    with pytest.raises(Unusable, match=why):
        book.learn_list(BAD_LISTS[why](pki), pair(pki)[1], NOW)
    assert not len(book)


def test_an_outdated_list_still_takes_back_but_clears_nobody(pki: Pki) -> None:
    book = StatusBook()
    old = crl(pki["cpo_sub2"], (pki["secc"],), AT, validity=Validity(AT - 9 * DAY, AT - DAY))
    book.learn_list(old, pair(pki)[1], NOW)
    assert book.standing(*pair(pki), NOW).state is State.REVOKED
    standing = book.standing(parse(pki["cpo_ocsp"].der), pair(pki)[1], NOW)
    assert standing.state is State.UNKNOWN
    assert "no longer holds" in standing.problem


def test_without_trusted_time_good_is_unknown_and_revoked_is_revoked(pki: Pki) -> None:
    book, unsure = StatusBook(), Moment(AT, trusted=False)
    good = ocsp_response(pki["secc"], AT)
    standing = book.standing(*pair(pki), unsure, good)
    assert standing.state is State.UNKNOWN
    assert "trustworthy time" in standing.problem
    revoked = ocsp_response(pki["secc"], AT, Status.REVOKED)
    assert book.standing(*pair(pki), unsure, revoked).state is State.REVOKED


def test_the_book_is_bounded() -> None:
    book = StatusBook(bound=3)
    for number in range(5):
        pki = build(Plan(pki_of("iso2").edition, pki_of("iso2").plan.key_type, AT, f"T{number}"))
        book.learn(ocsp_response(pki["secc"], AT), *pair(pki), NOW)
    assert len(book) == 3


def test_policies_differ_in_what_is_unknown(pki: Pki) -> None:
    question = Question(Use.SECC, pki.edition, pki["secc"].chain)
    verdicts = {demand: judge_of(pki, policy=Policy(demand)).judge(question) for demand in Demand}
    assert verdicts[Demand.STRICT].reason is Reason.NO_STATUS
    assert verdicts[Demand.SOFT].trusted
    assert verdicts[Demand.OFF].trusted
    assert Rule.STATUS in {remark.rule for remark in verdicts[Demand.SOFT].remarks}
    assert not verdicts[Demand.OFF].remarks


def test_policies_agree_on_what_is_revoked_unless_nobody_asks(pki: Pki) -> None:
    staple = ocsp_response(pki["secc"], AT, Status.REVOKED)
    question = Question(Use.SECC, pki.edition, pki["secc"].chain, (staple,))
    for demand in Demand:
        verdict = judge_of(pki, policy=Policy(demand)).judge(question)
        assert verdict.reason is (None if demand is Demand.OFF else Reason.REVOKED)


def test_the_whole_chain_may_be_demanded(pki: Pki) -> None:
    whole = Policy(Demand.STRICT, whole_chain=True)
    leaf_only = good_question(pki, Use.SECC)
    assert judge_of(pki, policy=whole).judge(leaf_only).reason is Reason.NO_STATUS
    staples = tuple(ocsp_response(pki[name], AT) for name in ("secc", "cpo_sub2", "cpo_sub1"))
    question = Question(Use.SECC, pki.edition, pki["secc"].chain, staples)
    assert judge_of(pki, policy=whole).judge(question).trusted


def asked(bench: Bench, pairs: list[Pair], *, within: int = 5 * S) -> list[int]:
    done: list[int] = []
    assert bench.keym.status is not None
    bench.keym.status.ask(pairs, lambda: done.append(bench.clock.now()), within=within)
    bench.scheduler.run(bench.clock.now() + 60 * S)
    return done


def secc_pairs(pki: Pki) -> list[Pair]:
    return pairs_of([parse(der) for der in pki["secc"].chain], parse(pki["v2g_root"].der))


def test_a_whole_path_is_asked_for_at_once(pki: Pki) -> None:
    bench = Bench((pki,))
    assert asked(bench, secc_pairs(pki)) == [20 * MS]
    assert len(bench.network.asked) == 3
    whole = Policy(Demand.STRICT, whole_chain=True)
    question = Question(Use.SECC, pki.edition, pki["secc"].chain)
    assert bench.keym.judge.judge(question, whole).trusted


def test_what_is_known_is_not_asked_again(pki: Pki) -> None:
    bench = Bench((pki,))
    asked(bench, secc_pairs(pki))
    asked(bench, secc_pairs(pki))
    assert len(bench.network.asked) == 3


def test_a_slow_responder_is_waited_for_until_the_deadline(pki: Pki) -> None:
    bench = Bench((pki,))
    bench.network.delay = 20 * S
    assert asked(bench, secc_pairs(pki), within=2 * S) == [2 * S]


BROKEN = {
    "nothing": Fetched(None, "connection refused"),
    "garbage": Fetched(b"garbage"),
    "empty": Fetched(b""),
}


@pytest.mark.parametrize("title", BROKEN)
def test_a_responder_out_of_order_is_a_fault_and_no_proof(pki: Pki, title: str) -> None:
    bench = Bench((pki,))
    bench.network.broken = lambda _: BROKEN[title]
    assert len(asked(bench, secc_pairs(pki))) == 1
    assert (KeymFault.STATUS_UNREACHABLE, True) in bench.faults
    question = Question(Use.SECC, pki.edition, pki["secc"].chain)
    assert bench.keym.judge.judge(question).reason is Reason.NO_STATUS


def test_a_list_is_fetched_where_no_responder_answers(pki: Pki) -> None:
    place = f"http://[::1]/crl/{pki.edition.value}"
    plan = Plan(pki.edition, pki.plan.key_type, AT, ocsp_url=None, crl_url=f"{place}/cpo_sub2.crl")
    fresh = build(plan)
    bench = Bench((fresh,))
    bench.network.revoked.add(f"{pki.edition.value}/secc")
    asked(bench, secc_pairs(fresh)[:1])
    question = Question(Use.SECC, pki.edition, fresh["secc"].chain)
    assert bench.keym.judge.judge(question).reason is Reason.REVOKED


def test_addresses_that_are_no_http_are_not_asked(pki: Pki) -> None:
    for url in ("ldap://[::1]/x", "file:///etc/passwd", "http://" + "x" * 300, "gopher://x"):
        fresh = build(Plan(pki.edition, pki.plan.key_type, AT, ocsp_url=url))
        bench = Bench((fresh,))
        assert asked(bench, secc_pairs(fresh)) != []
        assert not bench.network.asked


def test_staples_are_renewed_at_half_their_life_for_weeks(pki: Pki) -> None:
    bench = Bench((pki,), (Use.SECC,))
    assert bench.keym.staples is not None
    (credential,) = bench.keym.store.credentials(Use.SECC)
    staple = bench.keym.staples.staple_for(credential)
    assert staple() is None
    bench.keym.start()
    seen: set[bytes | None] = set()
    for hour in range(1, 24 * 21, 6):
        bench.scheduler.run(hour * 3600 * S)
        seen.add(staple())
    assert None not in seen
    assert len(bench.network.asked) == pytest.approx(2 * 21, abs=3)


def test_a_staple_that_no_longer_holds_is_not_shown(pki: Pki) -> None:
    bench = Bench((pki,), (Use.SECC,))
    assert bench.keym.staples is not None
    (credential,) = bench.keym.store.credentials(Use.SECC)
    staple = bench.keym.staples.staple_for(credential)
    bench.keym.start()
    bench.scheduler.run(1 * S)
    assert staple() is not None
    bench.network.broken = lambda _: Fetched(None, "gone")
    bench.scheduler.run(30 * 3600 * S)
    assert staple() is None


def test_a_peers_chain_is_found_out_about_and_judged_again(pki: Pki) -> None:
    bench = Bench((pki,))
    bench.network.revoked.add(f"{pki.edition.value}/contract")
    question = Question(Use.CONTRACT, pki.edition, pki["contract"].chain)
    first = bench.keym.judge.judge(question)
    assert first.trusted
    verdicts: list[Reason | None] = []
    bench.keym.find_out(first, lambda: verdicts.append(bench.keym.judge.judge(question).reason))
    bench.scheduler.run(10 * S)
    assert verdicts == [Reason.REVOKED]


def test_nobody_is_asked_about_a_chain_without_anchor(pki: Pki) -> None:
    bench = Bench((pki,))
    question = Question(Use.CONTRACT, pki.edition, pki["contract"].chain[:1])
    done: list[int] = []
    bench.keym.find_out(bench.keym.judge.judge(question), lambda: done.append(1))
    bench.scheduler.run(10 * S)
    assert done == [1]
    assert not bench.network.asked
