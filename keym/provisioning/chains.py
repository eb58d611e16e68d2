"""The chains in a delivery: read out of messages, judged, written into messages."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bsw.chrgm.messages.xmldsig import X509IssuerSerial
from csm.errors import CsmError
from csm.handles import KeyKind, PublicKey, PublicKeyError
from keym.calendar import CalendarTime
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import PROVEN, Demand
from keym.judging.verdict import Anchor, Reason, Rule, Verdict
from keym.provisioning.faults import Fault, ProvisioningError
from keym.x509.certificate import Certificate, Malformed, parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use

MOST_ROOTS = 20
"""Root identifiers in a request, by the schema."""


class ChainRefused(ProvisioningError):
    """With the verdict, so that the right code can be answered."""

    def __init__(self, fault: Fault, verdict: Verdict) -> None:
        super().__init__(fault, str(verdict))
        self.verdict = verdict

    @property
    def reason(self) -> Reason | None:
        return self.verdict.reason


def trusted_leaf(judge: Judge, question: Question, fault: Fault) -> Certificate:
    """The leaf of a chain that holds.

    No message brings answers about revocation along, so what is not known does not refuse here.
    """
    policy = judge.policy(question.use)
    if policy.revocation in PROVEN:
        policy = replace(policy, revocation=Demand.SOFT)
    verdict = judge.judge(question, policy)
    if verdict.leaf is None:
        raise ChainRefused(fault, verdict)
    return verdict.leaf


def contract_leaf(
    judge: Judge,
    calendar: CalendarTime,
    edition: Edition,
    chain: Sequence[bytes],
    emaid: str | None,
) -> Certificate:
    """The contract as the vehicle judges it.

    A vehicle need not know the roots of all mobility operators: who sent the contract is proven by
    the provisioning service.  Then the topmost authority that was sent stands in for the root, and
    everything below it has to be right.
    """
    question = Question(Use.CONTRACT, edition, chain, identity=emaid)
    policy = replace(judge.policy(Use.CONTRACT), revocation=Demand.OFF)
    verdict = judge.judge(question, policy)
    if verdict.leaf is None and all(found.rule is Rule.ANCHOR for found in verdict.findings):
        verdict = _under_the_topmost(question, policy, calendar)
    if verdict.leaf is not None:
        return verdict.leaf
    mistaken = any(found.rule is Rule.IDENTITY for found in verdict.findings)
    raise ChainRefused(Fault.NAME_MISMATCH if mistaken else Fault.CONTRACT_CHAIN, verdict)


def _under_the_topmost(question: Question, policy: Policy, calendar: CalendarTime) -> Verdict:
    sent = [read(der, Fault.CONTRACT_CHAIN) for der in question.chain]
    tops = [one for one in sent[1:] if not any(one.signed_by(up) for up in sent if up is not one)]
    if len(tops) != 1:
        detail = f"{len(tops)} of the certificates above the contract have no issuer among them"
        raise ProvisioningError(Fault.CONTRACT_CHAIN, detail)
    below = tuple(one.der for one in sent if one is not tops[0])
    anchors = (Anchor(RootKind.MO, tops[0]),)
    as_root = replace(policy, tolerate=policy.tolerate | {Rule.ROOT_SIGNS_LEAF})
    return Judge(lambda: anchors, calendar).judge(replace(question, chain=below), as_root)


def read(der: bytes, fault: Fault) -> Certificate:
    try:
        return parse(der)
    except Malformed as error:
        raise ProvisioningError(fault, str(error)) from None


def public_key(certificate: Certificate) -> PublicKey:
    """Of a certificate that was judged, so its key is of a kind we know."""
    return PublicKey.from_spki(certificate.spki)


def agreement_key(certificate: Certificate) -> PublicKey | None:
    """The X448 key that an Ed448 certificate names beside its own, if it is one."""
    named = certificate.extensions.alternate_key
    try:
        found = None if named is None else PublicKey.from_spki(named)
    except (PublicKeyError, CsmError):
        return None
    return found if found is not None and found.kind is KeyKind.X448 else None


def key_id(certificate: Certificate) -> bytes:
    found = certificate.extensions.subject_key_id
    if found is None:
        raise ProvisioningError(Fault.NO_KEY_ID, "the contract has no subject key identifier")
    return found


def root_ids(roots: Iterable[bytes]) -> tuple[X509IssuerSerial, ...]:
    """How a vehicle names its roots in a request."""
    found = [read(root, Fault.REQUESTER_CHAIN) for root in roots]
    return tuple(
        X509IssuerSerial(x509_issuer_name=str(root.issuer), x509_serial_number=root.serial)
        for root in found[:MOST_ROOTS]
    )
