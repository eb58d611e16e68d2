"""What the verbs of ``v2g hsm`` do."""

import argparse
import hashlib
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from csm import material
from csm.cryif import CryIf
from csm.driver import CryptoDriver
from csm.drivers.module import module, softhsm
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.drivers.provision import initialise, softhsm_folder, taken
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.errors import BadKey, KeyExists, KeyMissing, StoreUnreachable
from csm.handles import PublicKey, StoredKey
from csm.secret import PrivateKey, Secret
from csm.unlock import unattended
from csm.wiring import UNATTENDED_SCRYPT_LOG2
from tools.hsm import keyfile, pins

_CONFIG = """\
csm:
  drivers: [pkcs11, software]
  pkcs11:
    module: {module}
    token: {token}
    pin: {{file: {pin}}}"""


def init(arguments: argparse.Namespace) -> int:
    path = arguments.module or softhsm()
    environment = _environment(arguments)
    library = module(path, environment)
    erase = taken(library, arguments.token)
    if erase and not arguments.erase:
        raise KeyExists(
            f"token {arguments.token!r} of {path}", "choose another label, or say --erase"
        )
    for name in ("pin",) if erase else ("pin", "so-pin"):
        made = pins.make_if_missing(arguments, name)
        if made is not None:
            print(f"{made}: a new PIN, readable by you alone")
    initialise(
        library,
        arguments.token,
        so_pin=pins.ask(arguments, "so-pin", "PIN of the security officer", twice=not erase),
        pin=pins.ask(arguments, "pin", "PIN of the user", twice=True),
        again=arguments.erase,
    )
    print(f"token {arguments.token} is ready in {path}; the ECU finds it with\n")
    pin = Path(arguments.pin_file).resolve() if arguments.pin_file else "FILE-WITH-THE-PIN"
    print(_CONFIG.format(module=path, token=arguments.token, pin=pin))
    for name, value in environment.items():
        print(f"    environment: {{{name}: {value}}}")
    return 0


def generate(arguments: argparse.Namespace) -> int:
    with _open(arguments) as keys:
        key = keys.drivers[0].handle(arguments.label)
        half = keys.generate(key, arguments.kind)
        print(f"{key}: {arguments.kind.value}, born {_inside(arguments)}")
    if half is not None and arguments.public:
        arguments.public.write_bytes(_pem(half))
        print(f"{arguments.public}: its public half")
    return 0


def import_(arguments: argparse.Namespace) -> int:
    file = _key_file(arguments)
    certificate = file.certificate
    if arguments.certificate:
        certificate = keyfile.read_certificate(arguments.certificate)
    with _open(arguments) as keys, file.key:
        driver = keys.drivers[0]
        key = driver.handle(arguments.label)
        kind = file.key.kind
        _check_certificate(file.key, certificate)
        driver.import_private(key, file.key)
        if certificate is not None:
            driver.store_certificate(key, certificate)
    and_its = " and its certificate" if certificate is not None else ""
    print(f"{key}: {kind.value}{and_its}, now {_inside(arguments)}")
    print(f"{arguments.file} still holds the key: keep it in a safe place or destroy it")
    return 0


def _key_file(arguments: argparse.Namespace) -> keyfile.KeyFile:
    if arguments.kind is not None:
        if arguments.certificate:
            raise BadKey("a symmetric key has no certificate", "leave --certificate out")
        return keyfile.read_symmetric(arguments.file, arguments.kind)
    return keyfile.read(
        arguments.file, lambda: pins.ask(arguments, "password", f"password of {arguments.file}")
    )


