"""OCSP responses on their way from the station to the vehicle's judge."""

from dataclasses import replace

import pytest

from bsw.tls.config import TlsConfig
from bsw.tls.port import TlsProfile, TlsReason
from tests.tls.world import ISO2, ISO20, World, both_open


@pytest.mark.parametrize("profile", [ISO2, ISO20])
@pytest.mark.parametrize("size", [1, 900, 12_000])
def test_the_staple_of_the_shown_chain_reaches_the_judge(profile: TlsProfile, size: int) -> None:
    staple = bytes(place % 251 for place in range(size))
    world = World(profiles=(profile,), staple=staple)
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert world.vehicle_judge.staples == [staple]
    assert vehicle.facts is not None
    assert vehicle.facts.peer_staple == staple


@pytest.mark.parametrize("profile", [ISO2, ISO20])
@pytest.mark.parametrize("given", [None, b"", bytes(20_000)], ids=["none", "empty", "huge"])
def test_the_judge_hears_that_no_staple_came(profile: TlsProfile, given: bytes | None) -> None:
    world = World(profiles=(profile,))
    world.station_credentials = [
        replace(credential, staple=lambda: given) for credential in world.station_credentials
    ]
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert world.vehicle_judge.staples == [None]
    assert vehicle.facts is not None
    assert vehicle.facts.peer_staple is None


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_a_vehicle_that_asks_for_no_staple_gets_none_and_judges_none(profile: TlsProfile) -> None:
    config = TlsConfig(ask_staple=False)
    world = World(profiles=(profile,), vehicle_config=config, staple=b"response")
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert world.vehicle_judge.staples == []


def test_the_station_staples_what_is_fresh_at_that_moment() -> None:
    fresh = iter([b"this week's", b"next week's"])
    world = World(profiles=(ISO20,))
    first = world.station_credentials[0]
    world.station_credentials = [replace(first, staple=lambda: next(fresh))]
    for _ in range(2):
        assert both_open(*world.shake())
    assert world.vehicle_judge.staples == [b"this week's", b"next week's"]


def test_a_staple_store_that_breaks_down_costs_the_staple_only() -> None:
    def broken() -> bytes | None:
        raise OSError("the staple file is gone")

    world = World(profiles=(ISO20,))
    world.station_credentials = [replace(world.station_credentials[0], staple=broken)]
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert world.vehicle_judge.staples == [None]


def test_a_chain_that_is_refused_is_not_asked_about_its_status() -> None:
    world = World(profiles=(ISO20,), staple=b"response")
    world.vehicle_judge.anchors = []
    vehicle, _ = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.UNTRUSTED_ROOT
    assert world.vehicle_judge.staples == []
