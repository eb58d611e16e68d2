"""What can go wrong with a token, each with its name.  The token is SoftHSM behind a shim."""

import ctypes
import hashlib
import os
import shutil
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import AttributeSensitive

from csm import material, public
from csm.cryif import CryIf
from csm.driver import ISO2_KDF
from csm.drivers.gate import GATE
from csm.drivers.module import Module, module
from csm.drivers.pkcs11 import Patience, Pkcs11Driver
from csm.drivers.session import TokenSession
from csm.drivers.simulated import SimulatedDriver
from csm.errors import (
    KeyExists,
    KeyMissing,
    Misconfigured,
    ModuleMissing,
    NotSupported,
    PinLocked,
    SlowToken,
    TokenBroken,
    TokenFull,
    TokenMissing,
    TokenRemoved,
    WrongPin,
)
from csm.handles import KeyKind, Use
from csm.randomness import HostRandomness, SeededRandomness
from csm.secret import PrivateKey, Secret
from tests.csm.certificates import certificate
from tests.csm.conftest import PIN

DIGEST = hashlib.sha256(b"challenge").digest()
MakeToken = Callable[..., Pkcs11Driver]

LOGIN, CREATE_OBJECT, DIGEST_KEY, SIGN, KEY_PAIR, DERIVE = 18, 20, 40, 43, 59, 62
TOKEN_INFO, MECHANISMS = 6, 7
DEVICE_ERROR, DEVICE_MEMORY, DEVICE_REMOVED, KEY_INDIGESTIBLE = 0x30, 0x31, 0x32, 0x67
MECHANISM_INVALID, PIN_LOCKED, SESSION_INVALID = 0x70, 0xA4, 0xB3
FINAL_TRY, LOCKED, ECDH = 0x20000, 0x40000, 0x1050


@pytest.fixture
def token_path(shim: Path) -> Path:
    return shim


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], None]:
    """Tells the shim how a function shall misbehave; an empty text lets it work again."""

    def give(function: int, text: str) -> None:
        monkeypatch.setenv(f"SHIM_{function}", text)

    return give


def calls(path: Path, function: int) -> int:
    counters = (ctypes.c_ulong * 68).in_dll(ctypes.CDLL(str(path)), "shim_calls")
    return int(counters[function])


def new(kind: KeyKind = KeyKind.P256) -> PrivateKey:
    return material.make(kind, HostRandomness())


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "libnone.so"
    driver = Pkcs11Driver(module(nowhere, {}), "evcc", None)
    with pytest.raises(ModuleMissing, match=r"libnone\.so.*csm\.pkcs11\.module"):
        driver.sign(driver.handle("leaf"), DIGEST)


def test_a_file_that_is_no_module_is_named(tmp_path: Path) -> None:
    text = tmp_path / "readme.so"
    text.write_text("not a library")
    with pytest.raises(ModuleMissing, match="readme"):
        Pkcs11Driver(module(text, {}), "evcc", None).probe()


def test_a_token_that_is_not_there_is_named(token_module: Module) -> None:
    driver = Pkcs11Driver(token_module, "evcc", lambda: Secret(b"1234"))
    with pytest.raises(TokenMissing, match=r"token 'evcc'.*v2g hsm init"):
        driver.probe()


def test_a_token_that_asks_for_a_pin_where_none_is_set_is_a_mistake_of_the_configuration(
    make_token: MakeToken, token_module: Module
) -> None:
    make_token()
    with pytest.raises(Misconfigured, match=r"csm\.pkcs11\.pin"):
        Pkcs11Driver(token_module, "evcc", None).probe()


def test_a_wrong_pin_is_offered_once_and_no_more(make_token: MakeToken, shim: Path) -> None:
    make_token()
    driver = make_token(pin=b"0000", initialised=True)
    before = calls(shim, LOGIN)
    for _ in range(5):
        with pytest.raises(WrongPin, match="token 'evcc'"):
            driver.sign(driver.handle("leaf"), DIGEST)
    assert calls(shim, LOGIN) == before + 1
    driver.close()
    with pytest.raises(WrongPin):
        driver.probe()
    assert calls(shim, LOGIN) == before + 2


