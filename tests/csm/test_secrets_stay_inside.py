"""Recognisable secrets go through every part of the room; then everything it shows is searched.

Searched are: texts and representations of all public objects and what hangs on them, exceptions
with their chains, causes and the local variables of every frame, pickles, what is printed or
logged, what the fault memory hears, and files.  The only place that may hold a secret is
``Secret`` itself, behind its one private attribute.
"""

import base64
import copy
import hashlib
import io
import logging
import pickle
import shutil
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, SimulatedWorker
from csm import material
from csm.config import CsmConfig, SecretSource
from csm.cryif import CryIf
from csm.driver import ISO2_KDF, Cbc, ConcatKdf, CryptoDriver, Gcm, Mac
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.drivers.simulated import SimulatedDriver
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.errors import CsmFault
from csm.handles import KeyHandle, KeyKind
from csm.jobs import Csm
from csm.randomness import HostRandomness, SeededRandomness
from csm.secret import PrivateKey, Secret, SecretLeak
from csm.unlock import fetch
from csm.wiring import open_keys
from tests.csm.conftest import PIN

SCALAR = hashlib.sha256(b"a scalar nobody may see").digest()
SYMMETRIC = hashlib.md5(b"an AES key nobody may see", usedforsecurity=False).digest()
PASSPHRASE = b"passphrase-nobody-may-see"
WRONG_PIN = b"wrong-pin-nobody-may-see"
PLAIN = b"plaintext-nobody-may-see-32-long"
PEER = material.public_half(PrivateKey(KeyKind.P256, Secret(b"\7" * 32)))
SESSION = material.derive(
    material.load(PrivateKey(KeyKind.P256, Secret(SCALAR))), PEER, ConcatKdf(ISO2_KDF.hash, b"", 32)
).reveal()
SECRETS = {
    "scalar": SCALAR,
    "symmetric key": SYMMETRIC,
    "passphrase": PASSPHRASE,
    "PIN": PIN,
    "wrong PIN": WRONG_PIN,
    "plaintext": PLAIN,
    "session key": SESSION,
}


