"""Names of keys and their public halves."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from csm import material, public
from csm.errors import BadKey
from csm.handles import HandleError, KeyHandle, KeyKind, PublicKey, PublicKeyError, as_word
from csm.randomness import SeededRandomness
from csm.secret import PrivateKey, Secret

WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)


@given(WORDS, WORDS, WORDS | st.just(""))
def test_a_handle_reads_back_what_it_prints(driver: str, label: str, token: str) -> None:
    key = KeyHandle(driver, label, token)
    assert KeyHandle.parse(str(key)) == key


def test_handles_look_like_this() -> None:
    assert str(KeyHandle("pkcs11", "contract-1", "evcc")) == "pkcs11:evcc/contract-1"
    assert str(KeyHandle("software", "contract-1")) == "software:contract-1"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "software",
            "software:",
            ":leaf",
            "software:a/b/c",
            "software:../../etc/passwd",
            "software:a b",
        ),
        *(
            "software:leaf\n",
            "software:.hidden",
            "software:-x",
            "software:" + "a" * 65,
            "software:schlüssel",
        ),
    ],
)
def test_text_that_names_no_key_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(HandleError, match="pkcs11:evcc/contract-1"):
        KeyHandle.parse(text)


@given(st.text(max_size=80))
def test_any_text_is_a_handle_or_refused(text: str) -> None:
    with suppress(HandleError):
        assert str(KeyHandle.parse(text)) == text


Library = ec.EllipticCurvePublicKey | ed448.Ed448PublicKey | x448.X448PublicKey


@given(st.text(max_size=80))
def test_any_label_of_a_token_becomes_a_word_or_nothing(text: str) -> None:
    word = as_word(text)
    assert not word or KeyHandle("pkcs11", "leaf", word).token == word


PAIRS: dict[KeyKind, Callable[[], Library]] = {
    KeyKind.P256: lambda: ec.generate_private_key(ec.SECP256R1()).public_key(),
    KeyKind.P521: lambda: ec.generate_private_key(ec.SECP521R1()).public_key(),
    KeyKind.ED448: lambda: ed448.Ed448PrivateKey.generate().public_key(),
    KeyKind.X448: lambda: x448.X448PrivateKey.generate().public_key(),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_the_form_in_certificates_is_the_librarys(kind: KeyKind) -> None:
    library = PAIRS[kind]()
    ours = material.public_of(library)
    der = library.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert ours.kind is kind
    assert ours.spki() == der
    assert PublicKey.from_spki(der) == ours


@given(st.binary(max_size=200))
def test_octets_that_are_no_public_key_are_refused(octets: bytes) -> None:
    with pytest.raises(PublicKeyError):
        PublicKey.from_spki(octets)


def test_a_key_of_a_curve_we_do_not_use_is_refused() -> None:
    library = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(BadKey, match="secp384r1"):
        material.public_of(library.public_key())
    with pytest.raises(BadKey, match="secp384r1"):
        material.unload(library)


@pytest.mark.parametrize("kind", PAIRS)
def test_a_seed_makes_the_same_valid_key_each_time(kind: KeyKind) -> None:
    one, two = (material.make(kind, SeededRandomness(5)) for _ in range(2))
    assert one == two
    assert material.public_half(one) == material.public_half(two)


def test_known_signatures_convert_both_ways() -> None:
    raw = bytes.fromhex("00" * 31 + "01" + "ff" + "00" * 31)
    der = public.raw_to_der(KeyKind.P256, raw)
    assert der.hex() == "3026020101022100ff" + "00" * 31
    assert public.der_to_raw(KeyKind.P256, der) == raw


@pytest.mark.parametrize("signature", [b"", b"\0" * 63, b"\0" * 64, b"\xff" * 64, b"\0" * 132])
def test_a_signature_that_is_none_is_not_true(signature: bytes) -> None:
    half = material.public_half(PrivateKey(KeyKind.P256, Secret(b"\1" * 32)))
    assert not public.verify(half, bytes(32), signature)


@given(st.binary(max_size=80))
def test_octets_that_are_no_der_signature_are_refused(octets: bytes) -> None:
    with pytest.raises(ValueError):
        public.der_to_raw(KeyKind.P256, octets)


def test_the_scalars_ends_are_checked() -> None:
    order = material.ORDERS[KeyKind.P256]
    for scalar in (1, order - 1):
        material.load(PrivateKey(KeyKind.P256, Secret(scalar.to_bytes(32, "big"))))
    for scalar in (0, order, order + 1):
        with pytest.raises(BadKey):
            material.load(PrivateKey(KeyKind.P256, Secret(scalar.to_bytes(32, "big"))))
