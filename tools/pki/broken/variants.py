"""Chains with one fault each, ready to be shown: for tests and for the folder of a test PKI."""

from collections.abc import Iterator
from dataclasses import dataclass

from keym.judging.verdict import Reason
from keym.x509.profile import Use
from tools.pki.broken.answers import ANSWER_FAULTS, AnswerFault
from tools.pki.broken.faults import FAULTS, Fault
from tools.pki.broken.workshop import Workshop
from tools.pki.maker import Pki
from tools.pki.recipe import Entity
from tools.pki.status import ocsp_response

AnyFault = Fault | AnswerFault


@dataclass(frozen=True, slots=True)
class Variant:
    """A chain as somebody would show it, and why it has to be refused.

    ``staple`` is the OCSP response that comes with it.  ``leaf`` has the private key that goes
    with the first certificate.
    """

    name: str
    title: str
    use: Use
    reason: Reason
    chain: tuple[bytes, ...]
    leaf: Entity
    staple: bytes | None


def faults_of(pki: Pki, use: Use) -> Iterator[AnyFault]:
    """All that this use of this PKI can have; those of OCSP answers are last."""
    shop = Workshop(pki, use)
    for fault in FAULTS:
        if use in fault.uses and pki.edition in fault.editions and fault.only(shop):
            yield fault
    yield from ANSWER_FAULTS


def variant(pki: Pki, use: Use, fault: AnyFault) -> Variant:
    shop = Workshop(pki, use)
    if isinstance(fault, AnswerFault):
        good, staple = shop.good, fault.make(shop)
        return Variant(fault.name, fault.title, use, fault.reason, good.chain, good, staple)
    made = fault.make(shop)
    leaf = made if isinstance(made, Entity) else shop.good
    chain = made.chain or (made.der,) if isinstance(made, Entity) else made
    staple = ocsp_response(leaf, shop.at)
    return Variant(fault.name, fault.title, use, fault.reason, chain, leaf, staple)


def variants(pki: Pki, use: Use) -> Iterator[Variant]:
    return (variant(pki, use, fault) for fault in faults_of(pki, use))
