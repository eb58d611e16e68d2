"""How OCPP names a certificate: hexadecimal SHA-256 of its issuer, and its number."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Hashes:
    """One certificate's."""

    name: str
    key: str
    serial: str

    def wire(self) -> dict[str, Any]:
        return {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": self.name,
            "issuerKeyHash": self.key,
            "serialNumber": self.serial,
        }
