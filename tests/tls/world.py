"""Both ends of a connection in memory, with keys made here and a judge that does as told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from bsw.crypto import FORMS, KeyType, key_type
from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine
from bsw.tls.port import Credential, TlsFailure, TlsProfile, TlsReason, TlsState, Trust, no_staple
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from keym.x509.edition import Edition
from tools.pki.maker import Pki, make
from tools.pki.recipe import Entity

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
ISO2, ISO20 = TlsProfile.ISO2, TlsProfile.ISO20
EDITIONS = {ISO2: Edition.ISO2, ISO20: Edition.ISO20}


@dataclass
class SoftwareSigner:
    """A key in plain sight, as only tests have it."""

    key: ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey = field(repr=False)
    may_block: bool = False
    calls: int = 0

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        self.calls += 1
        if isinstance(self.key, ed448.Ed448PrivateKey):
            return self.key.sign(data)
        algorithm = {32: hashes.SHA256(), 64: hashes.SHA512()}[len(data)]
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(Prehashed(algorithm))))
        kind = key_type(self.public_key)
        assert kind is not None
        half = FORMS[kind].signature // 2
        return r.to_bytes(half, "big") + s.to_bytes(half, "big")


@dataclass
class BrokenSigner:
    """A key whose store has gone away."""

    public_key: bytes
    error: Exception
    may_block: bool = True

    def sign(self, data: bytes) -> bytes:
        raise self.error


@dataclass
class Judge:
    """Accepts what hangs under its roots, and does as told besides."""

    anchors: Sequence[bytes]
    chain_failure: TlsFailure | None = None
    status_failure: TlsFailure | None = None
    chains: list[tuple[TlsProfile, tuple[bytes, ...]]] = field(default_factory=list)
    staples: list[bytes | None] = field(default_factory=list)
    error: Exception | None = None

    def roots(self, profile: TlsProfile) -> Sequence[bytes]:
        return self.anchors

    def judge_chain(self, profile: TlsProfile, chain: Sequence[bytes]) -> TlsFailure | None:
        self.chains.append((profile, tuple(chain)))
        if self.error is not None:
            raise self.error
        if self.chain_failure is not None:
            return self.chain_failure
        if not any(_leads_to(chain, root) for root in self.anchors):
            return TlsFailure(TlsReason.UNTRUSTED_ROOT, "the chain ends in no root of ours")
        return None

    def judge_status(
        self, profile: TlsProfile, chain: Sequence[bytes], staple: bytes | None
    ) -> TlsFailure | None:
        self.staples.append(staple)
        return self.status_failure


def _leads_to(chain: Sequence[bytes], root: bytes) -> bool:
    try:
        path = [load_der_x509_certificate(der) for der in (*chain, root)]
        for below, above in pairwise(path):
            below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def pki(profile: TlsProfile, kind: KeyType | None = None, name: str = "") -> Pki:
    """One per kind for the whole run; ``name`` makes a further one."""
    return _pki(profile, kind or EDITIONS[profile].key_types[0], name)


@cache
def _pki(profile: TlsProfile, kind: KeyType, _name: str) -> Pki:
    return make(EDITIONS[profile], NOW, kind)


def credential(
    profile: TlsProfile, entity: Entity, staple: bytes | None = None, *, block: bool = False
) -> Credential:
    assert isinstance(entity.key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
    return Credential(
        profile=profile,
        chain=entity.chain,
        signer=SoftwareSigner(entity.key, block),
        root=entity.root.der,
        staple=no_staple if staple is None else lambda: staple,
    )


@dataclass
class World:
    """A vehicle and a station that would get along; tests change what they are about."""

    profiles: tuple[TlsProfile, ...] = (ISO20, ISO2)
    kind: KeyType = KeyType.P521
    vehicle_config: TlsConfig = field(default_factory=TlsConfig)
    station_config: TlsConfig = field(default_factory=TlsConfig)
    staple: bytes | None = None
    vehicle_judge: Judge = field(init=False)
    station_judge: Judge = field(init=False)
    vehicle_credentials: list[Credential] = field(init=False)
    station_credentials: list[Credential] = field(init=False)

    def __post_init__(self) -> None:
        older, newer = pki(ISO2), pki(ISO20, self.kind)
        self.vehicle_judge = Judge([older["v2g_root"].der, newer["v2g_root"].der])
        self.station_judge = Judge([newer["oem_root"].der])
        self.vehicle_credentials = [credential(ISO20, newer["vehicle"])]
        self.station_credentials = [
            credential(ISO20, newer["secc"], self.staple),
            credential(ISO2, older["secc"], self.staple),
        ]

    def vehicle(self, profiles: Sequence[TlsProfile] | None = None) -> Engine:
        trust: Trust = self.vehicle_judge
        made = VehicleTls(self.vehicle_config, trust, self.vehicle_credentials)
        return made.engine(profiles or self.profiles)

    def station(self) -> Engine:
        trust: Trust = self.station_judge
        return StationTls(self.station_config, trust, self.station_credentials).engine()

    def shake(self, profiles: Sequence[TlsProfile] | None = None) -> tuple[Engine, Engine]:
        vehicle, station = self.vehicle(profiles), self.station()
        settle(vehicle, station)
        return vehicle, station


def settle(one: Engine, other: Engine, *, most: int = 20, piece: int = 1 << 20) -> None:
    """Carry octets to and fro, in pieces if wanted, until there are none."""
    for _ in range(most):
        moved = 0
        for sender, receiver in ((one, other), (other, one)):
            sender.advance()
            data = sender.outgoing()
            moved += len(data)
            for at in range(0, len(data), piece):
                receiver.feed(data[at : at + piece])
                receiver.advance()
        if not moved:
            return
    raise AssertionError("both ends talk without end")


def both_open(one: Engine, other: Engine) -> bool:
    return one.state is TlsState.OPEN and other.state is TlsState.OPEN
