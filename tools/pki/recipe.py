"""One certificate from one recipe.

A recipe says all that goes into a certificate, right or wrong; ``dataclasses.replace`` turns a
good recipe into a bad one.  What is *right* is not known here, see ``keym.profile``.
The keys made here are test keys, handed around freely: they come from the host's generator, or from
a seed where a simulation has to be the same again, octet by octet.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x448
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from bsw.crypto import KeyType
from bsw.os.randomness import Randomness
from csm.handles import KeyKind
from csm.material import ORDERS
from csm.public import CURVES
from csm.randomness import HostRandomness
from keym.x509.profile import KeyUse

TestKey = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey | rsa.RSAPrivateKey
PublicTestKey = ec.EllipticCurvePublicKey | ed448.Ed448PublicKey | rsa.RSAPublicKey
SignatureHash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

HOST: Final = HostRandomness()
SERIALS: Final = 1 << 159
"""Serial numbers are positive and have at most 20 octets (RFC 5280)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A distinguished name, in the order in which the attributes are written."""

    common_name: str
    domain: str | None = None
    organization: str | None = None
    country: str | None = None
    more: tuple[tuple[str, str], ...] = ()

    def x509(self) -> x509.Name:
        pairs = (
            (NameOID.COMMON_NAME, self.common_name),
            (NameOID.ORGANIZATION_NAME, self.organization),
            (NameOID.COUNTRY_NAME, self.country),
            (NameOID.DOMAIN_COMPONENT, self.domain),
            *((ObjectIdentifier(oid), text) for oid, text in self.more),
        )
        # Test PKIs may carry names of any length, so the library's length check stays off.
        return x509.Name(
            [
                x509.NameAttribute(oid, text, _validate=False)
                for oid, text in pairs
                if text is not None
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything in a certificate but its keys."""

    subject: Subject
    valid_from: datetime
    valid_until: datetime
    key_type: KeyType
    authority: bool | None = False
    path_length: int | None = None
    basic_critical: bool = True
    usage: KeyUse | None = None
    usage_critical: bool = True
    purposes: tuple[str, ...] = ()
    purposes_critical: bool = False
    ocsp_url: str | None = None
    crl_url: str | None = None
    subject_key_id: bool = True
    short_key_id: bool = False
    authority_key_id: bool = True
    serial: int | None = None
    issuer_name: Subject | None = None
    signature_hash: SignatureHash | None = None
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """A certificate with its private key and the entity that issued it."""

    name: str
    certificate: x509.Certificate = field(repr=False)
    key: TestKey = field(repr=False)
    issuer: "Entity | None" = field(default=None, repr=False)
    recipe: Recipe | None = field(default=None, repr=False)
    agreement: x448.X448PrivateKey | None = field(default=None, repr=False)
    """The key beside an Ed448 key, which can agree on secrets; the certificate names it."""

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def lineage(self) -> tuple["Entity", ...]:
        """The entity, its issuer, and so on; the root is last."""
        return (self, *self.issuer.lineage) if self.issuer is not None else (self,)

    @property
    def root(self) -> "Entity":
        return self.lineage[-1]

    @property
    def chain(self) -> tuple[bytes, ...]:
        """DER, leaf first, without the root: what goes over the wire."""
        return tuple(entity.der for entity in self.lineage if entity.issuer is not None)

    @property
    def chain_pem(self) -> bytes:
        return b"".join(entity.pem for entity in self.lineage if entity.issuer is not None)

    def key_pem(self, password: str | None = None) -> bytes:
        """PKCS#8; encrypted if there is a password."""
        return written_key(self.key, password)


def written_key(key: TestKey | x448.X448PrivateKey, password: str | None = None) -> bytes:
    """PKCS#8; encrypted if there is a password."""
    lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def generate(key_type: KeyType, chance: Randomness = HOST) -> TestKey:
    if key_type is KeyType.ED448:
        return ed448.Ed448PrivateKey.from_private_bytes(chance.octets(57))
    kind = KeyKind.P256 if key_type is KeyType.P256 else KeyKind.P521
    return ec.derive_private_key(1 + chance.below(ORDERS[kind] - 1), CURVES[kind])


