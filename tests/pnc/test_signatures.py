"""XML signatures over EXI fragments: made, checked, and every way to get them wrong."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw import exi
from bsw.chrgm.messages import iso2, xmldsig
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.signature import (
    Draft,
    Flaw,
    Scheme,
    Signable,
    SignatureFlaw,
    SignatureRules,
    examine,
    sign,
    verify,
)
from bsw.chrgm.signature import iso2 as older
from bsw.chrgm.signature import iso20 as newer
from bsw.chrgm.signature.check import CONFORMANCE
from bsw.chrgm.signature.scheme import CANONICAL_EXI, ECDSA_SHA256, ECDSA_SHA512, ED448_W3C
from bsw.crypto import KeyType
from csm.handles import KeyKind
from csm.signing import SoftwareVerifier
from tests.pnc.messages import (
    ED448,
    ISO2_MESSAGES,
    ISO20_MESSAGES,
    P256,
    P521,
    PlainSigner,
    price_levels,
    schedules,
    tariffs,
)
from tests.pnc.world import HEADER

SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"


VERIFIER = SoftwareVerifier()


CASES = [
    *((older.SCHEME, older.signed_elements(body), P256) for body in ISO2_MESSAGES.values()),
    *((newer.SCHEME, newer.signed_elements(body), P521) for body in ISO20_MESSAGES.values()),
    *((newer.SCHEME, newer.signed_elements(body), ED448) for body in ISO20_MESSAGES.values()),
]
NAMES = [
    *(f"iso2-{name}" for name in ISO2_MESSAGES),
    *(f"iso20-{name}-{kind}" for kind in ("P521", "Ed448") for name in ISO20_MESSAGES),
]
Elements = tuple[Signable, ...]


@pytest.mark.parametrize(("scheme", "elements", "signer"), CASES, ids=NAMES)
def test_every_signed_message_is_signed_and_verified(
    scheme: Scheme, elements: Elements, signer: PlainSigner
) -> None:
    assert elements
    signature = sign(scheme, elements, signer)
    assert len(signature.signed_info.reference) == len(elements)
    checked = verify(scheme, signature, elements, signer.public_key, VERIFIER)
    assert checked.notes == ()


@pytest.mark.parametrize(("scheme", "elements", "signer"), CASES, ids=NAMES)
def test_a_signature_survives_the_wire(
    scheme: Scheme, elements: Elements, signer: PlainSigner
) -> None:
    signature = sign(scheme, elements, signer)
    codec = exi.codec("xmldsig")
    heard = codec.decode_fragment(codec.encode_fragment(signature)).value
    assert heard == signature
    assert verify(scheme, heard, elements, signer.public_key, VERIFIER).notes == ()


@pytest.mark.parametrize(("scheme", "elements", "signer"), CASES, ids=NAMES)
def test_somebody_else_s_key_does_not_verify(
    scheme: Scheme, elements: Elements, signer: PlainSigner
) -> None:
    kind = {P256: KeyKind.P256, P521: KeyKind.P521, ED448: KeyKind.ED448}[signer]
    other = PlainSigner(kind, "somebody else")
    signature = sign(scheme, elements, signer)
    assert flaw_of(scheme, signature, elements, other.public_key) is Flaw.BAD_SIGNATURE


def test_what_is_never_signed_has_no_elements() -> None:
    assert older.signed_elements(smallest(iso2.SessionSetupReq)) == ()
    assert older.signed_elements(tariffs(None).replace(sa_schedules=None)) == ()
    assert newer.signed_elements(smallest(common.SessionSetupReq)) == ()
    assert newer.signed_elements(schedules(None)) == ()
    eim = common.AuthorizationReq(
        header=HEADER,
        selected_authorization_service=common.Authorization.EIM,
        eim_a_req_authorization_mode=common.EIMAReqAuthorizationMode(),
    )
    assert newer.signed_elements(eim) == ()


def flaw_of(
    scheme: Scheme,
    signature: xmldsig.Signature | None,
    elements: Elements,
    public_key: bytes,
    **rules: bool,
) -> Flaw | None:
    try:
        verify(scheme, signature, elements, public_key, VERIFIER, rules=SignatureRules(**rules))
    except SignatureFlaw as flaw:
        return flaw.flaw
    return None


BODY = ISO2_MESSAGES["CertificateInstallationRes"]
PARTS = older.signed_elements(BODY)
GOOD = sign(older.SCHEME, PARTS, P256)
Change = Callable[[xmldsig.SignedInfo], xmldsig.SignedInfo]


def first(info: xmldsig.SignedInfo, **changes: object) -> xmldsig.SignedInfo:
    changed = info.reference[0].replace(**changes)
    return info.replace(reference=(changed, *info.reference[1:]))


def transforms(*names: str) -> xmldsig.Transforms:
    return xmldsig.Transforms(transform=tuple(xmldsig.Transform(algorithm=n) for n in names))


WRONG: dict[str, tuple[Flaw, Change]] = {
    "one reference missing": (
        Flaw.MISSING_REFERENCE,
        lambda info: info.replace(reference=info.reference[1:]),
    ),
    "one reference twice": (
        Flaw.DUPLICATE_REFERENCE,
        lambda info: info.replace(reference=(*info.reference[:3], info.reference[0])),
    ),
    "five references": (
        Flaw.TOO_MANY_REFERENCES,
        lambda info: info.replace(reference=(*info.reference, info.reference[0])),
    ),
    "an unknown id": (Flaw.UNKNOWN_ID, lambda info: first(info, uri="#id9")),
    "an id without its sign": (Flaw.UNKNOWN_ID, lambda info: first(info, uri="id1")),
    "no uri": (Flaw.UNKNOWN_ID, lambda info: first(info, uri=None)),
    "the whole document": (Flaw.UNKNOWN_ID, lambda info: first(info, uri="")),
    "a foreign document": (Flaw.UNKNOWN_ID, lambda info: first(info, uri="http://x/#id1")),
    "another canonicalization": (
        Flaw.UNSUPPORTED_CANONICALIZATION,
        lambda info: info.replace(
            canonicalization_method=xmldsig.CanonicalizationMethod(
                algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
            )
        ),
    ),
    "another transform": (
        Flaw.UNSUPPORTED_TRANSFORM,
        lambda info: first(info, transforms=transforms("http://www.w3.org/TR/xpath")),
    ),
    "two transforms": (
        Flaw.UNSUPPORTED_TRANSFORM,
        lambda info: first(info, transforms=transforms(CANONICAL_EXI, CANONICAL_EXI)),
    ),
    "sha-1": (
        Flaw.UNSUPPORTED_DIGEST,
        lambda info: first(info, digest_method=xmldsig.DigestMethod(algorithm=SHA1)),
    ),
    "sha-512 under sha-256": (
        Flaw.UNSUPPORTED_DIGEST,
        lambda info: first(info, digest_method=xmldsig.DigestMethod(algorithm=SHA512)),
    ),
    "another signature algorithm": (
        Flaw.UNSUPPORTED_SIGNATURE,
        lambda info: info.replace(signature_method=xmldsig.SignatureMethod(algorithm=SHA1)),
    ),
    "the other edition's algorithm": (
        Flaw.UNSUPPORTED_SIGNATURE,
        lambda info: info.replace(signature_method=xmldsig.SignatureMethod(algorithm=ECDSA_SHA512)),
    ),
    "a digest of something else": (
        Flaw.DIGEST_MISMATCH,
        lambda info: first(info, digest_value=bytes(32)),
    ),
    "a short digest": (
        Flaw.DIGEST_MISMATCH,
        lambda info: first(info, digest_value=info.reference[0].digest_value[:16]),
    ),
    "an empty digest": (Flaw.DIGEST_MISMATCH, lambda info: first(info, digest_value=b"")),
    "an id of its own": (Flaw.FORBIDDEN_PART, lambda info: info.replace(id="si")),
    "a type in a reference": (Flaw.FORBIDDEN_PART, lambda info: first(info, type="urn:x")),
    "an id in a reference": (Flaw.FORBIDDEN_PART, lambda info: first(info, id="r1")),
    "a length for HMAC": (
        Flaw.FORBIDDEN_PART,
        lambda info: info.replace(
            signature_method=info.signature_method.replace(hmac_output_length=8)
        ),
    ),
    "an XPath": (
        Flaw.FORBIDDEN_PART,
        lambda info: first(
            info,
            transforms=xmldsig.Transforms(
                transform=(xmldsig.Transform(algorithm=CANONICAL_EXI, x_path=("/",)),)
            ),
        ),
    ),
    "another order": (
        Flaw.BAD_SIGNATURE,
        lambda info: info.replace(reference=tuple(reversed(info.reference))),
    ),
}


@pytest.mark.parametrize(("flaw", "change"), WRONG.values(), ids=WRONG)
def test_each_flaw_has_its_name(flaw: Flaw, change: Change) -> None:
    changed = GOOD.replace(signed_info=change(GOOD.signed_info))
    assert flaw_of(older.SCHEME, changed, PARTS, P256.public_key) is flaw


@pytest.mark.parametrize(("flaw", "change"), WRONG.values(), ids=WRONG)
def test_a_flaw_of_form_is_no_better_for_being_signed(flaw: Flaw, change: Change) -> None:
    info = change(GOOD.signed_info)
    draft = Draft(older.SCHEME.suites[0], info, older.SCHEME.signed_octets(info))
    signed = draft.signature(P256.sign(draft.to_sign))
    wanted = None if flaw is Flaw.BAD_SIGNATURE else flaw  # harmless once it is signed
    assert flaw_of(older.SCHEME, signed, PARTS, P256.public_key) is wanted


@pytest.mark.parametrize(
    "part",
    [
        {"id": "s1"},
        {"object": (xmldsig.Object(),)},
        {"signature_value": GOOD.signature_value.replace(id="v1")},
    ],
    ids=["an id", "an object", "an id of the value"],
)
def test_parts_beside_what_is_signed_are_refused(part: dict[str, object]) -> None:
    flaw = flaw_of(older.SCHEME, GOOD.replace(**part), PARTS, P256.public_key)
    assert flaw is Flaw.FORBIDDEN_PART


def test_an_unsigned_message_is_told_from_a_badly_signed_one() -> None:
    assert flaw_of(older.SCHEME, None, PARTS, P256.public_key) is Flaw.NOT_SIGNED


def test_elements_need_ids_of_their_own() -> None:
    nameless = (Signable(None, PARTS[0].value, PARTS[0].name), *PARTS[1:])
    twins = (PARTS[0], Signable(PARTS[0].id, PARTS[1].value))
    for elements, flaw in ((nameless, Flaw.MISSING_ID), (twins, Flaw.DUPLICATE_ID)):
        with pytest.raises(SignatureFlaw) as raised:
            sign(older.SCHEME, elements, P256)
        assert raised.value.flaw is flaw
        assert flaw_of(older.SCHEME, GOOD, elements, P256.public_key) is flaw


NO_VALUES = {
    "nothing": b"",
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "one octet short": GOOD.signature_value.value[:-1],
    "one octet long": GOOD.signature_value.value + b"\0",
    "DER": bytes.fromhex("3006020101020101"),
}


@pytest.mark.parametrize("value", NO_VALUES.values(), ids=NO_VALUES)
def test_a_value_that_is_no_signature_does_not_hold(value: bytes) -> None:
    changed = GOOD.replace(signature_value=xmldsig.SignatureValue(value=value))
    assert flaw_of(older.SCHEME, changed, PARTS, P256.public_key) is Flaw.BAD_SIGNATURE


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 63), st.integers(1, 255))
def test_no_changed_octet_of_a_value_holds(place: int, mask: int) -> None:
    value = bytearray(GOOD.signature_value.value)
    value[place] ^= mask
    changed = GOOD.replace(signature_value=xmldsig.SignatureValue(value=bytes(value)))
    assert flaw_of(older.SCHEME, changed, PARTS, P256.public_key) is Flaw.BAD_SIGNATURE


@pytest.mark.parametrize(
    "key",
    [P521.public_key, ED448.public_key, b"", b"no key at all"],
    ids=["P521", "Ed448", "nothing", "noise"],
)
def test_a_key_of_another_kind_is_named(key: bytes) -> None:
    assert flaw_of(older.SCHEME, GOOD, PARTS, key) is Flaw.WRONG_KEY


def test_an_edition_does_not_sign_with_the_other_one_s_keys() -> None:
    elements = newer.signed_elements(ISO20_MESSAGES["AuthorizationReq"])
    for scheme, parts, signer in (
        (older.SCHEME, PARTS, P521),
        (older.SCHEME, PARTS, ED448),
        (newer.SCHEME, elements, P256),
    ):
        with pytest.raises(SignatureFlaw) as raised:
            sign(scheme, parts, signer)
        assert raised.value.flaw is Flaw.WRONG_KEY


def test_a_lab_may_sign_iso20_with_p256_as_some_peers_do() -> None:
    elements = newer.signed_elements(ISO20_MESSAGES["AuthorizationReq"])
    signature = sign(newer.SCHEME, elements, P256, lab=True)
    assert signature.signed_info.signature_method.algorithm == ECDSA_SHA256
    key = P256.public_key
    assert flaw_of(newer.SCHEME, signature, elements, key) is Flaw.UNSUPPORTED_SIGNATURE
    assert flaw_of(newer.SCHEME, signature, elements, key, lab_other_suites=True) is None


def test_ed448_is_named_as_the_norm_names_it() -> None:
    elements = newer.signed_elements(ISO20_MESSAGES["AuthorizationReq"])
    info = sign(newer.SCHEME, elements, ED448).signed_info
    security = "urn:iso:std:iso:15118:-20:Security"
    assert info.signature_method.algorithm == f"{security}:xmldsig#Ed448"
    (reference,) = info.reference
    assert reference.digest_method.algorithm == f"{security}:xmlenc#SHAKE256"
    octets = newer.SCHEME.fragment(elements[0])
    assert reference.digest_value == hashlib.shake_256(octets).digest(64)


def test_a_lab_may_take_ed448_by_the_name_of_w3c() -> None:
    elements = newer.signed_elements(ISO20_MESSAGES["AuthorizationReq"])
    draft = Draft.by(newer.SCHEME, elements, ED448_W3C)
    signature = draft.signature(ED448.sign(draft.to_sign))
    key = ED448.public_key
    assert flaw_of(newer.SCHEME, signature, elements, key) is Flaw.UNSUPPORTED_SIGNATURE
    assert flaw_of(newer.SCHEME, signature, elements, key, lab_other_suites=True) is None


def test_the_names_of_ed448_are_not_mixed() -> None:
    """SHA-512 belongs to the one name, SHAKE256 to the other."""
    elements = newer.signed_elements(ISO20_MESSAGES["AuthorizationReq"])
    mixed = replace(ED448_W3C, signature=newer.SCHEME.suites[1].signature)
    draft = Draft.by(newer.SCHEME, elements, mixed)
    signature = draft.signature(ED448.sign(draft.to_sign))
    key = ED448.public_key
    flaw = flaw_of(newer.SCHEME, signature, elements, key, lab_other_suites=True)
    assert flaw is Flaw.UNSUPPORTED_DIGEST


def test_a_request_for_a_contract_that_is_signed_as_a_whole_is_taken_and_told() -> None:
    request = ISO20_MESSAGES["CertificateInstallationReq"]
    assert isinstance(request, common.CertificateInstallationReq)
    signature = sign(newer.SCHEME, newer.whole_request(request), P521)
    heard = request.replace(header=HEADER.replace(signature=signature))
    elements = newer.signed_elements(heard)
    checked = verify(newer.SCHEME, signature, elements, P521.public_key, VERIFIER)
    assert checked.notes == ("CertificateInstallationReq was signed as a whole",)
    key = P521.public_key
    flaw = flaw_of(newer.SCHEME, signature, elements, key, whole_message=False)
    assert flaw is Flaw.DIGEST_MISMATCH
    other = heard.replace(maximum_contract_certificate_chains=2)
    assert flaw_of(newer.SCHEME, signature, newer.signed_elements(other), key) is (
        Flaw.DIGEST_MISMATCH
    )


@pytest.mark.parametrize(
    ("scheme", "elements", "signer"),
    [(older.SCHEME, PARTS, P256), (*CASES[len(ISO2_MESSAGES)][:2], P521)],
    ids=["iso2", "iso20"],
)
def test_the_other_grammar_of_signedinfo_is_taken_and_told(
    scheme: Scheme, elements: Elements, signer: PlainSigner
) -> None:
    kind = KeyType.P256 if signer is P256 else KeyType.P521
    good = Draft.over(scheme, elements, kind)
    octets = scheme.signed_octets_of_message_grammar(good.info)
    assert octets != good.octets
    draft = Draft(good.suite, good.info, octets)
    signature = draft.signature(signer.sign(draft.to_sign))
    checked = verify(scheme, signature, elements, signer.public_key, VERIFIER)
    assert checked.notes == ("SignedInfo was signed in the grammar of the message schema",)
    with pytest.raises(SignatureFlaw):
        verify(scheme, signature, elements, signer.public_key, VERIFIER, rules=CONFORMANCE)


def test_the_emaid_as_cbv2g_signs_it_is_taken_and_told() -> None:
    info = GOOD.signed_info
    typed = older.SCHEME.suites[0].digest_of(older.SCHEME.fragment(PARTS[3], typed=True))
    assert typed != info.reference[3].digest_value
    changed = info.reference[3].replace(digest_value=typed)
    info = info.replace(reference=(*info.reference[:3], changed))
    draft = Draft(older.SCHEME.suites[0], info, older.SCHEME.signed_octets(info))
    signature = draft.signature(P256.sign(draft.to_sign))
    checked = verify(older.SCHEME, signature, PARTS, P256.public_key, VERIFIER)
    assert checked.notes == ("EMAID was signed in the form of its type alone",)
    key = P256.public_key
    flaw = flaw_of(older.SCHEME, signature, PARTS, key, typed_emaid=False)
    assert flaw is Flaw.DIGEST_MISMATCH


def test_references_without_transforms_are_taken_and_told() -> None:
    info = GOOD.signed_info
    bare = tuple(reference.replace(transforms=None) for reference in info.reference)
    info = info.replace(reference=bare)
    draft = Draft(older.SCHEME.suites[0], info, older.SCHEME.signed_octets(info))
    signature = draft.signature(P256.sign(draft.to_sign))
    checked = verify(older.SCHEME, signature, PARTS, P256.public_key, VERIFIER)
    assert checked.notes == ("a reference has no transforms",)
    key = P256.public_key
    flaw = flaw_of(older.SCHEME, signature, PARTS, key, no_transforms=False)
    assert flaw is Flaw.UNSUPPORTED_TRANSFORM


def test_a_slow_key_signs_between_two_steps() -> None:
    """What a crypto job does: the draft waits, the digest travels, the value comes back."""
    draft = Draft.over(older.SCHEME, PARTS, KeyType.P256)
    assert len(draft.to_sign) == 32
    signature = draft.signature(P256.sign(draft.to_sign))
    claim = examine(older.SCHEME, signature, PARTS, P256.public_key)
    answers = [VERIFIER.verify(claim.public_key, form.data, claim.value) for form in claim.forms]
    assert answers == [True, False]
    assert claim.accepted(claim.forms[0]).notes == ()


def test_ed448_signs_all_of_signedinfo() -> None:
    elements = newer.signed_elements(ISO20_MESSAGES["AuthorizationReq"])
    draft = Draft.over(newer.SCHEME, elements, KeyType.ED448)
    assert draft.to_sign == draft.octets
    assert len(draft.signature(ED448.sign(draft.to_sign)).signature_value.value) == 114


def test_more_prices_than_four_may_be_signed_at_once() -> None:
    """Three schedules with prices for both directions have six; no other message has so many."""
    one = smallest(common.ChargingSchedule)
    tuples = tuple(
        smallest(common.ScheduleTuple).replace(
            schedule_tuple_id=number,
            charging_schedule=one.replace(price_level_schedule=price_levels(f"c{number}")),
            discharging_schedule=one.replace(price_level_schedule=price_levels(f"d{number}")),
        )
        for number in (1, 2, 3)
    )
    body = schedules("x").replace(
        scheduled_se_res_control_mode=common.ScheduledSEResControlMode(schedule_tuple=tuples)
    )
    elements = newer.signed_elements(body)
    assert len(elements) == 6
    signature = sign(newer.SCHEME, elements, P521)
    assert verify(newer.SCHEME, signature, elements, P521.public_key, VERIFIER).notes == ()
