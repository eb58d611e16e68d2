"""Examining a signature: first its form and its references, then the digests, then the key.

The order matters: an element nobody signed must not slip through because some other one was.
Deviations that are in use and harmless are let pass by name, and told as notes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bsw.chrgm.messages.xmldsig import Reference, Signature, SignedInfo, Transform
from bsw.chrgm.signature.draft import check_ids
from bsw.chrgm.signature.flaws import Flaw, SignatureFlaw
from bsw.chrgm.signature.scheme import CANONICAL_EXI, Scheme, Signable, Suite, shown
from bsw.crypto import FORMS, Verifier, key_type, prepared

MOST_REFERENCES: Final = 4
"""As many as one message has; only -20 schedules with prices may have more."""


@dataclass(frozen=True, slots=True)
class SignatureRules:
    """Which deviations pass.  All are told; the ``lab_`` one weakens what a signature proves.

    ``message_grammar``: SignedInfo was signed in the grammar of the message schema.
    ``typed_emaid``: the eMAID's digest is over the form that cbV2G gives it.
    ``no_transforms``: a reference without transforms, which the schema allows.
    ``whole_message``: all of a request was signed where a part of it carries the Id.
    ``lab_other_suites``: keys and algorithm names of ISO 15118-20 that are outside the norm.
    """

    message_grammar: bool = True
    typed_emaid: bool = True
    no_transforms: bool = True
    whole_message: bool = True
    lab_other_suites: bool = False


FIELD: Final = SignatureRules()
CONFORMANCE: Final = SignatureRules(message_grammar=False, typed_emaid=False)


@dataclass(frozen=True, slots=True)
class Form:
    """One way the signed octets may have been written, ready for the verifier."""

    data: bytes = field(repr=False)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A signature that holds, and what had to be let pass for it."""

    suite: Suite
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature of good form over the right elements; whether it holds is yet to be asked.

    True for one of the ``forms`` is enough.  ``accepted`` and ``refused`` end it.
    """

    suite: Suite
    public_key: bytes = field(repr=False)
    value: bytes = field(repr=False)
    forms: tuple[Form, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    def accepted(self, form: Form) -> Checked:
        return Checked(self.suite, self.notes + ((form.note,) if form.note else ()))

    def refused(self) -> SignatureFlaw:
        return SignatureFlaw(Flaw.BAD_SIGNATURE, f"{self.suite.key.value}, {self.suite.signature}")


def verify(
    scheme: Scheme,
    signature: Signature | None,
    elements: Sequence[Signable],
    public_key: bytes,
    verifier: Verifier,
    *,
    rules: SignatureRules = FIELD,
) -> Checked:
    """Whether the holder of this key signed all of these elements and nothing else.

    ``public_key`` is SubjectPublicKeyInfo, DER.  Raises ``SignatureFlaw`` if not.
    """
    claim = examine(scheme, signature, elements, public_key, rules=rules)
    for form in claim.forms:
        if verifier.verify(claim.public_key, form.data, claim.value):
            return claim.accepted(form)
    raise claim.refused()


def examine(
    scheme: Scheme,
    signature: Signature | None,
    elements: Sequence[Signable],
    public_key: bytes,
    *,
    rules: SignatureRules = FIELD,
) -> Claim:
    """Everything but the arithmetic."""
    if signature is None:
        raise SignatureFlaw(Flaw.NOT_SIGNED)
    check_ids(elements)
    info = signature.signed_info
    _refuse_forbidden(signature)
    suite = _suite(scheme, info, public_key, rules)
    notes: list[str] = []
    for element, reference in _paired(info.reference, elements):
        if _lacks_transforms(reference, rules):
            notes.append("a reference has no transforms")
        if reference.digest_method.algorithm != suite.digest:
            found = shown(reference.digest_method.algorithm)
            raise SignatureFlaw(Flaw.UNSUPPORTED_DIGEST, found)
        notes += _compared(scheme, suite, element, reference.digest_value, rules)
    value = signature.signature_value.value
    width = FORMS[suite.key].signature
    if len(value) != width:
        raise SignatureFlaw(Flaw.BAD_SIGNATURE, f"{len(value)} octets, {width} are due (raw r, s)")
    forms = _forms(scheme, suite, info, rules)
    return Claim(suite, public_key, value, forms, tuple(dict.fromkeys(notes)))


def _suite(scheme: Scheme, info: SignedInfo, public_key: bytes, rules: SignatureRules) -> Suite:
    if info.canonicalization_method.algorithm != CANONICAL_EXI:
        found = shown(info.canonicalization_method.algorithm)
        raise SignatureFlaw(Flaw.UNSUPPORTED_CANONICALIZATION, found)
    suite = scheme.suite_named(info.signature_method.algorithm, lab=rules.lab_other_suites)
    key = key_type(public_key)
    if key is not suite.key:
        found = "of a foreign kind" if key is None else key.value
        raise SignatureFlaw(Flaw.WRONG_KEY, f"the key is {found}, {suite.key.value} is due")
    return suite


def _paired(
    references: Sequence[Reference], elements: Sequence[Signable]
) -> list[tuple[Signable, Reference]]:
    """Every element with the one reference to it."""
    most = max(MOST_REFERENCES, len(elements))
    if len(references) > most:
        detail = f"{len(references)}, {most} at most"
        raise SignatureFlaw(Flaw.TOO_MANY_REFERENCES, detail)
    wanted = {f"#{element.id}": element for element in elements}
    found: dict[str, Reference] = {}
    for reference in references:
        uri = reference.uri
        if uri is None or uri not in wanted:
            raise SignatureFlaw(Flaw.UNKNOWN_ID, shown(uri))
        if uri in found:
            raise SignatureFlaw(Flaw.DUPLICATE_REFERENCE, wanted[uri].known_as)
        found[uri] = reference
    for uri, element in wanted.items():
        if uri not in found:
            raise SignatureFlaw(Flaw.MISSING_REFERENCE, element.known_as)
    return [(wanted[uri], reference) for uri, reference in found.items()]


def _lacks_transforms(reference: Reference, rules: SignatureRules) -> bool:
    if reference.transforms is None:
        if not rules.no_transforms:
            raise SignatureFlaw(Flaw.UNSUPPORTED_TRANSFORM, "there is none")
        return True
    names = [transform.algorithm for transform in reference.transforms.transform]
    if names != [CANONICAL_EXI]:
        raise SignatureFlaw(Flaw.UNSUPPORTED_TRANSFORM, ", ".join(shown(name) for name in names))
    return False


def _compared(
    scheme: Scheme, suite: Suite, element: Signable, digest: bytes, rules: SignatureRules
) -> tuple[str, ...]:
    """What has to be let pass for a digest to be this element's."""
    if digest == suite.digest_of(scheme.fragment(element)):
        return ()
    if rules.typed_emaid and digest == suite.digest_of(scheme.fragment(element, typed=True)):
        return (f"{element.known_as} was signed in the form of its type alone",)
    if rules.whole_message and element.whole is not None:
        whole = Signable(element.id, element.whole)
        if digest == suite.digest_of(scheme.fragment(whole)):
            return (f"{whole.known_as} was signed as a whole",)
    raise SignatureFlaw(Flaw.DIGEST_MISMATCH, element.known_as)


