"""From files to the octets of connections, whatever a capture has seen twice, late or never."""

import random
import struct
from io import BytesIO

import pytest

from tests.capture.makers import START, STATION, Timed, connection, pcap_of, pcapng_of
from tools.capture.conversation import Conversation
from tools.capture.events import Event, Layer
from tools.capture.wire.layers import SLL, SLL2, HomePlug, Layers, Segment
from tools.capture.wire.packets import Found, KeyLog, NotACapture, Note, Packet, read_packets
from tools.capture.wire.streams import Ended, Hole, Octets, Opened, Streams

FRAMES: list[Timed] = [(START + n * 1_234_567_000, bytes((n,)) * 60) for n in range(5)]


def read(octets: bytes) -> list[Found]:
    return list(read_packets(BytesIO(octets[4:]), octets[:4]))


def packets(octets: bytes) -> list[Packet]:
    return [one for one in read(octets) if isinstance(one, Packet)]


def told(frames: list[Timed]) -> list[Opened | Octets | Hole | Ended]:
    layers, streams = Layers(), Streams()
    found: list[Opened | Octets | Hole | Ended] = []
    for when, frame in frames:
        inside = layers.open(Packet(when, 1, frame))
        assert isinstance(inside, Segment)
        found += streams.take(inside)
    return found


def heard(frames: list[Timed], *, upward: bool = True) -> bytes:
    return b"".join(
        one.octets for one in told(frames) if isinstance(one, Octets) and one.upward is upward
    )


# Files


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_pcap_of_either_byte_order_and_resolution(order: str, *, nano: bool) -> None:
    found = packets(pcap_of(FRAMES, order=order, nano=nano))
    assert [(one.when, one.octets) for one in found] == FRAMES


def test_pcapng_with_its_interface_and_its_keys() -> None:
    found = read(pcapng_of(FRAMES, keys=b"CLIENT_RANDOM 00 00\n"))
    assert found[0] == KeyLog(b"CLIENT_RANDOM 00 00\n")
    assert [(one.when, one.octets) for one in found if isinstance(one, Packet)] == FRAMES
    assert {one.interface for one in found if isinstance(one, Packet)} == {"plc"}


