"""``v2g hsm`` as a person runs it: each command a process, on a real token or on a folder."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from csm.drivers.module import softhsm
from csm.errors import BadKey
from csm.handles import KeyKind
from csm.secret import Secret
from tests.csm.certificates import certificate
from tools.hsm import keyfile

ROOT = Path(__file__).parents[2]

Command = Callable[..., subprocess.CompletedProcess[str]]
Run = Callable[..., str]


@pytest.fixture
def hsm(tmp_path: Path) -> Command:
    """Runs ``v2g hsm`` in the test's folder; nobody sits at the terminal."""
    environment = {key: value for key, value in os.environ.items() if key != "SOFTHSM2_CONF"}

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools.cli", "hsm", *words],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


@pytest.fixture
def run(hsm: Command) -> Run:
    """The same for commands that shall work; what they print comes back."""

    def command(*words: str) -> str:
        ended = hsm(*words)
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        return ended.stdout

    return command


@pytest.fixture
def token(run: Run) -> tuple[str, ...]:
    """The options that name a fresh token."""
    if not softhsm().exists():
        pytest.skip("no SoftHSM here: apt-get install softhsm2")
    place = ("--folder", "hsm", "--token", "evcc", "--pin-file", "pin")
    said = run("init", *place, "--so-pin-file", "so-pin")
    assert "token evcc is ready" in said
    assert "drivers: [pkcs11, software]" in said
    return place


@pytest.fixture
def contract(tmp_path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "contract.pem").write_bytes(pem(key))
    (tmp_path / "contract.crt").write_bytes(certificate("DEABCC123ABC56", key))
    return key


def pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_token_is_made_with_new_pins_only_the_owner_can_read(
    token: tuple[str, ...], tmp_path: Path
) -> None:
    for name in ("pin", "so-pin"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert len((tmp_path / name).read_text().strip()) == 16


def test_a_token_is_not_made_twice_unless_it_may_be_erased(
    token: tuple[str, ...], hsm: Command, run: Run
) -> None:
    run("generate", "vehicle", *token)
    again = hsm("init", *token, "--so-pin-file", "so-pin")
    assert again.returncode == 1
    assert "--erase" in again.stderr
    run("init", *token, "--so-pin-file", "so-pin", "--erase")
    assert run("list", *token) == "no keys\n"


def test_a_vehicle_key_is_born_inside_and_shows_its_public_half(
    token: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    said = run("generate", "vehicle", *token, "--public", "vehicle.pem")
    assert "pkcs11:evcc/vehicle: P-521, born inside" in said
    assert (tmp_path / "vehicle.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    assert "pkcs11:evcc/vehicle  P-521  born inside" in run("list", *token)


def test_a_key_with_its_certificate_goes_in_and_is_listed(
    token: tuple[str, ...], run: Run, contract: ec.EllipticCurvePrivateKey
) -> None:
    said = run("import", "contract-1", "contract.pem", "--certificate", "contract.crt", *token)
    assert "contract.pem still holds the key" in said
    listed = run("list", *token)
    assert "pkcs11:evcc/contract-1  P-256  imported" in listed
    assert "CN=DEABCC123ABC56, until 2034-01-01" in listed


def test_a_certificate_of_another_key_is_refused_and_nothing_goes_in(
    token: tuple[str, ...],
    hsm: Command,
    run: Run,
    contract: ec.EllipticCurvePrivateKey,
    tmp_path: Path,
) -> None:
    (tmp_path / "other.crt").write_bytes(certificate("other"))
    ended = hsm("import", "contract-1", "contract.pem", "--certificate", "other.crt", *token)
    assert ended.returncode == 2
    assert "belongs to another key" in ended.stderr
    assert run("list", *token) == "no keys\n"


def test_wiping_asks_first_and_then_deletes_what_was_named(
    token: tuple[str, ...], hsm: Command, run: Run
) -> None:
    for label in ("one", "two"):
        run("generate", label, *token, "--kind", "P-256")
    asked = hsm("wipe", *token)
    assert asked.returncode == 1
    assert asked.stdout == "would delete pkcs11:evcc/one\nwould delete pkcs11:evcc/two\n"
    assert "--yes" in asked.stderr
    assert run("wipe", "one", "--yes", *token) == "deleted pkcs11:evcc/one\n"
    assert run("wipe", "--yes", *token) == "deleted pkcs11:evcc/two\n"
    assert hsm("wipe", "three", "--yes", *token).returncode == 1


def test_a_folder_stands_in_for_a_token(
    run: Run, hsm: Command, contract: ec.EllipticCurvePrivateKey, tmp_path: Path
) -> None:
    assert "software:vehicle: Ed448" in run(
        "generate", "vehicle", "--kind", "Ed448", "--store", "keys"
    )
    run("import", "contract-1", "contract.pem", "--store", "keys")
    listed = run("list", "--store", "keys")
    assert "software:contract-1  P-256  imported" in listed
    (tmp_path / "keys" / "vehicle.key").write_bytes(b"{}")
    damaged = hsm("list", "--store", "keys")
    assert damaged.returncode == 1
    assert "vehicle.key" in damaged.stderr


REFUSED = {
    "no terminal": (("list", "--folder", "hsm"), "use --pin-file"),
    "no such pin file": (("list", "--pin-file", "none"), "none"),
    "no such module": (("list", "--module", "x.so", "--pin-file", "pin"), "x.so"),
    "no such token": (("list", "--folder", "f", "--token", "no", "--pin-file", "pin"), "'no'"),
    "no such store": (("list", "--store", "nowhere"), "nowhere"),
    "no such key file": (("import", "a", "none.pem", "--store", "keys"), "none.pem"),
    "no key in the file": (("import", "a", "pin", "--store", "keys"), "private key as PEM"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_one_sentence_and_no_traceback(
    hsm: Command, tmp_path: Path, case: str
) -> None:
    if case == "no such token" and not softhsm().exists():
        pytest.skip("no SoftHSM here: apt-get install softhsm2")
    (tmp_path / "pin").write_text("12345678")
    (tmp_path / "pin").chmod(0o600)
    words, said = REFUSED[case]
    ended = hsm(*words)
    assert ended.returncode == (2 if words[0] == "import" else 1)
    assert ended.stderr.startswith(("v2g hsm: ", f"v2g hsm {words[0]}: "))
    assert ended.stderr.count("\n") == 1
    assert said in ended.stderr


@pytest.mark.parametrize("words", [("generate", "../x"), ("generate", "x", "--kind", "RSA")])
def test_bad_words_are_refused_by_the_parser(hsm: Command, words: tuple[str, ...]) -> None:
    assert hsm(*words).returncode == 2


def no_password() -> Secret:
    raise AssertionError("nobody asked for a password here")


KEYS: dict[KeyKind, Callable[[], ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey]] = {
    KeyKind.P256: lambda: ec.generate_private_key(ec.SECP256R1()),
    KeyKind.P521: lambda: ec.generate_private_key(ec.SECP521R1()),
    KeyKind.ED448: ed448.Ed448PrivateKey.generate,
}


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("locked", [False, True])
def test_key_files_open_whatever_their_form(
    tmp_path: Path, encoding: Encoding, kind: KeyKind, *, locked: bool
) -> None:
    key = KEYS[kind]()
    lock = BestAvailableEncryption(b"open sesame") if locked else NoEncryption()
    path = tmp_path / "key"
    path.write_bytes(key.private_bytes(encoding, PrivateFormat.PKCS8, lock))
    password = (lambda: Secret(b"open sesame")) if locked else no_password
    assert keyfile.read(path, password).key.kind is kind


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_the_older_form_of_elliptic_curve_keys_opens(tmp_path: Path, encoding: Encoding) -> None:
    path = tmp_path / "key"
    key = ec.generate_private_key(ec.SECP521R1())
    path.write_bytes(key.private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    assert keyfile.read(path, no_password).key.kind is KeyKind.P521


@pytest.mark.parametrize("locked", [False, True])
def test_pkcs12_brings_its_certificate(tmp_path: Path, *, locked: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    der = certificate("leaf", key)
    lock = BestAvailableEncryption(b"open sesame") if locked else NoEncryption()
    path = tmp_path / "key.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"leaf", key, x509.load_der_x509_certificate(der), None, lock
        )
    )
    password = (lambda: Secret(b"open sesame")) if locked else no_password
    found = keyfile.read(path, password)
    assert (found.key.kind, found.certificate) == (KeyKind.P256, der)


def test_a_pem_file_with_both_brings_its_certificate(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    der = certificate("leaf", key)
    path = tmp_path / "both.pem"
    path.write_bytes(pem(key) + x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    assert keyfile.read(path, no_password).certificate == der


def test_a_wrong_password_is_told_from_a_file_without_a_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = ec.generate_private_key(ec.SECP256R1())
    lock = BestAvailableEncryption(b"open sesame")
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    with pytest.raises(BadKey, match="password is another one"):
        keyfile.read(path, lambda: Secret(b"wrong"))
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(BadKey, match="give a private key"):
        keyfile.read(path, no_password)


def test_a_key_of_a_kind_v2g_does_not_use_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    for key in (
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ec.generate_private_key(ec.SECP384R1()),
    ):
        path.write_bytes(pem(key))
        with pytest.raises(BadKey):
            keyfile.read(path, no_password)


@pytest.mark.parametrize("form", ["octets", "hexadecimal"])
def test_a_symmetric_key_both_sides_know_goes_in(form: str, tmp_path: Path) -> None:
    secret = bytes(range(16))
    path = tmp_path / "diagnostics.key"
    path.write_bytes(secret if form == "octets" else secret.hex().encode() + b"\n")
    found = keyfile.read_symmetric(path, KeyKind.AES128)
    assert found.key.kind is KeyKind.AES128
    assert found.key.secret == Secret(secret)
    with pytest.raises(BadKey, match=r"holds no AES-256 key.*give 32 octets"):
        keyfile.read_symmetric(path, KeyKind.AES256)
