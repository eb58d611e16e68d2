"""Foreign stacks on raw sockets: ours as the vehicle, ours as the station, our modems between."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slac.peers import plc_utility, pyslac_python
from tools.interop import slac
from tools.interop.powerline import V2G, PowerLine, power_line
from tools.interop.slac import EVSE_INI, PEV_INI, configured
from tools.interop.wire import Program, ip

pytestmark = [pytest.mark.root, pytest.mark.skipif(sys.platform != "linux", reason="Linux only")]

EVSE_NID = "026bcba5354e08"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[PowerLine]:
    with power_line(tmp_path) as made:
        yield made


def fields(verdict: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", verdict))


def status_of(program: Program) -> int | None:
    """As it ends by itself."""
    program.wait(20)
    return program.status


@pytest.mark.peer
@pytest.mark.parametrize(
    ("response_type", "station", "profile"),
    [(1, "00" * 17, "conformance"), (0, "BB" * 17, "field")],
    ids=["by the letter", "as shipped"],
)
def test_our_vehicle_matches_with_plc_utils_evse(
    line: PowerLine, response_type: int, station: str, profile: str
) -> None:
    text = EVSE_INI.format(response_type=response_type, station=station)
    ini = configured(line, "evse.ini", text)
    line.modems("--attenuation", "12")
    evse = line.next("se", plc_utility("evse"), "-i", "se0", "-p", ini)
    evse.wait_for("Listening")
    vehicle = line.vehicle("--profile", profile)
    verdict = fields(vehicle.wait_for("MATCHED"))
    assert verdict["nid"] == EVSE_NID
    assert verdict["attenuation"] == "12"
    assert status_of(vehicle) == 0


@pytest.mark.peer
def test_our_vehicle_does_not_match_plc_utils_evse_with_response_type_0_by_the_letter(
    line: PowerLine,
) -> None:
    ini = configured(line, "evse.ini", EVSE_INI.format(response_type=0, station="00" * 17))
    line.modems()
    evse = line.next("se", plc_utility("evse"), "-i", "se0", "-p", ini)
    evse.wait_for("Listening")
    vehicle = line.vehicle("--profile", "conformance")
    assert "reason=NO_STATION" in vehicle.wait_for("FAILED")
    assert status_of(vehicle) == 1


@pytest.mark.peer
@pytest.mark.parametrize("profile", ["conformance", "field"])
def test_our_vehicle_matches_with_pyslac(line: PowerLine, profile: str) -> None:
    python = pyslac_python()
    line.modems("--attenuation", "12")
    script = str(Path(slac.__file__).with_name("pyslac_station.py"))
    station = line.next("se", python, script, "se0")
    station.wait_for("READY")
    vehicle = line.vehicle("--profile", profile)
    ours = fields(vehicle.wait_for("MATCHED"))
    theirs = fields(station.wait_for("MATCHED nid="))
    assert ours["nid"] == theirs["nid"]
    assert theirs["sounds"] == "10"
    assert status_of(vehicle) == 0


@pytest.mark.peer
def test_our_station_matches_with_plc_utils_pev(line: PowerLine) -> None:
    ini = configured(line, "pev.ini", PEV_INI)
    line.modems("--attenuation", "12")
    station = line.station("--stay")
    pev = line.next("ev", plc_utility("pev"), "-i", "ev0", "-p", ini)
    verdict = fields(station.wait_for("MATCHED"))
    assert verdict["attenuation"] == "12"
    pev.wait_for("Charging")
    # pev unplugs after its charge time; our station notices by the link
    assert "reason=LINK_DOWN" in station.wait_for("LOST")


@pytest.mark.peer
def test_our_station_is_not_chosen_by_pev_when_it_is_far_away(line: PowerLine) -> None:
    ini = configured(line, "pev.ini", PEV_INI)
    line.modems("--attenuation", "60")
    station = line.station()
    pev = line.next("ev", plc_utility("pev"), "-i", "ev0", "-p", ini)
    pev.wait_for("Average attenuation (60)")
    assert "MATCHED" not in station.text()


def test_our_halves_match_and_ip_passes_only_while_they_are_members(line: PowerLine) -> None:
    line.modems("--attenuation", "12", "--vehicle", "ev1")
    station = line.station("--stay")
    assert not hears(line, "before the match")
    vehicle = line.vehicle("--stay")
    vehicle.wait_for("MATCHED")
    station.wait_for("MATCHED")
    assert hears(line, "linked")
    assert received_by_tcp(line, 300_000) == 300_000
    vehicle.end()
    assert "reason=LINK_DOWN" in station.wait_for("LOST")
    assert not hears(line, "after the vehicle has left")


def test_a_modem_reset_ends_the_link_with_a_reason_and_a_new_run_matches(line: PowerLine) -> None:
    line.modems()
    first_station, first_vehicle = line.station("--stay"), line.vehicle("--stay")
    first_vehicle.wait_for("MATCHED")
    first_station.wait_for("MATCHED")
    reset = line.next("se", *V2G, "slac", "ask", "-i", "se0", "--reset")
    reset.wait_for("VS_RS_DEV.CNF")
    assert "reason=LINK_DOWN" in first_vehicle.wait_for("LOST")
    assert "reason=LINK_DOWN" in first_station.wait_for("LOST")
    line.station()
    line.vehicle().wait_for("MATCHED")


def test_the_own_modem_says_who_it_is(line: PowerLine) -> None:
    line.modems()
    asking = line.next("ev", *V2G, "slac", "ask", "-i", "ev0")
    assert status_of(asking) == 0
    assert "device=34 length=25 text='Pilotwire simulated modem'" in asking.text()
    assert "VS_PL_LNK_STATUS.CNF status=0 link=0" in asking.text()


def test_where_no_modem_is_that_is_said(line: PowerLine) -> None:
    asking = line.next("ev", *V2G, "slac", "ask", "-i", "ev0", "--wait", "0.3")
    assert status_of(asking) == 1
    assert "no modem answered" in asking.text()


def test_a_planned_reset_happens_and_wrong_plans_are_explained(line: PowerLine) -> None:
    modems = line.modems("--at", "0.1:reset:se1", "--timeout", "1", "--between", "ev1,se1,20")
    assert status_of(modems) == 0
    for words, complaint in (
        (("--at", "soon:reset:se1"), "write it as 2.5:reset:ev1"),
        (("--between", "ev1,nope,3"), "write it as ev1,se1,12"),
    ):
        program = line.next("plc", *V2G, "slac", "modem", "ev1", "se1", *words)
        assert status_of(program) == 2
        assert complaint in program.text()


def test_a_missing_interface_is_explained(line: PowerLine) -> None:
    program = line.next("ev", sys.executable, "-m", "tools.cli", "slac", "ev", "-i", "nope0")
    assert status_of(program) == 1
    assert "there is no such interface" in program.text()
    assert "Traceback" not in program.text()


HEAR = """
import socket, sys, time
end = time.monotonic() + 3
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(0.1)
scope = socket.if_nametoindex(sys.argv[1])
group = socket.inet_pton(socket.AF_INET6, "ff02::1")
if sys.argv[2] == "hear":
    s.bind(("", 40001))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + scope.to_bytes(4, "little"))
    print("LISTENING", flush=True)
