"""Where a conversation comes from: pipes, matrices, interfaces, and files that were damaged."""

import gzip
import io
import json
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from bsw.net.record import pcapng
from bsw.v2gtp import PayloadType, pack
from tests.capture.makers import START, connection, framed, pcap_of, pcapng_of
from tests.peers.recordings import everything
from tools.capture.conversation import Conversation
from tools.capture.events import Layer
from tools.capture.sources import events
from tools.capture.wire.live import Tap, grown
from tools.capture.wire.packets import KeyLog
from tools.cli import main

ONE = everything()[2]
GOOD = pcapng_of(connection(framed(ONE)))
HELLO = ONE.frames[0].payload.hex()


def captured(high: int, low: int, *options: bytes) -> bytes:
    """The recording at one time, of an interface with these options."""
    described = struct.pack("<HHI", 1, 0, 0) + b"".join(options) + bytes(4)
    size = len(described) + 12
    out = pcapng.section() + struct.pack("<II", 1, size) + described + struct.pack("<I", size)
    for _, frame in connection(framed(ONE)):
        body = struct.pack("<IIIII", 0, high, low, len(frame), len(frame)) + frame
        body += bytes(-len(body) % 4)
        size = len(body) + 12
        out += struct.pack("<II", 6, size) + body + struct.pack("<I", size)
    return out


OFFSET = struct.pack("<HHq", 14, 8, (1 << 63) - 1)
SECONDS = struct.pack("<HHBxxx", 9, 1, 0)
LATE = 0xFFFFFFFF
HOSTILE = {
    "times beyond every calendar": captured(LATE, LATE),
    "times beyond every number": captured(LATE, LATE, OFFSET, SECONDS),
    "cut off in the middle": GOOD[: len(GOOD) // 2],
    "cut off in the first block": GOOD[:11],
    "a block of 4 GB": GOOD[:28] + struct.pack("<II", 6, 0xFFFFFFFC) + GOOD[36:],
    "packed and cut off": gzip.compress(GOOD)[:-20],
    "packed and damaged": gzip.compress(GOOD)[:40] + b"?" * 20 + gzip.compress(GOOD)[60:],
    "a bottomless object": b'{"a":' * 20_000,
    "a number without end": b"(" + b"9" * 5_000 + b".1) can0 123#00\n",
    "the 99th of the 99th": b"2026-99-99 12:00:00 received " + HELLO.encode(),
    "a zone beyond the day": b"2026-11-30 12:00:00+99:99 received " + HELLO.encode(),
    "a trace of no octets": b'{"serial":1,"kind":"message","fields":{"exi":{"hex":"zz"}},"time":1}',
    "a line of a million digits": b"0" * 1_000_000,
    "nothing at all": b"",
}  # fmt: skip


@pytest.mark.parametrize("octets", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("words", [[], ["--json"], ["--html", "report.html"]], ids=str)
def test_what_is_damaged_is_read_as_far_as_it_goes_or_refused_in_a_sentence(
    octets: bytes,
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hostile").write_bytes(octets)
    assert main(["decode", *words, "hostile"]) in {0, 1, 2}
    said = capsys.readouterr().err
    assert said == "" or said.startswith("v2g decode: hostile: nothing to decode in it")


def test_what_a_damaged_archive_still_tells_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    lines = f"{HELLO}\n".encode() * 5_000
    path.write_bytes(gzip.compress(lines + os.urandom(60_000).hex().encode())[:-60_000])
    found = list(events(path))
    assert found[0].name == "SupportedAppProtocolReq"
    assert "gzip file is damaged" in found[-1].wrong[0]


def test_a_pipe_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(GOOD))))
    told = [one.octets for one in events(Path("-")) if one.layer is Layer.V2G]
    assert told == [frame.payload for frame in ONE.frames]


def test_octets_inside_objects_and_times_without_a_day_are_read(tmp_path: Path) -> None:
    path = tmp_path / "everest.log"
    data = {"exi": HELLO, "exi_base64": "gABA", "id": "SupportedAppProtocolReq"}
    path.write_text(
        json.dumps({"name": "v2g_messages", "data": data})
        + f"\n12:00:00.500 DEBUG iso15118.shared.exi_codec EXI-encoded message: {HELLO}\n"
    )
    first, second = events(path)
    assert first.name == second.name == "SupportedAppProtocolReq"
    assert second.when == (12 * 3600 * 1000 + 500) * 1_000_000


