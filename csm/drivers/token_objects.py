"""Making, finding and removing objects in an open token, and the secret agreed inside it.

Functions over a ``TokenSession``; they run inside the gate and let the token's own errors pass.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.exceptions import (
    GeneralError,
    KeyIndigestible,
    NoSuchKey,
    PKCS11Error,
    TemplateInconsistent,
)
from pkcs11.mechanisms import KDF, Mechanism

from csm import material as math
from csm.driver import ConcatKdf
from csm.drivers import templates
from csm.drivers.session import ID_LABEL, TokenKey, TokenSession, attribute, kind_of_object
from csm.errors import BadData, KeyExists, NotSupported
from csm.handles import (
    PAIRS,
    SYMMETRIC,
    HandleError,
    KeyHandle,
    KeyKind,
    PublicKey,
    PublicKeyError,
    StoredKey,
    Use,
)
from csm.public import prehashed
from csm.secret import PrivateKey, Secret


def lists(token: TokenSession, use: Use, kind: KeyKind) -> bool:
    """Whether the token's mechanisms, and their sizes for curves, allow this."""
    key_type = templates.KEY_TYPES[kind]
    if use is Use.GENERATE:
        return _allowed(token, frozenset({templates.GENERATORS[key_type]}), kind)
    if use is Use.IMPORT:  # no mechanism says so: assume it where the key would be of use
        return any(
            of_type is key_type and _allowed(token, needed, kind)
            for (_, of_type), needed in templates.USES.items()
        )
    wanted = templates.USES.get((use, key_type))
    return wanted is not None and _allowed(token, wanted, kind)


def _allowed(token: TokenSession, wanted: frozenset[Mechanism], kind: KeyKind) -> bool:
    if not wanted <= token.mechanisms:
        return False
    bits = templates.EC_BITS.get(kind, 0)
    slot = token.token.slot
    sizes = [slot.get_mechanism_info(needed).max_key_length for needed in wanted if bits]
    return all(size is None or size >= bits for size in sizes)


def generate(token: TokenSession, key: KeyHandle, kind: KeyKind) -> None:
    """Make a key inside; one that comes out extractable is destroyed again."""
    if token.has(key.label):
        raise KeyExists(str(key))
    key_type = templates.KEY_TYPES[kind]
    common: dict[str, Any] = {
        "id": templates.key_id(key.label),
        "label": key.label,
        "store": True,
        "capabilities": templates.CAPABILITIES[key_type],
        "mechanism": templates.GENERATORS[key_type],
    }
    if kind in SYMMETRIC:
        made: list[Any] = [
            token.session.generate_key(
                key_type, SYMMETRIC[kind] * 8, template=templates.KEPT_INSIDE, **common
            )
        ]
    else:
        parameters = token.session.create_domain_parameters(
            key_type, {Attribute.EC_PARAMS: templates.CURVE_OIDS[kind]}, local=True
        )
        try:
            public, private = parameters.generate_keypair(
                private_template=templates.KEPT_INSIDE, **common
            )
        except (GeneralError, TemplateInconsistent):
            public, private = parameters.generate_keypair(
                public_template=templates.LEAN_PUBLIC,
                private_template={**templates.KEPT_INSIDE, **templates.LEAN_PRIVATE},
                **common,
            )
        made = [private, public]
    if made[0][Attribute.EXTRACTABLE] or not made[0][Attribute.SENSITIVE]:
        _destroy(made)
        raise NotSupported(f"{key}: the token makes keys that can be taken out")


def adopt(
    token: TokenSession, key: KeyHandle, material: PrivateKey, public: PublicKey | None
) -> None:
    """Import a key and its public half, both or none."""
    if token.has(key.label):
        raise KeyExists(str(key))
    imported = token.session.create_object(templates.private_object(key.label, material))
    if public is None:
        return
    try:
        token.session.create_object(templates.public_object(key.label, public))
    except PKCS11Error:
        _destroy([imported])
        raise


def sign(token: TokenSession, key: KeyHandle, data: bytes) -> bytes:
    """A digest for ECDSA, the message for Ed448."""
    found = token.key(key.label)
    if found.kind is KeyKind.ED448:
        return found.object.sign(data, mechanism=Mechanism.EDDSA)
    if not found.kind.is_ec:
        raise NotSupported(f"{key} is no key that signs")
    prehashed(data)
    return found.object.sign(data, mechanism=Mechanism.ECDSA)