def test_a_locked_pin_is_named(make_token: MakeToken, order: Callable[[int, str], None]) -> None:
    driver = make_token()
    order(LOGIN, f"rv {PIN_LOCKED}")
    with pytest.raises(PinLocked, match="security officer"):
        driver.probe()


def test_a_pin_known_to_be_locked_is_not_offered(
    make_token: MakeToken, order: Callable[[int, str], None], shim: Path
) -> None:
    driver = make_token()
    order(TOKEN_INFO, f"flags {LOCKED}")
    before = calls(shim, LOGIN)
    with pytest.raises(PinLocked):
        driver.probe()
    assert calls(shim, LOGIN) == before


def test_the_last_attempt_before_the_lock_is_left_to_a_person(
    make_token: MakeToken, order: Callable[[int, str], None], shim: Path
) -> None:
    driver = make_token()
    order(TOKEN_INFO, f"flags {FINAL_TRY}")
    before = calls(shim, LOGIN)
    with pytest.raises(WrongPin, match=r"one attempt left.*--last-try"):
        driver.probe()
    assert calls(shim, LOGIN) == before
    make_token(initialised=True, last_try=True).probe()


def test_a_slow_token_is_given_up_and_nobody_queues_behind_it(
    make_token: MakeToken, order: Callable[[int, str], None]
) -> None:
    driver = make_token(patience=Patience(call_ms=100))
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    order(SIGN, "sleep 600")
    with pytest.raises(SlowToken, match="no answer within 100 ms"):
        driver.sign(driver.handle("leaf"), DIGEST)
    with pytest.raises(SlowToken, match="an earlier call still hangs"):
        driver.sign(driver.handle("leaf"), DIGEST)
    order(SIGN, "")
    assert any(answers(driver) for _ in range(200))


def answers(driver: Pkcs11Driver) -> bool:
    """Whether the token signs; a moment later it may."""
    try:
        return len(driver.sign(driver.handle("leaf"), DIGEST)) == 64
    except SlowToken:
        time.sleep(0.02)
        return False


def test_a_full_token_keeps_no_half_of_a_key(
    make_token: MakeToken, order: Callable[[int, str], None]
) -> None:
    driver = make_token()
    order(CREATE_OBJECT, f"rv {DEVICE_MEMORY}")
    order(KEY_PAIR, f"rv {DEVICE_MEMORY}")
    with pytest.raises(TokenFull, match="delete keys"):
        driver.import_private(driver.handle("contract-1"), new())
    with pytest.raises(TokenFull, match="vehicle"):
        driver.generate(driver.handle("vehicle"), KeyKind.P521)
    order(CREATE_OBJECT, "")
    order(KEY_PAIR, "")
    assert driver.stored() == []
    driver.import_private(driver.handle("contract-1"), new())


def test_a_token_removed_in_mid_session_is_named_by_every_call_and_welcome_back(
    make_token: MakeToken, tmp_path: Path
) -> None:
    driver = make_token()
    half = driver.generate(driver.handle("leaf"), KeyKind.P256)
    assert half is not None
    driver.sign(driver.handle("leaf"), DIGEST)
    tokens = tmp_path / "softhsm" / "tokens"
    shutil.copytree(tokens, tmp_path / "backup")
    shutil.rmtree(tokens)
    asks: list[Callable[[], object]] = [
        lambda: driver.sign(driver.handle("leaf"), DIGEST),
        lambda: driver.derive(driver.handle("leaf"), half, ISO2_KDF),
        lambda: driver.generate(driver.handle("other"), KeyKind.P256),
        lambda: driver.import_private(driver.handle("contract-1"), new()),
        lambda: driver.public_key(driver.handle("leaf")),
        lambda: driver.certificate(driver.handle("leaf")),
        driver.stored,
        driver.probe,
    ]
    for ask in (*asks, *asks):
        with pytest.raises(TokenRemoved, match="token 'evcc'"):
            ask()
    shutil.copytree(tmp_path / "backup", tokens)
    assert public.verify(half, DIGEST, driver.sign(driver.handle("leaf"), DIGEST))