def shapes(secret: bytes) -> Iterator[bytes]:
    """How octets look when somebody writes them down."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield str(int.from_bytes(secret, "big")).encode()
    yield repr(secret)[2:-1].encode()
    yield repr(list(secret))[1:-1].encode()
    for skip in range(3):
        yield base64.b64encode(secret[skip : len(secret) - (len(secret) - skip) % 3])


@dataclass
class Search:
    """Everything that was shown, and what of it must not have been."""

    shown: list[tuple[str, bytes]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def show(self, where: str, content: object) -> None:
        text = content if isinstance(content, bytes) else str(content).encode(errors="replace")
        self.shown.append((where, text))

    def found(self) -> list[str]:
        return [
            f"{name} in {where}"
            for where, content in self.shown
            for name, secret in SECRETS.items()
            if any(shape in content for shape in shapes(secret))
        ]

    def show_object(self, where: str, root: object) -> None:
        """Its text, its representation, and those of all that hangs on it."""
        seen: set[int] = set()
        waiting = [root]
        while waiting:
            thing = waiting.pop()
            if id(thing) in seen or isinstance(thing, type | ModuleType | logging.Logger):
                continue
            seen.add(id(thing))
            self.show(f"{where}: {type(thing).__name__}", repr(thing))
            self.show(f"{where}: {type(thing).__name__}", thing)
            waiting.extend(_parts(thing))
        self.show(f"{where}, pickled", _pickled(root))

    def attempt(self, where: str, work: Callable[[], object]) -> None:
        """Do it, and look at what comes back or at what it ends in."""
        try:
            self.show_object(f"{where} gives", work())
        except Exception as error:  # noqa: BLE001 - all of them are looked at
            self.show_error(where, error)

    def show_error(self, where: str, error: BaseException | None) -> None:
        while error is not None:
            where = f"{where}: {type(error).__name__}"
            self.show(where, _told_with_locals(error))
            self.show_object(where, error)
            if error.__context__ is not None and error.__context__ is not error.__cause__:
                self.show_error(f"{where}, in the handling of", error.__context__)
            error = error.__cause__

    def report(self, fault: CsmFault, *, failed: bool, detail: str) -> None:
        self.show(f"fault {fault.value}", detail)
        self.faults.append(fault.value)


def _told_with_locals(error: BaseException) -> str:
    """The traceback as eager error reporters print it.

    Left out are the frames of this file, which know the secrets, and those of the validator, which
    hold the text of a configuration file with whatever its author put there in clear.
    """
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    kept = [
        frame
        for frame in told.stack
        if frame.filename != __file__ and "/pydantic/" not in frame.filename
    ]
    return "".join(traceback.StackSummary.from_list(kept).format()) + "".join(
        f"{frame.locals}" for frame in kept
    )


def _parts(thing: object) -> list[object]:
    if isinstance(thing, Secret | str | bytes | int | Path):
        return []
    if isinstance(thing, dict):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    if isinstance(thing, FunctionType):
        cells = thing.__closure__ or ()
        parts = [cell.cell_contents for cell in cells]
        return [part for part in parts if type(part).__module__.startswith("csm")]
    parts = list(getattr(thing, "__dict__", {}).values())
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names = (slots,) if isinstance(slots, str) else slots
        parts.extend(getattr(thing, name, None) for name in names if not name.startswith("__"))
    return parts


def _pickled(thing: object) -> bytes:
    if isinstance(thing, ValidationError):
        return b""  # it carries what was in the file, to people only; nobody sends it anywhere
    try:
        return pickle.dumps(thing)
    except Exception as error:  # noqa: BLE001 - refusing is right, whatever the words
        return str(error).encode()


def scalar() -> PrivateKey:
    return PrivateKey(KeyKind.P256, Secret(SCALAR))


def symmetric() -> PrivateKey:
    return PrivateKey(KeyKind.AES128, Secret(SYMMETRIC))


def use(search: Search, driver: CryptoDriver) -> None:
    """Everything a driver does with secrets, well and badly."""
    key, aes = driver.handle("contract"), driver.handle("aes")
    gcm, name = Gcm(b"n" * 12, b"aad"), driver.name
    sealed = material.encrypt(Secret(SYMMETRIC), gcm, PLAIN)
    asks: dict[str, Callable[[], object]] = {
        "import": lambda: driver.import_private(key, scalar()),
        "import again": lambda: driver.import_private(key, scalar()),
        "import aes": lambda: driver.import_private(aes, symmetric()),
        "import short": lambda: driver.import_private(
            driver.handle("bad"), PrivateKey(KeyKind.P521, Secret(SCALAR))
        ),
        "import too large": lambda: driver.import_private(
            driver.handle("bad"), PrivateKey(KeyKind.P521, Secret(b"\xff" * 34 + SCALAR))
        ),
        "sign": lambda: driver.sign(key, bytes(32)),
        "sign badly": lambda: driver.sign(key, b"short"),
        "sign with aes": lambda: driver.sign(aes, bytes(32)),
        "derive": lambda: driver.derive(key, PEER, ConcatKdf(ISO2_KDF.hash, b"", 32)),
        "derive too much": lambda: driver.derive(key, PEER, ConcatKdf(ISO2_KDF.hash, b"", 99)),
        "decrypt": lambda: driver.decrypt(aes, gcm, sealed),
        "decrypt badly": lambda: driver.decrypt(aes, gcm, sealed[:-1] + b"?"),
        "decrypt odd": lambda: driver.decrypt(aes, Cbc(bytes(16)), b"odd"),
        "mac": lambda: driver.mac(aes, Mac.CMAC_AES, b"frame"),
        "mac badly": lambda: driver.mac(key, Mac.CMAC_AES, b"frame"),
        "list": driver.stored,
        "probe": driver.probe,
        "missing": lambda: driver.sign(driver.handle("nobody"), bytes(32)),
    }
    for what, ask in asks.items():
        search.attempt(f"{name} {what}", ask)
    search.show_object(name, driver)


def queue(search: Search, driver: CryptoDriver) -> None:
    """The same through the job queue, jobs and outcomes being looked at on the way."""
    scheduler = Scheduler(VirtualClock())
    csm = Csm(
        scheduler, CryIf([driver]), lambda _name: SimulatedWorker(scheduler), report=search.report
    )

    def done(outcome: Outcome[Any]) -> None:
        search.show_object("outcome", outcome)
        search.show_error("outcome", outcome.error)

    jobs: list[object] = [
        csm.import_private(driver.handle("queued"), scalar(), done),
        csm.import_private(driver.handle("queued"), scalar(), done),
        csm.sign(driver.handle("queued"), bytes(32), done),
        csm.derive(driver.handle("queued"), PEER, ConcatKdf(ISO2_KDF.hash, b"", 32), done),
        csm.sign(driver.handle("nobody"), bytes(32), done),
    ]
    search.show_object("jobs waiting", jobs)
    search.show_object("service busy", csm)
    scheduler.run(10 * S)
    search.show_object("jobs over", jobs)
    search.show_object("service", csm)


@pytest.fixture
def search(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Search]:
    """Collects what the test shows, what is logged and what is printed; then looks."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    root.addHandler(handler)
    search = Search()
    yield search
    root.removeHandler(handler)
    search.show("log", log.getvalue())
    printed = capfd.readouterr()
    search.show("standard output", printed.out)
    search.show("standard error", printed.err)
    assert search.found() == []
    assert len(search.shown) > 5


