"""Keys in an encrypted folder, used by the ``cryptography`` library: the embedded default.

It runs everywhere and knows every kind of key.  It keeps keys from whoever copies the disk
without the passphrase, not from whoever may read this process's memory: that takes a token.
"""

from typing import Protocol

from bsw.os.randomness import Randomness
from csm import material
from csm.driver import Cipher, ConcatKdf, Mac
from csm.drivers.store import Entry
from csm.errors import CsmError, KeyExists, KeyMissing, NotSupported
from csm.handles import PAIRS, KeyHandle, KeyKind, PublicKey, StoredKey, Use
from csm.randomness import HostRandomness
from csm.secret import PrivateKey, Secret

_USES: dict[KeyKind, set[Use]] = {
    KeyKind.P256: {Use.SIGN, Use.DERIVE},
    KeyKind.P521: {Use.SIGN, Use.DERIVE},
    KeyKind.ED448: {Use.SIGN},
    KeyKind.X448: {Use.DERIVE},
    KeyKind.AES128: {Use.CIPHER, Use.MAC},
    KeyKind.AES256: {Use.CIPHER, Use.MAC},
    KeyKind.HMAC: {Use.MAC},
}
_AES = {KeyKind.AES128, KeyKind.AES256}


class Shelf(Protocol):
    """Where the driver puts keys: ``csm.drivers.store.Store``, or memory in simulation."""

    def open(self) -> object: ...
    def close(self) -> None: ...
    def labels(self) -> list[str]: ...
    def has(self, label: str) -> bool: ...
    def write(self, label: str, entry: Entry, key: PrivateKey) -> None: ...
    def read(self, label: str) -> tuple[Entry, PrivateKey]: ...
    def delete(self, label: str) -> None: ...
    def write_certificate(self, label: str, der: bytes) -> None: ...
    def read_certificate(self, label: str) -> bytes | None: ...


class SoftwareDriver:
    """A ``CryptoDriver`` over a shelf.  Keys are decrypted on first use and kept ready.

    ``repeatable`` is for simulation alone: keys come from that source, and signatures are
    deterministic (RFC 6979).
    """

    def __init__(
        self, shelf: Shelf, name: str = "software", *, repeatable: Randomness | None = None
    ) -> None:
        self._store = shelf
        self._name = name
        self._repeatable = repeatable
        self._randomness: Randomness = repeatable or HostRandomness()
        self._ready: dict[str, tuple[KeyKind, material.Loaded]] = {}

    @property
    def name(self) -> str:
        return self._name

    def handle(self, label: str) -> KeyHandle:
        return KeyHandle(self._name, label)

    def supports(self, use: Use, kind: KeyKind) -> bool:
        return use in {Use.GENERATE, Use.IMPORT} or use in _USES[kind]

    def probe(self) -> None:
        self._store.open()

    def stored(self) -> list[StoredKey]:
        return [self._line(label) for label in self._store.labels()]

    def generate(self, key: KeyHandle, kind: KeyKind) -> PublicKey | None:
        with material.make(kind, self._randomness) as fresh:
            return self._keep(key, fresh, born_inside=True)

    def import_private(self, key: KeyHandle, material: PrivateKey) -> PublicKey | None:
        return self._keep(key, material, born_inside=False)

    def public_key(self, key: KeyHandle) -> PublicKey:
        return material.public_half(self._load(key))

    def delete(self, key: KeyHandle) -> None:
        self._ready.pop(key.label, None)
        self._store.delete(key.label)

    def sign(self, key: KeyHandle, data: bytes) -> bytes:
        return material.sign(self._load(key), data, repeatable=self._repeatable is not None)

    def derive(self, key: KeyHandle, peer: PublicKey, kdf: ConcatKdf) -> Secret:
        return material.derive(self._load(key), peer, kdf)

    def encrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> bytes:
        return material.encrypt(self._octets(key, _AES), cipher, data)

    def decrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> Secret:
        return material.decrypt(self._octets(key, _AES), cipher, data)

    def mac(self, key: KeyHandle, algorithm: Mac, data: bytes) -> bytes:
        kinds = _AES if algorithm is Mac.CMAC_AES else {KeyKind.HMAC}
        return material.mac(self._octets(key, kinds), algorithm, data)

    def random(self, count: int) -> bytes:
        return self._randomness.octets(count)

    def store_certificate(self, key: KeyHandle, der: bytes) -> None:
        self._store.write_certificate(key.label, der)

    def certificate(self, key: KeyHandle) -> bytes | None:
        return self._store.read_certificate(key.label)

    def close(self) -> None:
        self._ready.clear()
        self._store.close()

    def _keep(self, key: KeyHandle, fresh: PrivateKey, *, born_inside: bool) -> PublicKey | None:
        if self._store.has(key.label):
            raise KeyExists(str(key))
        loaded = material.load(fresh)
        public = material.public_half(loaded) if fresh.kind in PAIRS else None
        entry = Entry(fresh.kind, public.octets if public else b"", born_inside)
        self._store.write(key.label, entry, fresh)
        self._ready[key.label] = fresh.kind, loaded
        return public

    def _load(self, key: KeyHandle) -> material.Loaded:
        return self._kind_and_key(key)[1]

    def _octets(self, key: KeyHandle, kinds: set[KeyKind]) -> Secret:
        kind, loaded = self._kind_and_key(key)
        if kind not in kinds or not isinstance(loaded, Secret):
            wanted = " or ".join(sorted(kind.value for kind in kinds))
            raise NotSupported(f"{key} is a {kind.value} key; this takes {wanted}")
        return loaded

    def _kind_and_key(self, key: KeyHandle) -> tuple[KeyKind, material.Loaded]:
        ready = self._ready.get(key.label)
        if ready is None:
            try:
                _, found = self._store.read(key.label)
            except KeyMissing:
                raise KeyMissing(str(key)) from None
            with found:
                ready = self._ready[key.label] = found.kind, material.load(found)
        return ready

    def _line(self, label: str) -> StoredKey:
        try:
            entry, found = self._store.read(label)
        except CsmError as error:
            return StoredKey(self.handle(label), None, problem=str(error))
        found.secret.wipe()
        return StoredKey(
            self.handle(label),
            entry.kind,
            PublicKey(entry.kind, entry.public) if entry.public else None,
            born_inside=entry.born_inside,
            certificate=self._store.read_certificate(label) is not None,
        )
