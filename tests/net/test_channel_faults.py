"""How a channel ends when it does not go well: in time, once, and with the right cause."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from bsw.net.channel import Cause, ChannelOptions, Channels
from bsw.os.clock import MS, S
from bsw.sim.line import Impairment
from bsw.sim.network import SimNetwork
from bsw.tls.port import TlsFacts, TlsFailure, TlsReason, TlsState
from bsw.v2gtp import Fault, PayloadType, Rules, pack
from tests.net.talk import Talk, User, begin, opened
from tests.net.worlds import Recorder, World, simulated, world
from tests.tls.world import ISO20, SoftwareSigner
from tests.tls.world import World as TlsWorld

EXI = PayloadType.EXI


@pytest.fixture
def here() -> World:
    return simulated(impairment=Impairment(latency=MS))


@pytest.fixture
def talk(here: World) -> Iterator[Talk]:
    made = opened(here)
    yield made
    made.listener.close()


def station_node(world: World) -> SimNetwork:
    node = world.simulated.find(world.station.link_local())
    assert node is not None
    return node


def test_a_frame_that_drips_in_is_given_up_ten_seconds_after_its_first_octet(talk: Talk) -> None:
    frame = pack(EXI, bytes(1000))
    started = talk.world.scheduler.now
    for octet in frame:
        if talk.vehicle.ends or talk.station.ends:
            break
        talk.vehicle.the_channel.send_raw(bytes([octet]))
        talk.world.run_for(100 * MS)
    assert talk.station.end.cause is Cause.FRAMING
    assert talk.station.end.broken is not None
    assert talk.station.end.broken.fault is Fault.LATE
    assert 10 * S <= talk.world.scheduler.now - started <= 10 * S + 200 * MS


def test_a_slow_sender_that_finishes_each_frame_in_time_is_served(talk: Talk) -> None:
    for _ in range(10):
        for piece in (b"\x01\xfe\x80\x01", b"\0\0\0\x04go", b"od"):
            talk.vehicle.the_channel.send_raw(piece)
            talk.world.run_for(3 * S)
    assert talk.station.frames == [(EXI, b"good")] * 10


def test_the_bounds_are_options() -> None:
    here = simulated()
    options = ChannelOptions(rules=Rules(longest=100, frame_within=1 * S))
    talk = begin(here, options=options)
    talk.vehicle.the_channel.send(EXI, bytes(101))
    here.run_until(lambda: talk.station.ends)
    assert talk.station.end.cause is Cause.FRAMING


def test_a_connection_that_nobody_answers_is_a_timeout(here: World) -> None:
    talk = begin(here, options=ChannelOptions(connect_within=3 * S))
    here.simulated.cut()
    here.run_until(lambda: talk.vehicle.ends)
    assert talk.vehicle.end.cause is Cause.TIMEOUT
    assert here.scheduler.now <= 3 * S + MS


def test_a_line_that_breaks_ends_both_sides(talk: Talk) -> None:
    talk.world.simulated.cut()
    talk.world.run_until(lambda: talk.vehicle.ends and talk.station.ends, within=15 * S)
    assert (talk.vehicle.end.cause, talk.station.end.cause) == (Cause.TIMEOUT, Cause.TIMEOUT)


def test_a_restarted_station_is_a_reset(talk: Talk) -> None:
    station_node(talk.world).vanish()
    station_node(talk.world).restart()
    talk.vehicle.the_channel.send(EXI, b"hello?")
    talk.world.run_until(lambda: talk.vehicle.ends)
    assert talk.vehicle.end.cause is Cause.RESET


def test_a_peer_that_stops_reading_overflows_us_and_not_our_memory(talk: Talk) -> None:
    stream = talk.station.the_channel._stream
    assert stream is not None
    stream.pause()
    for _ in range(100):
        talk.vehicle.the_channel.send(EXI, bytes(60_000))
    talk.world.run_until(lambda: talk.vehicle.ends)
    assert talk.vehicle.end.cause is Cause.OVERFLOW


def test_a_silent_station_fails_the_handshake_in_time(here: World) -> None:
    mute = here.station.listen(lambda _stream: Recorder())
    channels = Channels(here.scheduler, options=ChannelOptions(handshake_within=4 * S))
    user = User()
    channels.connect(here.vehicle, mute.local, user, tls=TlsWorld().vehicle())
    here.run_until(lambda: user.ends, within=10 * S)
    assert user.end.cause is Cause.TLS
    assert user.end.failure == TlsFailure(TlsReason.TIMEOUT, "handshake not finished in 4 s")


def test_a_vehicle_that_says_nothing_fails_the_stations_handshake_too(here: World) -> None:
    tls = TlsWorld()
    talk = begin(here, station=tls.station)
    here.run_until(lambda: talk.station.ends, within=15 * S)
    assert talk.station.end.failure is not None
    assert talk.station.end.failure.reason is TlsReason.TIMEOUT


def test_an_untrusted_station_is_told_and_both_sides_know_the_reason(both: World) -> None:
    tls = TlsWorld()
    tls.vehicle_judge.anchors = []
    talk = begin(both, vehicle=tls.vehicle, station=tls.station)
    both.run_until(lambda: talk.vehicle.ends and talk.station.ends)
    talk.listener.close()
    mine, theirs = talk.vehicle.end.failure, talk.station.end.failure
    assert mine is not None
    assert theirs is not None
    assert mine.reason is TlsReason.UNTRUSTED_ROOT
    assert theirs.reason is TlsReason.PEER_ALERT
    assert talk.vehicle.opens == talk.station.opens == 0


def test_a_refused_vehicle_certificate_is_a_tls_failure_though_the_vehicle_was_open(
    both: World,
) -> None:
    """In TLS 1.3 the vehicle is done first; the refusal comes with the first read."""
    tls = TlsWorld(profiles=(ISO20,))
    tls.station_judge.anchors = []
    talk = begin(both, vehicle=tls.vehicle, station=tls.station)
    both.run_until(lambda: talk.vehicle.ends and talk.station.ends)
    talk.listener.close()
    assert talk.vehicle.end.cause is Cause.TLS
    assert talk.vehicle.end.failure is not None
    assert talk.vehicle.end.failure.reason is TlsReason.PEER_ALERT


@pytest.mark.parametrize("how", ["reset", "end"])
def test_a_station_that_just_breaks_off_after_the_handshake_is_one_too(
    here: World, how: str
) -> None:
    tls = TlsWorld(profiles=(ISO20,))
    talk = opened(here, tls=tls)
    stream = talk.station.the_channel._stream
    assert stream is not None
    stream.abort() if how == "reset" else stream.finish()
    here.run_until(lambda: talk.vehicle.ends)
    assert talk.vehicle.end.cause is Cause.TLS
    assert "certificate" in str(talk.vehicle.end)


def test_an_end_without_goodbye_after_messages_is_an_ordinary_end_with_a_note(
    here: World,
) -> None:
    talk = opened(here, tls=TlsWorld(profiles=(ISO20,)))
    talk.station.the_channel.send(EXI, b"hello")
    here.run_until(lambda: talk.vehicle.frames)
    stream = talk.station.the_channel._stream
    assert stream is not None
    stream.finish()
    here.run_until(lambda: talk.vehicle.ends)
    assert talk.vehicle.end.cause is Cause.PEER
    assert talk.vehicle.end.failure is not None
    assert talk.vehicle.end.failure.reason is TlsReason.TRUNCATED


def test_garbage_where_tls_should_begin_is_a_tls_failure(here: World) -> None:
    talk = begin(here, station=TlsWorld().station)
    talk.vehicle.the_channel.send(EXI, b"plain text, dear station")
    here.run_until(lambda: talk.station.ends)
    assert talk.station.end.cause is Cause.TLS


def slow(tls: TlsWorld) -> TlsWorld:
    """The same keys, in a token that may take its time."""
    for credentials in (tls.vehicle_credentials, tls.station_credentials):
        for index, credential in enumerate(credentials):
            assert isinstance(credential.signer, SoftwareSigner)
            signer = SoftwareSigner(credential.signer.key, may_block=True)
            credentials[index] = replace(credential, signer=signer)
    return tls


def test_a_handshake_with_a_slow_token_runs_on_the_worker(both: World) -> None:
    talk = opened(both, tls=slow(TlsWorld(profiles=(ISO20,))))
    talk.vehicle.the_channel.send(EXI, b"signed in a token")
    both.run_until(lambda: talk.station.frames)
    assert talk.vehicle.the_channel.facts is not None
    talk.listener.close()


def test_a_channel_closed_while_its_handshake_computes_says_nothing_more(both: World) -> None:
    tls = slow(TlsWorld(profiles=(ISO20,)))
    talk = begin(both, vehicle=tls.vehicle, station=tls.station)
    both.run_until(lambda: talk.vehicle.channel and talk.vehicle.the_channel._guard.busy)
    talk.vehicle.the_channel.close()
    both.run_until(lambda: talk.station.ends)
    both.run_for(50 * MS)
    assert (talk.vehicle.opens, talk.vehicle.ends) == (0, [])
    assert talk.station.end.cause is Cause.TLS
    talk.listener.close()


@dataclass
class Scripted:
    """An engine that does as the test says."""

    state: TlsState = TlsState.HANDSHAKE
    failure: TlsFailure | None = None
    facts: TlsFacts | None = None
    may_block: bool = True
    fed: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def feed(self, data: bytes) -> None:
        self.fed.append(data)

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def finish(self) -> None:
        self.state = TlsState.CLOSED

    def advance(self) -> None:
        """The script is in the test."""

    def outgoing(self) -> bytes:
        return b""

    def incoming(self) -> bytes:
        return b""


def test_nothing_touches_an_engine_while_it_computes(here: World) -> None:
    engine = Scripted()
    talk = begin(here, vehicle=lambda: engine)
    here.run_until(lambda: talk.station.opens)
    assert talk.vehicle.the_channel._guard.busy
    talk.station.the_channel.send(EXI, b"early octets")
    talk.vehicle.the_channel.send(EXI, b"mine")
    here.run_for(3 * MS)
    assert talk.vehicle.the_channel._guard.busy
    assert (engine.fed, engine.sent) == ([], [])
    here.run_for(20 * MS)
    assert engine.sent == [pack(EXI, b"mine")]
    assert b"".join(engine.fed) == pack(EXI, b"early octets")


def test_a_worker_without_room_is_an_overflow(here: World) -> None:
    here.worker = type(here.worker)(here.scheduler, lambda _name: 60 * S, bound=0)  # type: ignore[call-arg]
    talk = begin(here, vehicle=Scripted)
    here.run_until(lambda: talk.vehicle.ends)
    assert talk.vehicle.end.cause is Cause.OVERFLOW


def test_a_failure_while_sending_is_told_in_the_next_turn(here: World) -> None:
    engine = Scripted(TlsState.OPEN, may_block=False)
    talk = begin(here, vehicle=lambda: engine)
    here.run_until(lambda: talk.vehicle.opens)
    engine.failure = TlsFailure(TlsReason.KEY_FAILURE, "token gone")
    engine.state = TlsState.FAILED
    talk.vehicle.the_channel.send(EXI, b"x")
    assert talk.vehicle.ends == []
    here.run_for(MS)
    assert talk.vehicle.end.failure == engine.failure


def test_a_raw_client_that_hangs_up_mid_header_is_an_ordinary_end() -> None:
    with world("loopback") as here:
        user = User()

        def accept(channel: object) -> User:
            return user

        listener = Channels(here.scheduler).listen(here.station, accept)
        address = listener.local
        with socket.create_connection((address.address, address.port)) as client:
            client.sendall(b"\x01\xfe\x80")
        here.run_until(lambda: user.ends)
        assert user.end.cause is Cause.PEER
        listener.close()
