"""What an integrator may write, where secrets come from, and what a process keeps to itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from csm.config import CsmConfig, SecretSource, state_folder
from csm.errors import CsmError, Misconfigured, StoreExposed, WrongPassphrase
from csm.handles import KeyKind
from csm.secret import Secret
from csm.unlock import fetch
from csm.wiring import open_keys

ROOT = Path(__file__).parents[2]


def test_the_default_needs_no_token_and_no_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    with open_keys(CsmConfig()) as keys:
        key = keys.place("vehicle", KeyKind.P521)
        half = keys.generate(key, KeyKind.P521)
    assert str(key) == "software:vehicle"
    with open_keys(CsmConfig()) as keys:
        assert keys.public_key(key) == half
    assert (tmp_path / "state" / "keys" / "vehicle.key").exists()
    assert (tmp_path / "state" / "keys" / "unattended.pass").stat().st_mode & 0o777 == 0o600


def test_a_key_beside_the_store_that_others_may_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    with open_keys(CsmConfig()) as keys:
        keys.stored()
    (tmp_path / "keys" / "unattended.pass").chmod(0o644)
    with open_keys(CsmConfig()) as keys, pytest.raises((StoreExposed, Misconfigured)):
        keys.stored()


def test_the_state_folder_is_systemds_then_xdgs_then_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/evcc")
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert state_folder() == Path("/home/evcc/.local/state/pilotwire/keys")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_folder() == Path("/state/pilotwire/keys")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/evcc:/var/lib/other")
    assert state_folder() == Path("/var/lib/evcc/keys")


def source(**named: object) -> SecretSource:
    return SecretSource.model_validate(named)


def test_a_file_gives_the_secret_without_its_line_break(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    for content in (b"4711", b"4711\n", b"4711\r\n"):
        path.write_bytes(content)
        path.chmod(0o600)
        assert fetch(source(file=path), "csm.pkcs11.pin") == Secret(b"4711")


@pytest.mark.parametrize(
    ("content", "mode", "match"),
    [
        (b"4711", 0o644, "others can read"),
        (b"", 0o600, "is empty"),
        (b"\n", 0o600, "is empty"),
        (b"\xff\xfe", 0o600, "no UTF-8 text"),
        (b"47\x0011", 0o600, "no UTF-8 text"),
    ],
)
def test_a_file_that_will_not_do_is_named(
    tmp_path: Path, content: bytes, mode: int, match: str
) -> None:
    path = tmp_path / "pin"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(Misconfigured, match=rf"csm\.pkcs11\.pin.*{match}"):
        fetch(source(file=path), "csm.pkcs11.pin")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        fetch(source(file=tmp_path / "nowhere"), "csm.pkcs11.pin")


def test_the_environment_gives_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVCC_PIN", "4711")
    assert fetch(source(environment="EVCC_PIN"), "csm.pkcs11.pin") == Secret(b"4711")
    monkeypatch.delenv("EVCC_PIN")
    with pytest.raises(Misconfigured, match="no EVCC_PIN"):
        fetch(source(environment="EVCC_PIN"), "csm.pkcs11.pin")


def test_a_systemd_credential_gives_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evcc-pin").write_bytes(b"4711\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert fetch(source(credential="evcc-pin"), "csm.pkcs11.pin") == Secret(b"4711")
    with pytest.raises(Misconfigured, match="other"):
        fetch(source(credential="other"), "csm.pkcs11.pin")
    with pytest.raises(Misconfigured, match="no slash"):
        fetch(source(credential="../evcc-pin"), "csm.pkcs11.pin")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(Misconfigured, match="LoadCredential=evcc-pin"):
        fetch(source(credential="evcc-pin"), "csm.pkcs11.pin")


@pytest.mark.parametrize("named", [{}, {"file": "a", "environment": "B"}])
def test_a_secret_has_exactly_one_source(named: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="exactly one of"):
        SecretSource.model_validate(named)


def test_a_secret_in_the_file_itself_sounds_dangerous_and_is_not_printed() -> None:
    config = CsmConfig.model_validate({"pkcs11": {"pin": {"dangerously_in_clear": "0042-secret"}}})
    assert config.pkcs11.pin is not None
    assert fetch(config.pkcs11.pin, "csm.pkcs11.pin") == Secret(b"0042-secret")
    assert "0042-secret" not in repr(config) + str(config.model_dump())


@pytest.mark.parametrize(
    "bad",
    [
        {"pkcs11": {"pin": "0042-secret"}},
        {"pkcs11": {"pin": {"dangerously_in_clear": 42}}},
        {"pkcs11": {"pin": {"in_clear": "0042-secret"}}},
        {"pkcs11": {"pin": {"file": "a", "dangerously_in_clear": "0042-secret"}}},
        {"drivers": []},
        {"drivers": ["tpm"]},
        {"core_dumps": "allowed"},
        {"software": {"unlock": "none"}},
    ],
)
def test_a_mistake_is_refused_without_repeating_a_secret(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        CsmConfig.model_validate(bad)
    assert "0042-secret" not in str(caught.value)


def test_a_passphrase_from_a_file_opens_the_store(tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    passphrase.chmod(0o600)
    config = CsmConfig.model_validate(
        {
            "software": {
                "folder": tmp_path / "keys",
                "unlock": {"file": passphrase},
                "scrypt_log2": 10,
            }
        }
    )
    with open_keys(config) as keys:
        keys.generate(keys.place("leaf", KeyKind.P256), KeyKind.P256)
    passphrase.write_text("wrong horse\n")
    with open_keys(config) as keys, pytest.raises(WrongPassphrase):
        keys.stored()


def test_a_missing_token_library_is_an_error_of_the_first_call_not_of_the_start(
    tmp_path: Path,
) -> None:
    config = CsmConfig.model_validate(
        {
            "drivers": ["pkcs11", "software"],
            "pkcs11": {"module": tmp_path / "none.so"},
            "software": {"folder": tmp_path / "keys"},
        }
    )
    with open_keys(config) as keys:
        assert str(keys.place("leaf", KeyKind.P256)) == "software:leaf"
        with pytest.raises(CsmError, match=r"none\.so"):
            keys.drivers[0].probe()


def test_a_pin_that_is_not_there_is_passed_over_for_a_new_key_and_named_for_an_old_one(
    tmp_path: Path,
) -> None:
    config = CsmConfig.model_validate(
        {
            "drivers": ["pkcs11", "software"],
            "pkcs11": {"module": tmp_path / "none.so", "pin": {"file": tmp_path / "pin"}},
            "software": {"folder": tmp_path / "keys"},
        }
    )
    with open_keys(config) as keys:
        assert str(keys.create("vehicle", KeyKind.P521)) == "software:vehicle"
        with pytest.raises(CsmError):
            keys.sign(keys.drivers[0].handle("old"), bytes(32))


HARDENED = """
import os, resource, signal
from csm.hardening import forbid_core_dumps
assert forbid_core_dumps()
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
os.kill(os.getpid(), signal.SIGABRT)
"""


def test_a_hardened_process_leaves_no_core(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HARDENED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -6, ended.stderr
    assert list(tmp_path.iterdir()) == []
