"""What our kinds of key look like as PKCS#11 objects, in both directions.

Objects made here are private, sensitive, not extractable, and carry both a label and an id.
Nothing here calls a token.
"""

from typing import Any

from pkcs11 import DEFAULT, Attribute, CertificateType, KeyType, MechanismFlag, ObjectClass
from pkcs11.mechanisms import Mechanism

from csm.driver import Hash
from csm.handles import PAIRS, KeyKind, PublicKey, PublicKeyError, Use
from csm.secret import PrivateKey

Attributes = dict[Attribute, Any]

CURVE_OIDS = {
    KeyKind.P256: bytes.fromhex("06082a8648ce3d030107"),
    KeyKind.P521: bytes.fromhex("06052b81040023"),
    KeyKind.ED448: bytes.fromhex("06032b6571"),
}
_CURVES = {oid: kind for kind, oid in CURVE_OIDS.items()}
_CURVES[bytes.fromhex("130a") + b"edwards448"] = KeyKind.ED448  # some tokens write the name

KEY_TYPES = {  # X448 is missing: the binding knows no Montgomery curves
    KeyKind.P256: KeyType.EC,
    KeyKind.P521: KeyType.EC,
    KeyKind.ED448: KeyType.EC_EDWARDS,
    KeyKind.AES128: KeyType.AES,
    KeyKind.AES256: KeyType.AES,
    KeyKind.HMAC: KeyType.GENERIC_SECRET,
}

GENERATORS = {
    KeyType.EC: Mechanism.EC_KEY_PAIR_GEN,
    KeyType.EC_EDWARDS: Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
    KeyType.AES: Mechanism.AES_KEY_GEN,
    KeyType.GENERIC_SECRET: Mechanism.GENERIC_SECRET_KEY_GEN,
}

CAPABILITIES = {
    KeyType.EC: MechanismFlag.SIGN | MechanismFlag.VERIFY | MechanismFlag.DERIVE,
    KeyType.EC_EDWARDS: MechanismFlag.SIGN | MechanismFlag.VERIFY,
    KeyType.AES: MechanismFlag.ENCRYPT
    | MechanismFlag.DECRYPT
    | MechanismFlag.SIGN
    | MechanismFlag.VERIFY,
    KeyType.GENERIC_SECRET: MechanismFlag.SIGN | MechanismFlag.VERIFY,
}

USES: dict[tuple[Use, KeyType], frozenset[Mechanism]] = {
    (Use.SIGN, KeyType.EC): frozenset({Mechanism.ECDSA}),
    (Use.DERIVE, KeyType.EC): frozenset({Mechanism.ECDH1_DERIVE}),
    (Use.SIGN, KeyType.EC_EDWARDS): frozenset({Mechanism.EDDSA}),
    (Use.CIPHER, KeyType.AES): frozenset({Mechanism.AES_CBC, Mechanism.AES_GCM}),
    (Use.MAC, KeyType.AES): frozenset({Mechanism.AES_CMAC}),
    (Use.MAC, KeyType.GENERIC_SECRET): frozenset({Mechanism.SHA256_HMAC, Mechanism.SHA512_HMAC}),
}
"""The mechanisms a token must list for each use; a pair that is not here is not possible."""

DIGESTS = {
    Hash.SHA1: Mechanism.SHA_1,
    Hash.SHA256: Mechanism.SHA256,
    Hash.SHA384: Mechanism.SHA384,
    Hash.SHA512: Mechanism.SHA512,
}

KEPT_INSIDE: Attributes = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}

LEAN_PUBLIC: Attributes = {Attribute.ENCRYPT: DEFAULT, Attribute.WRAP: DEFAULT}
LEAN_PRIVATE: Attributes = {Attribute.DECRYPT: DEFAULT, Attribute.UNWRAP: DEFAULT}
"""Leaves unsaid what a signing key may not do: a TPM refuses to hear it."""

EC_BITS = {KeyKind.P256: 256, KeyKind.P521: 521}


def key_id(label: str) -> bytes:
    """The id of objects we make: it ties a key to its public half and its certificate."""
    return label.encode()


def private_object(label: str, key: PrivateKey) -> Attributes:
    """The template that imports a key."""
    kind, key_type = key.kind, KEY_TYPES[key.kind]
    template: Attributes = {
        **KEPT_INSIDE,
        Attribute.KEY_TYPE: key_type,
        Attribute.LABEL: label,
        Attribute.ID: key_id(label),
        Attribute.VALUE: key.secret.reveal(),
    }
    if kind in PAIRS:
        template[Attribute.CLASS] = ObjectClass.PRIVATE_KEY
        template[Attribute.EC_PARAMS] = CURVE_OIDS[kind]
        template[Attribute.SIGN] = True
        template[Attribute.DECRYPT] = template[Attribute.UNWRAP] = False
        template[Attribute.DERIVE] = key_type is KeyType.EC
    else:
        template[Attribute.CLASS] = ObjectClass.SECRET_KEY
        template[Attribute.SIGN] = template[Attribute.VERIFY] = True
        template[Attribute.ENCRYPT] = template[Attribute.DECRYPT] = key_type is KeyType.AES
    return template


def public_object(label: str, public: PublicKey) -> Attributes:
    return {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: KEY_TYPES[public.kind],
        Attribute.TOKEN: True,
        Attribute.PRIVATE: False,
        Attribute.LABEL: label,
        Attribute.ID: key_id(label),
        Attribute.VERIFY: True,
        Attribute.ENCRYPT: False,
        Attribute.WRAP: False,
        Attribute.EC_PARAMS: CURVE_OIDS[public.kind],
        Attribute.EC_POINT: _octet_string(public.octets),
    }


def certificate_object(label: str, der: bytes, subject: bytes) -> Attributes:
    return {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.TOKEN: True,
        Attribute.PRIVATE: False,
        Attribute.LABEL: label,
        Attribute.ID: key_id(label),
        Attribute.SUBJECT: subject,
        Attribute.VALUE: der,
    }


def kind_of(key_type: object, curve: bytes, length: int) -> KeyKind | None:
    """Our name for a token's key, ``None`` if we have none."""
    if key_type in {KeyType.EC, KeyType.EC_EDWARDS}:
        return _CURVES.get(curve)
    if key_type == KeyType.AES:
        return {16: KeyKind.AES128, 32: KeyKind.AES256}.get(length)
    return KeyKind.HMAC if key_type == KeyType.GENERIC_SECRET else None


def public_key(kind: KeyKind, point: bytes) -> PublicKey:
    """``point`` as the token gives it: wrapped in an OCTET STRING, or bare as some do."""
    size = PAIRS[kind].public
    for octets in (point, point[-size:]):
        if len(octets) == size and (octets is point or point == _octet_string(octets)):
            return PublicKey(kind, octets)
    raise PublicKeyError(f"{len(point)} octets are no public {kind.value} key")


def _octet_string(octets: bytes) -> bytes:
    length = bytes((len(octets),)) if len(octets) < 128 else bytes((0x81, len(octets)))
    return b"\x04" + length + octets
