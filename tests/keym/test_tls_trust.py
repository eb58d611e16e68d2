"""Real handshakes, judged by the room that knows certificates."""

import pytest

from bsw.os.clock import S
from bsw.tls.config import TlsConfig
from bsw.tls.engine import Engine
from bsw.tls.port import Credential, TlsProfile, TlsReason, TlsState
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from keym.config import JudgeConfig, KeymConfig
from keym.judging.trust import TLS_REASONS, failure
from keym.judging.verdict import Reason
from keym.x509.certificate import parse
from keym.x509.profile import Use
from tests.keym.bench import Bench, signer_of
from tests.keym.world import AT, KINDS, judged, pki_of
from tools.pki.broken.variants import faults_of, variant
from tools.pki.broken.workshop import Workshop, expired
from tools.pki.maker import Plan, build
from tools.pki.status import Status, ocsp_response

PROFILES = {
    "iso2": TlsProfile.ISO2,
    "iso20-p521": TlsProfile.ISO20,
    "iso20-ed448": TlsProfile.ISO20,
}


def settle(one: Engine, other: Engine) -> None:
    for _ in range(20):
        moved = 0
        for sender, receiver in ((one, other), (other, one)):
            sender.advance()
            data = sender.outgoing()
            moved += len(data)
            if data:
                receiver.feed(data)
                receiver.advance()
        if not moved:
            return


def shaken(
    vehicle: Bench, station: Bench, *profiles: TlsProfile, staple: bool = True
) -> tuple[Engine, Engine]:
    """One handshake between two rooms, each with the trust and the chains of its own store."""
    if staple:
        station.keym.start()
        station.scheduler.run(1 * S)
    config = TlsConfig(profiles=profiles)
    car = VehicleTls(
        config,
        vehicle.keym.trust(Use.SECC),
        vehicle.keym.tls_credentials(Use.VEHICLE, vehicle.signer),
    ).engine()
    post = StationTls(
        config,
        station.keym.trust(Use.VEHICLE),
        station.keym.tls_credentials(Use.SECC, station.signer),
    ).engine()
    settle(car, post)
    return car, post


@pytest.mark.parametrize("kind", KINDS)
def test_two_rooms_trust_each_other(kind: str) -> None:
    pki = pki_of(kind)
    car, post = shaken(Bench((pki,), (Use.VEHICLE,)), Bench((pki,), (Use.SECC,)), PROFILES[kind])
    assert (car.state, post.state) == (TlsState.OPEN, TlsState.OPEN), (car.failure, post.failure)
    assert car.facts is not None
    assert car.facts.peer_staple is not None


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_staple_the_vehicle_refuses(kind: str) -> None:
    pki = pki_of(kind)
    car, _ = shaken(
        Bench((pki,), (Use.VEHICLE,)), Bench((pki,), (Use.SECC,)), PROFILES[kind], staple=False
    )
    assert car.failure is not None
    assert car.failure.reason is TlsReason.NO_STAPLE


@pytest.mark.parametrize("kind", KINDS)
def test_soft_fail_takes_a_station_without_staple(kind: str) -> None:
    pki = pki_of(kind)
    config = KeymConfig(secc=JudgeConfig(revocation="soft-fail"))
    car, _ = shaken(
        Bench((pki,), (Use.VEHICLE,), config),
        Bench((pki,), (Use.SECC,)),
        PROFILES[kind],
        staple=False,
    )
    assert car.state is TlsState.OPEN


@pytest.mark.parametrize("kind", KINDS)
def test_a_revoked_station_staples_its_own_refusal(kind: str) -> None:
    pki = pki_of(kind)
    station = Bench((pki,), (Use.SECC,))
    station.network.revoked.add(f"{pki.edition.value}/secc")
    car, _ = shaken(Bench((pki,), (Use.VEHICLE,)), station, PROFILES[kind])
    assert car.failure is not None
    assert car.failure.reason is TlsReason.REVOKED