@pytest.mark.parametrize("first", range(7))
def test_whichever_call_comes_first_after_the_removal_names_it(
    make_token: MakeToken, tmp_path: Path, first: int
) -> None:
    driver = make_token()
    half = driver.generate(driver.handle("leaf"), KeyKind.P256)
    assert half is not None
    driver.sign(driver.handle("leaf"), DIGEST)
    shutil.rmtree(tmp_path / "softhsm" / "tokens")
    asks: list[Callable[[], object]] = [
        lambda: driver.sign(driver.handle("leaf"), DIGEST),
        lambda: driver.derive(driver.handle("leaf"), half, ISO2_KDF),
        lambda: driver.generate(driver.handle("other"), KeyKind.P256),
        lambda: driver.import_private(driver.handle("contract-1"), new()),
        lambda: driver.public_key(driver.handle("leaf")),
        lambda: driver.certificate(driver.handle("leaf")),
        driver.stored,
    ]
    with pytest.raises(TokenRemoved):
        asks[first]()


def test_a_token_that_says_it_was_removed_but_is_there_is_opened_again(
    make_token: MakeToken, order: Callable[[int, str], None], shim: Path
) -> None:
    driver = make_token()
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    order(SIGN, f"spoil {DEVICE_REMOVED}")
    before = calls(shim, SIGN)
    with pytest.raises(TokenRemoved):
        driver.sign(driver.handle("leaf"), DIGEST)
    assert calls(shim, SIGN) == before + 4  # twice, and each time once for the length
    order(SIGN, "")
    driver.sign(driver.handle("leaf"), DIGEST)


def test_a_session_that_was_closed_behind_our_back_is_opened_again(
    make_token: MakeToken, token_module: Module
) -> None:
    driver = make_token()
    half = driver.generate(driver.handle("leaf"), KeyKind.P256)
    assert half is not None
    library = ctypes.CDLL(str(token_module.path))
    slot = raw(driver, lambda token: token.token.slot.slot_id)
    functions = ctypes.POINTER(FunctionList)()
    library.C_GetFunctionList(ctypes.byref(functions))
    close_all = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong)(functions.contents.functions[14])
    assert GATE.call(lambda: close_all(slot), limit_ms=1000, place="test") == 0
    assert public.verify(half, DIGEST, driver.sign(driver.handle("leaf"), DIGEST))


