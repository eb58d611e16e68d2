"""A channel carries frames both ways, plain and under TLS, simulated and on the host."""

from collections.abc import Iterator

import pytest

from bsw.net.channel import Cause, Channels
from bsw.os.clock import MS, S
from bsw.sim.line import Impairment
from bsw.v2gtp import ISO20_DC, PayloadType, pack
from tests.net.talk import Talk, User, begin, opened
from tests.net.worlds import KINDS, World, simulated, world
from tests.tls.world import ISO2, ISO20
from tests.tls.world import World as TlsWorld

EXI, MAIN = PayloadType.EXI, PayloadType.MAIN
SECURITY = ("plain", "TLS 1.2", "TLS 1.3")


def tls_world(security: str) -> TlsWorld | None:
    profiles = {"TLS 1.2": (ISO2,), "TLS 1.3": (ISO20,)}
    return TlsWorld(profiles=profiles[security]) if security in profiles else None


@pytest.fixture(params=SECURITY)
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS)
def talk(request: pytest.FixtureRequest, security: str) -> Iterator[Talk]:
    with world(request.param) as made:
        here = opened(made, tls=tls_world(security))
        yield here
        here.listener.close()


def test_frames_arrive_whole_and_in_order(talk: Talk) -> None:
    for index in range(50):
        talk.vehicle.the_channel.send(EXI, b"%d" % index * 20)
        talk.station.the_channel.send(EXI, b"%d" % -index)
    talk.world.run_until(lambda: len(talk.station.frames) == len(talk.vehicle.frames) == 50)
    assert talk.station.frames == [(EXI, b"%d" % index * 20) for index in range(50)]
    assert talk.vehicle.frames == [(EXI, b"%d" % -index) for index in range(50)]


def test_both_sides_know_how_secure_they_are(talk: Talk, security: str) -> None:
    for user in (talk.vehicle, talk.station):
        facts = user.the_channel.facts
        assert (facts.version if facts is not None else "plain") == security.replace(" ", "v")


def test_a_dialogue_of_request_and_response(talk: Talk) -> None:
    def answer(_type: int, payload: bytes) -> None:
        talk.station.the_channel.send(EXI, payload.upper())

    def ask(_type: int, _payload: bytes) -> None:
        if len(talk.vehicle.frames) < 20:
            talk.vehicle.the_channel.send(EXI, b"next")

    talk.station.on, talk.vehicle.on = answer, ask
    talk.vehicle.the_channel.send(EXI, b"first")
    talk.world.run_until(lambda: len(talk.vehicle.frames) == 20)
    assert talk.vehicle.frames[0] == (EXI, b"FIRST")


def test_a_big_message_passes(talk: Talk) -> None:
    talk.vehicle.the_channel.send(EXI, bytes(60_000))
    talk.world.run_until(lambda: talk.station.frames)
    assert talk.station.frames == [(EXI, bytes(60_000))]


def test_closing_is_an_ordinary_end_for_the_peer_and_silence_for_us(talk: Talk) -> None:
    talk.vehicle.the_channel.send(EXI, b"last")
    talk.vehicle.the_channel.close()
    talk.vehicle.the_channel.send(EXI, b"never")
    talk.world.run_until(lambda: talk.station.ends)
    assert talk.station.frames == [(EXI, b"last")]
    assert (talk.station.end.cause, talk.station.end.failure) == (Cause.PEER, None)
    assert talk.vehicle.ends == []


def test_aborting_is_a_reset_for_the_peer(talk: Talk, security: str) -> None:
    talk.station.the_channel.send(EXI, b"heard")
    talk.world.run_until(lambda: talk.vehicle.frames)
    talk.station.the_channel.abort()
    talk.world.run_until(lambda: talk.vehicle.ends)
    assert talk.vehicle.end.cause is Cause.RESET


def test_a_wrong_header_is_passed_over_in_silence(talk: Talk) -> None:
    """TC_SECC_CMN_VTB_V2GTPSessionSetup_003 and _005, and the session goes on."""
    for header in ("01fe7001", "01ff8001"):
        talk.vehicle.the_channel.send_raw(bytes.fromhex(header + "00000002") + b"xx")
    talk.world.run_for(50 * MS)
    assert (talk.station.frames, talk.vehicle.frames) == ([], [])
    talk.vehicle.the_channel.send(EXI, b"good")
    talk.world.run_until(lambda: talk.station.frames)
    assert talk.station.frames == [(EXI, b"good")]
    assert talk.station.the_channel.ignored == 2