def _refuse_forbidden(signature: Signature) -> None:
    """Parts that nothing here uses, and that are there to make verifiers stumble [V2G20-771]."""
    info = signature.signed_info
    found = [
        name
        for name, used in (
            ("Signature Id", signature.id is not None),
            ("SignatureValue Id", signature.signature_value.id is not None),
            ("Object", bool(signature.object)),
            ("SignedInfo Id", info.id is not None),
            ("HMACOutputLength", info.signature_method.hmac_output_length is not None),
            ("Reference Id", any(one.id is not None for one in info.reference)),
            ("Reference Type", any(one.type is not None for one in info.reference)),
            ("XPath", any(one.x_path for one in _transforms(info))),
        )
        if used
    ]
    if found:
        raise SignatureFlaw(Flaw.FORBIDDEN_PART, ", ".join(found))


def _transforms(info: SignedInfo) -> Iterator[Transform]:
    for reference in info.reference:
        yield from () if reference.transforms is None else reference.transforms.transform


def _forms(
    scheme: Scheme, suite: Suite, info: SignedInfo, rules: SignatureRules
) -> tuple[Form, ...]:
    forms = [Form(prepared(suite.key, scheme.signed_octets(info)))]
    if rules.message_grammar:
        octets = scheme.signed_octets_of_message_grammar(info)
        note = "SignedInfo was signed in the grammar of the message schema"
        forms.append(Form(prepared(suite.key, octets), note))
    return tuple(forms)
