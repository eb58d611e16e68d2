"""Which keys and signatures the charging PKIs know, and nothing beyond them.

ISO 15118-2 has one curve, ISO 15118-20 has two.  A chain never mixes them.  Everything else that
X.509 allows (RSA, other curves, other hashes) is foreign here and is refused by name.
"""

from enum import Enum

OID_EC_KEY = "1.2.840.10045.2.1"


class Algorithm(Enum):
    """A key type together with the one signature algorithm that goes with it."""

    P256 = "P-256 with SHA-256"
    P521 = "P-521 with SHA-512"
    ED448 = "Ed448"

    @property
    def signature_oid(self) -> str:
        return _SIGNATURE_OIDS[self]

    @property
    def curve_oid(self) -> str | None:
        """The named curve; Ed448 is its own key type and has none."""
        return _CURVE_OIDS.get(self)


_SIGNATURE_OIDS = {
    Algorithm.P256: "1.2.840.10045.4.3.2",
    Algorithm.P521: "1.2.840.10045.4.3.4",
    Algorithm.ED448: "1.3.101.113",
}
_CURVE_OIDS = {Algorithm.P256: "1.2.840.10045.3.1.7", Algorithm.P521: "1.3.132.0.35"}
BY_SIGNATURE_OID = {oid: algorithm for algorithm, oid in _SIGNATURE_OIDS.items()}
BY_CURVE_OID = {oid: algorithm for algorithm, oid in _CURVE_OIDS.items()}


class Edition(Enum):
    """The generation of the norm a certificate belongs to."""

    ISO2 = "iso2"
    ISO20 = "iso20"

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        if self is Edition.ISO2:
            return (Algorithm.P256,)
        return (Algorithm.P521, Algorithm.ED448)

    @property
    def largest_certificate(self) -> int:
        """Octets of DER, ``certificateType`` in either schema [V2G2-010]."""
        return 800 if self is Edition.ISO2 else 1600