while time.monotonic() < end:
    if sys.argv[2] == "say":
        s.sendto(b"hello", ("ff02::1", 40001, 0, scope))
        time.sleep(0.1)
    else:
        try:
            s.recvfrom(100)
        except TimeoutError:
            continue
        print("HEARD", flush=True)
        break
"""


def hears(line: PowerLine, _when: str) -> bool:
    """Whether a multicast datagram of the vehicle reaches the station's host."""
    ear = line.next("se", sys.executable, "-c", HEAR, "se0", "hear")
    ear.wait_for("LISTENING")
    mouth = line.next("ev", sys.executable, "-c", HEAR, "ev0", "say")
    ear.wait(20)
    mouth.end()
    return "HEARD" in ear.text()


TCP = """
import socket, sys
scope = socket.if_nametoindex(sys.argv[1])
if sys.argv[2] == "take":
    listener = socket.create_server(("::", 40002), family=socket.AF_INET6)
    print("LISTENING", flush=True)
    stream, _ = listener.accept()
    stream.settimeout(10)
    count = 0
    while data := stream.recv(65536):
        count += len(data)
    print("TOOK", count, flush=True)
else:
    stream = socket.create_connection((sys.argv[2] + "%" + sys.argv[1], 40002), timeout=10)
    stream.sendall(bytes(int(sys.argv[3])))
"""


def received_by_tcp(line: PowerLine, octets: int) -> int:
    """What is left of large segments, whose cutting was left to the virtual card."""
    shown = ip("-n", line.namespace("se"), "-6", "-o", "addr", "show", "dev", "se0")
    address = shown.split("inet6 ")[1].split("/")[0]
    taker = line.next("se", sys.executable, "-c", TCP, "se0", "take")
    taker.wait_for("LISTENING")
    line.next("ev", sys.executable, "-c", TCP, "ev0", address, str(octets))
    return int(taker.wait_for("TOOK ").split()[1])
