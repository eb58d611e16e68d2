"""Sizes of keys and the numbers that formats are made of, against the curves' own."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bsw.os.clock import MS
from csm import driver, hardening, material, unlock, wiring
from csm.drivers import provision, simulated, software, store, templates
from csm.handles import PAIRS, SYMMETRIC, KeyKind

DER = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
KEYS = {
    KeyKind.P256: ec.derive_private_key(1, ec.SECP256R1()).public_key().public_bytes(*DER),
    KeyKind.P521: ec.derive_private_key(1, ec.SECP521R1()).public_key().public_bytes(*DER),
    KeyKind.ED448: ed448.Ed448PrivateKey.from_private_bytes(bytes(57))
    .public_key()
    .public_bytes(*DER),
    KeyKind.X448: x448.X448PrivateKey.from_private_bytes(bytes(56)).public_key().public_bytes(*DER),
}
SIGNATURES = {KeyKind.P256: 64, KeyKind.P521: 132, KeyKind.ED448: 114, KeyKind.X448: 0}
PRIVATE = {KeyKind.P256: 32, KeyKind.P521: 66, KeyKind.ED448: 57, KeyKind.X448: 56}


@pytest.mark.parametrize("kind", PAIRS)
def test_a_public_key_stands_behind_its_prefix(kind: KeyKind) -> None:
    shape, der = PAIRS[kind], KEYS[kind]
    assert der.startswith(shape.prefix)
    assert len(der) == len(shape.prefix) + shape.public
    assert (shape.signature, shape.private) == (SIGNATURES[kind], PRIVATE[kind])


def test_the_order_of_a_curve_is_its_own() -> None:
    """The point one below the order is the negative of the base point: the same x."""
    for kind, curve in ((KeyKind.P256, ec.SECP256R1()), (KeyKind.P521, ec.SECP521R1())):
        order = material.ORDERS[kind]
        last = ec.derive_private_key(order - 1, curve).public_key().public_numbers()
        first = ec.derive_private_key(1, curve).public_key().public_numbers()
        assert last.x == first.x
        assert last.y != first.y


def test_sizes_of_symmetric_keys_and_of_what_goes_with_them() -> None:
    assert SYMMETRIC == {KeyKind.AES128: 16, KeyKind.AES256: 32, KeyKind.HMAC: 64}
    assert (material.BLOCK, material.TAG, material.NONCE) == (16, 16, 12)
    assert (store.FORMAT, store.NONCE, store.SCRYPT_LOG2, store.HIGHEST_LOG2) == (1, 12, 15, 20)
    assert templates.EC_BITS == {KeyKind.P256: 256, KeyKind.P521: 521}
    assert {KeyKind.AES128, KeyKind.AES256} == software._AES
    assert wiring.UNATTENDED_SCRYPT_LOG2 == 10
    assert unlock.LONGEST == 4096


def test_keys_are_derived_by_the_numbers_of_both_editions() -> None:
    older, newer = driver.ISO2_KDF, driver.ISO20_KDF
    assert older == driver.ConcatKdf(driver.Hash.SHA256, bytes((1, 0x55, 0x56)), 16)
    assert newer == driver.ConcatKdf(driver.Hash.SHA512, bytes((1, 0x55, 0x56)), 32)


def test_what_the_operating_system_and_the_token_are_asked_by_number() -> None:
    assert (hardening._PR_GET_DUMPABLE, hardening._PR_SET_DUMPABLE) == (3, 4)
    assert (provision.LABEL_OCTETS, provision._INIT_TOKEN) == (32, 9)
    assert {0xA0, 0xA1, 0xA2} == provision._PIN_INCORRECT


def test_a_simulated_token_takes_the_time_of_a_secure_element() -> None:
    assert simulated.DELAYS == {
        "sign": 3 * MS,
        "derive": 5 * MS,
        "generate": 400 * MS,
        "import": 20 * MS,
    }
    assert simulated.ANY_OTHER == 1 * MS
