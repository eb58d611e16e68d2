"""The keys of a private power-line network.

A membership key (NMK) makes modems one network; its identifier (NID) follows from the key.  A
station draws a fresh key per session, so that the next vehicle cannot listen to this one.
"""

import hashlib
from dataclasses import dataclass, field

from bsw.os.randomness import Randomness

_NMK_SALT = bytes.fromhex("08856daf7cf58186")
_DAK_SALT = bytes.fromhex("08856daf7cf58185")
_PASSWORD_ROUNDS = 1000
_NID_ROUNDS = 5


def _hashed(data: bytes, rounds: int) -> bytes:
    for _ in range(rounds):
        data = hashlib.sha256(data).digest()
    return data


def nmk_from_password(password: str) -> bytes:
    return _hashed(password.encode() + _NMK_SALT, _PASSWORD_ROUNDS)[:16]


def device_key_from_password(password: str) -> bytes:
    """The key by which a modem may be administered from afar (DAK)."""
    return _hashed(password.encode() + _DAK_SALT, _PASSWORD_ROUNDS)[:16]


def nid_from_nmk(nmk: bytes, security_level: int = 0) -> bytes:
    digest = _hashed(nmk, _NID_ROUNDS)
    return digest[:6] + bytes([security_level << 4 | digest[6] >> 4])


@dataclass(frozen=True, slots=True)
class NetworkKey:
    """What makes a modem a member.  The key itself stays out of every printed form."""

    nid: bytes
    nmk: bytes = field(repr=False)

    @classmethod
    def from_nmk(cls, nmk: bytes) -> "NetworkKey":
        return cls(nid_from_nmk(nmk), nmk)

    @classmethod
    def from_password(cls, password: str) -> "NetworkKey":
        return cls.from_nmk(nmk_from_password(password))

    @classmethod
    def fresh(cls, randomness: Randomness) -> "NetworkKey":
        return cls.from_nmk(randomness.octets(16))
