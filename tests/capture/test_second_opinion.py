"""Scapy as a second opinion: frames it crafts are read, and what we record it reads."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from bsw.v2gtp import PayloadType, pack
from tests.capture.makers import START, connection, framed, pcapng_of
from tests.peers.recordings import everything
from tools.capture.events import Event, Layer
from tools.capture.sources import events

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # scapy looks at this machine's routes when it is imported
    scapy: Any = pytest.importorskip("scapy.all")

ONE = next(one for one in everything() if one.mode == "DC_extended" and not one.secure)
VEHICLE, STATION = "fe80::a", "fe80::b"


def spoken(cut: int, *, vlan: bool = False, backwards: bool = False) -> list[Any]:
    """The recording as scapy's TCP segments of at most ``cut`` octets."""
    numbers = {VEHICLE: 1_000, STATION: 9_000}
    packets = [segment(VEHICLE, "S", 999, b"", vlan=vlan), segment(STATION, "SA", 8_999, b"")]
    for frame in ONE.frames:
        who = VEHICLE if frame.who == "vehicle" else STATION
        octets = pack(PayloadType.EXI, frame.payload)
        made = []
        for at in range(0, len(octets), cut):
            part = octets[at : at + cut]
            made.append(segment(who, "PA", numbers[who], part, vlan=vlan))
            numbers[who] += len(part)
        packets += reversed(made) if backwards else made
    return packets


def segment(who: str, flags: str, number: int, octets: bytes, *, vlan: bool = False) -> object:
    source, target = (VEHICLE, STATION) if who == VEHICLE else (STATION, VEHICLE)
    ports = {"sport": 50_000, "dport": 61_000}
    if who == STATION:
        ports = {"sport": 61_000, "dport": 50_000}
    frame = scapy.Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    if vlan:
        frame /= scapy.Dot1Q(vlan=7)
    tcp = scapy.TCP(flags=flags, seq=number, ack=1, **ports)
    return frame / scapy.IPv6(src=source, dst=target) / tcp / octets


def messages(path: Path) -> list[Event]:
    return [event for event in events(path) if event.layer is Layer.V2G]


@pytest.mark.parametrize("write", ["wrpcap", "wrpcapng"])
@pytest.mark.parametrize(
    "shape",
    [{"cut": 1_400}, {"cut": 7}, {"cut": 11, "vlan": True}, {"cut": 13, "backwards": True}],
    ids=["whole", "crumbs", "vlan", "out of order"],
)
def test_what_scapy_crafts_is_read(write: str, shape: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "crafted"
    getattr(scapy, write)(str(file), spoken(**shape))
    assert [event.octets for event in messages(file)] == [frame.payload for frame in ONE.frames]


def test_a_discovery_behind_extension_headers_is_read(tmp_path: Path) -> None:
    request = bytes.fromhex("01fe9000000000021000")
    udp = scapy.UDP(sport=49_152, dport=15_118) / request
    options = scapy.IPv6ExtHdrHopByHop() / scapy.IPv6ExtHdrDestOpt()
    packet = scapy.Ether() / scapy.IPv6(src=VEHICLE, dst="ff02::1") / options / udp
    file = tmp_path / "sdp.pcap"
    scapy.wrpcap(str(file), [packet])
    found = [event for event in events(file) if event.layer is Layer.SDP]
    assert [event.name for event in found] == ["SDP request"]


def test_what_we_write_scapy_reads_to_the_octet(tmp_path: Path) -> None:
    file = tmp_path / "ours.pcapng"
    file.write_bytes(pcapng_of(connection(framed(ONE))))
    packets = scapy.rdpcap(str(file))
    said = b"".join(
        bytes(one[scapy.TCP].payload) for one in packets if one[scapy.IPv6].src == VEHICLE
    )
    wanted = [frame.payload for frame in ONE.frames if frame.who == "vehicle"]
    assert said == b"".join(pack(PayloadType.EXI, payload) for payload in wanted)
    assert int(packets[0].time) == START // 1_000_000_000
    for one in packets:
        again = one.copy()
        del again[scapy.TCP].chksum
        rebuilt = scapy.Ether(bytes(again))[scapy.TCP].chksum
        assert rebuilt == one[scapy.TCP].chksum
