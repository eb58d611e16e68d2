"""Whoever has several chains shows one under a root the other end has named."""

import ssl
from collections.abc import Iterable
from contextlib import suppress

import pytest

from bsw.crypto import KeyType
from bsw.tls.config import TlsConfig
from bsw.tls.hello import HintKind, RootHint
from bsw.tls.hints import preferred, sha1, subjects
from bsw.tls.outline import outline
from bsw.tls.port import Credential, TlsProfile
from bsw.tls.station import StationTls
from tests.tls.world import ISO2, ISO20, Judge, World, both_open, credential, pki


def chains(profile: TlsProfile, kind: KeyType, names: Iterable[str]) -> list[Credential]:
    return [credential(profile, pki(profile, kind, name)["secc"]) for name in names]


KINDS = {ISO2: KeyType.P256, ISO20: KeyType.P521}


@pytest.mark.parametrize("profile", [ISO2, ISO20])
@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_the_station_shows_the_chain_the_vehicle_can_follow(
    profile: TlsProfile, wanted: int
) -> None:
    """Three roots of trust; those of ISO 15118-20 are told apart by name, so they need three."""
    shown = _three_chains(profile)
    world = World(profiles=(profile,))
    world.station_credentials = shown
    root = shown[wanted].root
    assert root is not None
    world.vehicle_judge = Judge([root])
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert vehicle.facts is not None
    assert vehicle.facts.peer_chain == shown[wanted].chain
    assert station.facts is not None
    assert station.facts.own_chain == shown[wanted].chain
    assert len(station.facts.peer_roots) == 1


def _three_chains(profile: TlsProfile) -> list[Credential]:
    if profile is ISO2:
        return chains(ISO2, KeyType.P256, ["a", "b", "c"])
    of = pki(ISO20)
    return [
        credential(ISO20, of["secc"]),
        credential(ISO20, of["private_secc"]),
        credential(ISO20, of["contract"]),
    ]


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_without_a_fitting_root_the_first_chain_is_shown(profile: TlsProfile) -> None:
    world = World(profiles=(profile,))
    world.station_credentials = _three_chains(profile)
    world.vehicle_judge = Judge([pki(profile)["mo_root" if profile is ISO2 else "oem_root"].der])
    vehicle, _ = world.shake()
    assert vehicle.failure is not None
    assert world.vehicle_judge.chains == [(profile, world.station_credentials[0].chain)]


@pytest.mark.parametrize("kinds", [(KeyType.P521, KeyType.ED448), (KeyType.ED448, KeyType.P521)])
def test_a_station_with_both_kinds_of_key_shows_its_best(kinds: tuple[KeyType, KeyType]) -> None:
    """[V2G20-1668]: whichever was installed first."""
    world = World(profiles=(ISO20,))
    world.vehicle_judge = Judge([pki(ISO20, kind)["v2g_root"].der for kind in kinds])
    world.station_credentials = [credential(ISO20, pki(ISO20, kind)["secc"]) for kind in kinds]
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert vehicle.facts is not None
    assert vehicle.facts.peer_chain == pki(ISO20, KeyType.P521)["secc"].chain


@pytest.mark.parametrize("wanted", [0, 1])
def test_the_vehicle_shows_the_certificate_the_station_can_follow(wanted: int) -> None:
    """One vehicle, a certificate under its maker's root and one under the V2G root."""
    of = pki(ISO20)
    world = World(profiles=(ISO20,))
    world.vehicle_credentials = [
        credential(ISO20, of["vehicle"]),
        credential(ISO20, of["secc"]),
    ]
    root = world.vehicle_credentials[wanted].root
    assert root is not None
    world.station_judge = Judge([root])
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert station.facts is not None
    assert station.facts.peer_chain == world.vehicle_credentials[wanted].chain
    assert vehicle.facts is not None
    assert vehicle.facts.own_chain == world.vehicle_credentials[wanted].chain


def test_a_vehicle_with_both_kinds_of_key_shows_one_the_station_takes() -> None:
    world = World(profiles=(ISO20,))
    world.vehicle_credentials = [
        credential(ISO20, pki(ISO20, kind)["vehicle"]) for kind in (KeyType.ED448, KeyType.P521)
    ]
    world.station_judge = Judge([entry.root for entry in world.vehicle_credentials if entry.root])
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert station.facts is not None
    assert vehicle.facts is not None
    assert station.facts.peer_chain == vehicle.facts.own_chain


def test_each_way_to_name_a_root_finds_its_chain() -> None:
    first, second = chains(ISO2, KeyType.P256, ["a", "b"])
    assert second.root is not None
    root = outline(second.root)
    for hint in (
        RootHint(HintKind.CERTIFICATE_SHA1, sha1(second.root)),
        RootHint(HintKind.KEY_SHA1, sha1(root.key_octets)),
    ):
        assert preferred([first, second], [hint]) == [second]
    by_name = RootHint(HintKind.NAME, root.subject)  # both roots carry this name
    assert preferred([first, second], [by_name]) == [first, second]
    assert preferred([first, second], names=subjects([second.root])) == [first, second]
    assert preferred([first, second], [RootHint(HintKind.PRE_AGREED, b"")]) == [first, second]


def test_a_vehicle_that_knows_nothing_of_hints_is_served_as_well() -> None:
    """A plain client of Python's: no hints, no staple wanted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA256")
    context.verify_mode = ssl.CERT_NONE
    to_station, to_peer = ssl.MemoryBIO(), ssl.MemoryBIO()
    peer = context.wrap_bio(to_peer, to_station)
    shown = [credential(ISO2, pki(ISO2)["secc"])]
    station = StationTls(TlsConfig(), World().station_judge, shown).engine()
    for _ in range(4):
        with suppress(ssl.SSLWantReadError):
            peer.do_handshake()
        if to_station.pending:
            station.feed(to_station.read())
        station.advance()
        to_peer.write(station.outgoing())
    assert station.facts is not None
    assert station.facts.peer_roots == ()
