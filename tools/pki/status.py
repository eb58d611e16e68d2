"""Answers about revocation, signed with the keys of a test PKI: OCSP responses and CRLs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tools.pki.recipe import Entity, signature_hash

WEEK = timedelta(days=7)


class Status(Enum):
    GOOD = ocsp.OCSPCertStatus.GOOD
    REVOKED = ocsp.OCSPCertStatus.REVOKED
    UNKNOWN = ocsp.OCSPCertStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when an answer holds; ``until`` None leaves the end out."""

    since: datetime
    until: datetime | None


def week_from(at: datetime) -> Validity:
    return Validity(at, at + WEEK)


def ocsp_response(
    entity: Entity,
    at: datetime,
    status: Status = Status.GOOD,
    *,
    validity: Validity | None = None,
    signer: Entity | None = None,
    by_name: bool = False,
    nonce: bytes | None = None,
    hash_algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """The DER response for one certificate.

    Signed by the issuer, or by a delegated ``signer`` whose certificate is then enclosed.
    """
    issuer = entity.issuer or entity
    responder = signer or issuer
    span = validity or week_from(at)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=entity.certificate,
        issuer=issuer.certificate,
        algorithm=hash_algorithm or hashes.SHA256(),
        cert_status=status.value,
        this_update=span.since,
        next_update=span.until,
        revocation_time=at - timedelta(hours=1) if status is Status.REVOKED else None,
        revocation_reason=x509.ReasonFlags.key_compromise if status is Status.REVOKED else None,
    )
    naming = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
    builder = builder.responder_id(naming, responder.certificate)
    if signer is not None:
        builder = builder.certificates([signer.certificate])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    response = builder.sign(responder.key, signature_hash(responder.key))
    return response.public_bytes(Encoding.DER)


def ocsp_refusal(status: ocsp.OCSPResponseStatus = ocsp.OCSPResponseStatus.TRY_LATER) -> bytes:
    """An unsigned answer that says nothing but why there is none."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def crl(
    authority: Entity,
    revoked: Iterable[Entity | int],
    at: datetime,
    *,
    validity: Validity | None = None,
    signer: Entity | None = None,
) -> bytes:
    """The list of what ``authority`` took back, in DER.  ``signer`` replaces its key."""
    span = validity or week_from(at)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(span.since)
        .next_update(span.until or span.since + WEEK)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for entry in revoked:
        serial = entry if isinstance(entry, int) else entry.certificate.serial_number
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(at - timedelta(hours=1))
            .build()
        )
    key = (signer or authority).key
    return builder.sign(key, signature_hash(key)).public_bytes(Encoding.DER)
