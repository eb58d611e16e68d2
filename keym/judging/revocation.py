"""Whether a certificate was taken back, by the evidence at hand.

Evidence is what the peer stapled, what was fetched earlier, and revocation lists.  It counts only
if the certificate's own issuer, or a responder that issuer appointed, signed it for this very
certificate and it still holds.  "Revoked" never grows old; "good" does.  Fetching is somebody
else's work: see ``keym.fetch``.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TypeVar

from keym.calendar import Moment
from keym.judging.status import (
    Answer,
    Response,
    RevocationList,
    State,
    read_list,
    read_response,
)
from keym.x509.certificate import Certificate, Malformed, verify
from keym.x509.profile import BRANCH_DOMAINS, OCSP_SIGNING, KeyUse

_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")


class Demand(Enum):
    """How much an answer about revocation is worth."""

    STRICT = "strict"  # no proof of good standing, no trust
    STAPLED = "stapled"  # proof may be missing; what is shown has to hold
    SOFT = "soft-fail"  # what is known to be revoked is refused, what is unknown is remarked
    OFF = "off"  # nobody asks


PROVEN = frozenset({Demand.STRICT, Demand.STAPLED})
"""Demands for proof that the peer itself brings along."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long an answer is believed, besides its own end [V2G20-1021]."""

    longest: timedelta = timedelta(days=7)
    skew: timedelta = timedelta(minutes=5)


FRESH = Freshness()


class Unusable(ValueError):
    """Evidence that proves nothing, and why."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the evidence says.  ``problem`` tells why evidence that was there is of no use."""

    state: State
    problem: str = ""


def believed_response(
    octets: bytes,
    certificate: Certificate,
    issuer: Certificate,
    moment: Moment,
    *,
    fresh: Freshness = FRESH,
    nonce: bytes | None = None,
) -> Answer:
    """What an OCSP response says about a certificate.  Raises ``Unusable``.

    ``nonce`` is what the request carried: a response may leave it out, not change it.
    """
    try:
        response = read_response(octets)
    except Malformed as error:
        raise Unusable(str(error)) from None
    _authorised(response, certificate, issuer, moment)
    if nonce is not None and response.nonce not in {None, nonce}:
        raise Unusable("the response answers another request")
    for answer in response.answers:
        if answer.about.means(certificate, issuer):
            still_holds(answer, moment, fresh)
            return answer
    raise Unusable("the response is about other certificates")


def still_holds(answer: Answer, moment: Moment, fresh: Freshness) -> None:
    """Raises ``Unusable`` for an answer from the past or the future.

    "Revoked" holds for ever.  Without trustworthy time no date is compared.
    """
    if not moment.trusted:
        return
    if answer.this_update > moment.at + fresh.skew:
        raise Unusable("the answer is from the future")
    if answer.state is State.REVOKED:
        return
    if answer.next_update is not None and moment.at > answer.next_update:
        raise Unusable(f"the answer held until {answer.next_update:%Y-%m-%d %H:%M} UTC")
    if moment.at > answer.this_update + fresh.longest:
        raise Unusable(f"the answer is from {answer.this_update:%Y-%m-%d %H:%M} UTC, too long ago")


def _authorised(
    response: Response, certificate: Certificate, issuer: Certificate, moment: Moment
) -> None:
    """The issuer signed, or somebody whom the issuer certified for nothing else."""
    if response.is_by(issuer):
        signer = issuer
    else:
        signers = [one for one in response.certificates if response.is_by(one)]
        if not signers:
            raise Unusable("the responder is neither the issuer nor shows a certificate")
        signer = signers[0]
        _appointed(signer, issuer, moment)
        _of_the_branch(signer, certificate, issuer)
    if not verify(signer, response.signature_oid, response.tbs, response.signature):
        raise Unusable("the signature of the response does not hold")


def _appointed(signer: Certificate, issuer: Certificate, moment: Moment) -> None:
    found = signer.extensions
    if signer.issuer.der != issuer.subject.der or not signer.signed_by(issuer):
        raise Unusable("the responder was not certified by the issuer")
    if OCSP_SIGNING not in found.purposes:
        raise Unusable("the responder's certificate is not for signing OCSP responses")
    if found.usage is not None and KeyUse.DIGITAL_SIGNATURE not in found.usage:
        raise Unusable("the responder's key may not sign")
    if found.authority:
        raise Unusable("the responder is an authority itself, certified for more than answers")
    if found.not_understood:
        raise Unusable("the responder's certificate has a critical extension nobody understands")
    if moment.trusted and not signer.not_before <= moment.at <= signer.not_after:
        raise Unusable("the responder's certificate is not valid now")


def _of_the_branch(signer: Certificate, certificate: Certificate, issuer: Certificate) -> None:
    """A root of several branches has a responder for each; one answers not for another."""
    named = BRANCH_DOMAINS.intersection(signer.subject.domains)
    own = {*issuer.subject.domains, *certificate.subject.domains}
    for domain in sorted(named - own):
        raise Unusable(f"the responder belongs to the {domain} branch of the PKI")