class FunctionList(ctypes.Structure):
    _fields_ = (("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * 68))


def raw(driver: Pkcs11Driver, work: Callable[[TokenSession], object]) -> object:
    """Something done to the token past the driver."""
    return driver._call("test", work)


def test_another_failure_of_the_token_is_called_broken_with_its_own_word(
    make_token: MakeToken, order: Callable[[int, str], None]
) -> None:
    driver = make_token()
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    order(SIGN, f"spoil {DEVICE_ERROR}")
    with pytest.raises(TokenBroken, match="DeviceError"):
        driver.sign(driver.handle("leaf"), DIGEST)
    order(SIGN, "spoil 2147483649")  # a vendor's own code
    with pytest.raises(TokenBroken):
        driver.sign(driver.handle("leaf"), DIGEST)


def test_a_token_without_key_agreement_says_so_before_it_is_asked(
    make_token: MakeToken, order: Callable[[int, str], None]
) -> None:
    order(MECHANISMS, f"hide {ECDH}")
    driver = make_token()
    half = driver.generate(driver.handle("oem"), KeyKind.P256)
    assert half is not None
    assert driver.supports(Use.SIGN, KeyKind.P256)
    assert not driver.supports(Use.DERIVE, KeyKind.P256)
    with pytest.raises(NotSupported, match="derive P-256"):
        driver.derive(driver.handle("oem"), half, ISO2_KDF)


def test_a_weak_token_takes_what_it_can_and_the_next_driver_the_rest(
    make_token: MakeToken, order: Callable[[int, str], None]
) -> None:
    """As tpm2-pkcs11: it generates and signs, but neither imports nor derives."""
    order(MECHANISMS, f"hide {ECDH}")
    order(CREATE_OBJECT, f"rv {MECHANISM_INVALID}")
    token, spare = make_token(), SimulatedDriver(SeededRandomness(1), name="spare")
    keys = CryIf([token, spare])
    vehicle = keys.place("vehicle", KeyKind.P521, Use.GENERATE, Use.SIGN)
    oem = keys.place("oem", KeyKind.P521, Use.GENERATE, Use.DERIVE)
    assert (str(vehicle), str(oem)) == ("pkcs11:evcc/vehicle", "spare:oem")
    contract = keys.adopt("contract-1", new(), Use.SIGN)
    assert str(contract) == "spare:contract-1"
    assert not token.supports(Use.IMPORT, KeyKind.P256)
    assert str(keys.adopt("contract-2", new(), Use.SIGN)) == "spare:contract-2"
    keys.generate(vehicle, KeyKind.P521)
    keys.sign(vehicle, hashlib.sha512(b"").digest())


def test_a_token_that_makes_keys_it_cannot_sign_with_keeps_none_of_them(
    make_token: MakeToken, order: Callable[[int, str], None]
) -> None:
    token, spare = make_token(), SimulatedDriver(SeededRandomness(1), name="spare")
    order(SIGN, f"spoil {DEVICE_ERROR}")
    with pytest.raises(NotSupported, match="does not sign with them"):
        token.generate(token.handle("vehicle"), KeyKind.P521)
    with pytest.raises(NotSupported, match="does not sign with them"):
        token.import_private(token.handle("contract-1"), new())
    assert token.stored() == []
    assert not token.supports(Use.GENERATE, KeyKind.P521)
    order(SIGN, "")
    keys = CryIf([token, spare])
    assert str(keys.create("vehicle", KeyKind.P521, Use.SIGN)) == "spare:vehicle"
    assert str(keys.create("leaf", KeyKind.P256, Use.SIGN)) == "pkcs11:evcc/leaf"


def test_a_token_that_is_gone_is_passed_over_for_a_new_key(
    make_token: MakeToken, tmp_path: Path
) -> None:
    token, spare = make_token(), SimulatedDriver(SeededRandomness(1), name="spare")
    token.probe()
    shutil.rmtree(tmp_path / "softhsm" / "tokens")
    with pytest.raises(TokenRemoved):
        token.probe()
    assert CryIf([token, spare]).home(KeyKind.P256, Use.SIGN) is spare


def test_a_token_that_does_not_hash_keys_derives_the_same_secret(
    make_token: MakeToken, order: Callable[[int, str], None]
) -> None:
    driver = make_token()
    half = driver.generate(driver.handle("oem"), KeyKind.P256)
    peer = material.public_half(new())
    assert half is not None
    inside = driver.derive(driver.handle("oem"), peer, ISO2_KDF)
    order(DIGEST_KEY, f"rv {KEY_INDIGESTIBLE}")
    assert driver.derive(driver.handle("oem"), peer, ISO2_KDF) == inside
    order(DIGEST_KEY, "")
    assert driver.derive(driver.handle("oem"), peer, ISO2_KDF) == inside


@pytest.mark.parametrize("born_inside", [True, False])
@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P521, KeyKind.ED448, KeyKind.AES256])
def test_no_key_can_be_taken_out(
    make_token: MakeToken, kind: KeyKind, *, born_inside: bool
) -> None:
    driver = make_token()
    if born_inside:
        driver.generate(driver.handle("vehicle"), kind)
    else:
        driver.import_private(driver.handle("vehicle"), new(kind))

    def look(token: TokenSession) -> dict[Attribute, object]:
        key = token.key("vehicle").object
        assert isinstance(key, pkcs11.PrivateKey | pkcs11.SecretKey)
        with pytest.raises(AttributeSensitive):
            key[Attribute.VALUE]
        names = (
            Attribute.SENSITIVE,
            Attribute.EXTRACTABLE,
            Attribute.NEVER_EXTRACTABLE,
            Attribute.ALWAYS_SENSITIVE,
            Attribute.LOCAL,
        )
        return {name: key[name] for name in names}

    assert raw(driver, look) == {
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.NEVER_EXTRACTABLE: born_inside,
        Attribute.ALWAYS_SENSITIVE: born_inside,
        Attribute.LOCAL: born_inside,
    }


def test_a_key_deleted_by_somebody_else_is_missing_and_a_new_one_is_found(
    make_token: MakeToken,
) -> None:
    ours, theirs = make_token(), make_token(initialised=True)
    ours.generate(ours.handle("leaf"), KeyKind.P256)
    ours.sign(ours.handle("leaf"), DIGEST)
    theirs.delete(theirs.handle("leaf"))
    with pytest.raises(KeyMissing, match="pkcs11:evcc/leaf"):
        ours.sign(ours.handle("leaf"), DIGEST)
    half = theirs.generate(theirs.handle("leaf"), KeyKind.P256)
    assert half is not None
    assert public.verify(half, DIGEST, ours.sign(ours.handle("leaf"), DIGEST))


