"""Why a connection failed, told apart at both ends."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw.crypto import KeyType
from bsw.tls.config import TlsConfig
from bsw.tls.port import (
    Credential,
    TlsFailure,
    TlsProfile,
    TlsReason,
    TlsState,
)
from tests.tls.world import (
    ISO2,
    ISO20,
    BrokenSigner,
    Judge,
    SoftwareSigner,
    World,
    both_open,
    credential,
    pki,
    settle,
)

JUDGED = [
    (TlsReason.UNTRUSTED_ROOT, 48),
    (TlsReason.EXPIRED, 45),
    (TlsReason.NOT_YET_VALID, 42),
    (TlsReason.WRONG_PROFILE, 43),
    (TlsReason.BROKEN_CHAIN, 42),
    (TlsReason.REVOKED, 44),
    (TlsReason.BAD_STAPLE, 40),
]


@pytest.mark.parametrize("profile", [ISO2, ISO20])
@pytest.mark.parametrize(("reason", "alert"), JUDGED)
def test_what_the_vehicle_holds_against_the_station_reaches_both(
    profile: TlsProfile, reason: TlsReason, alert: int
) -> None:
    world = World(profiles=(profile,))
    world.vehicle_judge.chain_failure = TlsFailure(reason, "as told by the judge")
    vehicle, station = world.shake()
    assert vehicle.failure == TlsFailure(reason, "as told by the judge", alert)
    assert station.failure is not None
    assert (station.failure.reason, station.failure.alert) == (TlsReason.PEER_ALERT, alert)
    assert str(alert) in station.failure.detail


@pytest.mark.parametrize(("reason", "alert"), JUDGED)
def test_what_the_station_holds_against_the_vehicle_reaches_both(
    reason: TlsReason, alert: int
) -> None:
    world = World(profiles=(ISO20,))
    world.station_judge.chain_failure = TlsFailure(reason, "as told by the judge")
    vehicle, station = world.shake()
    assert station.failure == TlsFailure(reason, "as told by the judge", alert)
    assert vehicle.state is TlsState.FAILED
    assert vehicle.failure is not None
    assert (vehicle.failure.reason, vehicle.failure.alert) == (TlsReason.PEER_ALERT, alert)


@pytest.mark.parametrize("profile", [ISO2, ISO20])
@pytest.mark.parametrize("reason", [TlsReason.NO_STAPLE, TlsReason.BAD_STAPLE, TlsReason.REVOKED])
def test_a_status_that_does_not_satisfy_ends_the_handshake(
    profile: TlsProfile, reason: TlsReason
) -> None:
    world = World(profiles=(profile,))
    world.vehicle_judge.status_failure = TlsFailure(reason, "no OCSP response came with the chain")
    vehicle, station = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is reason
    assert station.failure is not None
    assert station.failure.alert == 113


def test_a_root_nobody_knows_is_untrusted_at_either_end() -> None:
    world = World(profiles=(ISO20,))
    stranger = pki(ISO20, KeyType.P521, "stranger")
    world.vehicle_judge.anchors = [stranger["v2g_root"].der]
    vehicle, _ = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.UNTRUSTED_ROOT
    assert vehicle.failure.alert == 48

    world = World(profiles=(ISO20,))
    world.station_judge.anchors = [stranger["oem_root"].der]
    vehicle, station = world.shake()
    assert station.failure is not None
    assert station.failure.reason is TlsReason.UNTRUSTED_ROOT
    assert vehicle.failure is not None
    assert vehicle.failure.alert == 48
    assert "Test OEM Root" in vehicle.failure.detail  # which roots the station has, and ours


def test_a_vehicle_without_a_certificate_is_told_so() -> None:
    world = World(profiles=(ISO20,))
    world.vehicle_credentials = []
    vehicle, station = world.shake()
    assert station.failure is not None
    assert station.failure.reason is TlsReason.NO_PEER_CERTIFICATE
    assert vehicle.failure is not None
    assert (vehicle.failure.reason, vehicle.failure.alert) == (TlsReason.PEER_ALERT, 116)
    assert "vehicle certificate" in vehicle.failure.detail


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_a_judge_that_breaks_down_accepts_nobody(profile: TlsProfile) -> None:
    world = World(profiles=(profile,))
    world.vehicle_judge.error = RuntimeError("the trust store is locked")
    vehicle, _ = world.shake()
    assert vehicle.state is TlsState.FAILED
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.UNAVAILABLE
    assert "the trust store is locked" in vehicle.failure.detail


class Rootless(Judge):
    """A trust store that cannot even say which roots it has."""

    def roots(self, profile: TlsProfile) -> tuple[bytes, ...]:
        raise OSError("the folder of certificates is gone")


def test_a_trust_store_that_is_gone_is_told_by_both_ends() -> None:
    world = World(profiles=(ISO20,))
    world.vehicle_judge = Rootless([])
    world.station_judge = Rootless([])
    vehicle, _ = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.UNAVAILABLE
    world.vehicle_judge = World().vehicle_judge
    vehicle, station = world.shake()
    assert station.failure is not None
    assert station.failure.reason is TlsReason.UNAVAILABLE
    assert "the folder of certificates is gone" in station.failure.detail
    assert vehicle.failure is not None
    assert (vehicle.failure.reason, vehicle.failure.alert) == (TlsReason.PEER_ALERT, 80)


def test_a_credential_that_is_no_certificate_is_a_key_failure(tmp_path: Path) -> None:
    world = World(profiles=(ISO20,))
    good = world.vehicle_credentials[0]
    world.vehicle_credentials = [Credential(ISO20, (b"garbage",), good.signer, good.root)]
    vehicle, _ = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.KEY_FAILURE
    world.vehicle_config = TlsConfig(lab_key_log_file=tmp_path / "none" / "keys")
    vehicle, _ = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.UNAVAILABLE


def _spki(signer: object) -> bytes:
    assert isinstance(signer, SoftwareSigner)
    return signer.public_key


@pytest.mark.parametrize("kind", [KeyType.P521, KeyType.ED448])
def test_a_vehicle_key_that_is_gone_is_a_key_failure_with_its_cause(kind: KeyType) -> None:
    world = World(profiles=(ISO20,), kind=kind)
    good = world.vehicle_credentials[0]
    gone = BrokenSigner(_spki(good.signer), RuntimeError("the token is gone: pkcs11:evcc"))
    world.vehicle_credentials = [Credential(ISO20, good.chain, gone, good.root)]
    vehicle, station = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.KEY_FAILURE
    assert "the token is gone: pkcs11:evcc" in vehicle.failure.detail
    assert station.failure is not None


@pytest.mark.parametrize("place", [0, 1])
def test_a_station_key_that_is_gone_is_a_key_failure_with_its_cause(place: int) -> None:
    profile = (ISO20, ISO2)[place]
    world = World(profiles=(profile,))
    good = world.station_credentials[place]
    gone = BrokenSigner(_spki(good.signer), RuntimeError("the PIN is locked"))
    world.station_credentials = [Credential(profile, good.chain, gone, good.root)]
    vehicle, station = world.shake()
    assert station.failure is not None
    assert station.failure.reason is TlsReason.KEY_FAILURE
    assert "the PIN is locked" in station.failure.detail
    assert vehicle.failure is not None
    assert (vehicle.failure.reason, vehicle.failure.alert) == (TlsReason.PEER_ALERT, 80)


def test_a_key_of_somebody_else_is_refused_before_a_word_is_said() -> None:
    world = World(profiles=(ISO20,))
    other = credential(ISO20, pki(ISO20)["secc"])
    world.station_credentials = [
        Credential(ISO20, pki(ISO20)["cps"].chain, other.signer, other.root)
    ]
    vehicle, station = world.shake()
    assert station.failure is not None
    assert station.failure.reason is TlsReason.KEY_FAILURE
    assert "does not belong to the leaf" in station.failure.detail
    assert vehicle.failure is not None
    assert (vehicle.failure.reason, vehicle.failure.alert) == (TlsReason.PEER_ALERT, 80)


def test_a_signer_that_lies_about_its_signature_is_caught() -> None:
    class Liar(SoftwareSigner):
        def sign(self, data: bytes) -> bytes:
            return super().sign(data)[:-1]

    world = World(profiles=(ISO20,))
    good = world.vehicle_credentials[0]
    assert isinstance(good.signer, SoftwareSigner)
    world.vehicle_credentials = [Credential(ISO20, good.chain, Liar(good.signer.key), good.root)]
    vehicle, _ = world.shake()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.KEY_FAILURE


def test_the_wrong_kind_of_key_breaks_the_profile_unless_the_lab_allows_it() -> None:
    """Many test PKIs use P-256 in TLS 1.3; the norm has P-521 and Ed448."""
    older = pki(ISO2)
    lab = TlsConfig(lab_p256_in_tls13=True)
    for vehicle_config, opens in ((TlsConfig(), False), (lab, True)):
        world = World(profiles=(ISO20, ISO2), vehicle_config=vehicle_config, station_config=lab)
        world.station_credentials = [credential(ISO20, older["secc"])]
        vehicle, station = world.shake()
        assert both_open(vehicle, station) is opens, (vehicle.failure, station.failure)
        if not opens:
            assert vehicle.failure is not None
            assert vehicle.failure.reason is TlsReason.WRONG_PROFILE
            assert "P-256" in vehicle.failure.detail


@pytest.mark.parametrize("after", [0, 1, 60, 500])
@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_a_stream_that_ends_in_the_handshake_is_truncated(profile: TlsProfile, after: int) -> None:
    world = World(profiles=(profile,))
    vehicle, station = world.vehicle(), world.station()
    vehicle.advance()
    station.feed(vehicle.outgoing()[:after])
    station.advance()
    station.feed(b"")
    station.advance()
    assert station.failure is not None
    assert station.failure.reason is TlsReason.TRUNCATED
    vehicle.feed(station.outgoing()[:after])
    vehicle.feed(b"")
    vehicle.advance()
    assert vehicle.failure is not None
    assert vehicle.failure.reason is TlsReason.TRUNCATED


@pytest.mark.parametrize("profile", [ISO2, ISO20])
def test_a_stream_that_ends_without_goodbye_is_truncated_and_keeps_its_data(
    profile: TlsProfile,
) -> None:
    vehicle, station = World(profiles=(profile,)).shake()
    vehicle.send(b"the last request")
    vehicle.advance()
    station.feed(vehicle.outgoing())
    station.feed(b"")
    station.advance()
    assert station.incoming() == b"the last request"
    assert station.failure is not None
    assert station.failure.reason is TlsReason.TRUNCATED


NOISE = [
    b"GET / HTTP/1.1\r\nHost: secc\r\n\r\n",
    bytes.fromhex("01fe8001000000050102030405"),  # V2GTP without TLS
    bytes(200),
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    b"\x16\x03\x01\xff\xff" + b"\x01\x00\xff\xff" + bytes(0xFFFF),
    b"\x15\x03\x03\x00\x02\x02\x28",
]


@pytest.mark.parametrize("noise", NOISE)
def test_octets_that_are_no_tls_are_named_at_both_ends(noise: bytes) -> None:
    world = World()
    for engine in (world.vehicle(), world.station()):
        engine.feed(noise)
        engine.advance()
        if engine.state is TlsState.HANDSHAKE:
            engine.feed(b"")
            engine.advance()
        assert engine.state is TlsState.FAILED
        assert engine.failure is not None
        assert engine.failure.reason in {
            TlsReason.BAD_RECORD,
            TlsReason.NO_COMMON_SUITE,
            TlsReason.PEER_ALERT,
            TlsReason.TRUNCATED,
        }


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_no_octets_raise(noise: bytes, head: bool) -> None:  # noqa: FBT001 - drawn
    world = World()
    for engine in (world.vehicle(), world.station()):
        engine.feed((b"\x16\x03\x01" if head else b"") + noise)
        engine.feed(b"")
        engine.advance()
        assert engine.state is TlsState.FAILED


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), st.integers(0, 5000), st.integers(1, 255), st.sampled_from([ISO2, ISO20]))
def test_a_changed_octet_never_opens_both_ends(
    flight: int, place: int, mask: int, profile: TlsProfile
) -> None:
    world = World(profiles=(profile,))
    ends = (world.vehicle(), world.station())
    for turn in range(8):
        sender, receiver = ends[turn % 2], ends[(turn + 1) % 2]
        sender.advance()
        data = bytearray(sender.outgoing())
        if turn == flight and data:
            data[place % len(data)] ^= mask
        if data:
            receiver.feed(bytes(data))
    for end in ends:
        end.feed(b"")
        end.advance()
    assert not both_open(*ends)


def test_a_flood_nobody_advances_is_stopped() -> None:
    station = World().station()
    for _ in range(40):
        station.feed(bytes(1 << 15))
    assert station.failure is not None
    assert "floods" in station.failure.detail
    station.advance()
    assert station.state is TlsState.FAILED


def test_after_a_failure_nothing_more_happens() -> None:
    world = World(profiles=(ISO20,))
    world.vehicle_judge.chain_failure = TlsFailure(TlsReason.EXPIRED, "yesterday")
    vehicle, station = world.shake()
    failure = vehicle.failure
    vehicle.feed(b"more")
    vehicle.send(b"more")
    vehicle.advance()
    assert vehicle.failure is failure
    assert vehicle.outgoing() == vehicle.incoming() == b""
    settle(vehicle, station)


def test_a_judge_answers_for_this_very_connection() -> None:
    """Two vehicles in one process, one of them trusting nobody."""
    world, doubter = World(profiles=(ISO20,)), World(profiles=(ISO20,))
    doubter.vehicle_judge = Judge([])
    first, second = world.vehicle(), doubter.vehicle()
    one, two = world.station(), doubter.station()
    for _ in range(6):
        for sender, receiver in ((first, one), (second, two), (one, first), (two, second)):
            sender.advance()
            data = sender.outgoing()
            if data:
                receiver.feed(data)
    assert both_open(first, one)
    assert second.failure is not None
    assert second.failure.reason is TlsReason.UNTRUSTED_ROOT
