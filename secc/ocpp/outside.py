"""Logs out and firmware in, for a running station: transfers on a worker, slots as files.

Firmware is installed into the slot that does not run: a file beside the running one, put there
whole, with a note for whoever starts the system.  The boot loader is not ours.
"""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from bsw.os.worker import Outcome, Worker, WorkerFull
from ecu.transfer import get, put
from ecu.transfers.terms import TransferError, Trust
from ocpp.station.diagnostics.outside import Downloaded, Image, TransferFailed, Uploaded

T = TypeVar("T")
NEXT: Final = "firmware-next"
NOTE: Final = "firmware-next.json"


class StationOutside:
    """Implements ``ocpp.station.diagnostics.outside.Outside``."""

    def __init__(
        self,
        worker: Worker,
        *,
        trust: Trust,
        firmware_roots: Callable[[], list[Path]],
        slots: Path | None,
        now: Callable[[], float],
    ) -> None:
        """``trust`` judges file servers, ``firmware_roots`` who signs firmware."""
        self._worker = worker
        self._trust = trust
        self._firmware_roots = firmware_roots
        self._slots = slots
        self._now = now

    def upload(self, url: str, name: str, octets: bytes, done: Uploaded) -> None:
        self._submit("ocpp.upload", partial(put, url, name, octets, self._trust), done)

    def download(self, url: str, done: Downloaded) -> None:
        self._submit("ocpp.download", partial(get, url, self._trust), done)

    def trusts(self, certificate: str) -> bool:
        files = self._firmware_roots()
        if not files or self._slots is None:
            return False
        moment = datetime.fromtimestamp(self._now(), tz=timezone.utc)
        try:
            leaf = x509.load_pem_x509_certificate(certificate.encode())
            roots = [
                root
                for path in files
                for root in x509.load_pem_x509_certificates(path.read_bytes())
            ]
        except (OSError, ValueError):
            return False
        if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
            return False
        return any(_issued(leaf, root) for root in roots)

    def is_genuine(self, image: Image) -> bool:
        """The signature is over the whole file [L01.FR.04, L01.FR.12]."""
        try:
            key = x509.load_pem_x509_certificate(image.certificate.encode()).public_key()
            signature = base64.b64decode(image.signature, validate=True)
            if isinstance(key, rsa.RSAPublicKey):
                pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)
                key.verify(signature, image.octets, pss, SHA256())
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, image.octets, ec.ECDSA(SHA256()))
            else:
                return False
        except (ValueError, binascii.Error, InvalidSignature):
            return False
        return True

    def install(self, image: Image, done: Uploaded) -> None:
        self._submit("ocpp.install", partial(self._install, image), done)

    def _install(self, image: Image) -> None:
        assert self._slots is not None, "nothing is trusted without slots"
        self._slots.mkdir(parents=True, exist_ok=True)
        parts = self._slots / f"{NEXT}.part"
        parts.write_bytes(image.octets)
        parts.replace(self._slots / NEXT)
        note = {"octets": len(image.octets), "certificate": image.certificate}
        (self._slots / NOTE).write_text(json.dumps(note), encoding="utf-8")

    def _submit(self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]) -> None:
        def told(outcome: Outcome[T]) -> None:
            if isinstance(outcome.error, TransferError):
                word = "PermissionDenied" if outcome.error.is_permission else "UploadFailure"
                outcome = Outcome(error=TransferFailed(word, str(outcome.error)))
            done(outcome)

        try:
            self._worker.submit(name, work, told)
        except WorkerFull as full:
            done(Outcome(error=full))


def _issued(leaf: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
