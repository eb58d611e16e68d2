"""Making a signature, in two steps so that the key may be slow."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bsw.chrgm.messages import xmldsig
from bsw.chrgm.signature.flaws import Flaw, SignatureFlaw
from bsw.chrgm.signature.scheme import CANONICAL_EXI, Scheme, Signable, Suite
from bsw.crypto import FORMS, KeyType, Signer, key_type, prepared


@dataclass(frozen=True, slots=True)
class Draft:
    """A signature that lacks its value.

    ``to_sign`` is for the key: a digest for ECDSA, all of SignedInfo for Ed448.
    """

    suite: Suite
    info: xmldsig.SignedInfo = field(repr=False)
    octets: bytes = field(repr=False)

    @classmethod
    def over(
        cls, scheme: Scheme, elements: Sequence[Signable], key: KeyType, *, lab: bool = False
    ) -> "Draft":
        return cls.by(scheme, elements, scheme.suite_for(key, lab=lab))

    @classmethod
    def by(cls, scheme: Scheme, elements: Sequence[Signable], suite: Suite) -> "Draft":
        """With algorithms of one's own choice."""
        check_ids(elements)
        info = xmldsig.SignedInfo(
            canonicalization_method=xmldsig.CanonicalizationMethod(algorithm=CANONICAL_EXI),
            signature_method=xmldsig.SignatureMethod(algorithm=suite.signature),
            reference=tuple(_reference(scheme, suite, element) for element in elements),
        )
        return cls(suite, info, scheme.signed_octets(info))

    @property
    def to_sign(self) -> bytes:
        return prepared(self.suite.key, self.octets)

    def signature(self, value: bytes) -> xmldsig.Signature:
        """The whole, with what the key made of ``to_sign``: r || s, or Ed448's 114 octets."""
        assert len(value) == FORMS[self.suite.key].signature, "signatures are raw and of full width"
        return xmldsig.Signature(
            signed_info=self.info, signature_value=xmldsig.SignatureValue(value=value)
        )


def sign(
    scheme: Scheme, elements: Sequence[Signable], signer: Signer, *, lab: bool = False
) -> xmldsig.Signature:
    """Sign at once; for keys that do not block, and on a worker."""
    key = key_type(signer.public_key)
    if key is None:
        raise SignatureFlaw(Flaw.WRONG_KEY, "the signer's key is none of P-256, P-521, Ed448")
    draft = Draft.over(scheme, elements, key, lab=lab)
    return draft.signature(signer.sign(draft.to_sign))


def check_ids(elements: Sequence[Signable]) -> None:
    """Each element to be signed needs an Id of its own."""
    seen: set[str] = set()
    for element in elements:
        if element.id is None:
            raise SignatureFlaw(Flaw.MISSING_ID, element.known_as)
        if element.id in seen:
            raise SignatureFlaw(Flaw.DUPLICATE_ID, element.known_as)
        seen.add(element.id)


def _reference(scheme: Scheme, suite: Suite, element: Signable) -> xmldsig.Reference:
    transform = xmldsig.Transform(algorithm=CANONICAL_EXI)
    return xmldsig.Reference(
        uri=f"#{element.id}",
        transforms=xmldsig.Transforms(transform=(transform,)),
        digest_method=xmldsig.DigestMethod(algorithm=suite.digest),
        digest_value=suite.digest_of(scheme.fragment(element)),
    )
