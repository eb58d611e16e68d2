"""Real tokens for the tests: each has a SoftHSM folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csm.drivers.gate import GATE
from csm.drivers.module import Module, module, softhsm
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.drivers.provision import initialise, softhsm_folder
from csm.secret import Secret

SO_PIN = b"87654321"
PIN = b"4711-evcc"

needs_softhsm = pytest.mark.skipif(
    not softhsm().exists(), reason="no SoftHSM here: apt-get install softhsm2"
)


@pytest.fixture
def token_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """SoftHSM, started over an empty folder of this test's own."""
    if not softhsm().exists():
        pytest.skip("no SoftHSM here: apt-get install softhsm2")
    monkeypatch.setenv("SOFTHSM2_CONF", str(softhsm_folder(tmp_path / "softhsm")))
    library = module(softhsm(), {})

    def start() -> None:
        library.load()
        library.restart()

    GATE.call(start, limit_ms=10_000, place="test set-up")
    return library


@pytest.fixture
def make_token(token_module: Module) -> Iterator[Callable[..., Pkcs11Driver]]:
    """Makes tokens, and closes what was opened on them."""
    drivers: list[Pkcs11Driver] = []

    def make(label: str = "evcc") -> Pkcs11Driver:
        initialise(token_module, label, so_pin=Secret(SO_PIN), pin=Secret(PIN))
        driver = Pkcs11Driver(token_module, label, lambda: Secret(PIN))
        drivers.append(driver)
        return driver

    yield make
    for driver in drivers:
        driver.close()


@pytest.fixture
def token(make_token: Callable[..., Pkcs11Driver]) -> Pkcs11Driver:
    return make_token()
