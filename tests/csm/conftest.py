"""Real tokens for the tests: each has a SoftHSM folder of its own."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pkcs11
import pytest
from pkcs11.exceptions import PKCS11Error

from csm.drivers.gate import GATE
from csm.drivers.module import Module, module, softhsm
from csm.drivers.pkcs11 import Patience, Pkcs11Driver
from csm.drivers.provision import initialise, softhsm_folder
from csm.errors import CsmError
from csm.secret import Secret

HERE = Path(__file__).parent
SO_PIN = b"87654321"
PIN = b"4711-evcc"


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module that passes calls on to SoftHSM and misbehaves when told to (see shim.c)."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here for the misbehaving token")
    library = tmp_path_factory.mktemp("shim") / "libshim.so"
    source = str(HERE / "shim.c")
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), source, "-ldl"], check=True
    )
    return library


@pytest.fixture
def token_path() -> Path:
    """The PKCS#11 library under test; a test file may put the shim in front of it."""
    if not softhsm().exists():
        pytest.skip("no SoftHSM here: apt-get install softhsm2")
    return softhsm()


@pytest.fixture
def token_module(
    token_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Module]:
    """The library, started over an empty folder of this test's own."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(softhsm_folder(tmp_path / "softhsm")))
    monkeypatch.setenv("SHIM_MODULE", str(softhsm()))
    library = module(token_path, {})
    library.epoch += 1  # what an earlier test had open is void
    GATE.call(library.load, limit_ms=10_000, place="test set-up")
    yield library
    GATE.call(lambda: finalise(token_path), limit_ms=10_000, place="test end")


def finalise(path: Path) -> None:
    """Leave the library as the process found it, for the next test's folder."""
    with contextlib.suppress(PKCS11Error):
        pkcs11.lib(str(path)).finalize()


@pytest.fixture
def make_token(token_module: Module) -> Iterator[Callable[..., Pkcs11Driver]]:
    """Makes tokens, and closes what was opened on them."""
    drivers: list[Pkcs11Driver] = []

    def make(
        label: str = "evcc",
        pin: bytes = PIN,
        *,
        initialised: bool = False,
        patience: Patience | None = None,
        last_try: bool = False,
    ) -> Pkcs11Driver:
        if not initialised:
            initialise(token_module, label, so_pin=Secret(SO_PIN), pin=Secret(PIN))
        driver = Pkcs11Driver(
            token_module, label, lambda: Secret(pin), patience=patience, last_try=last_try
        )
        drivers.append(driver)
        return driver

    yield make
    for driver in drivers:
        with contextlib.suppress(CsmError):
            driver.close()


@pytest.fixture
def token(make_token: Callable[..., Pkcs11Driver]) -> Pkcs11Driver:
    return make_token()
