"""Profiles, as both ends agree on them in memory."""

import pytest

from bsw.crypto import KeyType
from bsw.tls.config import TlsConfig
from bsw.tls.port import TlsProfile, TlsReason, TlsState
from tests.tls.world import ISO2, ISO20, World, both_open, settle


def test_iso2_is_tls_12_with_the_normed_suite_and_no_vehicle_certificate() -> None:
    world = World(profiles=(ISO2,))
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert vehicle.facts is not None
    assert station.facts is not None
    assert (vehicle.facts.version, vehicle.facts.suite, vehicle.facts.group) == (
        "TLSv1.2",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        "secp256r1",
    )
    assert station.facts.peer_chain == ()
    assert vehicle.facts.peer_chain == world.station_credentials[1].chain


@pytest.mark.parametrize("kind", [KeyType.P521, KeyType.ED448])
def test_iso20_is_mutual_tls_13(kind: KeyType) -> None:
    world = World(kind=kind, profiles=(ISO20,))
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert vehicle.facts is not None
    assert station.facts is not None
    assert (vehicle.facts.version, vehicle.facts.suite) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert vehicle.facts.group == "secp521r1"
    assert station.facts.peer_chain == world.vehicle_credentials[0].chain
    assert vehicle.facts.own_chain == world.vehicle_credentials[0].chain
