"""How a station tells its back end which certificates to ask about (``certificateHashData``)."""

from dataclasses import dataclass

from keym.asking.fetch import pairs_of
from keym.judging.status import CertId
from keym.judging.verdict import Verdict

MOST = 4
"""Entries an OCPP Authorize request takes."""


@dataclass(frozen=True, slots=True)
class HashData:
    """One certificate: SHA-256 of its issuer's name and key, its serial, its responder."""

    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    responder_url: str
    hash_algorithm: str = "SHA256"


def hash_data(verdict: Verdict) -> tuple[HashData, ...]:
    """For every certificate of an accepted chain that names a responder, leaf first.

    A certificate without one cannot be asked about; the back end has to know it by itself.
    """
    if not verdict.trusted or verdict.anchor is None:
        return ()
    found: list[HashData] = []
    for pair in pairs_of(verdict.path, verdict.anchor.certificate):
        urls = pair.certificate.extensions.ocsp_urls
        if urls:
            about = CertId.of(pair.certificate, pair.issuer)
            found.append(
                HashData(about.name_hash.hex(), about.key_hash.hex(), f"{about.serial:x}", urls[0])
            )
    return tuple(found[:MOST])
