"""Keys in a PKCS#11 token: born there, used there, never seen outside.

Every call goes through the gate.  When the token says something odd the driver first asks whether
it is still there.  What a token has refused as impossible is remembered, so that ``supports``
learns what its list of mechanisms does not tell.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pkcs11.exceptions import GeneralError, PKCS11Error
from pkcs11.mechanisms import GCMParams, Mechanism

from csm import material as math
from csm.driver import Cbc, Cipher, ConcatKdf, Mac
from csm.drivers import templates, token_objects
from csm.drivers.gate import GATE, Gate
from csm.drivers.module import Module
from csm.drivers.pkcs11_errors import STALE, named
from csm.drivers.session import Pin, TokenKey, TokenLink, TokenSession
from csm.errors import BadData, BadKey, NotSupported, TokenBroken, TokenRemoved
from csm.handles import PAIRS, KeyHandle, KeyKind, PublicKey, StoredKey, Use, as_word
from csm.public import check_point, verify
from csm.secret import PrivateKey, Secret

T = TypeVar("T")

MACS = {
    Mac.CMAC_AES: Mechanism.AES_CMAC,
    Mac.HMAC_SHA256: Mechanism.SHA256_HMAC,
    Mac.HMAC_SHA512: Mechanism.SHA512_HMAC,
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call to the token may take."""

    call_ms: int = 3_000
    generate_ms: int = 60_000


