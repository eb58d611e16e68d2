"""The TLS rules of both editions, as one table of OpenSSL's words and registered numbers.

Static ECDH (0xC025), the second suite of ISO 15118-2, is not here: OpenSSL dropped it with 1.1.
"""

import ssl
from dataclasses import dataclass

from bsw.crypto import KeyType
from bsw.tls.hello import TLS12, TLS13
from bsw.tls.port import TlsProfile


@dataclass(frozen=True, slots=True)
class Rules:
    """``numbers`` are what a ClientHello must offer at least one of, for this profile to work."""

    version: ssl.TLSVersion
    version_number: int
    suites: dict[str, int]
    groups: dict[str, int]
    signatures: dict[str, int]
    keys: dict[KeyType, int]


RULES = {
    TlsProfile.ISO2: Rules(
        version=ssl.TLSVersion.TLSv1_2,
        version_number=TLS12,
        suites={"ECDHE-ECDSA-AES128-SHA256": 0xC023},
        groups={"P-256": 0x0017},
        signatures={"ecdsa_secp256r1_sha256": 0x0403},
        keys={KeyType.P256: 0x0403},
    ),
    TlsProfile.ISO20: Rules(
        version=ssl.TLSVersion.TLSv1_3,
        version_number=TLS13,
        suites={"TLS_AES_256_GCM_SHA384": 0x1302, "TLS_CHACHA20_POLY1305_SHA256": 0x1303},
        groups={"P-521": 0x0019, "X448": 0x001E},
        signatures={"ecdsa_secp521r1_sha512": 0x0603, "ed448": 0x0808},
        keys={KeyType.P521: 0x0603, KeyType.ED448: 0x0808},
    ),
}

LAB_P256 = Rules(
    version=ssl.TLSVersion.TLSv1_3,
    version_number=TLS13,
    suites=RULES[TlsProfile.ISO20].suites,
    groups=RULES[TlsProfile.ISO20].groups | RULES[TlsProfile.ISO2].groups,
    signatures=RULES[TlsProfile.ISO20].signatures | RULES[TlsProfile.ISO2].signatures,
    keys=RULES[TlsProfile.ISO20].keys | RULES[TlsProfile.ISO2].keys,
)
"""TLS 1.3 as many test PKIs in the field have it: with P-256.  Outside the norm."""

EXTRA_SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B,
    "ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C,
}
"""Suites some stations offer in ISO 15118-2 besides the normed ones."""

STATIC_ECDH = 0xC025

SUITE_NAMES = {
    "ECDHE-ECDSA-AES128-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
}
"""Registered names of the suites that OpenSSL calls by names of its own."""

GROUP_NAMES = {0x0017: "secp256r1", 0x0019: "secp521r1", 0x001E: "x448"}

GROUP_NUMBERS = {415: 0x0017, 716: 0x0019, 1035: 0x001E}
"""Registered numbers by those OpenSSL answers with."""