def test_the_software_driver_shows_nothing(search: Search, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    driver = SoftwareDriver(Store(folder, lambda: Secret(PASSPHRASE), scrypt_log2=4))
    use(search, driver)
    queue(search, driver)
    wrong = SoftwareDriver(Store(folder, lambda: Secret(PASSPHRASE + b"!"), scrypt_log2=4))
    search.attempt("wrong passphrase", wrong.probe)
    (folder / "contract.key").write_bytes((folder / "aes.key").read_bytes())
    driver.close()
    search.attempt("damaged", lambda: driver.sign(driver.handle("contract"), bytes(32)))
    for path in folder.iterdir():
        search.show(f"file {path.name}", path.read_bytes())


def test_the_token_driver_shows_nothing(
    make_token: Callable[..., Pkcs11Driver], search: Search, tmp_path: Path
) -> None:
    driver = make_token()
    use(search, driver)
    queue(search, driver)
    wrong = make_token(pin=WRONG_PIN, initialised=True)
    driver.close()
    for _ in range(2):
        search.attempt("wrong PIN", wrong.probe)
    search.show_object("driver with the wrong PIN", wrong)
    driver.probe()
    for path in (tmp_path / "softhsm").rglob("*"):
        if path.is_file():
            search.show(f"file {path.name}", path.read_bytes())
    shutil.rmtree(tmp_path / "softhsm" / "tokens")
    search.attempt("removed", lambda: driver.sign(driver.handle("contract"), bytes(32)))
    search.attempt("removed", lambda: driver.import_private(driver.handle("new"), scalar()))


def test_the_simulated_driver_shows_nothing(search: Search) -> None:
    driver = SimulatedDriver(SeededRandomness(1), capacity=3)
    use(search, driver)
    queue(search, driver)
    search.attempt("full", lambda: driver.import_private(driver.handle("more"), scalar()))


def test_the_configuration_and_its_sources_show_nothing(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pin"
    path.write_bytes(PIN + b"\xff")
    path.chmod(0o600)
    monkeypatch.setenv("EVCC_PIN", WRONG_PIN.decode())
    folder = str(tmp_path / "keys")
    written: list[dict[str, object]] = [
        {"pkcs11": {"pin": {"dangerously_in_clear": PIN.decode()}}},
        {"pkcs11": {"pin": {"dangerously_in_clear": [PIN.decode()]}}},
        {"pkcs11": {"pin": PIN.decode()}},
        {"pkcs11": {"pin": {"file": PIN.decode(), "dangerously_in_clear": PASSPHRASE.decode()}}},
        {"pkcs11": {"pin": {"file": str(path)}}},
        {"pkcs11": {"pin": {"environment": "EVCC_PIN"}}},
        {"software": {"folder": folder, "unlock": {"dangerously_in_clear": PASSPHRASE.decode()}}},
    ]
    for mapping in written:
        search.attempt("configuration", partial(CsmConfig.model_validate, mapping))
        if "file" in str(mapping) and "clear" in str(mapping):
            continue
        with_keys = _opened(mapping)
        if with_keys is not None:
            search.show_object("keys", with_keys)
            search.attempt("stored", with_keys.drivers[0].stored)
        pin = _pin_source(mapping)
        if pin is not None:
            search.attempt("fetch", partial(fetch, pin, "csm.pkcs11.pin"))


def _opened(mapping: dict[str, object]) -> CryIf | None:
    try:
        return open_keys(CsmConfig.model_validate({**mapping, "core_dumps": "forbidden"}))
    except ValueError:
        return None


def _pin_source(mapping: dict[str, object]) -> SecretSource | None:
    try:
        return CsmConfig.model_validate(mapping).pkcs11.pin
    except ValueError:
        return None


def test_bad_octets_for_a_key_show_nothing(search: Search) -> None:
    for kind in KeyKind:
        for octets in (SCALAR, SCALAR + SCALAR, SYMMETRIC, b"\xff" * 34 + SCALAR):
            key = PrivateKey(kind, Secret(octets))
            search.attempt(f"load {kind.value}", partial(material.load, key))
            search.attempt(f"half {kind.value}", partial(material.public_half, key))
            search.attempt(
                f"cipher {kind.value}",
                partial(material.encrypt, key.secret, Gcm(b"n" * 12), b"data"),
            )


def test_the_search_finds_what_it_is_made_to_find() -> None:
    """A search that finds nothing anywhere would prove nothing."""
    search = Search()
    search.show("hex", SCALAR.hex())
    search.show("base64", base64.b64encode(b"x" + PIN))
    search.show("number", int.from_bytes(SCALAR, "big"))
    search.show_object("object", {"key": [KeyHandle("software", "leaf"), SYMMETRIC]})
    holder = type("Holder", (), {})()
    holder.held = PASSPHRASE
    search.show_object("attribute", holder)
    search.attempt("chain", fail_in_a_chain)
    code = compile("def leak(pin):\n    raise ValueError('x')\n", "other.py", "exec")
    names: dict[str, Callable[[str], None]] = {}
    exec(code, names)
    search.attempt("locals", lambda: names["leak"](PIN.decode()))
    found = " ".join(search.found())
    for where in ("hex", "base64", "number", "object", "attribute", "chain", "locals"):
        assert where in found


def fail_in_a_chain() -> None:
    try:
        fail()
    except ValueError:
        raise KeyError("hidden") from None


def fail() -> None:
    raise ValueError(PLAIN)


def test_a_secret_is_neither_pickled_nor_copied() -> None:
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        for thing in (Secret(SCALAR), scalar()):
            if leak is copy.copy and isinstance(thing, PrivateKey):
                continue  # a shallow copy of the holder holds the same secret
            with pytest.raises(SecretLeak):
                leak(thing)


def test_a_wiped_secret_is_gone_and_a_used_one_wipes_itself() -> None:
    secret = Secret(SCALAR)
    octets = secret._octets
    with secret:
        assert secret.reveal() == SCALAR
    assert octets == b""
    kept = Secret(SCALAR)
    held = kept._octets
    del kept
    assert SCALAR not in bytes(held)


def test_secrets_compare_by_content_and_do_not_hash() -> None:
    assert Secret(b"a") == Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != b"a"
    with pytest.raises(TypeError):
        hash(Secret(b"a"))


def test_an_imported_key_is_wiped_by_the_service_even_if_it_is_refused() -> None:
    scheduler = Scheduler(VirtualClock())
    driver = SimulatedDriver(HostRandomness())
    csm = Csm(scheduler, CryIf([driver]), lambda _name: SimulatedWorker(scheduler))
    keys = [scalar(), scalar(), PrivateKey(KeyKind.P521, Secret(SCALAR))]
    for key in keys:
        csm.import_private(driver.handle("same"), key, lambda _outcome: None)
    scheduler.run(S)
    assert [len(key.secret) for key in keys] == [0, 0, 0]