def test_another_handshake_in_a_log_is_another_connection(tmp_path: Path) -> None:
    path = tmp_path / "two.log"
    text = "".join(f"{frame.payload.hex()}\n" for frame in ONE.frames)
    path.write_text(text * 2)
    found = list(events(path))
    assert [one.connection for one in found] == [1] * len(ONE.frames) + [2] * len(ONE.frames)
    assert main(["decode", str(path)]) == 0  # a second session is no message after the end


def test_there_must_be_a_file_or_an_interface(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode"]) == 2
    assert "name files, or interfaces with -i" in capsys.readouterr().err


# CAN


def test_a_matrix_names_frames_and_their_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    matrix = tmp_path / "own.dbc"
    matrix.write_text(
        'VERSION ""\nNS_ :\nBS_:\nBU_: BMS\n'
        "BO_ 291 Pack: 3 BMS\n"
        ' SG_ Volts : 0|16@1+ (0.1,0) [0|1000] "V" BMS\n'
        ' SG_ State : 16|8@1+ (1,0) [0|2] "" BMS\n'
        'VAL_ 291 State 1 "Closed" 0 "Open" ;\n'
    )
    log = tmp_path / "can.log"
    log.write_text("(1790000000.1) can0 123#A00F01\n(1790000000.2) can0 123#A0\n")
    assert main(["decode", "--dbc", str(matrix), str(log)]) == 1
    told = capsys.readouterr().out
    assert "Pack  Volts 400 V  State Closed" in told
    assert "1 octets, where Pack has 3" in told
    assert main(["decode", "--dbc", str(matrix), "--field", "Volts", str(log)]) == 0
    assert capsys.readouterr().out == "seconds\tVolts\n0.000000\t400.0\n"
    assert main(["decode", "--dbc", str(tmp_path / "none.dbc"), str(log)]) == 2
    assert "there is no file" in capsys.readouterr().err


@pytest.mark.parametrize("link", [227, 113])
def test_can_frames_of_a_capture_are_read(link: int, tmp_path: Path) -> None:
    frame = struct.pack(">IBBxx", 0x98FF50E5, 3, 0) + b"\x01\x02\x03\0\0\0\0\0"
    cooked = struct.pack(">HHH8sH", 0, 280, 0, bytes(8), 0x000C) if link == 113 else b""
    path = tmp_path / "can.pcap"
    path.write_bytes(pcap_of([(START, cooked + frame)], link=link))
    (event,) = events(path)
    assert (event.layer, event.name, event.octets) == (Layer.CAN, "CAN 18FF50E5", b"\1\2\3")


# An interface


def may_listen() -> bool:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except OSError:
        return False
    return True


def test_an_interface_that_is_not_there_is_said_to_be_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["decode", "-i", "no-such-line"]) == 1
    assert "v2g decode: no raw socket on no-such-line: " in capsys.readouterr().err


@pytest.mark.root
@pytest.mark.skipif(not may_listen(), reason="raw sockets need root or CAP_NET_RAW")
def test_what_passes_an_interface_is_told_until_a_signal_ends_it() -> None:
    tap = Tap(["lo"], time.time_ns, None)
    heard = []
    with tap.until_told(), socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        talk(port, server)
        for event in Conversation().events(tap.packets()):
            if event.layer is Layer.V2G and str(port) in event.source + event.destination:
                heard.append(event)
                os.kill(os.getpid(), signal.SIGINT)  # what was held back is still told
    assert [one.name for one in heard] == ["SupportedAppProtocolReq", "SupportedAppProtocolRes"]
    assert 0 <= heard[1].when - heard[0].when < 60_000_000_000
    assert abs(heard[0].when - time.time_ns()) < 600_000_000_000


def talk(port: int, server: socket.socket) -> None:
    with socket.create_connection(("::1", port)) as vehicle:
        station, _ = server.accept()
        with station:
            vehicle.sendall(pack(PayloadType.EXI, ONE.frames[0].payload))
            station.recv(1_000)
            station.sendall(pack(PayloadType.EXI, ONE.frames[1].payload))
            vehicle.recv(1_000)


def test_keys_that_are_written_meanwhile_are_found(tmp_path: Path) -> None:
    path = tmp_path / "keys.log"
    path.write_bytes(b"first 1 1\nsec")
    with path.open("rb") as file, path.open("ab") as writer:
        assert list(grown(file)) == [KeyLog(b"first 1 1\n")]
        assert list(grown(file)) == []
        writer.write(b"ond 2 2\n")
        writer.flush()
        assert list(grown(file)) == [KeyLog(b"second 2 2\n")]
