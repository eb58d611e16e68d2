"""Finds the driver a key lives in.

The drivers stand in order of preference: a token before the software store, say.  A key that
exists is looked up by its handle; for a new key ``home`` names the first driver that can do what
the key is for, so a weak token takes what it can and the rest goes to the next one.  The calls
block; ``csm.jobs`` queues them, tools use them as they are.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import final

from csm.driver import Cipher, ConcatKdf, CryptoDriver, Mac
from csm.errors import DeviceError, Misconfigured, NotSupported
from csm.handles import KeyHandle, KeyKind, PublicKey, StoredKey, Use
from csm.secret import PrivateKey, Secret


@final
class CryIf:
    """All drivers behind one door."""

    def __init__(self, drivers: Sequence[CryptoDriver]) -> None:
        if not drivers:
            raise Misconfigured("no crypto driver is configured", "set csm.drivers")
        self.drivers = tuple(drivers)

    def driver(self, key: KeyHandle) -> CryptoDriver:
        for driver in self.drivers:
            if driver.name == key.driver and key.token in {"", driver.handle(key.label).token}:
                return driver
        known = ", ".join(str(driver.handle("LABEL")) for driver in self.drivers)
        raise Misconfigured(f"no driver serves {key}", f"use one of: {known}")

    def home(self, kind: KeyKind, *uses: Use) -> CryptoDriver:
        """The first driver that can do all this with a new key and is of use right now."""
        uses = uses or (Use.GENERATE,)
        hindrances: list[str] = []
        for driver in self.drivers:
            if _can(driver, kind, uses, hindrances):
                return driver
        wanted = ", ".join(use.name.lower() for use in uses)
        raise NotSupported("; ".join([f"no driver can {wanted} with {kind.value}", *hindrances]))

    def place(self, label: str, kind: KeyKind, *uses: Use) -> KeyHandle:
        """Where a new key of this kind and purpose belongs."""
        return self.home(kind, *uses).handle(label)

    def create(self, label: str, kind: KeyKind, *uses: Use) -> KeyHandle:
        """Generate a key in the first driver that turns out to be able to."""
        return self._settle(
            label, kind, (Use.GENERATE, *uses), lambda key: self.generate(key, kind)
        )

    def adopt(self, label: str, material: PrivateKey, *uses: Use) -> KeyHandle:
        """Import a key into the first driver that turns out to be able to; wipe it then."""
        with material:
            return self._settle(
                label,
                material.kind,
                (Use.IMPORT, *uses),
                lambda key: self.import_private(key, material),
            )

    def _settle(
        self,
        label: str,
        kind: KeyKind,
        uses: tuple[Use, ...],
        settle: Callable[[KeyHandle], object],
    ) -> KeyHandle:
        """What a token can do is known only when it has done it; one that cannot says so after."""
        for _ in self.drivers:
            key = self.place(label, kind, *uses)
            with suppress(NotSupported):
                settle(key)
                return key
        raise NotSupported(f"no driver takes a new {kind.value} key, {label}")

    def stored(self) -> list[StoredKey]:
        return [line for driver in self.drivers for line in driver.stored()]

    def generate(self, key: KeyHandle, kind: KeyKind) -> PublicKey | None:
        return self.driver(key).generate(key, kind)

    def import_private(self, key: KeyHandle, material: PrivateKey) -> PublicKey | None:
        return self.driver(key).import_private(key, material)

    def public_key(self, key: KeyHandle) -> PublicKey:
        return self.driver(key).public_key(key)

    def delete(self, key: KeyHandle) -> None:
        self.driver(key).delete(key)

    def sign(self, key: KeyHandle, data: bytes) -> bytes:
        return self.driver(key).sign(key, data)

    def derive(self, key: KeyHandle, peer: PublicKey, kdf: ConcatKdf) -> Secret:
        return self.driver(key).derive(key, peer, kdf)

    def encrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> bytes:
        return self.driver(key).encrypt(key, cipher, data)

    def decrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> Secret:
        return self.driver(key).decrypt(key, cipher, data)

    def mac(self, key: KeyHandle, algorithm: Mac, data: bytes) -> bytes:
        return self.driver(key).mac(key, algorithm, data)

    def random(self, count: int) -> bytes:
        return self.drivers[0].random(count)

    def store_certificate(self, key: KeyHandle, der: bytes) -> None:
        self.driver(key).store_certificate(key, der)

    def certificate(self, key: KeyHandle) -> bytes | None:
        return self.driver(key).certificate(key)

    def close(self) -> None:
        for driver in self.drivers:
            driver.close()

    def __enter__(self) -> "CryIf":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _can(driver: CryptoDriver, kind: KeyKind, uses: tuple[Use, ...], hindrances: list[str]) -> bool:
    try:
        return all(driver.supports(use, kind) for use in uses)
    except DeviceError as error:
        hindrances.append(str(error))
        return False