def test_pcapng_of_a_big_endian_host_in_microseconds() -> None:
    section = struct.pack(">IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack(">IIHHII", 1, 20, 113, 0, 0, 20)
    body = struct.pack(">IIIII", 0, 0, 5_000_000, 4, 4) + b"abcd"
    packet = struct.pack(">II", 6, 12 + len(body)) + body + struct.pack(">I", 12 + len(body))
    found = read(section + interface + packet)
    assert found == [Packet(5_000_000_000, 113, b"abcd")]


@pytest.mark.parametrize("make", [pcap_of, pcapng_of])
def test_a_file_that_was_cut_off_ends_with_a_note(make: object) -> None:
    whole = make(FRAMES)  # type: ignore[operator]  # one of the two makers
    for size in range(28, len(whole)):
        found = read(whole[:size])
        assert all(isinstance(one, Packet | Note) for one in found)
        assert sum(isinstance(one, Note) for one in found) <= 1
    assert isinstance(read(whole[:-3])[-1], Note)


def test_another_file_is_refused_by_its_first_octets() -> None:
    with pytest.raises(NotACapture, match="504b0304"):
        read(b"PK\x03\x04" + bytes(60))


# Link layers


def _moved(frame: bytes, link: int) -> bytes:
    kind = int.from_bytes(frame[12:14], "big")
    if link == SLL:
        return struct.pack(">HHH8sH", 0, 1, 6, frame[6:12], kind) + frame[14:]
    if link == SLL2:
        return struct.pack(">HHIHBB8s", kind, 0, 2, 1, 0, 6, frame[6:12]) + frame[14:]
    if link == 1:
        return frame[:12] + b"\x81\x00\x00\x07\x88\xa8\x00\x08" + frame[12:]
    return frame[14:]


@pytest.mark.parametrize("link", [SLL, SLL2, 1, 101, 229])
def test_the_same_octets_come_out_of_every_link_layer(link: int) -> None:
    layers, streams = Layers(), Streams()
    found = []
    for when, frame in connection([(START, True, b"request"), (START, False, b"response")]):
        inside = layers.open(Packet(when, link, _moved(frame, link)))
        assert isinstance(inside, Segment)
        found += streams.take(inside)
    assert [one.octets for one in found if isinstance(one, Octets)] == [b"request", b"response"]


def test_a_frame_of_a_modem_is_told_from_the_others() -> None:
    frame = bytes.fromhex("00b0520000010200000000aa88e1") + bytes(46)
    inside = Layers().open(Packet(1, 1, frame))
    assert inside == HomePlug(1, "02:00:00:00:00:aa", "00:b0:52:00:00:01", frame)


def _fragments(frame: bytes, size: int) -> list[bytes]:
    """An IPv6 packet in pieces of ``size`` octets, a multiple of eight."""
    ethernet, head, body = frame[:14], frame[14:54], frame[54:]
    made = []
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        more = at + size < len(body)
        fragment = struct.pack(">BBHI", head[6], 0, at | more, 77) + piece
        made.append(
            ethernet + head[:4] + struct.pack(">HB", len(fragment), 44) + head[7:] + fragment
        )
    return made


def test_fragments_are_joined_in_any_order() -> None:
    chance = random.Random(5)
    for _ in range(50):
        layers, streams, found = Layers(), Streams(), b""
        for when, frame in connection([(START, True, bytes(range(256)) * 4)]):
            pieces = _fragments(frame, 64)
            chance.shuffle(pieces)
            insides = [layers.open(Packet(when, 1, piece)) for piece in pieces]
            (whole,) = [one for one in insides if one is not None]
            assert isinstance(whole, Segment)
            found += b"".join(one.octets for one in streams.take(whole) if isinstance(one, Octets))
        assert found == bytes(range(256)) * 4


# TCP

LONG = bytes(random.Random(1).randrange(256) for _ in range(20_000))


def test_who_called_is_the_client() -> None:
    opened = [one for one in told(connection([])) if isinstance(one, Opened)]
    assert [(one.client.port, one.server.port) for one in opened] == [(50_000, 61_000)]


def test_segments_out_of_order_and_twice_make_the_same_octets() -> None:
    frames = connection([(START, True, LONG)], finish=False)
    greeting, rest = frames[:3], [one for one in frames[3:] if len(one[1]) > 74]
    for seed in range(100):
        chance = random.Random(seed)
        mixed = rest + chance.choices(rest, k=5)
        chance.shuffle(mixed)
        assert heard(greeting + mixed) == LONG


def test_segments_that_overlap_make_the_same_octets() -> None:
    frames = connection([(START, True, LONG)], finish=False)
    base = frames[3][1][: 14 + 40 + 20]
    (first,) = struct.unpack(">I", base[58:62])
    chance = random.Random(3)
    for _ in range(50):
        cuts = [(at, at + chance.randrange(600, 1_400)) for at in range(0, len(LONG), 600)]
        chance.shuffle(cuts)
        mixed = [
            (START, _segment(base, (first + low) % (1 << 32), LONG[low:high])) for low, high in cuts
        ]
        assert heard(frames[:3] + mixed) == LONG


def _segment(base: bytes, number: int, octets: bytes) -> bytes:
    length = struct.pack(">H", 20 + len(octets))
    return base[:18] + length + base[20:58] + struct.pack(">I", number) + base[62:] + octets


def test_a_number_that_wraps_is_followed() -> None:
    frames = connection([], finish=False)
    base = connection([(START, True, b"x")], finish=False)[3][1][:74]
    near = (1 << 32) - 500
    syn = frames[0][1]
    greeting = [(START, syn[:58] + struct.pack(">I", near - 1) + syn[62:])]
    pieces = [
        (START, _segment(base, (near + at) % (1 << 32), LONG[at : at + 400]))
        for at in range(0, 4_000, 400)
    ]
    assert heard(greeting + pieces) == LONG[:4_000]


def test_octets_the_capture_never_saw_are_a_hole_and_what_follows_is_read() -> None:
    said = [(START, True, LONG[at : at + 1_000]) for at in range(0, 10_000, 1_000)]
    frames = connection(said, finish=False)
    data = [place for place, (_, frame) in enumerate(frames) if len(frame) > 1_000]
    lost = [one for place, one in enumerate(frames) if place != data[4]]
    found = told(lost)
    (hole,) = [one for one in found if isinstance(one, Hole)]
    assert hole.missing == 1_000
    assert heard(lost) == LONG[:4_000] + LONG[5_000:10_000]


def test_a_capture_that_began_in_the_middle_is_read_from_there() -> None:
    frames = connection([(START, True, b"abc"), (START, False, b"def")], finish=False)[3:]
    assert heard(frames) == b"abc"
    assert heard(frames, upward=False) == b"def"


def test_the_same_ports_again_are_another_connection() -> None:
    twice = connection([(START, True, b"one")]) + connection([(START, True, b"two")])
    assert sum(isinstance(one, Opened) for one in told(twice)) == 2
    assert heard(twice) == b"onetwo"


def test_noise_never_raises() -> None:
    chance = random.Random(11)
    good = connection([(START, True, LONG[:3_000]), (START, False, LONG[:3_000])])
    layers, streams = Layers(), Streams()
    for _ in range(20_000):
        frame = bytearray(chance.choice(good)[1])
        for _ in range(chance.randrange(1, 6)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        octets = bytes(frame[: chance.randrange(len(frame) + 1)])
        inside = layers.open(Packet(1, chance.choice((1, 1, 1, 0, 101, 113, 276, 9)), octets))
        if isinstance(inside, Segment):
            streams.take(inside)


# Whose connection


def broken_mark(*, announced: bool) -> list[Event]:
    """A frame whose version is wrong, with or without the discovery that led to it."""
    frames = connection([(START, True, b"\x02\xfd\x80\x01\0\0\0\1\x80")])
    if announced:
        frames = [(START, discovery(STATION.port)), *frames]
    return list(Conversation().events(Packet(when, 1, frame) for when, frame in frames))


def discovery(port: int) -> bytes:
    payload = (
        bytes.fromhex("fe80000000000000000000000000000b") + port.to_bytes(2, "big") + b"\x10\0"
    )
    datagram = b"\x01\xfe\x90\x01" + len(payload).to_bytes(4, "big") + payload
    udp = struct.pack(">HHHH", 15118, 50_000, 8 + len(datagram), 0) + datagram
    head = b"\x60\0\0\0" + struct.pack(">HBB", len(udp), 17, 1) + bytes(32)
    return bytes(12) + b"\x86\xdd" + head + udp


def test_what_others_say_to_each_other_is_no_business_of_ours() -> None:
    found = broken_mark(announced=False)
    assert [event.layer for event in found if event.layer is not Layer.TCP] == []


def test_where_a_station_said_it_listens_a_wrong_version_is_found() -> None:
    found = broken_mark(announced=True)
    assert [text for event in found for text in event.wrong] == ["8 octets that are no V2GTP frame"]
