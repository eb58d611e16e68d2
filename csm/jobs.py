"""The crypto service: jobs in, completion events out, never a wait in the scheduler's thread.

Each driver has a lane of its own (``csm.lanes``), so a token that hangs does not hold up the
software beside it.  A job that is not done by its deadline ends as ``SlowToken``.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, Worker
from csm import public
from csm.cryif import CryIf
from csm.driver import Cipher, ConcatKdf, CryptoDriver, Hash, Mac
from csm.errors import CsmError, CsmFault, FaultReporter, Misconfigured
from csm.faultbook import FaultBook
from csm.handles import KeyHandle, KeyKind, PublicKey, StoredKey, Use
from csm.lanes import BACKGROUND, ROUTINE, URGENT, CsmJob, Done, Lane, Terms
from csm.secret import PrivateKey, Secret

T = TypeVar("T")

PUBLIC_LANE = "public"
PROVISIONING_LANE = "provisioning"
"""Where work without a key runs, and work that tries one driver after the other.  The other lanes
are called like the drivers."""


def silent(fault: CsmFault, *, failed: bool, detail: str) -> None:
    """Nobody keeps an event memory here."""


class Csm:
    """The service.  ``workers`` makes the worker of a lane from its name."""

    def __init__(
        self,
        scheduler: Scheduler,
        keys: CryIf,
        workers: Callable[[str], Worker],
        *,
        bound: int = 512,
        report: FaultReporter = silent,
    ) -> None:
        self.keys = keys
        self._scheduler = scheduler
        self._faults = FaultBook(report)
        self._lanes: dict[str, Lane] = {}
        for name in (
            PUBLIC_LANE,
            PROVISIONING_LANE,
            *(_lane_name(driver) for driver in keys.drivers),
        ):
            if name not in self._lanes:
                self._lanes[name] = self._lane(name, workers(name), bound)

    def sign(
        self, key: KeyHandle, data: bytes, done: Done[bytes], terms: Terms = URGENT
    ) -> CsmJob[bytes]:
        """A digest for ECDSA (raw r || s comes back), the message for Ed448."""
        return self._ask(f"sign {key}", key, lambda: self.keys.sign(key, data), done, terms)

    def sign_now(self, key: KeyHandle, data: bytes) -> bytes:
        """Sign in the calling thread, whichever it is, past the queue.

        For callbacks that must return a signature, like TLS's.  It takes no lock of this room;
        a token driver keeps its own order and its own limit in time.
        """
        name = f"sign {key}"
        try:
            signature = self.keys.sign(key, data)
        except CsmError as error:
            self._note_later(key, name, error)
            raise
        self._note_later(key, name, None)
        return signature

    def verify(
        self,
        key: PublicKey,
        data: bytes,
        signature: bytes,
        done: Done[bool],
        terms: Terms = URGENT,
    ) -> CsmJob[bool]:
        name = f"verify {key.kind.value}"
        return self.compute(name, lambda: public.verify(key, data, signature), done, terms)

    def digest(
        self, algorithm: Hash, data: bytes, done: Done[bytes], terms: Terms = ROUTINE
    ) -> CsmJob[bytes]:
        name = f"digest {algorithm.value}"
        return self.compute(name, lambda: public.digest(algorithm, data), done, terms)

    def mac(
        self,
        key: KeyHandle,
        algorithm: Mac,
        data: bytes,
        done: Done[bytes],
        terms: Terms = ROUTINE,
    ) -> CsmJob[bytes]:
        return self._ask(
            f"mac {key}", key, lambda: self.keys.mac(key, algorithm, data), done, terms
        )

    def encrypt(
        self, key: KeyHandle, cipher: Cipher, data: bytes, done: Done[bytes], terms: Terms = ROUTINE
    ) -> CsmJob[bytes]:
        return self._ask(
            f"encrypt {key}", key, lambda: self.keys.encrypt(key, cipher, data), done, terms
        )

    def decrypt(
        self,
        key: KeyHandle,
        cipher: Cipher,
        data: bytes,
        done: Done[Secret],
        terms: Terms = ROUTINE,
    ) -> CsmJob[Secret]:
        return self._ask(
            f"decrypt {key}", key, lambda: self.keys.decrypt(key, cipher, data), done, terms
        )

    def derive(
        self,
        key: KeyHandle,
        peer: PublicKey,
        kdf: ConcatKdf,
        done: Done[Secret],
        terms: Terms = URGENT,
    ) -> CsmJob[Secret]:
        return self._ask(
            f"derive {key}", key, lambda: self.keys.derive(key, peer, kdf), done, terms
        )

    def random(self, octets: int, done: Done[bytes], terms: Terms = ROUTINE) -> CsmJob[bytes]:
        lane = _lane_name(self.keys.drivers[0])
        return self._submit(lane, f"random {lane}", lambda: self.keys.random(octets), done, terms)

    def generate(
        self,
        key: KeyHandle,
        kind: KeyKind,
        done: Done[PublicKey | None],
        terms: Terms = BACKGROUND,
    ) -> CsmJob[PublicKey | None]:
        return self._ask(f"generate {key}", key, lambda: self.keys.generate(key, kind), done, terms)

    def import_private(
        self,
        key: KeyHandle,
        material: PrivateKey,
        done: Done[PublicKey | None],
        terms: Terms = ROUTINE,
    ) -> CsmJob[PublicKey | None]:
        """The material is wiped when the driver has it."""

        def work() -> PublicKey | None:
            with material:
                return self.keys.import_private(key, material)

        return self._ask(f"import {key}", key, work, done, terms)

    def create(
        self,
        label: str,
        kind: KeyKind,
        uses: tuple[Use, ...],
        done: Done[KeyHandle],
        terms: Terms = BACKGROUND,
    ) -> CsmJob[KeyHandle]:
        """Generate a key in the first driver that can hold it and use it so."""
        return self._submit(
            PROVISIONING_LANE,
            f"create {label}",
            lambda: self.keys.create(label, kind, *uses),
            done,
            terms,
        )

    def adopt(
        self,
        label: str,
        material: PrivateKey,
        uses: tuple[Use, ...],
        done: Done[KeyHandle],
        terms: Terms = ROUTINE,
    ) -> CsmJob[KeyHandle]:
        """Import a key into the first driver that can hold it and use it so; wipe it then."""
        return self._submit(
            PROVISIONING_LANE,
            f"adopt {label}",
            lambda: self.keys.adopt(label, material, *uses),
            done,
            terms,
        )

    def public_key(
        self, key: KeyHandle, done: Done[PublicKey], terms: Terms = ROUTINE
    ) -> CsmJob[PublicKey]:
        return self._ask(f"public {key}", key, lambda: self.keys.public_key(key), done, terms)

    def delete(self, key: KeyHandle, done: Done[None], terms: Terms = BACKGROUND) -> CsmJob[None]:
        return self._ask(f"delete {key}", key, lambda: self.keys.delete(key), done, terms)

    def stored(
        self, driver: CryptoDriver, done: Done[list[StoredKey]], terms: Terms = BACKGROUND
    ) -> CsmJob[list[StoredKey]]:
        lane = _lane_name(driver)
        return self._submit(lane, f"list {lane}", driver.stored, done, terms)

    def probe(self, driver: CryptoDriver, done: Done[None], terms: Terms = ROUTINE) -> CsmJob[None]:
        """Whether the driver is of use now; the event memory hears of it either way."""
        lane = _lane_name(driver)
        return self._submit(lane, f"probe {lane}", driver.probe, done, terms)

    def compute(
        self, name: str, work: Callable[[], T], done: Done[T], terms: Terms = ROUTINE
    ) -> CsmJob[T]:
        """Work without a key that takes its time: path building, verification."""
        return self._submit(PUBLIC_LANE, name, work, done, terms)

    def waiting(self) -> int:
        return sum(lane.waiting for lane in self._lanes.values())

    def close(self) -> None:
        """Drop what waits, let what runs end, log out."""
        for lane in self._lanes.values():
            lane.close()
        with suppress(CsmError):  # a token that hangs is left to the end of the process
            self.keys.close()

    def _ask(
        self, name: str, key: KeyHandle, work: Callable[[], T], done: Done[T], terms: Terms
    ) -> CsmJob[T]:
        return self._submit(self._lane_of(key), name, work, done, terms)

    def _submit(
        self, lane: str, name: str, work: Callable[[], T], done: Done[T], terms: Terms
    ) -> CsmJob[T]:
        job = CsmJob(name, work, done, terms)
        self._lanes[lane].add(job)  # type: ignore[arg-type]  # a lane never looks at the value
        return job

    def _lane(self, name: str, worker: Worker, bound: int) -> Lane:
        def told(job: str, outcome: Outcome[object]) -> None:
            self._faults.note(name, job, outcome.error)

        return Lane(name, self._scheduler, worker, bound, told)

    def _note_later(self, key: KeyHandle, name: str, error: Exception | None) -> None:
        if error is not None or self._faults.any:
            lane = self._lane_of(key)
            self._scheduler.post(
                lambda: self._faults.note(lane, name, error), name="csm fault", owed=True
            )

    def _lane_of(self, key: KeyHandle) -> str:
        """A handle that no driver serves fails like any other job: by its outcome."""
        try:
            return _lane_name(self.keys.driver(key))
        except Misconfigured:
            return PUBLIC_LANE


def _lane_name(driver: CryptoDriver) -> str:
    token = driver.handle("x").token
    return f"{driver.name}:{token}" if token else driver.name