def signature_hash(key: TestKey) -> SignatureHash | None:
    """The hash that belongs to a key: the curve's own one, none for Ed448."""
    if isinstance(key, ed448.Ed448PrivateKey):
        return None
    return hashes.SHA512() if key.key_size == 521 else hashes.SHA256()


def issue(
    name: str,
    recipe: Recipe,
    issuer: Entity | None = None,
    key: TestKey | None = None,
    chance: Randomness = HOST,
) -> Entity:
    """Make a certificate; without an issuer it signs itself."""
    own_key = key if key is not None else generate(recipe.key_type, chance)
    signing_key = issuer.key if issuer is not None else own_key
    made = certify(recipe, own_key.public_key(), signing_key, issuer, chance)
    return Entity(name, made, own_key, issuer, recipe)


def certify(
    recipe: Recipe,
    public: PublicTestKey,
    signing_key: TestKey,
    issuer: Entity | None,
    chance: Randomness = HOST,
) -> x509.Certificate:
    """The certificate for a key of which only the public half is here."""
    if recipe.issuer_name is not None:
        issuer_name = recipe.issuer_name.x509()
    else:
        issuer_name = issuer.certificate.subject if issuer is not None else recipe.subject.x509()
    builder = (
        x509.CertificateBuilder()
        .subject_name(recipe.subject.x509())
        .issuer_name(issuer_name)
        .public_key(public)
        .serial_number(recipe.serial or 1 + chance.below(SERIALS - 1))
        .not_valid_before(recipe.valid_from)
        .not_valid_after(recipe.valid_until)
    )
    for extension, critical in _extensions(recipe, public, issuer):
        builder = builder.add_extension(extension, critical)
    digest = recipe.signature_hash or signature_hash(signing_key)
    repeatable = True if isinstance(signing_key, ec.EllipticCurvePrivateKey) else None
    return builder.sign(signing_key, digest, ecdsa_deterministic=repeatable)


def _extensions(
    recipe: Recipe, key: PublicTestKey, issuer: Entity | None
) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if recipe.authority is not None:
        constraints = x509.BasicConstraints(recipe.authority, recipe.path_length)
        found.append((constraints, recipe.basic_critical))
    if recipe.usage is not None:
        found.append((key_usage(recipe.usage), recipe.usage_critical))
    if recipe.subject_key_id:
        found.append((subject_key_id(key, short=recipe.short_key_id), False))
    if recipe.authority_key_id and issuer is not None:
        found.append((_authority_key_id(issuer), False))
    if recipe.purposes:
        purposes = x509.ExtendedKeyUsage([ObjectIdentifier(oid) for oid in recipe.purposes])
        found.append((purposes, recipe.purposes_critical))
    if recipe.ocsp_url is not None:
        place = x509.UniformResourceIdentifier(recipe.ocsp_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        found.append((x509.AuthorityInformationAccess([access]), False))
    if recipe.crl_url is not None:
        names = [x509.UniformResourceIdentifier(recipe.crl_url)]
        point = x509.DistributionPoint(names, None, None, None)
        found.append((x509.CRLDistributionPoints([point]), False))
    return [*found, *recipe.extra]


def key_usage(usage: KeyUse) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=KeyUse.DIGITAL_SIGNATURE in usage,
        content_commitment=KeyUse.NON_REPUDIATION in usage,
        key_encipherment=KeyUse.KEY_ENCIPHERMENT in usage,
        data_encipherment=KeyUse.DATA_ENCIPHERMENT in usage,
        key_agreement=KeyUse.KEY_AGREEMENT in usage,
        key_cert_sign=KeyUse.KEY_CERT_SIGN in usage,
        crl_sign=KeyUse.CRL_SIGN in usage,
        encipher_only=KeyUse.ENCIPHER_ONLY in usage,
        decipher_only=KeyUse.DECIPHER_ONLY in usage,
    )


def subject_key_id(key: PublicTestKey, *, short: bool) -> x509.SubjectKeyIdentifier:
    """RFC 5280 4.2.1.2: method 1, or the eight octets of method 2."""
    whole = x509.SubjectKeyIdentifier.from_public_key(key)
    if not short:
        return whole
    tail = whole.digest[-8:]
    return x509.SubjectKeyIdentifier(bytes([0x40 | tail[0] & 0x0F]) + tail[1:])


def _authority_key_id(issuer: Entity) -> x509.AuthorityKeyIdentifier:
    try:
        ski = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski.value)
