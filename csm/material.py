"""Cryptography with key octets at hand, by the ``cryptography`` library.

The software driver stands on it, and whoever holds a key for a moment: the vehicle that has just
agreed on a session key to unwrap its contract key with.  It stores nothing.  Secret octets stand
in expressions and not in local names, so that a traceback that prints its locals prints none.
"""

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import PublicFormat as Format

from bsw.os.randomness import Randomness
from csm.driver import Cbc, Cipher, ConcatKdf, Mac
from csm.errors import BadData, BadKey, NotSupported
from csm.handles import PAIRS, SYMMETRIC, KeyKind, PublicKey
from csm.public import CURVES, der_to_raw, digest, point_of, prehashed
from csm.secret import PrivateKey, Secret

BLOCK = 16
TAG = 16
NONCE = 12

ORDERS = {
    KeyKind.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    KeyKind.P521: (1 << 521) - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
}
"""How many points each curve's base point generates: private scalars lie between 0 and this."""

LoadedPair = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey | x448.X448PrivateKey
Loaded = LoadedPair | Secret
"""A key ready for use: the library's object for a pair, its octets for a symmetric key."""


def load(key: PrivateKey) -> Loaded:
    """Check the octets and make them usable.  Raises ``BadKey``."""
    _check(key)
    try:
        match key.kind:
            case KeyKind.P256 | KeyKind.P521:
                curve = CURVES[key.kind]
                return ec.derive_private_key(int.from_bytes(key.secret.reveal(), "big"), curve)
            case KeyKind.ED448:
                return ed448.Ed448PrivateKey.from_private_bytes(key.secret.reveal())
            case KeyKind.X448:
                return x448.X448PrivateKey.from_private_bytes(key.secret.reveal())
            case _:
                return Secret(key.secret.reveal())
    except ValueError:
        raise BadKey(f"the octets are no private {key.kind.value} key") from None


def _check(key: PrivateKey) -> None:
    shape = PAIRS.get(key.kind)
    if key.kind is KeyKind.HMAC:
        if not 1 <= len(key.secret) <= 1024:
            raise BadKey(f"an HMAC key has 1 to 1024 octets, not {len(key.secret)}")
        return
    size = shape.private if shape else SYMMETRIC[key.kind]
    if len(key.secret) != size:
        raise BadKey(f"a private {key.kind.value} key has {size} octets, not {len(key.secret)}")
    order = ORDERS.get(key.kind)
    if order and not 0 < int.from_bytes(key.secret.reveal(), "big") < order:
        raise BadKey(
            f"a private {key.kind.value} key is at least 1 and less than the curve's order"
        )


def make(kind: KeyKind, randomness: Randomness) -> PrivateKey:
    """A new key, made of nothing but what ``randomness`` gives."""
    if kind.is_ec:
        scalar = 1 + randomness.below(ORDERS[kind] - 1)
        return PrivateKey(kind, Secret(scalar.to_bytes(PAIRS[kind].private, "big")))
    size = PAIRS[kind].private if kind in PAIRS else SYMMETRIC[kind]
    return PrivateKey(kind, Secret(randomness.octets(size)))


