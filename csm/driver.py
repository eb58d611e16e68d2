"""What every key store can be asked, whatever it is made of.

A driver's calls block, and run on a worker.  Keys go in or are born inside, signatures and
agreed secrets come out.  What needs no private key (verification, digests) is not asked of a
driver: ``csm.public`` does it in software for all of them.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from csm.handles import KeyHandle, KeyKind, PublicKey, StoredKey, Use
from csm.secret import PrivateKey, Secret


class Hash(Enum):
    SHA1 = "sha1"  # key identifiers and trusted_ca_keys only
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class Mac(Enum):
    CMAC_AES = "cmac-aes"
    HMAC_SHA256 = "hmac-sha256"
    HMAC_SHA512 = "hmac-sha512"


@dataclass(frozen=True, slots=True)
class Cbc:
    """AES-CBC without padding: whole blocks of 16 octets."""

    iv: bytes


@dataclass(frozen=True, slots=True)
class Gcm:
    """AES-GCM; the tag of 16 octets stands behind the ciphertext."""

    nonce: bytes
    aad: bytes = b""


Cipher = Cbc | Gcm


@dataclass(frozen=True, slots=True)
class ConcatKdf:
    """The concatenation KDF, one round: the first octets of H(00000001 || Z || other_info)."""

    hash: Hash
    other_info: bytes
    length: int


ISO2_KDF = ConcatKdf(Hash.SHA256, bytes.fromhex("015556"), 16)
ISO20_KDF = ConcatKdf(Hash.SHA512, bytes.fromhex("015556"), 32)


class CryptoDriver(Protocol):
    """One place where keys live.  All calls may block and may raise any ``CsmError``."""

    @property
    def name(self) -> str:
        """The first word of the handles this driver serves."""

    def handle(self, label: str) -> KeyHandle:
        """How a key with this label is called here; the key need not exist."""

    def supports(self, use: Use, kind: KeyKind) -> bool:
        """Whether the driver, as far as it says itself, can do this."""

    def probe(self) -> None:
        """Raise what stands in the way of using this driver now, if anything does."""

    def stored(self) -> list[StoredKey]: ...

    def generate(self, key: KeyHandle, kind: KeyKind) -> PublicKey | None:
        """Make a key that never leaves; a pair's public half is returned."""

    def import_private(self, key: KeyHandle, material: PrivateKey) -> PublicKey | None:
        """Take a key in.  It cannot be taken out again.  The caller wipes ``material``."""

    def public_key(self, key: KeyHandle) -> PublicKey: ...

    def delete(self, key: KeyHandle) -> None:
        """Remove the key and the certificate kept with it."""

    def sign(self, key: KeyHandle, data: bytes) -> bytes:
        """``data`` is the digest for ECDSA (raw r || s comes back), the message for Ed448."""

    def derive(self, key: KeyHandle, peer: PublicKey, kdf: ConcatKdf) -> Secret:
        """Agree on a secret by (elliptic curve) Diffie-Hellman and run the KDF over it."""

    def encrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> bytes: ...

    def decrypt(self, key: KeyHandle, cipher: Cipher, data: bytes) -> Secret:
        """Raises ``BadData`` if a tag does not fit.  CBC has no tag: anything decrypts."""

    def mac(self, key: KeyHandle, algorithm: Mac, data: bytes) -> bytes: ...

    def random(self, count: int) -> bytes: ...

    def store_certificate(self, key: KeyHandle, der: bytes) -> None:
        """Keep a certificate beside its key; replaces the one that is there."""

    def certificate(self, key: KeyHandle) -> bytes | None: ...

    def close(self) -> None:
        """Log out and forget what was cached.  The next call opens again."""