def derive(token: TokenSession, found: TokenKey, peer: PublicKey, kdf: ConcatKdf) -> Secret:
    """Agree with ``peer``.  The shared secret stays inside and is hashed there if that works."""
    shared = _agree(found, peer, stays=True)
    try:
        whole = token.session.digest(
            iter((b"\0\0\0\1", shared, kdf.other_info)), mechanism=templates.DIGESTS[kdf.hash]
        )
        return Secret(whole[: kdf.length])
    except (KeyIndigestible, *_NO_KEY_DIGEST):
        pass
    finally:
        shared.destroy()
    shared = _agree(found, peer, stays=False)
    try:
        with Secret(shared[Attribute.VALUE]) as octets:
            return math.concat_kdf(kdf, octets)
    finally:
        shared.destroy()


_NO_KEY_DIGEST = (
    pkcs11.exceptions.FunctionNotSupported,
    pkcs11.exceptions.MechanismInvalid,
    pkcs11.exceptions.KeyHandleInvalid,
)


def _agree(found: TokenKey, peer: PublicKey, *, stays: bool) -> pkcs11.SecretKey:
    return found.object.derive_key(
        KeyType.GENERIC_SECRET,
        PAIRS[peer.kind].private * 8,
        mechanism=Mechanism.ECDH1_DERIVE,
        mechanism_param=(KDF.NULL, None, peer.octets),
        template={Attribute.SENSITIVE: stays, Attribute.EXTRACTABLE: not stays},
    )


def public_key(token: TokenSession, key: KeyHandle) -> PublicKey:
    """From the public object, the private one, or the certificate, whichever knows it."""
    kind = token.key(key.label).kind
    if kind not in PAIRS:
        raise NotSupported(f"{key} is a {kind.value} key and has no public half")
    for object_class in (ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY):
        for found in token.objects(object_class, key.label):
            point = attribute(found, Attribute.EC_POINT)
            if isinstance(point, bytes):
                with suppress(PublicKeyError):  # of another key with the same id
                    return templates.public_key(kind, point)
    der = certificate(token, key)
    if der is None:
        raise NoSuchKey
    return public_in(der)


def public_in(der: bytes) -> PublicKey:
    public = x509.load_der_x509_certificate(der).public_key()
    return PublicKey.from_spki(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def delete(token: TokenSession, key: KeyHandle) -> None:
    classes = (
        ObjectClass.PRIVATE_KEY,
        ObjectClass.SECRET_KEY,
        ObjectClass.PUBLIC_KEY,
        ObjectClass.CERTIFICATE,
    )
    if not token.has(key.label):
        raise NoSuchKey
    token.forget(key.label)
    for object_class in classes:
        _destroy(token.objects(object_class, key.label))


def store_certificate(token: TokenSession, key: KeyHandle, der: bytes) -> None:
    """The new one is written before the old one goes."""
    subject = x509.load_der_x509_certificate(der).subject.public_bytes()
    old = token.objects(ObjectClass.CERTIFICATE, key.label)
    token.session.create_object(templates.certificate_object(key.label, der, subject))
    _destroy(old)


def certificate(token: TokenSession, key: KeyHandle) -> bytes | None:
    for found in token.objects(ObjectClass.CERTIFICATE, key.label):
        der = attribute(found, Attribute.VALUE)
        if isinstance(der, bytes):
            return der
    return None


def stored(token: TokenSession, handle: Callable[[str], KeyHandle]) -> list[StoredKey]:
    """Every key in the token, also those made by others; never fails for one odd object."""
    lines = [
        _line(token, handle, found)
        for object_class in (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
        for found in token.objects(object_class)
    ]
    return sorted(lines, key=lambda line: line.handle)


def _line(
    token: TokenSession, handle: Callable[[str], KeyHandle], found: pkcs11.Object
) -> StoredKey:
    key = _handle_of(handle, found)
    kind = kind_of_object(found)
    public, problem = None, "" if kind else "a kind of key that is not used here"
    if kind in PAIRS:
        try:
            public = public_key(token, key)
        except (PKCS11Error, BadData, NotSupported):
            problem = "its public half is not in the token"
    return StoredKey(
        key,
        kind,
        public,
        extractable=attribute(found, Attribute.EXTRACTABLE) is True,
        born_inside=attribute(found, Attribute.LOCAL) is True,
        certificate=certificate(token, key) is not None,
        problem=problem,
    )


def _handle_of(handle: Callable[[str], KeyHandle], found: pkcs11.Object) -> KeyHandle:
    """By its label; by its id if the label cannot stand in a handle."""
    identity = attribute(found, Attribute.ID)
    try:
        return handle(str(attribute(found, Attribute.LABEL) or ""))
    except HandleError:
        return handle(ID_LABEL + (identity.hex() if isinstance(identity, bytes) else "")[:60])


def _destroy(objects: list[Any]) -> None:
    for found in objects:
        found.destroy()
