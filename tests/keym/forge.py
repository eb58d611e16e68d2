"""Certificates that no library would make: built octet by octet and signed all the same."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, ed448

from bsw import der
from keym.x509.certificate import parse
from tools.pki.recipe import Entity, signature_hash

Parts = dict[str, bytes]
FIELDS = (
    "version",
    "serial",
    "algorithm",
    "issuer",
    "validity",
    "subject",
    "key",
    "extensions",
)


def tlv(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def parts_of(entity: Entity) -> Parts:
    """The fields of the signed part, each with its tag and length."""
    reader = der.single(parse(entity.der).tbs, der.SEQUENCE, "tbs").inside("tbs")
    return {name: reader.any().whole for name in FIELDS}


def forged(entity: Entity, change: Callable[[Parts], Parts]) -> bytes:
    """The certificate of ``entity`` with changed fields, signed anew by its issuer's key."""
    parts = change(parts_of(entity))
    return shell(tlv(0x30, *parts.values()), entity, parts_of(entity)["algorithm"])


def shell(tbs: bytes, entity: Entity, algorithm: bytes) -> bytes:
    issuer = entity.issuer or entity
    return tlv(0x30, tbs, algorithm, tlv(3, b"\0", sign(issuer, tbs)))


def sign(issuer: Entity, message: bytes) -> bytes:
    if isinstance(issuer.key, ed448.Ed448PrivateKey):
        return issuer.key.sign(message)
    assert isinstance(issuer.key, ec.EllipticCurvePrivateKey)
    algorithm = signature_hash(issuer.key)
    assert algorithm is not None
    return issuer.key.sign(message, ec.ECDSA(algorithm))


def put(**fields: bytes) -> Callable[[Parts], Parts]:
    """Replace fields of the signed part."""
    return lambda parts: {**parts, **fields}


def drop(*names: str) -> Callable[[Parts], Parts]:
    return lambda parts: {name: part for name, part in parts.items() if name not in names}


def extension(oid: bytes, value: bytes, *, critical: bool = False) -> bytes:
    flag = tlv(1, b"\xff") if critical else b""
    return tlv(0x30, tlv(6, oid), flag, tlv(4, value))


def with_extensions(*extra: bytes) -> Callable[[Parts], Parts]:
    """Further extensions behind those that are there."""

    def change(parts: Parts) -> Parts:
        inner = der.single(parts["extensions"], 0xA3, "extensions").content
        listed = der.single(inner, der.SEQUENCE, "extensions").content
        return {**parts, "extensions": tlv(0xA3, tlv(0x30, listed, *extra))}

    return change


def only_extensions(*extra: bytes) -> Callable[[Parts], Parts]:
    return lambda parts: {**parts, "extensions": tlv(0xA3, tlv(0x30, *extra))}
