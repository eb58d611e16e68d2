"""Measures TLS: handshakes by profile and key driver, what the vehicle's share is, and memory.

Both ends run in one process over memory buffers and judge each other's real chains, OCSP response
included, so a figure is what two ECUs would spend together without the network between them.
"""

import gc
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bsw.crypto import KeyType
from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine
from bsw.tls.port import Credential, TlsProfile, TlsState
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from csm import material
from csm.driver import CryptoDriver
from csm.signing import KeySigner
from keym.calendar import Moment
from keym.judging.judge import Judge, Policy
from keym.judging.revocation import Demand
from keym.judging.trust import TlsTrust
from keym.judging.verdict import Anchor
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tools.dev.measure.csm import key_drivers
from tools.pki.maker import Pki, make
from tools.pki.recipe import Entity
from tools.pki.status import ocsp_response

AT = datetime(2026, 5, 1, tzinfo=timezone.utc)
ROUNDS = 40
MEMORY_ROUNDS = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A profile with a kind of key, and which end signs in the handshake."""

    title: str
    profile: TlsProfile
    edition: Edition
    key_type: KeyType


KINDS = (
    Kind("ISO 15118-2, TLS 1.2, P-256", TlsProfile.ISO2, Edition.ISO2, KeyType.P256),
    Kind("ISO 15118-20, TLS 1.3, P-521", TlsProfile.ISO20, Edition.ISO20, KeyType.P521),
    Kind("ISO 15118-20, TLS 1.3, Ed448", TlsProfile.ISO20, Edition.ISO20, KeyType.ED448),
)


class Calendar:
    def moment(self) -> Moment:
        return Moment(AT)


@dataclass(slots=True)
class Ends:
    """What makes the two ends of one handshake after the other."""

    vehicle: VehicleTls
    station: StationTls

    def shake(self) -> tuple[float, float, float]:
        """Seconds for both ends, for the vehicle alone, and of processor time."""
        started, busy, vehicles = time.perf_counter(), time.process_time(), 0.0
        car, charger = self.vehicle.engine(), self.station.engine()
        while TlsState.HANDSHAKE in {car.state, charger.state}:
            began = time.perf_counter()
            _step(car, charger)
            vehicles += time.perf_counter() - began
            _step(charger, car)
        assert car.state is charger.state is TlsState.OPEN, (car.failure, charger.failure)
        return time.perf_counter() - started, vehicles, time.process_time() - busy


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilotwire-bench-") as folder, _keys(folder) as found:
        for driver in found:
            for kind in KINDS:
                _measure(driver, kind)
        for kind in KINDS:
            _measure_memory(found[0], kind)


def _measure(driver: CryptoDriver, kind: Kind) -> None:
    ends = _ends(driver, kind)
    for _ in range(3):
        ends.shake()
    taken = [ends.shake() for _ in range(ROUNDS)]
    both, vehicle, busy = (statistics.median(column) * 1e3 for column in zip(*taken, strict=True))
    print(
        f"{driver.name:8} {kind.title:30} {both:7.2f} ms both ends, {vehicle:6.2f} ms vehicle, "
        f"{busy:6.2f} ms of processor"
    )


def _measure_memory(driver: CryptoDriver, kind: Kind) -> None:
    ends = _ends(driver, kind)
    for _ in range(150):
        ends.shake()
    gc.collect()
    before = _resident()
    for _ in range(MEMORY_ROUNDS):
        ends.shake()
    gc.collect()
    grown = (_resident() - before) // 1024
    print(f"memory   {kind.title:30} {grown:+7} KiB after {MEMORY_ROUNDS} more handshakes")


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def _step(one: Engine, other: Engine) -> None:
    one.advance()
    data = one.outgoing()
    if data:
        other.feed(data)


def _ends(driver: CryptoDriver, kind: Kind) -> Ends:
    """Both ends with their own keys in this driver."""
    pki = make(kind.edition, AT, kind.key_type)
    config = TlsConfig(profiles=(kind.profile,))
    staple = ocsp_response(pki["secc"], AT)
    secc = _credential(driver, kind, pki["secc"], staple)
    cars = [_credential(driver, kind, pki["vehicle"])] if kind.edition is Edition.ISO20 else []
    return Ends(
        VehicleTls(config, TlsTrust(_judge(pki, RootKind.V2G), Use.SECC), cars),
        StationTls(config, TlsTrust(_judge(pki, RootKind.OEM), Use.VEHICLE), [secc]),
    )


def _judge(pki: Pki, kind: RootKind) -> Judge:
    anchors = (Anchor(kind, parse(pki.root(kind).der)),)
    policies = {Use.VEHICLE: Policy(revocation=Demand.SOFT)}
    return Judge(lambda: anchors, Calendar(), policies=policies)


def _credential(
    driver: CryptoDriver, kind: Kind, entity: Entity, staple: bytes | None = None
) -> Credential:
    pair = entity.key
    assert not isinstance(pair, RSAPrivateKey), "no RSA in a good PKI"
    label = f"{kind.key_type.name.lower()}-{entity.name}-{entity.certificate.serial_number % 997}"
    handle = driver.handle(label)
    with material.unload(pair) as key:
        public = driver.import_private(handle, key)
    assert public is not None
    signer = KeySigner(handle, public, driver.sign)
    return Credential(kind.profile, entity.chain, signer, entity.root.der, lambda: staple)


@contextmanager
def _keys(folder: str) -> Iterator[list[CryptoDriver]]:
    found = key_drivers(Path(folder))
    try:
        yield found
    finally:
        for driver in found:
            driver.close()


if __name__ == "__main__":
    main()