def list_(arguments: argparse.Namespace) -> int:
    with _open(arguments) as keys:
        driver = keys.drivers[0]
        lines = driver.stored()
        rows = [_row(driver, line) for line in lines]
    if not rows:
        print("no keys")
        return 0
    heads = ("KEY", "KIND", "ORIGIN", "PUBLIC KEY (SHA-256)", "CERTIFICATE")
    table = [heads, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    for line in lines:
        if line.problem:
            print(f"v2g hsm: {line.handle}: {line.problem}", file=sys.stderr)
        if line.extractable:
            print(
                f"v2g hsm: {line.handle}: this key can be taken out of the token", file=sys.stderr
            )
    return 1 if any(line.problem for line in lines) else 0


def wipe(arguments: argparse.Namespace) -> int:
    with _open(arguments) as keys:
        driver = keys.drivers[0]
        lines = driver.stored()
        known = {line.handle.label for line in lines}
        for label in arguments.labels:
            if label not in known:
                raise KeyMissing(str(driver.handle(label)))
        doomed = [line.handle for line in lines if line.handle.label in (arguments.labels or known)]
        if not doomed:
            print("no keys")
            return 0
        if not arguments.yes:
            for key in doomed:
                print(f"would delete {key}")
            print(
                "v2g hsm: nothing was deleted: say --yes to do it; it cannot be undone",
                file=sys.stderr,
            )
            return 1
        for key in doomed:
            driver.delete(key)
            print(f"deleted {key}")
    return 0


def _open(arguments: argparse.Namespace) -> CryIf:
    """The token, or the folder that stands in for it."""
    return CryIf([_store(arguments) if arguments.store is not None else _token(arguments)])


def _inside(arguments: argparse.Namespace) -> str:
    if arguments.store is not None:
        return f"encrypted in {arguments.store}"
    return "inside the token; it cannot be taken out"


def _store(arguments: argparse.Namespace) -> CryptoDriver:
    folder: Path = arguments.store
    if arguments.verb in {"list", "wipe"} and not folder.exists():
        raise StoreUnreachable(f"{folder} (No such file or directory)")
    if pins.source(arguments, "pin") is None:
        return SoftwareDriver(
            Store(folder, lambda: unattended(folder), scrypt_log2=UNATTENDED_SCRYPT_LOG2)
        )
    return SoftwareDriver(Store(folder, lambda: pins.ask(arguments, "pin", "passphrase")))


def _token(arguments: argparse.Namespace) -> CryptoDriver:
    pin = pins.ask(arguments, "pin", "PIN of the user")
    return Pkcs11Driver(
        module(arguments.module or softhsm(), _environment(arguments)),
        arguments.token,
        lambda: Secret(pin.reveal()),
        last_try=arguments.last_try,
    )


def _environment(arguments: argparse.Namespace) -> dict[str, str]:
    """``--folder``: SoftHSM reads its configuration, and keeps its tokens, there."""
    if arguments.folder is None:
        return {}
    return {"SOFTHSM2_CONF": str(softhsm_folder(arguments.folder).resolve())}


def _check_certificate(key: PrivateKey, certificate: bytes | None) -> None:
    if certificate is None:
        return
    named = x509.load_der_x509_certificate(certificate).public_key()
    half = named.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if half != material.public_half(key).spki():
        raise BadKey("the certificate belongs to another key", "give the one made for this key")


def _row(driver: CryptoDriver, line: StoredKey) -> tuple[str, ...]:
    return (
        str(line.handle),
        line.kind.value if line.kind else "?",
        "born inside" if line.born_inside else "imported",
        hashlib.sha256(line.public.spki()).hexdigest()[:16] if line.public else "-",
        _certificate(driver, line) if line.certificate else "-",
    )


def _certificate(driver: CryptoDriver, line: StoredKey) -> str:
    der = driver.certificate(line.handle)
    try:
        found = x509.load_der_x509_certificate(der or b"")
    except ValueError:
        return "unreadable"
    until = found.not_valid_after_utc.date().isoformat()
    return f"{found.subject.rfc4514_string()}, until {until}"


def _pem(half: PublicKey) -> bytes:
    loaded = load_der_public_key(half.spki())
    return loaded.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