@pytest.mark.parametrize("kind", KINDS)
def test_a_station_under_a_strange_root_is_told_as_such(kind: str) -> None:
    pki = pki_of(kind)
    other = build(Plan(pki.edition, pki.plan.key_type, AT, "Other"))
    car, _ = shaken(Bench((pki,), (Use.VEHICLE,)), Bench((other,), (Use.SECC,)), PROFILES[kind])
    assert car.failure is not None
    assert car.failure.reason is TlsReason.UNTRUSTED_ROOT
    assert "install its root" in car.failure.detail


@pytest.mark.parametrize("kind", ["iso20-p521", "iso20-ed448"])
def test_a_vehicle_that_was_taken_back_is_refused_once_that_is_known(kind: str) -> None:
    pki = pki_of(kind)
    station = Bench((pki,), (Use.SECC,))
    book = station.keym.judge.book
    leaf = pki["vehicle"]
    assert leaf.issuer is not None
    certificate, issuer = parse(leaf.der), parse(leaf.issuer.der)
    answer = ocsp_response(leaf, AT, Status.REVOKED)
    book.learn(answer, certificate, issuer, station.calendar.moment())
    _, post = shaken(Bench((pki,), (Use.VEHICLE,)), station, TlsProfile.ISO20)
    assert post.failure is not None
    assert post.failure.reason is TlsReason.REVOKED
    assert post.failure.alert == 44


@pytest.mark.parametrize("kind", ["iso20-p521", "iso20-ed448"])
def test_an_expired_vehicle_is_refused_with_its_alert(kind: str) -> None:
    pki = pki_of(kind)
    old = Workshop(pki, Use.VEHICLE).grow(leaf=expired)
    vehicle, station = Bench((pki,)), Bench((pki,), (Use.SECC,))
    station.keym.start()
    station.scheduler.run(1 * S)
    config = TlsConfig(profiles=(TlsProfile.ISO20,))
    shown = Credential(TlsProfile.ISO20, old.chain, signer_of(old), old.root.der)
    car = VehicleTls(config, vehicle.keym.trust(Use.SECC), [shown]).engine()
    trust = station.keym.trust(Use.VEHICLE)
    post = StationTls(
        config, trust, station.keym.tls_credentials(Use.SECC, station.signer)
    ).engine()
    settle(car, post)
    assert post.failure is not None
    assert (post.failure.reason, post.failure.alert) == (TlsReason.EXPIRED, 45)
    assert trust.last is not None
    assert trust.last.reason is Reason.EXPIRED


def test_a_station_with_both_editions_serves_each_vehicle_its_own() -> None:
    both = (pki_of("iso2"), pki_of("iso20-p521"))
    for profile in (TlsProfile.ISO2, TlsProfile.ISO20):
        car, _ = shaken(Bench(both, (Use.VEHICLE,)), Bench(both, (Use.SECC,)), profile)
        assert car.state is TlsState.OPEN, car.failure
        assert car.facts is not None
        assert car.facts.profile is profile


def test_roots_are_named_by_use_and_edition() -> None:
    both = (pki_of("iso2"), pki_of("iso20-p521"))
    keym = Bench(both).keym
    older, newer = keym.trust(Use.SECC), keym.trust(Use.VEHICLE)
    names = {pki["v2g_root"].der for pki in both}
    assert pki_of("iso2")["v2g_root"].der in older.roots(TlsProfile.ISO2)
    assert len(names.intersection(older.roots(TlsProfile.ISO2))) == 1
    oem = pki_of("iso20-p521")["oem_root"].der
    assert oem in newer.roots(TlsProfile.ISO20)
    assert oem not in older.roots(TlsProfile.ISO20)
    assert pki_of("iso20-p521")["mo_root"].der not in newer.roots(TlsProfile.ISO20)


def test_every_reason_has_a_word_in_tls() -> None:
    assert set(TLS_REASONS) == set(Reason)


def test_every_refusal_says_what_to_do() -> None:
    pki = pki_of("iso2")
    for fault in faults_of(pki, Use.SECC):
        bad = variant(pki, Use.SECC, fault)
        told = failure(judged(pki, Use.SECC, bad.chain, bad.staple))
        assert told.reason is TLS_REASONS[bad.reason]
        assert ";" in told.detail