def unload(pair: LoadedPair) -> PrivateKey:
    """The octets of a library object.  Raises ``BadKey`` for a curve we do not use."""
    if isinstance(pair, ec.EllipticCurvePrivateKey):
        kind = _curve_kind(pair.curve)
        width = PAIRS[kind].private
        return PrivateKey(kind, Secret(pair.private_numbers().private_value.to_bytes(width, "big")))
    kind = KeyKind.ED448 if isinstance(pair, ed448.Ed448PrivateKey) else KeyKind.X448
    return PrivateKey(
        kind, Secret(pair.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    )


def _curve_kind(curve: ec.EllipticCurve) -> KeyKind:
    for kind, known in CURVES.items():
        if known.name == curve.name:
            return kind
    raise BadKey(f"the curve {curve.name} is not used here")


def public_half(key: PrivateKey | Loaded) -> PublicKey:
    loaded = load(key) if isinstance(key, PrivateKey) else key
    if isinstance(loaded, Secret):
        raise NotSupported("a symmetric key has no public half")
    return public_of(loaded.public_key())


def public_of(
    public: ec.EllipticCurvePublicKey | ed448.Ed448PublicKey | x448.X448PublicKey,
) -> PublicKey:
    """The library's public key as ours.  Raises ``BadKey`` for a curve we do not use."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        for kind, curve in CURVES.items():
            if curve.name == public.curve.name:
                return PublicKey(kind, public.public_bytes(Encoding.X962, Format.UncompressedPoint))
        raise BadKey(f"the curve {public.curve.name} is not used here")
    kind = KeyKind.ED448 if isinstance(public, ed448.Ed448PublicKey) else KeyKind.X448
    return PublicKey(kind, public.public_bytes(Encoding.Raw, Format.Raw))


def sign(key: Loaded, data: bytes, *, repeatable: bool = False) -> bytes:
    """``repeatable`` makes ECDSA deterministic (RFC 6979); Ed448 always is."""
    if isinstance(key, ed448.Ed448PrivateKey):
        return key.sign(data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return der_to_raw(
            _curve_kind(key.curve), key.sign(data, prehashed(data, repeatable=repeatable))
        )
    raise NotSupported("a key of this kind does not sign")


def derive(key: Loaded, peer: PublicKey, kdf: ConcatKdf) -> Secret:
    """Agree with ``peer``, then run the KDF; the shared secret is wiped."""
    with agree(key, peer) as shared:
        return concat_kdf(kdf, shared)


def agree(key: Loaded, peer: PublicKey) -> Secret:
    """The shared secret Z itself: the x coordinate, leading zeros kept, or RFC 7748's output."""
    if isinstance(key, Secret) or public_half(key).kind is not peer.kind:
        raise NotSupported(f"this key cannot agree on a secret with a {peer.kind.value} key")
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return Secret(key.exchange(ec.ECDH(), point_of(peer)))
    if isinstance(key, x448.X448PrivateKey):
        try:
            return Secret(key.exchange(x448.X448PublicKey.from_public_bytes(peer.octets)))
        except ValueError:
            raise BadKey("the peer's X448 key has small order") from None
    raise NotSupported("an Ed448 key signs, it does not agree on secrets")


def check_kdf(kdf: ConcatKdf) -> None:
    """Raise ``BadData`` if one round of the hash does not give enough octets."""
    size = len(digest(kdf.hash, b""))
    if not 0 < kdf.length <= size:
        raise BadData(f"one round of {kdf.hash.value} gives 1 to {size} octets, not {kdf.length}")


def concat_kdf(kdf: ConcatKdf, shared: Secret) -> Secret:
    check_kdf(kdf)
    return Secret(digest(kdf.hash, b"\0\0\0\1" + shared.reveal() + kdf.other_info)[: kdf.length])


def check_cipher(cipher: Cipher, data: bytes, *, tag: bool) -> None:
    """Raise ``BadData`` if sizes do not fit; ``tag``: the data end in one."""
    if isinstance(cipher, Cbc):
        if len(cipher.iv) != BLOCK or len(data) % BLOCK or not data:
            raise BadData("AES-CBC takes an IV of 16 octets and whole blocks of 16")
    elif len(cipher.nonce) != NONCE or (tag and len(data) < TAG):
        raise BadData("AES-GCM takes a nonce of 12 octets, and a tag of 16 behind a ciphertext")


def encrypt(key: Secret, cipher: Cipher, data: bytes) -> bytes:
    check_cipher(cipher, data, tag=False)
    _check_aes(key)
    if isinstance(cipher, Cbc):
        block = BlockCipher(algorithms.AES(key.reveal()), modes.CBC(cipher.iv)).encryptor()
        return block.update(data) + block.finalize()
    return AESGCM(key.reveal()).encrypt(cipher.nonce, data, cipher.aad)


def decrypt(key: Secret, cipher: Cipher, data: bytes) -> Secret:
    check_cipher(cipher, data, tag=True)
    _check_aes(key)
    if isinstance(cipher, Cbc):
        block = BlockCipher(algorithms.AES(key.reveal()), modes.CBC(cipher.iv)).decryptor()
        return Secret(block.update(data) + block.finalize())
    try:
        return Secret(AESGCM(key.reveal()).decrypt(cipher.nonce, data, cipher.aad))
    except InvalidTag:
        raise BadData("the tag does not fit: wrong key, wrong header or changed data") from None


def mac(key: Secret, algorithm: Mac, data: bytes) -> bytes:
    if algorithm is Mac.CMAC_AES:
        _check_aes(key)
        code = CMAC(algorithms.AES(key.reveal()))
        code.update(data)
        return code.finalize()
    return hmac.digest(key.reveal(), data, algorithm.value.removeprefix("hmac-"))


def _check_aes(key: Secret) -> None:
    if len(key) not in {16, 32}:
        raise BadKey(f"an AES key has 16 or 32 octets, not {len(key)}")