def believed_list(
    crl: RevocationList,
    certificate: Certificate,
    issuer: Certificate,
    moment: Moment,
    *,
    fresh: Freshness = FRESH,
) -> State:
    """What a CRL says about a certificate.  Raises ``Unusable``."""
    _list_signed(crl, issuer)
    if certificate.serial in crl.revoked:
        return State.REVOKED
    if moment.trusted and crl.this_update > moment.at + fresh.skew:
        raise Unusable("the CRL is from the future")
    if moment.trusted and (crl.next_update is None or moment.at > crl.next_update):
        raise Unusable("the CRL no longer holds")
    return State.GOOD


def _list_signed(crl: RevocationList, issuer: Certificate) -> None:
    usage = issuer.extensions.usage
    if crl.issuer != issuer.subject.der:
        raise Unusable("the CRL is of another authority")
    if usage is not None and KeyUse.CRL_SIGN not in usage:
        raise Unusable("the authority's key may not sign CRLs")
    if not verify(issuer, crl.signature_oid, crl.tbs, crl.signature):
        raise Unusable("the signature of the CRL does not hold")


class StatusBook:
    """What was learned about revocation, bounded; what was learned first leaves first.

    Only believed evidence gets in, and nothing replaces what is newer: an old "good" cannot be
    played over a "revoked".
    """

    def __init__(self, bound: int = 256, fresh: Freshness = FRESH) -> None:
        self.fresh = fresh
        self._bound = bound
        self._responses: OrderedDict[tuple[bytes, int], tuple[Answer, bytes]] = OrderedDict()
        self._lists: OrderedDict[bytes, RevocationList] = OrderedDict()

    def __len__(self) -> int:
        return len(self._responses) + len(self._lists)

    def learn(
        self,
        octets: bytes,
        certificate: Certificate,
        issuer: Certificate,
        moment: Moment,
        *,
        nonce: bytes | None = None,
    ) -> Answer:
        """Keep a fetched OCSP response.  Raises ``Unusable``, and then keeps what there was."""
        answer = believed_response(
            octets, certificate, issuer, moment, fresh=self.fresh, nonce=nonce
        )
        key = (certificate.issuer.der, certificate.serial)
        known = self._responses.get(key)
        if known is not None and known[0].this_update > answer.this_update:
            raise Unusable("a newer answer is known already")
        _put(self._responses, key, (answer, octets), self._bound)
        return answer

    def learn_list(self, octets: bytes, issuer: Certificate, moment: Moment) -> RevocationList:
        """Keep a fetched CRL.  Raises ``Unusable``, and then keeps what there was."""
        try:
            crl = read_list(octets)
        except Malformed as error:
            raise Unusable(str(error)) from None
        _list_signed(crl, issuer)
        if moment.trusted and crl.this_update > moment.at + self.fresh.skew:
            raise Unusable("the CRL is from the future")
        known = self._lists.get(crl.issuer)
        if known is not None and known.this_update > crl.this_update:
            raise Unusable("a newer CRL is known already")
        _put(self._lists, crl.issuer, crl, self._bound)
        return crl

    def response_for(self, certificate: Certificate) -> bytes | None:
        """The response that was learned, to be stapled or judged again."""
        known = self._responses.get((certificate.issuer.der, certificate.serial))
        return None if known is None else known[1]

    def answer_for(self, certificate: Certificate) -> Answer | None:
        """What that response says; it was believed when it was learned."""
        known = self._responses.get((certificate.issuer.der, certificate.serial))
        return None if known is None else known[0]

    def standing(
        self,
        certificate: Certificate,
        issuer: Certificate,
        moment: Moment,
        staple: bytes | None = None,
    ) -> Standing:
        """All evidence together: one believable "revoked" outweighs any number of "good"."""
        states: list[State] = []
        problems: list[str] = []
        for octets in (staple, self.response_for(certificate)):
            if octets is None:
                continue
            try:
                answer = believed_response(octets, certificate, issuer, moment, fresh=self.fresh)
                states.append(answer.state)
            except Unusable as error:
                problems.append(str(error))
        crl = self._lists.get(certificate.issuer.der)
        if crl is not None:
            try:
                states.append(believed_list(crl, certificate, issuer, moment, fresh=self.fresh))
            except Unusable as error:
                problems.append(str(error))
        return _summary(states, problems, moment)


def _summary(states: list[State], problems: list[str], moment: Moment) -> Standing:
    if State.REVOKED in states:
        return Standing(State.REVOKED)
    if State.GOOD in states and moment.trusted:
        return Standing(State.GOOD)
    if State.GOOD in states:
        problems.append("how old the answer is cannot be told without trustworthy time")
    elif states:
        problems.append("the responder does not know the certificate")
    return Standing(State.UNKNOWN, "; ".join(problems))


def _put(book: OrderedDict[_Key, _Kept], key: _Key, value: _Kept, bound: int) -> None:
    book[key] = value
    book.move_to_end(key)
    while len(book) > bound:
        book.popitem(last=False)