def test_the_public_half_is_found_in_the_certificate_if_nowhere_else(
    make_token: MakeToken,
) -> None:
    driver, fresh = make_token(), new()
    half = material.public_half(fresh)
    pair = material.load(fresh)
    assert not isinstance(pair, Secret)
    key = driver.handle("leaf")
    driver.import_private(key, fresh)

    def forget_public_half(token: TokenSession) -> None:
        for found in token.objects(ObjectClass.PUBLIC_KEY, "leaf"):
            found.destroy()

    raw(driver, forget_public_half)
    with pytest.raises(KeyMissing):
        driver.public_key(key)
    driver.store_certificate(key, certificate("leaf", pair))  # type: ignore[arg-type]  # P-256
    assert driver.public_key(key) == half


def test_a_key_with_a_label_no_handle_can_hold_is_listed_by_its_id(make_token: MakeToken) -> None:
    driver = make_token()
    driver.generate(driver.handle("leaf"), KeyKind.P256)

    def rename(token: TokenSession) -> None:
        for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
            for found in token.objects(kind, "leaf"):
                found[Attribute.LABEL] = "Fahrzeug Schlüssel / 1"

    raw(driver, rename)
    (line,) = driver.stored()
    assert str(line.handle) == "pkcs11:evcc/id-" + b"leaf".hex()
    assert line.public is not None
    assert public.verify(line.public, DIGEST, driver.sign(line.handle, DIGEST))


def test_a_token_label_of_several_words_is_one_word_in_handles(make_token: MakeToken) -> None:
    token = make_token("SmartCard-HSM (UserPIN)")
    assert str(token.handle("leaf")) == "pkcs11:SmartCard-HSM-UserPIN/leaf"
    token.generate(token.handle("leaf"), KeyKind.P256)
    assert len(CryIf([token]).sign(token.handle("leaf"), DIGEST)) == 64


def test_the_only_token_needs_no_name(make_token: MakeToken) -> None:
    driver = Pkcs11Driver(make_token()._link._module, "", lambda: Secret(PIN))
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    assert [str(line.handle) for line in driver.stored()] == ["pkcs11:leaf"]


def test_two_tokens_in_one_library_are_told_apart(make_token: MakeToken) -> None:
    evcc = make_token("evcc")
    evcc.generate(evcc.handle("leaf"), KeyKind.P256)
    secc = make_token("secc")
    secc.generate(secc.handle("leaf"), KeyKind.P521)
    keys = CryIf([evcc, secc])
    assert len(keys.sign(evcc.handle("leaf"), DIGEST)) == 64
    assert len(keys.sign(secc.handle("leaf"), DIGEST)) == 132
    with pytest.raises(KeyExists):
        make_token("secc")


def test_two_tokens_of_one_name_ask_for_a_decision(make_token: MakeToken) -> None:
    make_token("one")
    second = make_token("two")
    driver = Pkcs11Driver(second._link._module, "", lambda: Secret(b"x"))
    with pytest.raises(Misconfigured, match=r"csm\.pkcs11\.token"):
        driver.probe()


def test_threads_never_meet_inside_the_library(make_token: MakeToken) -> None:
    """The shim aborts the process if they do."""
    driver = make_token()
    half = driver.generate(driver.handle("leaf"), KeyKind.P256)
    assert half is not None
    right: list[bool] = []

    def sign() -> None:
        signatures = [driver.sign(driver.handle("leaf"), DIGEST) for _ in range(50)]
        right.extend(public.verify(half, DIGEST, signature) for signature in signatures)

    threads = [threading.Thread(target=sign) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 300


def test_a_forked_child_is_told_that_the_token_is_not_its_own(make_token: MakeToken) -> None:
    driver = make_token()
    driver.generate(driver.handle("leaf"), KeyKind.P256)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of just what is tested here
        child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            driver.sign(driver.handle("leaf"), DIGEST)
            word = "signed"
        except Misconfigured as error:
            word = str(error)
        os.write(writing, word.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert "forked" in pipe.read()
    os.waitpid(child, 0)
