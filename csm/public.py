"""Cryptography without private keys: digests, verification, points, signature forms.

There is nothing to protect here and a token would gain nothing (SoftHSM verifies slower than the
library), so all drivers share this.  Signatures travel raw, r || s with full width, as ISO 15118
puts them on the wire; DER is for certificates and TLS.
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from csm.driver import Hash
from csm.errors import BadData, BadKey
from csm.handles import PAIRS, KeyKind, PublicKey

CURVES: dict[KeyKind, ec.EllipticCurve] = {
    KeyKind.P256: ec.SECP256R1(),
    KeyKind.P521: ec.SECP521R1(),
}

_BY_LENGTH: dict[int, hashes.HashAlgorithm] = {
    32: hashes.SHA256(),
    48: hashes.SHA384(),
    64: hashes.SHA512(),
}


def digest(algorithm: Hash, data: bytes) -> bytes:
    return hashlib.new(algorithm.value, data, usedforsecurity=algorithm is not Hash.SHA1).digest()


def prehashed(data: bytes, *, repeatable: bool = False) -> ec.ECDSA:
    """ECDSA over a digest.  Raises ``BadData`` if the length belongs to no hash we use."""
    algorithm = _BY_LENGTH.get(len(data))
    if algorithm is None:
        raise BadData(f"ECDSA takes a digest of 32, 48 or 64 octets, not {len(data)}")
    return ec.ECDSA(Prehashed(algorithm), deterministic_signing=repeatable)


def point_of(public: PublicKey) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[public.kind], public.octets)
    except ValueError:
        raise BadKey(f"the point does not lie on {public.kind.value}") from None


def check_point(public: PublicKey) -> None:
    """Raise ``BadKey`` unless an elliptic curve point lies on its curve."""
    if public.kind.is_ec:
        point_of(public)


def verify(public: PublicKey, data: bytes, signature: bytes) -> bool:
    """Whether the signature holds: a digest and raw r || s for ECDSA, the message for Ed448.

    A signature or key that is no valid one at all is simply not true.
    """
    try:
        if public.kind is KeyKind.ED448:
            ed448.Ed448PublicKey.from_public_bytes(public.octets).verify(signature, data)
        elif public.kind.is_ec:
            algorithm = prehashed(data)
            point_of(public).verify(raw_to_der(public.kind, signature), data, algorithm)
        else:
            return False
    except (InvalidSignature, ValueError, BadData, BadKey):
        return False
    return True


def raw_to_der(kind: KeyKind, signature: bytes) -> bytes:
    width = PAIRS[kind].signature
    if not kind.is_ec or len(signature) != width:
        raise ValueError(f"a raw {kind.value} signature has {width} octets, not {len(signature)}")
    r, s = signature[: width // 2], signature[width // 2 :]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def der_to_raw(kind: KeyKind, signature: bytes) -> bytes:
    if not kind.is_ec:
        raise ValueError(f"{kind.value} signatures have no DER form")
    width = PAIRS[kind].signature // 2
    try:
        return b"".join(n.to_bytes(width, "big") for n in decode_dss_signature(signature))
    except OverflowError:
        raise ValueError(f"r or s is too large for {kind.value}") from None