class Pkcs11Driver:
    """A ``CryptoDriver`` over one token."""

    def __init__(
        self,
        module: Module,
        token: str,
        pin: Pin | None,
        *,
        name: str = "pkcs11",
        patience: Patience | None = None,
        last_try: bool = False,
        gate: Gate = GATE,
    ) -> None:
        self._name = name
        self._token = as_word(token)
        self._patience = patience or Patience()
        self._gate = gate
        self._link = TokenLink(module, token, pin, last_try=last_try)
        self._refused: set[tuple[Use, KeyKind]] = set()

    @property
    def name(self) -> str:
        return self._name

    def handle(self, label: str) -> KeyHandle:
        return KeyHandle(self._name, label, self._token)

    def supports(self, use: Use, kind: KeyKind) -> bool:
        if (use, kind) in self._refused or kind not in templates.KEY_TYPES:
            return False
        return self._call(self._link.place, lambda token: token_objects.lists(token, use, kind))

    def probe(self) -> None:
        def look(token: TokenSession) -> None:
            if not token.present():
                self._link.lost()
                raise TokenRemoved(self._link.place)

        self._call(self._link.place, look)

    def stored(self) -> list[StoredKey]:
        return self._call(self._link.place, lambda token: token_objects.stored(token, self.handle))

    def generate(self, key: KeyHandle, kind: KeyKind) -> PublicKey | None:
        self._check(Use.GENERATE, kind)
        self._call(
            str(key),
            lambda token: token_objects.generate(token, key, kind),
            limit_ms=self._patience.generate_ms,
            learn=(Use.GENERATE, kind),
        )
        return self._proven(key, kind, Use.GENERATE) if kind in PAIRS else None

    def import_private(self, key: KeyHandle, material: PrivateKey) -> PublicKey | None:
        self._check(Use.IMPORT, material.kind)
        loaded = math.load(material)
        public = None if isinstance(loaded, Secret) else math.public_half(loaded)
        self._call(
            str(key),
            lambda token: token_objects.adopt(token, key, material, public),
            limit_ms=self._patience.generate_ms,
            learn=(Use.IMPORT, material.kind),
        )
        return None if public is None else self._proven(key, material.kind, Use.IMPORT)

    def public_key(self, key: KeyHandle) -> PublicKey:
        return self._call(str(key), lambda token: token_objects.public_key(token, key))

    def delete(self, key: KeyHandle) -> None:
        self._call(str(key), lambda token: token_objects.delete(token, key))

    def sign(self, key: KeyHandle, data: bytes) -> bytes:
        return self._call(str(key), lambda token: token_objects.sign(token, key, data))

    def derive(self, key: KeyHandle, peer: PublicKey, kdf: ConcatKdf) -> Secret:
        check_point(peer)
        math.check_kdf(kdf)
        self._check(Use.DERIVE, peer.kind)

        def work(token: TokenSession) -> Secret:
            found = token.key(key.label)
            if found.kind is not peer.kind:
                raise BadKey(f"{key} is no {peer.kind.value} key, its peer is one")
            return token_objects.derive(token, found, peer, kdf)

        return self._call(str(key), work, learn=(Use.DERIVE, peer.kind))

    def encrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> bytes:
        math.check_cipher(cipher, data, tag=False)
        return self._call(
            str(key),
            lambda token: _aes(token, key).object.encrypt(data, **_mechanism(cipher)),
        )

    def decrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> Secret:
        math.check_cipher(cipher, data, tag=True)

        def work(token: TokenSession) -> Secret:
            found = _aes(token, key)
            try:
                return Secret(found.object.decrypt(data, **_mechanism(cipher)))
            except GeneralError:  # also SoftHSM's word for a tag that does not fit
                if isinstance(cipher, Cbc) or not token.present():
                    raise
            raise BadData(f"{key}: the tag does not fit")

        return self._call(str(key), work)

    def mac(self, key: KeyHandle, algorithm: Mac, data: bytes) -> bytes:
        def work(token: TokenSession) -> bytes:
            found = token.key(key.label)
            if (algorithm is Mac.CMAC_AES) is (found.kind is KeyKind.HMAC) or found.kind.is_pair:
                raise NotSupported(f"{key} is no key for {algorithm.value}")
            return found.object.sign(data, mechanism=MACS[algorithm])

        return self._call(str(key), work)

    def random(self, count: int) -> bytes:
        return self._call(self._link.place, lambda token: token.session.generate_random(count * 8))

    def store_certificate(self, key: KeyHandle, der: bytes) -> None:
        self._call(str(key), lambda token: token_objects.store_certificate(token, key, der))

    def certificate(self, key: KeyHandle) -> bytes | None:
        return self._call(str(key), lambda token: token_objects.certificate(token, key))

    def close(self) -> None:
        self._gate.call(self._link.close, limit_ms=self._patience.call_ms, place=self._link.place)

    def _call(
        self,
        place: str,
        work: Callable[[TokenSession], T],
        *,
        limit_ms: int | None = None,
        learn: tuple[Use, KeyKind] | None = None,
    ) -> T:
        try:
            return self._gate.call(
                lambda: self._attempt(place, work),
                limit_ms=limit_ms or self._patience.call_ms,
                place=place,
            )
        except NotSupported:
            if learn is not None:
                self._refused.add(learn)
            raise

    def _attempt(self, place: str, work: Callable[[TokenSession], T]) -> T:
        """Do it; if the token balks, find out why, and try once more with a new session."""
        for last in (False, True):
            token = self._link.opened()
            try:
                return work(token)
            except PKCS11Error as error:
                failure = error
            if not token.present():
                self._link.lost()
                raise TokenRemoved(self._link.place)
            if isinstance(failure, STALE):
                self._link.lost()
            if last or not isinstance(failure, STALE):
                break
        raise named(failure, place)

    def _proven(self, key: KeyHandle, kind: KeyKind, use: Use) -> PublicKey:
        """The public half of a new key, after a signature has shown that the two belong together.

        Some tokens take keys, of P-521 for instance, that they cannot use: such a key goes again.
        """
        data = b"\x55" * 64
        with suppress(TokenBroken, BadData, NotSupported):
            half = self.public_key(key)
            if verify(half, data, self.sign(key, data)):
                return half
        self.delete(key)
        self._refused.add((use, kind))
        raise NotSupported(f"{key}: the token takes such keys but does not sign with them")

    def _check(self, use: Use, kind: KeyKind) -> None:
        if not self.supports(use, kind):
            raise NotSupported(f"{self._link.place}: {use.name.lower()} {kind.value}")


def _aes(token: TokenSession, key: KeyHandle) -> TokenKey:
    found = token.key(key.label)
    if found.kind not in {KeyKind.AES128, KeyKind.AES256}:
        raise NotSupported(f"{key} is a {found.kind.value} key; this takes an AES key")
    return found


def _mechanism(cipher: Cipher) -> dict[str, Any]:
    if isinstance(cipher, Cbc):
        return {"mechanism": Mechanism.AES_CBC, "mechanism_param": cipher.iv}
    parameter = GCMParams(cipher.nonce, cipher.aad, math.TAG * 8)
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": parameter}
