"""Certificates for keys of a station, made from its requests under an authority of a test PKI."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

from bsw.crypto import KeyType
from keym.x509.certificate import parse
from keym.x509.profile import BRANCHES, Use
from tools.pki.make import KINDS
from tools.pki.maker import Plan, leaf_recipe
from tools.pki.recipe import Entity, Recipe, Subject, certify


@dataclass(frozen=True, slots=True)
class Secured:
    """Files of a back end that serves wss; ``roots`` are those of stations."""

    certificate: Path
    key: Path
    roots: Path


KINDS_OF_CSR = {
    "ChargingStationCertificate": ("iso2",),
    "V2GCertificate": ("iso2",),
    "V2G20Certificate": ("iso20", "iso20-ed448"),
}
AUTHORITY = "cpo_sub2"


def certified(pki: dict[str, dict[str, Entity]], csr: str, kind: str) -> str | None:
    """Leaf and sub-CAs in PEM; ``None`` if the request is none, or no authority signs such keys."""
    try:
        asked = x509.load_pem_x509_csr(csr.encode())
        public, proven = asked.public_key(), asked.is_signature_valid
    except (ValueError, InvalidSignature):
        return None
    if not proven or not isinstance(public, ec.EllipticCurvePublicKey | ed448.Ed448PublicKey):
        return None
    for name in KINDS_OF_CSR.get(kind, ()):
        if name in pki and _type_of(public) is KINDS[name].key_type:
            issuer = pki[name][AUTHORITY]
            made = certify(_recipe(asked, name, issuer), public, issuer.key, issuer)
            return (made.public_bytes(Encoding.PEM) + issuer.chain_pem).decode()
    return None


def secured(pki: dict[str, dict[str, Entity]], names: Sequence[str], folder: Path) -> Secured:
    """A back end's own certificate under the first of the PKIs, as files; raises ``OSError``."""
    kind = next(iter(pki))
    issuer = pki[kind][AUTHORITY]
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(tz=timezone.utc)
    recipe = Recipe(
        subject=Subject(names[0]),
        valid_from=now - timedelta(hours=1),
        valid_until=now + timedelta(days=60),
        key_type=KeyType.P256,
        extra=((x509.SubjectAlternativeName([_name(each) for each in names]), False),),
    )
    made = certify(recipe, key.public_key(), issuer.key, issuer)
    certificate, private = folder / "csms.pem", folder / "csms.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM) + issuer.chain_pem)
    private.touch(mode=0o600)
    octets = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private.write_bytes(octets)
    return Secured(certificate, private, folder / kind / "trust" / "v2g.pem")


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _type_of(public: ec.EllipticCurvePublicKey | ed448.Ed448PublicKey) -> KeyType | None:
    if isinstance(public, ed448.Ed448PublicKey):
        return KeyType.ED448
    known = {"secp256r1": KeyType.P256, "secp521r1": KeyType.P521}
    return known.get(public.curve.name)


def _recipe(asked: x509.CertificateSigningRequest, name: str, issuer: Entity) -> Recipe:
    """As ours are, with the name that was asked for; it names the issuer's own responder."""
    kind = KINDS[name]
    plan = Plan(kind.edition, kind.key_type, datetime.now(tz=timezone.utc))
    plan = replace(plan, backdate=timedelta(hours=1), ocsp_url=_responder(issuer))
    recipe = leaf_recipe(plan, BRANCHES[Use.SECC])
    return replace(recipe, subject=_subject(asked.subject))


def _responder(issuer: Entity) -> str | None:
    return next(iter(parse(issuer.der).extensions.ocsp_urls), None)


def _subject(name: x509.Name) -> Subject:
    def of(oid: ObjectIdentifier) -> str | None:
        return next((str(each.value) for each in name.get_attributes_for_oid(oid)), None)

    return Subject(
        of(NameOID.COMMON_NAME) or "",
        of(NameOID.DOMAIN_COMPONENT),
        of(NameOID.ORGANIZATION_NAME),
        of(NameOID.COUNTRY_NAME),
    )
