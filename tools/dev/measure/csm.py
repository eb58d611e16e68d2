"""Measures the key drivers: signatures per second, agreed secrets, the job queue on top.

The token is SoftHSM in a folder of its own that is removed again.  What is printed are medians
over batches, so that other work on the machine shows less.
"""

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, Outcome
from csm.cryif import CryIf
from csm.driver import ISO2_KDF, CryptoDriver
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Store
from csm.errors import CsmError
from csm.handles import KeyHandle, KeyKind, Use
from csm.jobs import Csm
from csm.secret import Secret

BATCHES = 9
BATCH_SECONDS = 0.12
QUEUED = 300

DATA = {
    KeyKind.P256: hashlib.sha256(b"bench").digest(),
    KeyKind.P521: hashlib.sha512(b"bench").digest(),
    KeyKind.ED448: b"a SignedInfo is some 300 octets long" * 8,
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilotwire-bench-") as folder:
        drivers = key_drivers(Path(folder))
        for driver in drivers:
            _measure(driver)
        for driver in drivers:
            driver.close()


def key_drivers(folder: Path) -> list[CryptoDriver]:
    store = Store(folder / "keys", lambda: Secret(b"bench"), scrypt_log2=10)
    drivers: list[CryptoDriver] = [SoftwareDriver(store)]
    try:
        drivers.append(_softhsm(folder))
    except CsmError as error:
        print(f"pkcs11: not measured, {error}")
    return drivers


def _softhsm(folder: Path) -> CryptoDriver:
    from csm.drivers.module import module, softhsm  # noqa: PLC0415 - costs only who measures it
    from csm.drivers.pkcs11 import Pkcs11Driver  # noqa: PLC0415
    from csm.drivers.provision import initialise, softhsm_folder  # noqa: PLC0415

    os.environ["SOFTHSM2_CONF"] = str(softhsm_folder(folder / "softhsm"))
    library = module(softhsm(), {})
    pin = b"bench-pin"
    initialise(library, "bench", so_pin=Secret(b"bench-so-pin"), pin=Secret(pin))
    return Pkcs11Driver(library, "bench", lambda: Secret(pin))


def _measure(driver: CryptoDriver) -> None:
    for kind, data in DATA.items():
        key = driver.handle(f"sign-{kind.value}")
        driver.generate(key, kind)
        _print(driver, f"sign {kind.value}", _median(partial(driver.sign, key, data)))
    for kind in (KeyKind.P256, KeyKind.P521, KeyKind.X448):
        if not driver.supports(Use.DERIVE, kind):
            continue
        key = driver.handle(f"derive-{kind.value}")
        half = driver.generate(key, kind)
        assert half is not None
        derive = partial(driver.derive, key, half, ISO2_KDF)
        _print(driver, f"derive {kind.value}", _median(derive))
    key = driver.handle(f"sign-{KeyKind.P256.value}")
    _print(driver, f"sign P-256 through the queue, {QUEUED} at once", _queued(driver, key))


def _print(driver: CryptoDriver, what: str, seconds: float) -> None:
    print(f"{driver.name:8} {what:42} {seconds * 1e6:9.1f} us {1 / seconds:9.0f} /s")


def _median(call: Callable[[], object]) -> float:
    """Seconds per call, the median over some batches."""
    call()
    started = time.perf_counter()
    call()
    count = max(1, int(BATCH_SECONDS / max(time.perf_counter() - started, 1e-6)))
    return statistics.median(_batch(call, count) for _ in range(BATCHES))


def _batch(call: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count


def _queued(driver: CryptoDriver, key: KeyHandle) -> float:
    return statistics.median(_round(driver, key) for _ in range(5))


def _round(driver: CryptoDriver, key: KeyHandle) -> float:
    """Seconds per job, from the first submission to the last completion event."""
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    csm = Csm(scheduler, CryIf([driver]), lambda name: HostWorker(scheduler, name))
    left = QUEUED

    def done(outcome: Outcome[bytes]) -> None:
        nonlocal left
        outcome.result()
        left -= 1
        if not left:
            scheduler.stop()

    started = time.perf_counter()
    for _ in range(QUEUED):
        csm.sign(key, DATA[KeyKind.P256], done)
    scheduler.run(scheduler.now + 60 * S)
    took = time.perf_counter() - started
    csm.close()
    clock.close()
    return took / QUEUED


if __name__ == "__main__":
    main()
