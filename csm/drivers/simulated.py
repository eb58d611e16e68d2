"""A token that is not there: keys in memory, delays and failures as a test or a bench orders them.

With a seeded source its keys and signatures are the same in every run.  Its delays are spent by
the simulated worker, which asks ``delay``; the driver itself never waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bsw.os.clock import MS
from bsw.os.randomness import Randomness
from csm.driver import Cipher, ConcatKdf, Mac
from csm.drivers.software import SoftwareDriver
from csm.drivers.store import Entry
from csm.errors import CsmError, KeyMissing, NotSupported, TokenFull, TokenRemoved
from csm.handles import KeyHandle, KeyKind, PublicKey, StoredKey, Use
from csm.secret import PrivateKey, Secret

DELAYS: Mapping[str, int] = {
    "sign": 3 * MS,
    "derive": 5 * MS,
    "generate": 400 * MS,
    "import": 20 * MS,
}
"""A secure element of modest speed.  What is not named takes ``ANY_OTHER``."""
ANY_OTHER = 1 * MS


class MemoryStore:
    """What ``csm.drivers.store.Store`` does, without a disk."""

    def __init__(self, capacity: int = 64) -> None:
        self.capacity = capacity
        self._keys: dict[str, tuple[Entry, PrivateKey]] = {}
        self._certificates: dict[str, bytes] = {}

    def open(self) -> object:
        return self

    def close(self) -> None:
        """Memory stays: a token that is closed keeps its keys."""

    def labels(self) -> list[str]:
        return sorted(self._keys)

    def has(self, label: str) -> bool:
        return label in self._keys

    def write(self, label: str, entry: Entry, key: PrivateKey) -> None:
        if len(self._keys) >= self.capacity:
            raise TokenFull(f"{len(self._keys)} keys in memory")
        self._keys[label] = entry, PrivateKey(key.kind, Secret(key.secret.reveal()))

    def read(self, label: str) -> tuple[Entry, PrivateKey]:
        if label not in self._keys:
            raise KeyMissing(label)
        entry, key = self._keys[label]
        return entry, PrivateKey(key.kind, Secret(key.secret.reveal()))

    def delete(self, label: str) -> None:
        if self._keys.pop(label, None) is None:
            raise KeyMissing(label)
        self._certificates.pop(label, None)

    def write_certificate(self, label: str, der: bytes) -> None:
        self._certificates[label] = der

    def read_certificate(self, label: str) -> bytes | None:
        return self._certificates.get(label)


@dataclass(slots=True)
class _Order:
    """An injected failure: which call, after how many good ones, how often."""

    verb: str
    error: CsmError
    after: int
    times: int


@dataclass(slots=True)
class Faults:
    """What is wrong with the token now, and what will be."""

    plugged_in: bool = True
    weak: set[tuple[Use, KeyKind]] = field(default_factory=set)
    delays: dict[str, int] = field(default_factory=lambda: dict(DELAYS))
    _orders: list[_Order] = field(default_factory=list)

    def order(self, verb: str, error: CsmError, *, after: int = 0, times: int = 1) -> None:
        """Let ``verb`` fail with ``error``, after some calls that work, so many times."""
        self._orders.append(_Order(verb, error, after, times))

    def meet(self, verb: str, place: str) -> None:
        if not self.plugged_in:
            raise TokenRemoved(place)
        for order in self._orders:
            if order.verb == verb and order.times > 0:
                if order.after == 0:
                    order.times -= 1
                    raise order.error
                order.after -= 1


class SimulatedDriver:
    """A ``CryptoDriver`` for simulation and tests."""

    def __init__(
        self,
        randomness: Randomness,
        *,
        name: str = "sim",
        token: str = "",
        capacity: int = 64,
    ) -> None:
        self.faults = Faults()
        self._name = name
        self._token = token
        self._inner = SoftwareDriver(MemoryStore(capacity), name, repeatable=randomness)

    @property
    def name(self) -> str:
        return self._name

    def handle(self, label: str) -> KeyHandle:
        return KeyHandle(self._name, label, self._token)

    def delay(self, job: str) -> int:
        """How long a job of this name takes; pass it to a ``SimulatedWorker``."""
        return self.faults.delays.get(job.split(maxsplit=1)[0], ANY_OTHER)

    def supports(self, use: Use, kind: KeyKind) -> bool:
        return (use, kind) not in self.faults.weak and self._inner.supports(use, kind)

    def probe(self) -> None:
        self._meet("probe")

    def stored(self) -> list[StoredKey]:
        self._meet("list")
        return self._inner.stored()

    def generate(self, key: KeyHandle, kind: KeyKind) -> PublicKey | None:
        self._meet("generate", Use.GENERATE, kind)
        return self._inner.generate(key, kind)

    def import_private(self, key: KeyHandle, material: PrivateKey) -> PublicKey | None:
        self._meet("import", Use.IMPORT, material.kind)
        return self._inner.import_private(key, material)

    def public_key(self, key: KeyHandle) -> PublicKey:
        self._meet("public")
        return self._inner.public_key(key)

    def delete(self, key: KeyHandle) -> None:
        self._meet("delete")
        self._inner.delete(key)

    def sign(self, key: KeyHandle, data: bytes) -> bytes:
        self._meet("sign")
        return self._inner.sign(key, data)

    def derive(self, key: KeyHandle, peer: PublicKey, kdf: ConcatKdf) -> Secret:
        self._meet("derive", Use.DERIVE, peer.kind)
        return self._inner.derive(key, peer, kdf)

    def encrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> bytes:
        self._meet("encrypt")
        return self._inner.encrypt(key, cipher, data)

    def decrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> Secret:
        self._meet("decrypt")
        return self._inner.decrypt(key, cipher, data)

    def mac(self, key: KeyHandle, algorithm: Mac, data: bytes) -> bytes:
        self._meet("mac")
        return self._inner.mac(key, algorithm, data)

    def random(self, count: int) -> bytes:
        self._meet("random")
        return self._inner.random(count)

    def store_certificate(self, key: KeyHandle, der: bytes) -> None:
        self._meet("certificate")
        self._inner.store_certificate(key, der)

    def certificate(self, key: KeyHandle) -> bytes | None:
        self._meet("certificate")
        return self._inner.certificate(key)

    def close(self) -> None:
        self._inner.close()

    def _meet(self, verb: str, use: Use | None = None, kind: KeyKind | None = None) -> None:
        place = f"simulated token {self._token or self._name}"
        self.faults.meet(verb, place)
        if use is not None and kind is not None and (use, kind) in self.faults.weak:
            raise NotSupported(f"{place}: {use.name.lower()} {kind.value}")
