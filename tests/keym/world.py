"""One PKI of each kind, a calendar that stands still, and a judge who trusts those roots."""

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache

from bsw.crypto import KeyType
from keym.calendar import Moment
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import StatusBook
from keym.judging.verdict import Anchor, Verdict
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tools.pki.maker import STEMS, Pki, make
from tools.pki.status import ocsp_response

AT = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone.utc)
KINDS = {
    "iso2": (Edition.ISO2, KeyType.P256),
    "iso20-p521": (Edition.ISO20, KeyType.P521),
    "iso20-ed448": (Edition.ISO20, KeyType.ED448),
}


@dataclass(slots=True)
class Calendar:
    at: datetime = AT
    trusted: bool = True

    def moment(self) -> Moment:
        return Moment(self.at, self.trusted)


@cache
def pki_of(kind: str) -> Pki:
    edition, key_type = KINDS[kind]
    return make(edition, AT, key_type)


def anchors_of(*pkis: Pki) -> list[Anchor]:
    return [
        Anchor(kind, parse(der))
        for pki in pkis
        for kind, ders in pki.roots().items()
        for der in ders
    ]


def judge_of(
    *pkis: Pki,
    calendar: Calendar | None = None,
    book: StatusBook | None = None,
    policy: Policy | None = None,
) -> Judge:
    policies = None if policy is None else dict.fromkeys(Use, policy)
    anchors = anchors_of(*pkis)
    return Judge(lambda: anchors, calendar or Calendar(), book=book, policies=policies)


def uses_of(pki: Pki) -> list[Use]:
    return [use for use in Use if STEMS[use][2] in pki.entities]


def good_question(pki: Pki, use: Use, identity: str | None = None) -> Question:
    leaf = pki[STEMS[use][2]]
    return Question(use, pki.edition, leaf.chain, (ocsp_response(leaf, AT),), identity)


def judged(pki: Pki, use: Use, chain: tuple[bytes, ...], staple: bytes | None) -> Verdict:
    return judge_of(pki).judge(Question(use, pki.edition, chain, (staple,)))
