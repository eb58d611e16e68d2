"""The table of faults an OCSP answer can have.  The chain it comes with is a good one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from keym.judging.verdict import Reason
from keym.x509.profile import Use
from tools.pki.broken.workshop import DAY, Workshop, expired
from tools.pki.maker import STEMS
from tools.pki.recipe import Entity, issue
from tools.pki.status import Status, Validity, ocsp_refusal, ocsp_response

Answer = Callable[[Workshop], bytes | None]


@dataclass(frozen=True, slots=True)
class AnswerFault:
    name: str
    title: str
    reason: Reason
    make: Answer


def _held(since: timedelta, until: timedelta | None, status: Status = Status.GOOD) -> Answer:
    """An answer that holds from and until so long after now."""

    def make(shop: Workshop) -> bytes:
        end = None if until is None else shop.at + until
        validity = Validity(shop.at + since, end)
        return ocsp_response(shop.good, shop.at, status, validity=validity)

    return make


def _signed(signer: Callable[[Workshop], Entity]) -> Answer:
    return lambda shop: ocsp_response(shop.good, shop.at, signer=signer(shop))


def _of_another(shop: Workshop) -> bytes:
    return ocsp_response(shop.pki["cps" if shop.use is not Use.CPS else "secc"], shop.at)


def _of_the_issuer(shop: Workshop) -> bytes:
    return ocsp_response(shop.pki[STEMS[shop.use][1]], shop.at)


def _flipped(shop: Workshop) -> bytes:
    octets = bytearray(ocsp_response(shop.good, shop.at))
    octets[-4] ^= 1
    return bytes(octets)


def _by_an_impostor(shop: Workshop) -> bytes:
    """Somebody with the issuer's name and a key of his own."""
    impostor = issue("impostor", shop.pki.recipe(STEMS[shop.use][1]))
    return ocsp_response(shop.good, shop.at, signer=impostor, by_name=True)


def _not_appointed(shop: Workshop) -> Entity:
    recipe = replace(shop.pki.recipe("cpo_ocsp"), purposes=())
    return shop.pki.issue("helper", recipe, STEMS[shop.use][1])


def _outdated(shop: Workshop) -> Entity:
    return shop.pki.issue("helper", expired(shop.pki.recipe("cpo_ocsp")), STEMS[shop.use][1])


def _elsewhere(shop: Workshop) -> Entity:
    return shop.pki.issue("helper", shop.pki.recipe("cpo_ocsp"), STEMS[shop.use][0])


ANSWER_FAULTS = (
    AnswerFault(
        "revoked",
        "the leaf is revoked",
        Reason.REVOKED,
        _held(-DAY, 6 * DAY, Status.REVOKED),
    ),
    AnswerFault(
        "revoked_long_ago",
        "the answer that says so is old",
        Reason.REVOKED,
        _held(-30 * DAY, -23 * DAY, Status.REVOKED),
    ),
    AnswerFault("no_staple", "nobody answers", Reason.NO_STATUS, lambda _: None),
    AnswerFault(
        "staple_unknown",
        "the responder does not know the leaf",
        Reason.BAD_STATUS,
        _held(-DAY, 6 * DAY, Status.UNKNOWN),
    ),
    AnswerFault("staple_of_another", "about another certificate", Reason.BAD_STATUS, _of_another),
    AnswerFault(
        "staple_of_the_issuer", "about the leaf's issuer", Reason.BAD_STATUS, _of_the_issuer
    ),
    AnswerFault("staple_expired", "no longer holds", Reason.BAD_STATUS, _held(-3 * DAY, -DAY)),
    AnswerFault("staple_early", "from the future", Reason.BAD_STATUS, _held(DAY, 2 * DAY)),
    AnswerFault(
        "staple_stale",
        "holds for a year, is a week old",
        Reason.BAD_STATUS,
        _held(-8 * DAY, 300 * DAY),
    ),
    AnswerFault(
        "staple_endless", "has no end, is a week old", Reason.BAD_STATUS, _held(-8 * DAY, None)
    ),
    AnswerFault("staple_flipped", "one bit of its signature", Reason.BAD_STATUS, _flipped),
    AnswerFault("staple_garbage", "not DER", Reason.BAD_STATUS, lambda _: b"no response at all"),
    AnswerFault("staple_empty", "no octets", Reason.BAD_STATUS, lambda _: b""),
    AnswerFault(
        "staple_try_later", "an error instead", Reason.BAD_STATUS, lambda _: ocsp_refusal()
    ),
    AnswerFault("staple_huge", "a megabyte of it", Reason.BAD_STATUS, lambda _: bytes(1_000_000)),
    AnswerFault(
        "staple_by_an_impostor", "signed by another key", Reason.BAD_STATUS, _by_an_impostor
    ),
    AnswerFault(
        "staple_by_the_leaf",
        "signed by the leaf itself",
        Reason.BAD_STATUS,
        _signed(lambda shop: shop.good),
    ),
    AnswerFault(
        "staple_by_our_root",
        "signed by a root that did not issue the leaf",
        Reason.BAD_STATUS,
        _signed(lambda shop: shop.good.root),
    ),
    AnswerFault(
        "staple_not_appointed",
        "signed by a helper without the right to",
        Reason.BAD_STATUS,
        _signed(_not_appointed),
    ),
    AnswerFault(
        "staple_outdated_helper",
        "signed by a helper that expired",
        Reason.BAD_STATUS,
        _signed(_outdated),
    ),
    AnswerFault(
        "staple_elsewhere",
        "signed by the helper of another authority",
        Reason.BAD_STATUS,
        _signed(_elsewhere),
    ),
)
