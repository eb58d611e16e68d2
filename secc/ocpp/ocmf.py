"""A signing meter in software: each reading as an OCMF record, for benches and back ends' tests.

A record is made once and never again; its pagination only rises while the program runs.  A meter
that may be billed by signs in its own hardware.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from ocpp.station.records import SignedRecord

METHOD: Final = "ECDSA-secp256r1-SHA256"
IMPORTED: Final = "1-b:1.8.0"


class SigningUnusable(Exception):
    """The key cannot be used; says why and what to do."""


class OcmfSigner:
    """One meter.  ``unix`` is the calendar, 0 while nobody has told the time."""

    def __init__(self, key: Path, serial: str, unix: Callable[[], int]) -> None:
        try:
            loaded = load_pem_private_key(key.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise SigningUnusable(f"{key}: {error}; give a key in PEM without a password") from None
        if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.curve.name != "secp256r1":
            raise SigningUnusable(f"{key}: give a key on the curve secp256r1")
        self._key = loaded
        self._serial = serial
        self._unix = unix
        self._page = 0
        public = loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._public = f"oca:base16:asn1:{public.hex()}"

    def sign(self, energy_wh: float) -> SignedRecord:
        """What the register shows now."""
        text = self._payload(energy_wh)
        signature = self._key.sign(text.encode(), ec.ECDSA(SHA256()))
        record = f"OCMF|{text}|{_json({'SA': METHOD, 'SD': signature.hex()})}"
        return SignedRecord(b64encode(record.encode()).decode(), "OCMF", METHOD, self._public)

    def _payload(self, energy_wh: float) -> str:
        self._page += 1
        unix = self._unix()
        moment = datetime.fromtimestamp(unix, tz=timezone.utc)
        known = "S" if unix else "U"
        reading = {
            "TM": f"{moment:%Y-%m-%dT%H:%M:%S},000+0000 {known}",
            "RV": round(energy_wh / 1000, 3),
            "RI": IMPORTED,
            "RU": "kWh",
            "ST": "G",
        }
        return _json(
            {
                "FV": "1.0",
                "GI": "Pilotwire",
                "GS": self._serial,
                "PG": f"T{self._page}",
                "MS": self._serial,
                "IS": False,
                "RD": [reading],
            }
        )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
