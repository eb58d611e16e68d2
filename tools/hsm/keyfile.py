"""Reads the key files people have: PEM or DER, PKCS#8, SEC 1 or PKCS#12, encrypted or not."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from csm import material
from csm.errors import BadKey
from csm.handles import SYMMETRIC, KeyKind
from csm.secret import PrivateKey, Secret

LARGEST = 1 << 20
Password = Callable[[], Secret]


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A private key, and the certificate that came with it in DER."""

    key: PrivateKey
    certificate: bytes | None


def read(path: Path, password: Password) -> KeyFile:
    """``password`` is asked for only if the file is encrypted."""
    with Secret(path.read_bytes()[:LARGEST]) as raw:
        found = _opened(raw, None)
        if found is _Locked.YES:
            with password() as secret:
                found = _opened(raw, secret)
    if isinstance(found, _Locked):
        raise BadKey(f"{path} does not open", _REMEDIES[found])
    key, certificate = found
    return KeyFile(_ours(path, key), certificate)


def read_symmetric(path: Path, kind: KeyKind) -> KeyFile:
    """A symmetric key has no format of its own: its octets, or as many in hexadecimal."""
    with Secret(path.read_bytes()[:LARGEST]) as raw:
        wanted = SYMMETRIC[kind] if kind is not KeyKind.HMAC else len(raw)
        octets = Secret(raw.reveal()) if len(raw) == wanted else _from_hex(raw)
    key = PrivateKey(kind, octets)
    try:
        material.load(key)
    except BadKey:
        octets.wipe()
        raise BadKey(
            f"{path} holds no {kind.value} key", f"give {wanted} octets, or hexadecimal digits"
        ) from None
    return KeyFile(key, None)


def _from_hex(raw: Secret) -> Secret:
    try:
        return Secret(bytes.fromhex(raw.reveal().decode("ascii")))
    except ValueError:
        return Secret(b"")


class _Locked(Enum):
    YES = auto()
    NO = auto()  # and yet it does not open


_REMEDIES = {
    _Locked.YES: "its password is another one",
    _Locked.NO: "give a private key as PEM or DER (PKCS#8, SEC 1, PKCS#12)",
}


def _opened(raw: Secret, password: Secret | None) -> tuple[object, bytes | None] | _Locked:
    """The library says ``TypeError`` for a password too few, ``ValueError`` for a wrong one."""
    try:
        return _load(raw, password)
    except TypeError:
        return _Locked.YES
    except (ValueError, UnsupportedAlgorithm):
        return _Locked.YES if password is not None or _is_pkcs12(raw) else _Locked.NO


def read_certificate(path: Path) -> bytes:
    """The first certificate of a PEM file, or the only one of a DER file."""
    raw = path.read_bytes()[:LARGEST]
    try:
        if b"-----BEGIN" in raw:
            return x509.load_pem_x509_certificates(raw)[0].public_bytes(Encoding.DER)
        return x509.load_der_x509_certificate(raw).public_bytes(Encoding.DER)
    except ValueError:
        raise BadKey(f"{path} holds no certificate", "give PEM or DER") from None


def _load(raw: Secret, password: Secret | None) -> tuple[object, bytes | None]:
    opened = password.reveal() if password is not None else None
    if b"-----BEGIN" in raw.reveal():
        return load_pem_private_key(raw.reveal(), opened), _certificate_in(raw)
    if _is_pkcs12(raw):
        found = pkcs12.load_pkcs12(raw.reveal(), opened)
        der = found.cert.certificate.public_bytes(Encoding.DER) if found.cert else None
        return found.key, der
    return load_der_private_key(raw.reveal(), opened), None


def _is_pkcs12(raw: Secret) -> bool:
    """PKCS#12 starts as SEQUENCE { INTEGER 3; PKCS#8 and SEC 1 have version 0 or 1."""
    head = raw.reveal()[:8]
    return b"-----BEGIN" not in raw.reveal() and b"\x02\x01\x03" in head


def _certificate_in(raw: Secret) -> bytes | None:
    if b"-----BEGIN CERTIFICATE-----" not in raw.reveal():
        return None
    return x509.load_pem_x509_certificates(raw.reveal())[0].public_bytes(Encoding.DER)


def _ours(path: Path, found: object) -> PrivateKey:
    if isinstance(found, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey | x448.X448PrivateKey):
        return material.unload(found)
    kind = type(found).__name__.removesuffix("PrivateKey") if found else "no"
    raise BadKey(f"{path} holds {kind} key", "V2G uses P-256, P-521, Ed448 and X448 keys only")
