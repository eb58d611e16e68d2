"""What every driver promises.  A new driver joins the list and inherits the tests."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csm import material, public
from csm.driver import ISO2_KDF, ISO20_KDF, Cbc, ConcatKdf, CryptoDriver, Gcm, Hash, Mac
from csm.drivers.simulated import SimulatedDriver
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.errors import BadData, BadKey, CsmError, KeyExists, KeyMissing, NotSupported
from csm.handles import PAIRS, KeyHandle, KeyKind, PublicKey, Use
from csm.randomness import HostRandomness, SeededRandomness
from csm.secret import PrivateKey, Secret
from tests.csm.certificates import certificate

DIGEST = {KeyKind.P256: hashlib.sha256(b"x").digest(), KeyKind.P521: hashlib.sha512(b"x").digest()}
SIGNING = [KeyKind.P256, KeyKind.P521, KeyKind.ED448]
CURVES = [KeyKind.P256, KeyKind.P521]
KINDS = list(KeyKind)


@pytest.fixture(params=["software", "simulated", "pkcs11"])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> CryptoDriver:
    if request.param == "software":
        store = Store(tmp_path / "keys", lambda: Secret(b"correct horse"), scrypt_log2=4)
        return SoftwareDriver(store)
    if request.param == "simulated":
        return SimulatedDriver(SeededRandomness("contract"))
    found: CryptoDriver = request.getfixturevalue("token")
    return found


def able(driver: CryptoDriver, kind: KeyKind, *uses: Use) -> bool:
    """Whether it says it can.  If not, it also has to refuse."""
    if all(driver.supports(use, kind) for use in uses):
        return True
    with pytest.raises(NotSupported):
        driver.generate(driver.handle("impossible"), kind)
    return False


def new(kind: KeyKind) -> PrivateKey:
    return material.make(kind, HostRandomness())


def data_for(kind: KeyKind) -> bytes:
    return DIGEST.get(kind, b"a message of any length")


@pytest.mark.parametrize("kind", SIGNING)
def test_a_generated_key_signs_and_its_public_half_verifies(
    driver: CryptoDriver, kind: KeyKind
) -> None:
    key = driver.handle("leaf")
    half = driver.generate(key, kind)
    assert half is not None
    assert driver.public_key(key) == half
    signature = driver.sign(key, data_for(kind))
    assert len(signature) == PAIRS[kind].signature
    assert public.verify(half, data_for(kind), signature)
    assert not public.verify(half, data_for(kind)[:-1] + b"?", signature)


@pytest.mark.parametrize("kind", SIGNING)
def test_an_imported_key_signs_as_the_same_key(driver: CryptoDriver, kind: KeyKind) -> None:
    fresh = new(kind)
    half = material.public_half(fresh)
    key = driver.handle("contract-1")
    assert driver.import_private(key, fresh) == half
    assert driver.public_key(key) == half
    assert public.verify(half, data_for(kind), driver.sign(key, data_for(kind)))


@pytest.mark.parametrize("kind", [*CURVES, KeyKind.X448])
@pytest.mark.parametrize("kdf", [ISO2_KDF, ISO20_KDF, ConcatKdf(Hash.SHA256, b"", 32)])
def test_both_ends_derive_the_same_secret(
    driver: CryptoDriver, kind: KeyKind, kdf: ConcatKdf
) -> None:
    if not able(driver, kind, Use.GENERATE, Use.DERIVE):
        return
    ours = driver.generate(driver.handle("oem"), kind)
    assert ours is not None
    other = new(kind)
    secret = driver.derive(driver.handle("oem"), material.public_half(other), kdf)
    assert secret == material.derive(material.load(other), ours, kdf)
    assert len(secret) == kdf.length


@pytest.mark.parametrize("kind", CURVES)
def test_a_peers_point_off_the_curve_is_refused(driver: CryptoDriver, kind: KeyKind) -> None:
    driver.generate(driver.handle("oem"), kind)
    size = PAIRS[kind].public // 2
    forged = PublicKey(kind, b"\4" + bytes(size - 1) + b"\2" + bytes(size - 1) + b"\3")
    with pytest.raises(BadKey, match="does not lie on"):
        driver.derive(driver.handle("oem"), forged, ISO2_KDF)


def test_a_key_does_not_agree_with_one_of_another_curve(driver: CryptoDriver) -> None:
    driver.generate(driver.handle("oem"), KeyKind.P256)
    with pytest.raises((BadKey, NotSupported)):
        driver.derive(driver.handle("oem"), material.public_half(new(KeyKind.P521)), ISO2_KDF)


def test_more_octets_than_one_round_of_the_hash_gives_are_refused(driver: CryptoDriver) -> None:
    half = driver.generate(driver.handle("oem"), KeyKind.P256)
    assert half is not None
    with pytest.raises(BadData, match="1 to 32 octets"):
        driver.derive(driver.handle("oem"), half, ConcatKdf(Hash.SHA256, b"", 33))


@pytest.mark.parametrize("kind", [KeyKind.AES128, KeyKind.AES256])
@pytest.mark.parametrize("cipher", [Cbc(bytes(16)), Gcm(b"n" * 12, b"aad"), Gcm(b"n" * 12)])
def test_what_was_encrypted_decrypts_and_agrees_with_the_library(
    driver: CryptoDriver, kind: KeyKind, cipher: Cbc | Gcm
) -> None:
    fresh = new(kind)
    octets = Secret(fresh.secret.reveal())
    key = driver.handle("session")
    assert driver.import_private(key, fresh) is None
    sealed = driver.encrypt(key, cipher, b"sixteen octets, twice over, full")
    assert sealed == material.encrypt(octets, cipher, b"sixteen octets, twice over, full")
    assert driver.decrypt(key, cipher, sealed) == Secret(b"sixteen octets, twice over, full")


def test_a_changed_tag_is_bad_data(driver: CryptoDriver) -> None:
    key = driver.handle("session")
    driver.generate(key, KeyKind.AES256)
    sealed = driver.encrypt(key, Gcm(b"n" * 12, b"aad"), b"scalar" * 11)
    with pytest.raises(BadData, match="tag does not fit"):
        driver.decrypt(key, Gcm(b"n" * 12, b"axd"), sealed)
    changed = sealed[:-1] + bytes((sealed[-1] ^ 1,))
    with pytest.raises(BadData, match="tag does not fit"):
        driver.decrypt(key, Gcm(b"n" * 12, b"aad"), changed)
    assert driver.decrypt(key, Gcm(b"n" * 12, b"aad"), sealed) == Secret(b"scalar" * 11)


@pytest.mark.parametrize(
    ("cipher", "data"),
    [
        (Cbc(bytes(15)), bytes(16)),
        (Cbc(bytes(16)), bytes(17)),
        (Cbc(bytes(16)), b""),
        (Gcm(bytes(11)), bytes(32)),
        (Gcm(bytes(12)), bytes(15)),
    ],
)
def test_sizes_that_do_not_fit_a_cipher_are_bad_data(
    driver: CryptoDriver, cipher: Cbc | Gcm, data: bytes
) -> None:
    driver.generate(driver.handle("session"), KeyKind.AES128)
    with pytest.raises(BadData):
        driver.decrypt(driver.handle("session"), cipher, data)


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        (KeyKind.AES128, Mac.CMAC_AES),
        (KeyKind.AES256, Mac.CMAC_AES),
        (KeyKind.HMAC, Mac.HMAC_SHA256),
        (KeyKind.HMAC, Mac.HMAC_SHA512),
    ],
)
def test_a_code_is_the_one_the_library_makes(
    driver: CryptoDriver, kind: KeyKind, algorithm: Mac
) -> None:
    fresh = new(kind)
    expected = material.mac(fresh.secret, algorithm, b"telegram")
    driver.import_private(driver.handle("secoc"), fresh)
    assert driver.mac(driver.handle("secoc"), algorithm, b"telegram") == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_listed_with_its_kind_and_can_be_deleted(
    driver: CryptoDriver, kind: KeyKind
) -> None:
    if not able(driver, kind, Use.GENERATE):
        return
    half = driver.generate(driver.handle("one"), kind)
    (line,) = driver.stored()
    assert (line.handle, line.kind, line.public) == (driver.handle("one"), kind, half)
    assert line.born_inside
    assert not line.extractable
    assert not line.problem
    driver.delete(driver.handle("one"))
    assert driver.stored() == []


def test_an_imported_key_is_told_from_one_born_inside(driver: CryptoDriver) -> None:
    driver.import_private(driver.handle("contract-1"), new(KeyKind.P256))
    assert not driver.stored()[0].born_inside


def test_a_label_is_given_once(driver: CryptoDriver) -> None:
    half = driver.generate(driver.handle("leaf"), KeyKind.P256)
    with pytest.raises(KeyExists, match="leaf"):
        driver.generate(driver.handle("leaf"), KeyKind.P256)
    with pytest.raises(KeyExists, match="leaf"):
        driver.import_private(driver.handle("leaf"), new(KeyKind.P256))
    assert driver.public_key(driver.handle("leaf")) == half


MISSING: list[Callable[[CryptoDriver, KeyHandle], object]] = [
    lambda driver, key: driver.sign(key, bytes(32)),
    lambda driver, key: driver.public_key(key),
    lambda driver, key: driver.delete(key),
    lambda driver, key: driver.mac(key, Mac.CMAC_AES, b""),
    lambda driver, key: driver.encrypt(key, Cbc(bytes(16)), bytes(16)),
    lambda driver, key: driver.derive(key, material.public_half(new(KeyKind.P256)), ISO2_KDF),
]


@pytest.mark.parametrize("ask", MISSING)
def test_a_missing_key_is_named(
    driver: CryptoDriver, ask: Callable[[CryptoDriver, KeyHandle], object]
) -> None:
    with pytest.raises(KeyMissing, match="nobody"):
        ask(driver, driver.handle("nobody"))


WRONG_USE: list[tuple[KeyKind, Callable[[CryptoDriver, KeyHandle], object]]] = [
    (KeyKind.AES128, lambda driver, key: driver.sign(key, bytes(32))),
    (KeyKind.AES128, lambda driver, key: driver.public_key(key)),
    (KeyKind.AES128, lambda driver, key: driver.mac(key, Mac.HMAC_SHA256, b"")),
    (KeyKind.P256, lambda driver, key: driver.mac(key, Mac.CMAC_AES, b"")),
    (KeyKind.P256, lambda driver, key: driver.encrypt(key, Cbc(bytes(16)), bytes(16))),
    (KeyKind.P256, lambda driver, key: driver.decrypt(key, Cbc(bytes(16)), bytes(16))),
]


@pytest.mark.parametrize(("kind", "ask"), WRONG_USE)
def test_a_key_is_refused_for_what_it_is_not_made_for(
    driver: CryptoDriver,
    kind: KeyKind,
    ask: Callable[[CryptoDriver, KeyHandle], object],
) -> None:
    driver.generate(driver.handle("key"), kind)
    with pytest.raises(NotSupported):
        ask(driver, driver.handle("key"))


@pytest.mark.parametrize("length", [0, 1, 20, 31, 33, 65])
def test_only_the_digest_of_a_known_hash_is_signed(driver: CryptoDriver, length: int) -> None:
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    with pytest.raises(BadData, match="ECDSA takes a digest"):
        driver.sign(driver.handle("leaf"), bytes(length))


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        (KeyKind.P256, bytes(32)),
        (KeyKind.P256, b"\xff" * 32),
        (KeyKind.P256, b"\1" * 31),
        (KeyKind.P521, bytes(66)),
        (KeyKind.P521, b"\xff" * 66),
        (KeyKind.ED448, b"\1" * 56),
        (KeyKind.AES128, b"\1" * 15),
        (KeyKind.AES256, b"\1" * 16),
        (KeyKind.HMAC, b""),
    ],
)
def test_octets_that_are_no_key_are_not_imported(
    driver: CryptoDriver, kind: KeyKind, octets: bytes
) -> None:
    with pytest.raises(BadKey):
        driver.import_private(driver.handle("forged"), PrivateKey(kind, Secret(octets)))
    assert driver.stored() == []


def test_a_certificate_is_kept_beside_its_key_and_goes_with_it(driver: CryptoDriver) -> None:
    key = driver.handle("leaf")
    driver.generate(key, KeyKind.P256)
    assert driver.certificate(key) is None
    for der in (certificate("first"), certificate("second")):
        driver.store_certificate(key, der)
        assert driver.certificate(key) == der
    assert driver.stored()[0].certificate
    driver.delete(key)
    assert driver.certificate(key) is None


def test_a_driver_that_was_closed_opens_again_by_itself(driver: CryptoDriver) -> None:
    half = driver.generate(driver.handle("leaf"), KeyKind.P256)
    driver.close()
    driver.probe()
    driver.close()
    assert driver.public_key(driver.handle("leaf")) == half


def test_chance_gives_as_many_octets_as_asked_and_never_the_same(driver: CryptoDriver) -> None:
    assert len({driver.random(16) for _ in range(8)}) == 8
    assert len(driver.random(1)) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(list(Mac)), st.sampled_from(SIGNING))
def test_any_octets_give_a_result_or_a_named_error(
    driver: CryptoDriver, data: bytes, algorithm: Mac, kind: KeyKind
) -> None:
    key = driver.handle(kind.name.lower())
    if all(line.handle != key for line in driver.stored()):
        driver.generate(key, kind)
    with suppress(CsmError):
        driver.sign(key, data)
    with suppress(CsmError):
        driver.mac(key, algorithm, data)
    with suppress(CsmError):
        driver.decrypt(key, Gcm(data[:12], data), data)
