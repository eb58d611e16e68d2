"""The station's own key and certificate towards its back end, renewed by CSR.

Files in the station's state folder, readable by it alone.  The key that is in use stays until a
certificate for the next one was taken.
"""

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from ocpp.station.security.signing import STATION, Wanted

MONTH: Final = 30 * 86_400


class StationKeys:
    """Implements ``ocpp.station.security.signing.Keys`` for the station's certificate."""

    def __init__(self, folder: Path, name: str, now: Callable[[], float]) -> None:
        """``name`` is the station's serial number [A00.FR.511]."""
        self._folder = folder
        self._name = name
        self._now = now

    @property
    def certificate(self) -> Path | None:
        """The chain in use, if one was taken."""
        path = self._folder / "station.pem"
        return path if path.exists() else None

    @property
    def key(self) -> Path:
        return self._folder / "station.key"

    def holds(self, kind: str) -> bool:
        return kind == STATION

    def request(self, wanted: Wanted, done: Callable[[str], None]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        octets = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._write(self._next, octets)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, wanted.organization),
                x509.NameAttribute(NameOID.COMMON_NAME, self._name),
            ]
        )
        made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
        done(made.public_bytes(Encoding.PEM).decode())

    def accept(self, kind: str, chain: str) -> str:
        if kind != STATION or not self._next.exists():
            return "no such certificate was asked for"
        try:
            [leaf, *_] = x509.load_pem_x509_certificates(chain.encode())
        except ValueError as error:
            return f"not a chain in PEM: {error}"
        wrong = self._wrong(leaf)
        if wrong:
            return wrong
        self._write(self._folder / "station.pem", chain.encode())
        self._next.replace(self.key)
        return ""

    def due(self) -> Sequence[str]:
        path = self.certificate
        if path is None:
            return ()
        [leaf, *_] = x509.load_pem_x509_certificates(path.read_bytes())
        left = leaf.not_valid_after_utc.timestamp() - self._now()
        return (STATION,) if left < MONTH else ()

    @property
    def _next(self) -> Path:
        return self._folder / "next.key"

    def _wrong(self, leaf: x509.Certificate) -> str:
        """[A02.FR.06]."""
        key = load_pem_private_key(self._next.read_bytes(), None)
        moment = datetime.fromtimestamp(self._now(), tz=timezone.utc)
        if _public(key.public_key()) != _public(leaf.public_key()):
            return "the certificate is for another key"
        if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
            return "the certificate does not hold today"
        names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [each.value for each in names] != [self._name]:
            return f"the certificate is not for {self._name}"
        return ""

    def _write(self, path: Path, octets: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def _public(key: object) -> bytes:
    octets: bytes = key.public_bytes(  # type: ignore[attr-defined]  # whichever kind
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return octets
