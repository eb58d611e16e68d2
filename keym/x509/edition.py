"""The two generations of charging PKIs: which keys and sizes each allows, and nothing beyond.

ISO 15118-2 has one curve, ISO 15118-20 has two key types.  A chain never mixes them.  Everything
else that X.509 allows (RSA, other curves, other hashes) is foreign here and is refused by name.
"""

from enum import Enum

from bsw.crypto import KeyType

SIGNATURE_OIDS = {
    KeyType.P256: "1.2.840.10045.4.3.2",
    KeyType.P521: "1.2.840.10045.4.3.4",
    KeyType.ED448: "1.3.101.113",
}
"""How a key of each type signs certificates: with its own hash, or with none."""


class Edition(Enum):
    """The generation of the norm a certificate belongs to."""

    ISO2 = "iso2"
    ISO20 = "iso20"

    @property
    def key_types(self) -> tuple[KeyType, ...]:
        if self is Edition.ISO2:
            return (KeyType.P256,)
        return (KeyType.P521, KeyType.ED448)  # [V2G20-2674], [V2G20-2319]

    @property
    def largest_certificate(self) -> int:
        """Octets of DER, ``certificateType`` in either schema [V2G2-010]."""
        return 800 if self is Edition.ISO2 else 1600

    @classmethod
    def of(cls, key_type: KeyType) -> "Edition":
        return cls.ISO2 if key_type is KeyType.P256 else cls.ISO20
