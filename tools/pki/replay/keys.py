"""Keys and certificates of a file: each half makes the other, each chain holds."""

from collections.abc import Mapping
from functools import partial

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate

from tools.pki.replay.book import Edition, Pair
from tools.pki.replay.ledger import Ledger


def replay_pairs(ledger: Ledger, pairs: Mapping[str, Pair]) -> None:
    for name, pair in pairs.items():
        ledger.check(f"{name}.public", partial(_public, pair), pair.stated_public)


def replay_certificates(ledger: Ledger, edition: Edition) -> None:
    """Readable, with the key the file gives them, and signed by whoever they name."""
    for name in edition.certificates:
        place = ledger.under(name)
        pair = _pair_of(edition, name)
        if pair is not None:
            place.check("key", partial(_spki, edition, name), pair.public.spki())
        else:
            place.holds("readable", partial(_is_readable, edition, name))
        place.holds("signature", partial(_is_signed, edition, name))


def _public(pair: Pair) -> bytes:
    return pair.public.octets


def _pair_of(edition: Edition, name: str) -> Pair | None:
    """``cps_selfsigned_for_test`` belongs to the key ``cps``."""
    fitting = [key for key in edition.pairs if name == key or name.startswith(f"{key}_")]
    return edition.pairs[max(fitting, key=len)] if fitting else None


def _spki(edition: Edition, name: str) -> bytes:
    key = edition.certificate(name).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_readable(edition: Edition, name: str) -> bool:
    return bool(_spki(edition, name))


def _is_signed(edition: Edition, name: str) -> bool:
    """By an issuer in the file; if that one is not in it, there is nothing to compare."""
    certificate = edition.certificate(name)
    issuers = [
        issuer
        for issuer in map(edition.certificate, edition.certificates)
        if issuer.subject == certificate.issuer
    ]
    return not issuers or any(_holds(certificate, issuer) for issuer in issuers)


def _holds(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