def test_an_absurd_length_closes_the_channel_with_that_as_the_reason(talk: Talk) -> None:
    talk.vehicle.the_channel.send_raw(bytes.fromhex("01fe8001ffffffff"))
    talk.world.run_until(lambda: talk.station.ends and talk.vehicle.ends)
    assert talk.station.end.cause is Cause.FRAMING
    assert "01fe8001ffffffff" in str(talk.station.end)
    assert talk.vehicle.end.cause is not Cause.FRAMING


def test_octet_by_octet_is_the_same(talk: Talk) -> None:
    for octet in pack(EXI, b"slow but good"):
        talk.vehicle.the_channel.send_raw(bytes([octet]))
        talk.world.run_for(1 * MS)
    talk.world.run_until(lambda: talk.station.frames)
    assert talk.station.frames == [(EXI, b"slow but good")]


def test_the_agreed_protocol_decides_which_payload_types_belong(talk: Talk) -> None:
    def agree(payload_type: int, _payload: bytes) -> None:
        if payload_type == EXI:
            talk.station.the_channel.accepted = ISO20_DC

    talk.station.on = agree
    talk.vehicle.the_channel.send(MAIN, b"too early")
    talk.vehicle.the_channel.send_raw(pack(EXI, b"handshake") + pack(MAIN, b"session"))
    talk.vehicle.the_channel.send(EXI, b"too late")
    talk.vehicle.the_channel.send(PayloadType.SCHEDULE, b"side stream")
    talk.world.run_until(lambda: len(talk.station.frames) == 3)
    assert [payload for _, payload in talk.station.frames] == [
        b"handshake",
        b"session",
        b"side stream",
    ]
    assert talk.station.the_channel.ignored == 2


def test_a_user_that_closes_in_a_frame_hears_no_further_one(talk: Talk) -> None:
    talk.station.on = lambda _type, _payload: talk.station.the_channel.close()
    talk.vehicle.the_channel.send_raw(pack(EXI, b"one") + pack(EXI, b"two"))
    talk.world.run_until(lambda: talk.vehicle.ends)
    assert talk.station.frames == [(EXI, b"one")]
    assert talk.station.ends == []


def test_what_is_sent_before_the_channel_opens_follows_when_it_does(both: World) -> None:
    talk = begin(both)
    talk.vehicle.the_channel.send(EXI, b"impatient")
    both.run_until(lambda: talk.station.frames)
    assert talk.station.frames == [(EXI, b"impatient")]
    talk.listener.close()


def test_the_same_under_tls(both: World) -> None:
    tls = TlsWorld()
    talk = begin(both, vehicle=tls.vehicle, station=tls.station)
    talk.vehicle.the_channel.send(EXI, b"impatient")
    both.run_until(lambda: talk.station.frames)
    assert talk.station.frames == [(EXI, b"impatient")]
    talk.listener.close()


def test_px_evcc2_007_nobody_listening_closes_with_that_cause(both: World) -> None:
    talk = begin(both)
    talk.listener.close()
    both.run_until(lambda: talk.vehicle.ends or talk.station.opens)
    user = User()
    channels = Channels(both.scheduler)
    channels.connect(both.vehicle, talk.listener.local, user)
    both.run_until(lambda: user.ends)
    assert user.end.cause is Cause.REFUSED
    assert str(user.end) == "nobody listens there"


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("security", SECURITY)
def test_a_rough_line_delays_messages_but_loses_none(seed: int, security: str) -> None:
    rough = Impairment(latency=2 * MS, jitter=30 * MS, loss=0.2)
    here = simulated(seed, rough)
    talk = opened(here, tls=tls_world(security))
    for index in range(40):
        talk.vehicle.the_channel.send(EXI, b"%d" % index)
    here.run_until(lambda: len(talk.station.frames) == 40, within=60 * S)
    assert [payload for _, payload in talk.station.frames] == [b"%d" % n for n in range(40)]
