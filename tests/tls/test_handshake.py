"""Both profiles, as vehicle and station agree on them in memory."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw.crypto import KeyType
from bsw.tls.config import TlsConfig, TlsMisconfigured
from bsw.tls.engine import Engine
from bsw.tls.port import TlsProfile, TlsReason, TlsState
from bsw.tls.station import StationTls
from tests.tls.world import ISO2, ISO20, World, both_open, credential, pki, settle

Profiles = tuple[TlsProfile, ...]


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
def test_iso20_is_mutual_tls_13_with_either_kind_of_key(kind: KeyType) -> None:
    world = World(kind=kind, profiles=(ISO20,))
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert vehicle.facts is not None
    assert station.facts is not None
    assert (vehicle.facts.version, vehicle.facts.suite) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert vehicle.facts.group == "secp521r1"
    assert station.facts.peer_chain == world.vehicle_credentials[0].chain
    assert vehicle.facts.own_chain == world.vehicle_credentials[0].chain


@pytest.mark.parametrize(
    ("offered", "served", "agreed"),
    [
        ((ISO20, ISO2), (ISO20, ISO2), ISO20),
        ((ISO2,), (ISO20, ISO2), ISO2),
        ((ISO20,), (ISO20, ISO2), ISO20),
        ((ISO20, ISO2), (ISO2,), ISO2),
        ((ISO20, ISO2), (ISO20,), ISO20),
    ],
)
def test_a_station_serves_what_the_vehicle_offers(
    offered: Profiles, served: Profiles, agreed: TlsProfile
) -> None:
    world = World(profiles=offered, station_config=TlsConfig(profiles=served))
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    assert vehicle.facts is not None
    assert station.facts is not None
    assert vehicle.facts.profile is station.facts.profile is agreed


@pytest.mark.parametrize(("offered", "served"), [((ISO20,), (ISO2,)), ((ISO2,), (ISO20,))])
def test_without_a_common_profile_both_ends_say_so(offered: Profiles, served: Profiles) -> None:
    world = World(profiles=offered, station_config=TlsConfig(profiles=served))
    vehicle, station = world.shake()
    assert station.failure is not None
    assert vehicle.failure is not None
    assert station.failure.reason is TlsReason.NO_COMMON_SUITE
    assert vehicle.failure.reason is TlsReason.PEER_ALERT
    assert vehicle.failure.alert == 70
    assert "protocol_version" in vehicle.failure.detail


def test_a_profile_without_a_chain_is_not_served() -> None:
    world = World()
    del world.station_credentials[0]
    vehicle, station = world.shake()
    assert both_open(vehicle, station)
    assert station.facts is not None
    assert station.facts.profile is ISO2


def test_a_station_without_any_chain_does_not_start() -> None:
    with pytest.raises(TlsMisconfigured, match="install one"):
        StationTls(TlsConfig(), World().station_judge, [])


@pytest.mark.parametrize("profile", [ISO2, ISO20])
@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_octets_may_come_in_any_pieces(profile: TlsProfile, piece: int) -> None:
    world = World(profiles=(profile,))
    vehicle, station = world.vehicle(), world.station()
    settle(vehicle, station, piece=piece)
    assert both_open(vehicle, station), (vehicle.failure, station.failure)


def _open_pair(profile: TlsProfile) -> tuple[Engine, Engine]:
    vehicle, station = World(profiles=(profile,)).shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)
    return vehicle, station


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_what_is_sent_before_the_handshake_is_done_arrives_after_it(profile: TlsProfile) -> None:
    world = World(profiles=(profile,))
    vehicle, station = world.vehicle(), world.station()
    vehicle.send(b"SupportedAppProtocolReq")
    settle(vehicle, station)
    assert station.incoming() == b"SupportedAppProtocolReq"
    assert station.incoming() == b""


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=70_000)), max_size=6))
def test_data_arrive_whole_and_in_order(messages: list[tuple[bool, bytes]]) -> None:
    vehicle, station = _open_pair(ISO20)
    wanted = {True: b"", False: b""}
    got = {True: b"", False: b""}
    for from_vehicle, data in messages:
        (vehicle if from_vehicle else station).send(data)
        wanted[from_vehicle] += data
        settle(vehicle, station)
        got[True] += station.incoming()
        got[False] += vehicle.incoming()
    assert got == wanted


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_either_end_may_say_goodbye_and_both_are_closed(profile: TlsProfile) -> None:
    for first in (0, 1):
        ends = _open_pair(profile)
        ends[first].send(b"last words")
        ends[first].finish()
        settle(*ends)
        assert [end.state for end in ends] == [TlsState.CLOSED, TlsState.CLOSED]
        assert ends[1 - first].incoming() == b"last words"


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_goodbyes_may_cross(profile: TlsProfile) -> None:
    vehicle, station = _open_pair(profile)
    for end in (vehicle, station):
        end.send(b"x" * 40_000)
        end.finish()
    settle(vehicle, station)
    assert vehicle.state is station.state is TlsState.CLOSED
    assert vehicle.incoming() == station.incoming() == b"x" * 40_000


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_a_stream_that_ends_after_our_goodbye_is_closed_not_truncated(profile: TlsProfile) -> None:
    vehicle, _ = _open_pair(profile)
    states = []
    for ended in (False, True):
        vehicle.finish()
        if ended:
            vehicle.feed(b"")
        vehicle.advance()
        states.append(vehicle.state)
    assert states == [TlsState.OPEN, TlsState.CLOSED]
    assert vehicle.failure is None


def test_finishing_before_the_handshake_leaves_nothing_behind() -> None:
    world = World()
    for end in (world.vehicle(), world.station()):
        end.finish()
        end.advance()
        assert end.state is TlsState.CLOSED
        assert end.outgoing() == b""


def test_a_private_environment_shows_its_root() -> None:
    world = World(profiles=(ISO2,))
    private = pki(ISO2)["private_secc"]
    plain = credential(ISO2, private)
    world.station_credentials = [plain]
    world.vehicle_judge.anchors = [private.root.der]
    vehicle, station = world.shake()
    assert both_open(vehicle, station), (vehicle.failure, station.failure)


def test_middlebox_records_are_off_unless_wanted() -> None:
    dummy = bytes.fromhex("140303000101")
    for wanted in (False, True):
        config = TlsConfig(middlebox_compatibility=wanted)
        world = World(profiles=(ISO20,), vehicle_config=config, station_config=config)
        vehicle, station = world.vehicle(), world.station()
        seen = b""
        for _ in range(6):
            for sender, receiver in ((vehicle, station), (station, vehicle)):
                sender.advance()
                data = sender.outgoing()
                seen += data
                if data:
                    receiver.feed(data)
        assert both_open(vehicle, station)
        assert (dummy in seen) is wanted


def test_a_key_log_is_written_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "by-environment"))
    World(profiles=(ISO20,)).shake()
    assert not list(tmp_path.iterdir())
    log = tmp_path / "session-keys"
    World(profiles=(ISO20,), vehicle_config=TlsConfig(lab_key_log_file=log)).shake()
    assert "CLIENT_TRAFFIC_SECRET_0" in log.read_text()
