"""A certificate as it reads: parsed once, strictly, judged elsewhere.

``parse`` either gives a complete view or raises ``Malformed`` with a sentence.  Whatever the
octets are, nothing else leaves it.  ``Certificate.signed_by`` is the only question about
signatures; names, dates and profiles are compared by ``keym.rules`` and ``keym.path``.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from bsw import der
from bsw.crypto import KeyType, prepared
from bsw.der import DerError, Element, Reader
from csm import public
from csm.errors import BadKey
from csm.handles import KeyKind, PublicKey, PublicKeyError
from keym.x509 import extensions, name
from keym.x509.edition import SIGNATURE_OIDS
from keym.x509.extensions import Extensions
from keym.x509.name import Name

LARGEST = 16 * 1024
"""No certificate of any PKI we may meet comes near; beyond it nothing is even read."""

_V3 = 2
_KEY_TYPES = {
    KeyKind.P256: KeyType.P256,
    KeyKind.P521: KeyType.P521,
    KeyKind.ED448: KeyType.ED448,
}
_TYPE_OF_SIGNATURE = {oid: key_type for key_type, oid in SIGNATURE_OIDS.items()}
_FOREIGN = {
    "1.2.840.113549.1.1.1": "RSA",
    "1.2.840.10045.3.1.1": "P-192",
    "1.3.132.0.33": "P-224",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.10": "secp256k1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.101.111": "X448",
    "1.3.101.110": "X25519",
    "1.3.101.112": "Ed25519",
}


class Malformed(ValueError):
    """Octets that are no certificate (or response, or list) in strict DER."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says.  ``key_type`` is ``None`` for keys that are foreign here."""

    der: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    version: int
    serial: int
    signature_oid: str
    signature: bytes = field(repr=False)
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    spki: bytes = field(repr=False)
    key_name: str
    key_type: KeyType | None
    extensions: Extensions

    @property
    def self_issued(self) -> bool:
        return self.subject.der == self.issuer.der

    @property
    def self_signed(self) -> bool:
        """Whether it is a root: its own key signed it.  A bridge only has its issuer's name."""
        return self.self_issued and self.signed_by(self)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, in hexadecimal: a name for logs that tells nobody who it is."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def key_octets(self) -> bytes:
        """The public key without its algorithm, as key identifiers and OCSP hash it."""
        inner = Reader(self.spki, "the key").take(der.SEQUENCE).inside("the key")
        inner.take(der.SEQUENCE)
        return der.bit_string(inner.take(der.BIT_STRING))

    def signed_by(self, issuer: "Certificate") -> bool:
        """Whether the issuer's key made this signature, by the one algorithm of that key."""
        return verify(issuer, self.signature_oid, self.tbs, self.signature)


def parse(octets: bytes) -> Certificate:
    """Read one certificate.  Raises ``Malformed`` for everything that is none."""
    if len(octets) > LARGEST:
        raise Malformed(f"certificate too large: {len(octets)} octets")
    try:
        return _certificate(octets)
    except (DerError, BadKey) as error:
        raise Malformed(str(error)) from None


def verify(issuer: Certificate, signature_oid: str, message: bytes, signature: bytes) -> bool:
    """Check a signature over DER, as certificates, OCSP responses and CRLs carry it."""
    key_type = issuer.key_type
    if key_type is None or _TYPE_OF_SIGNATURE.get(signature_oid) is not key_type:
        return False
    key = PublicKey.from_spki(issuer.spki)
    try:
        raw = signature if key_type is KeyType.ED448 else _raw(signature, len(key.octets) // 2)
    except DerError:
        return False
    return public.verify(key, prepared(key_type, message), raw)


def _raw(signature: bytes, width: int) -> bytes:
    """ECDSA's two numbers out of their DER, at full width."""
    inner = der.single(signature, der.SEQUENCE, "a signature").inside("a signature")
    numbers = [der.integer(inner.take(der.INTEGER)) for _ in range(2)]
    inner.end()
    if any(number <= 0 or number.bit_length() > width * 8 for number in numbers):
        raise DerError("a signature has a number out of range")
    return b"".join(number.to_bytes(width, "big") for number in numbers)


def signed_object(octets: bytes, what: str) -> tuple[Element, str, bytes]:
    """The outer shell that certificates, CRLs and basic OCSP responses share.

    Gives the signed part, the signature's algorithm and the signature; what follows in an OCSP
    response is left to its own reader.
    """
    outer = der.single(octets, der.SEQUENCE, what).inside(what)
    tbs = outer.take(der.SEQUENCE)
    signature_oid = signature_algorithm(outer.take(der.SEQUENCE))
    signature = der.bit_string(outer.take(der.BIT_STRING))
    outer.end()
    return tbs, signature_oid, signature


def signature_algorithm(element: Element) -> str:
    oid, parameters = der.algorithm(element)
    if parameters is not None and oid in _TYPE_OF_SIGNATURE:
        raise DerError("the signature algorithm has parameters where none belong")
    return oid


def _certificate(octets: bytes) -> Certificate:
    tbs, signature_oid, signature = signed_object(octets, "the certificate")
    inner = tbs.inside("the certificate")
    version = inner.maybe(0xA0)
    serial = der.integer(inner.take(der.INTEGER))
    if signature_algorithm(inner.take(der.SEQUENCE)) != signature_oid:
        raise DerError("the certificate names two different signature algorithms")
    issuer = name.parse(inner.take(der.SEQUENCE))
    not_before, not_after = _validity(inner.take(der.SEQUENCE))
    subject = name.parse(inner.take(der.SEQUENCE))
    spki = inner.take(der.SEQUENCE)
    key_name, key_type = _key(spki)
    for unique_id in (0x81, 0x82):
        inner.maybe(unique_id)
    listed = inner.maybe(0xA3)
    inner.end()
    return Certificate(
        der=octets,
        tbs=tbs.whole,
        version=0 if version is None else _version(version),
        serial=serial,
        signature_oid=signature_oid,
        signature=signature,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        spki=spki.whole,
        key_name=key_name,
        key_type=key_type,
        extensions=Extensions() if listed is None else _extensions(listed),
    )


def _version(element: Element) -> int:
    version = der.integer(der.single(element.content, der.INTEGER, "the version"))
    if not 1 <= version <= _V3:
        raise DerError("the certificate has a version that does not exist")
    return version


def _validity(element: Element) -> tuple[datetime, datetime]:
    inner = element.inside("the validity")
    begin, end = der.time(inner.any()), der.time(inner.any())
    inner.end()
    if end < begin:
        raise DerError("the validity ends before it begins")
    return begin, end


def _extensions(element: Element) -> Extensions:
    content = der.single(element.content, der.SEQUENCE, "the extensions")
    return extensions.understood(extensions.listed(content))


def _key(element: Element) -> tuple[str, KeyType | None]:
    """What kind of key it is; a point that is not on its curve is no key at all."""
    inner = element.inside("the public key")
    oid, parameters = der.algorithm(inner.take(der.SEQUENCE))
    der.bit_string(inner.take(der.BIT_STRING))
    inner.end()
    if parameters is not None and parameters.tag == der.OID:
        oid = der.oid(parameters)
    try:
        key = PublicKey.from_spki(element.whole)
    except PublicKeyError:
        return _FOREIGN.get(oid, f"a key of type {oid} in a form we do not use"), None
    public.check_point(key)
    return key.kind.value, _KEY_TYPES.get(key.kind)
