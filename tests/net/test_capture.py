"""Captures: Wireshark reads them, finds no error in them, and sees the octets that passed."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bsw.net.channel import Channels
from bsw.net.frames import Conversation, mac_of, udp
from bsw.net.ports import Endpoint
from bsw.net.record.capture import Capture
from bsw.net.record.config import CaptureConfig
from bsw.net.record.pcapng import Direction
from bsw.net.record.recording import Recording
from bsw.net.record.tapnet import TappedNetwork
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sdp.messages import Request, Security
from bsw.sim.line import Impairment
from bsw.tls.config import TlsConfig
from tests.net.talk import Talk, User, begin, opened
from tests.net.worlds import Recorder, World, simulated
from tests.tls.world import ISO20
from tests.tls.world import World as TlsWorld

EXI = 0x8001
DISSECTOR = Path(__file__).parents[2] / "tools" / "wireshark" / "v2gtp.lua"
tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    octets, at = path.read_bytes(), 0
    while at < len(octets):
        kind, length = struct.unpack_from("<II", octets, at)
        assert struct.unpack_from("<I", octets, at + length - 4) == (length,)
        yield kind, octets[at + 8 : at + length - 4]
        at += length


def ask(path: Path, *words: str) -> str:
    command = ["tshark", "-r", str(path), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout


def tap(world: World, capture: Capture) -> World:
    world.vehicle = TappedNetwork(world.vehicle, lambda: world.scheduler.now, capture)
    return world


def dialogue(talk: Talk) -> None:
    for index in range(5):
        talk.vehicle.the_channel.send(EXI, b"request %d" % index + bytes(3000))
        talk.station.the_channel.send(EXI, b"answer %d" % index)
        talk.world.run_for(100 * MS)


@pytest.fixture
def session(tmp_path: Path) -> tuple[Path, Talk]:
    """SDP, a TLS session, a plain one that is reset, and a refused call."""
    path, keys = tmp_path / "run.pcapng", tmp_path / "keys.log"
    capture = Capture.to(path)
    capture.follow_keys(keys)
    world = tap(simulated(impairment=Impairment(latency=2 * MS)), capture)
    port = world.vehicle.datagram(lambda _data, _source: None)
    port.send(Request(Security.TLS).octets(), Endpoint("ff02::1", 15118, "sim0"))
    tls = TlsWorld(profiles=(ISO20,))
    tls.vehicle_config = TlsConfig(lab_key_log_file=keys)
    talk = opened(world, tls=tls)
    dialogue(talk)
    talk.vehicle.the_channel.close()
    world.run_for(S)
    plain = opened(world)
    dialogue(plain)
    plain.vehicle.the_channel.send(EXI, bytes(60_000))
    world.run_for(S)
    plain.station.the_channel.abort()
    Channels(world.scheduler).connect(world.vehicle, Endpoint("fe80::2", 9, "sim0"), User())
    world.run_for(S)
    capture.close()
    return path, plain


@tshark
def test_wireshark_finds_no_error_and_every_checksum_right(session: tuple[Path, Talk]) -> None:
    path, _ = session
    on = ("-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
    assert ask(path, *on, "-Y", "_ws.expert.severity == error") == ""
    assert ask(path, *on, "-Y", "tcp.checksum.status == 0 || udp.checksum.status == 0") == ""
    assert ask(path, "-Y", "tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment") == ""
    assert ask(path, "-Y", "tcp.analysis.retransmission || tcp.analysis.window_full") == ""
    assert ask(path, "-Y", "_ws.malformed") == ""


@tshark
def test_wireshark_reads_the_tls_session_with_the_secrets_in_the_file(
    session: tuple[Path, Talk],
) -> None:
    path, _ = session
    names = ask(path, "-Y", "tls.handshake", "-T", "fields", "-e", "tls.handshake.type")
    types = {int(one) for line in names.split() for one in line.split(",")}
    assert types >= {1, 2, 8, 11, 13, 15, 20}  # up to both Finished, which are encrypted
    plain = ask(path, "-Y", "tls.app_data", "-T", "fields", "-e", "data.data")
    assert b"request 3".hex() in plain
    assert b"answer 4".hex() in plain


@tshark
def test_wireshark_reassembles_the_octets_of_each_direction(session: tuple[Path, Talk]) -> None:
    path, talk = session
    shown = ask(path, "-q", "-z", "follow,tcp,raw,1")
    lines = [line for line in shown.splitlines() if line.strip() and set(line.strip()) <= HEX]
    ours = b"".join(bytes.fromhex(line) for line in lines if not line.startswith("\t"))
    theirs = b"".join(bytes.fromhex(line.strip()) for line in lines if line.startswith("\t"))
    assert len(ours) == sum(8 + len(payload) for _, payload in talk.station.frames)
    assert len(theirs) == sum(8 + len(payload) for _, payload in talk.vehicle.frames)


HEX = set("0123456789abcdef")


@tshark
def test_wireshark_sees_the_request_to_all_nodes(session: tuple[Path, Talk]) -> None:
    path, _ = session
    fields = ("-e", "ipv6.dst", "-e", "ipv6.hlim", "-e", "udp.dstport", "-e", "data.data")
    line = ask(path, "-Y", "udp", "-T", "fields", *fields).split()
    assert line == ["ff02::1", "1", "15118", "01fe9000000000020000"]


@tshark
def test_the_shipped_dissector_shows_v2gtp_frames_out_of_tcp_and_tls(
    session: tuple[Path, Talk],
) -> None:
    path, talk = session
    script = ("-X", f"lua_script:{DISSECTOR}")
    fields = ("-T", "fields", "-e", "v2gtp.type", "-e", "v2gtp.length")
    shown = ask(path, *script, "-Y", "v2gtp", *fields).splitlines()
    requests = [f"0x8001\t{len(payload)}" for _, payload in talk.station.frames]
    responses = [f"0x8001\t{len(payload)}" for _, payload in talk.vehicle.frames]
    dialogue_each = sorted([*requests[:5], *responses])
    assert shown[0] == "0x9000\t2"
    assert sorted(shown[1:11]) == dialogue_each  # decrypted
    assert sorted(shown[11:21]) == dialogue_each
    assert shown[21:] == ["0x8001\t60000"]
    assert ask(path, *script, "-Y", "_ws.expert.severity == error || _ws.lua") == ""


@tshark
def test_the_dissector_marks_a_header_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "wrong.pcapng"
    capture = Capture.to(path)
    talk = opened(tap(simulated(), capture))
    talk.vehicle.the_channel.send(EXI, b"good")
    talk.vehicle.the_channel.send_raw(bytes.fromhex("01ff8001 00000002 4142 01fe8001 ffffffff 00"))
    talk.world.run_for(S)
    capture.close()
    script = ("-X", f"lua_script:{DISSECTOR}")
    marked = ask(path, *script, "-Y", "v2gtp.header.invalid").splitlines()
    assert len(marked) == 1


def test_a_capture_ends_with_the_ways_its_connections_ended(session: tuple[Path, Talk]) -> None:
    path, _ = session
    frames = [block for kind, block in blocks(path) if kind == 6]
    flags = [block[20 + 54 + 13] for block in frames if block[20 + 20] == 6]
    assert flags[-3:] == [0x14, 0x02, 0x14]  # reset; call, refused
    assert flags.count(0x11) == 1  # one FIN, of the session that ended well


def test_secrets_stand_before_all_frames_and_only_their_owner_may_read_them(
    session: tuple[Path, Talk],
) -> None:
    path, _ = session
    kinds = [kind for kind, _ in blocks(path)]
    assert kinds[:3] == [0x0A0D0D0A, 0x0A, 1]
    assert kinds.count(0x0A) == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_same_simulated_run_gives_the_same_file(tmp_path: Path) -> None:
    def run(path: Path) -> bytes:
        capture = Capture.to(path)
        dialogue(opened(tap(simulated(5, Impairment(latency=MS, jitter=MS)), capture)))
        capture.close()
        return path.read_bytes()

    assert run(tmp_path / "one") == run(tmp_path / "two")


def test_calendar_times_count_from_the_creation_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "calendar.pcapng"
    capture = Capture.to(path, now=5 * S)
    capture.frame(6 * S, b"frame")
    capture.frame(6 * S, b"other", interface="eth1", direction=Direction.OUTBOUND)
    capture.close()
    capture.frame(7 * S, b"too late")
    created = path.stat().st_mtime_ns
    times, numbers = [], []
    for kind, block in blocks(path):
        if kind == 6:
            number, high, low = struct.unpack_from("<III", block)
            times.append((high << 32) + low)
            numbers.append(number)
    assert numbers == [0, 1]
    assert abs(times[0] - S - created) < 5 * S


def test_what_a_host_station_hears_and_says_is_captured(tmp_path: Path, on_host: World) -> None:
    capture = Capture.to(tmp_path / "host.pcapng", on_host.scheduler.now)
    on_host.station = TappedNetwork(on_host.station, lambda: on_host.scheduler.now, capture)
    talk = opened(on_host)
    talk.vehicle.the_channel.send(EXI, b"hello")
    on_host.run_until(lambda: talk.station.frames)
    talk.station.the_channel.send(EXI, b"welcome")
    on_host.run_until(lambda: talk.vehicle.frames)
    talk.vehicle.the_channel.close()
    on_host.run_until(lambda: talk.station.ends)
    talk.listener.close()
    capture.close()
    whole = (tmp_path / "host.pcapng").read_bytes()
    assert b"hello" in whole
    assert b"welcome" in whole
    if shutil.which("tshark"):
        flags = ask(tmp_path / "host.pcapng", "-Y", "tcp.flags.fin == 1").splitlines()
        assert len(flags) == 2


def test_a_tapped_network_keeps_the_order_of_what_is_written_early(tmp_path: Path) -> None:
    capture = Capture.to(tmp_path / "early.pcapng")
    world = tap(simulated(), capture)
    vehicle, station = Recorder(), Recorder()
    listener = world.station.listen(lambda _stream: station)
    stream = world.vehicle.connect(listener.local, vehicle, timeout=S)
    stream.write(b"early")
    stream.finish()
    world.run_until(lambda: station.end)
    capture.close()
    payload = [block for kind, block in blocks(tmp_path / "early.pcapng") if kind == 6]
    assert [len(block) > 120 or b"early" in block for block in payload].index(True) == 3
    assert bytes(station.data) == b"early"


def test_a_talk_that_never_began_shows_the_call(tmp_path: Path) -> None:
    capture = Capture.to(tmp_path / "call.pcapng")
    world = tap(simulated(), capture)
    world.simulated.cut()
    talk = begin(world)
    world.run_until(lambda: talk.vehicle.ends)
    capture.close()
    assert capture.frames == 1


@pytest.mark.parametrize(
    ("address", "mac"),
    [
        ("fe80::211:22ff:fe33:4455", "001122334455"),
        ("ff02::1", "333300000001"),
    ],
)
def test_a_mac_address_follows_from_the_address_where_it_can(address: str, mac: str) -> None:
    assert mac_of(address).hex() == mac


def test_other_mac_addresses_are_locally_administered_and_stable() -> None:
    assert mac_of("fe80::1") == mac_of("fe80::1") != mac_of("fe80::2")
    assert mac_of("::1")[0] == 0x02


def test_an_odd_datagram_has_a_right_checksum() -> None:
    frame = udp(Endpoint("fe80::1", 1), Endpoint("fe80::2", 2), b"odd")
    segment = frame[54:]
    pseudo = frame[22:54] + struct.pack(">II", len(segment), 17)
    data = pseudo + segment + b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF


def test_sequence_numbers_wrap_like_real_ones() -> None:
    here, there = Endpoint("fe80::1", 1), Endpoint("fe80::2", 2)
    conversation = Conversation(here, there, we_called=True)
    list(conversation.greet())
    conversation._ours.sent = 0xFFFFFFF0
    made = list(conversation.say(bytes(100), outgoing=True))
    assert made[0].frame[58:62].hex() == "fffffff0"
    assert made[1].frame[62:66].hex() == "00000054"


def test_a_capture_is_for_its_owner_alone_from_its_first_octet_on(tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    path.write_bytes(b"an older one, readable by all")
    path.chmod(0o644)
    capture = Capture.to(path)
    assert path.stat().st_mode & 0o777 == 0o600
    capture.close()


def test_a_capture_follows_no_link(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept", encoding="ascii")
    (tmp_path / "run.pcapng").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic link"):
        Capture.to(tmp_path / "run.pcapng")
    assert precious.read_text(encoding="ascii") == "kept"


def test_the_captures_of_earlier_starts_are_kept(tmp_path: Path) -> None:
    config = CaptureConfig(file=tmp_path / "run.pcapng", keep=2)
    for _ in range(4):
        Recording(config, Scheduler(VirtualClock()), None).close()
    kept = sorted(file.name for file in tmp_path.iterdir())
    assert kept == ["run.pcapng", "run.pcapng.1", "run.pcapng.2"]
