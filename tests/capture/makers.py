"""Captures made for tests: known octets in files of any form, and TLS that Python itself spoke."""

import contextlib
import ssl
import struct
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from bsw.net.frames import Conversation
from bsw.net.ports import Endpoint
from bsw.net.record import pcapng
from bsw.net.record.pcapng import Direction
from bsw.os.clock import MS
from bsw.v2gtp import PayloadType, pack
from tests.peers.recordings import Recording
from tools.doctor.handshake import self_signed

VEHICLE = Endpoint("fe80::a", 50_000)
STATION = Endpoint("fe80::b", 61_000)
START = 1_790_000_000 * 1_000_000_000

Timed = tuple[int, bytes]
"""Nanoseconds, and a frame or the octets of one side."""


def pcapng_of(frames: Iterable[Timed], *, keys: bytes = b"") -> bytes:
    parts = [pcapng.section(), pcapng.interface("plc")]
    if keys:
        parts.append(pcapng.tls_secrets(keys))
    parts += [pcapng.packet(0, when, frame, Direction.UNKNOWN) for when, frame in frames]
    return b"".join(parts)


def pcap_of(
    frames: Iterable[Timed], *, order: str = "<", nano: bool = False, link: int = 1
) -> bytes:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    for when, frame in frames:
        part = when % 1_000_000_000 // (1 if nano else 1_000)
        head = (when // 1_000_000_000, part, len(frame), len(frame))
        out += struct.pack(f"{order}IIII", *head) + frame
    return out


def connection(said: Iterable[tuple[int, bool, bytes]], *, finish: bool = True) -> list[Timed]:
    """Frames of one TCP connection: when, whether the vehicle speaks, octets."""
    frames = Conversation(VEHICLE, STATION, we_called=True)
    made = [(START, one.frame) for one in frames.greet()]
    last = START
    for when, upward, octets in said:
        made += [(when, one.frame) for one in frames.say(octets, outgoing=upward)]
        last = when
    if finish:
        for upward in (True, False):
            made += [(last, one.frame) for one in frames.finish(outgoing=upward)]
    return made


def framed(recording: Recording) -> list[tuple[int, bool, bytes]]:
    """What a recording said, as V2GTP octets with its times."""
    return [
        (START + frame.at * MS, frame.who == "vehicle", pack(PayloadType.EXI, frame.payload))
        for frame in recording.frames
    ]


class Spoken:
    """A TLS connection between two engines of Python's own, with everything that passed."""

    def __init__(
        self, folder: Path, version: ssl.TLSVersion, suite: str = "", curve: str = ""
    ) -> None:
        self.key_log = folder / "keys.log"
        self.wire: list[tuple[bool, bytes]] = []
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
        client.keylog_filename = str(self.key_log)
        certificate = folder / "self.pem"
        certificate.write_bytes(self_signed(ec.SECP256R1()))
        server.load_cert_chain(certificate)
        if curve:
            server.set_ecdh_curve(curve)
        for context in (server, client):
            context.minimum_version = context.maximum_version = version
            if suite:
                context.set_ciphers(suite)
        self._up, self._down = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._to_server, self._from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._client = client.wrap_bio(self._down, self._up)
        self._server = server.wrap_bio(self._to_server, self._from_server, server_side=True)
        self._shake()

    def _shake(self) -> None:
        for _ in range(10):
            for end in (self._client, self._server):
                with contextlib.suppress(ssl.SSLWantReadError):
                    end.do_handshake()
                self._carry()

    def _carry(self) -> None:
        """What either end wrote goes over, and is kept."""
        if octets := self._up.read():
            self.wire.append((True, octets))
            self._to_server.write(octets)
        if octets := self._from_server.read():
            self.wire.append((False, octets))
            self._down.write(octets)

    def say(self, octets: bytes, *, upward: bool) -> None:
        (self._client if upward else self._server).write(octets)
        self._carry()
        end = self._server if upward else self._client
        got = b""
        while len(got) < len(octets):
            got += end.read(len(octets))
        assert got == octets

    @property
    def suite(self) -> str:
        agreed = self._client.cipher()
        assert agreed is not None
        return agreed[0]

    def keys(self) -> bytes:
        return self.key_log.read_bytes()
