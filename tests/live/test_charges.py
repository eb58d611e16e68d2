"""Scenarios played by processes, and two benches that meet at a real interface."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.capture.events import Layer
from tools.capture.sources import events

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "tools.cli", "bench", "run")


def live(name: str, out: Path, *words: str) -> str:
    ended = subprocess.run(
        [*COMMAND, "--live", name, "--out", str(out), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("dc-contract-installation", "agreed: ISO 15118-2, TLSv1.2"),
        ("iso20-dc-contract", "agreed: ISO 15118-20, TLSv1.3"),
        ("ac-three-phase", "agreed: ISO 15118-2, no TLS"),
        ("din", "agreed: DIN 70121, no TLS"),
        ("wpt", "agreed: ISO 15118-20, TLSv1.3"),
        ("acdp", "agreed: ISO 15118-20, TLSv1.3"),
        ("pause-and-resume", "Charged 0."),
        ("station-stops", "Charged 0."),
        ("emergency-stop", "made: emergency stop"),
        ("hot-inlet", "fault: TEMPERATURE_CRITICAL"),
        ("no-voltage", "still ongoing after the limit, at PreCharge"),
    ],
)
def test_a_scenario_ends_as_it_says_between_processes(name: str, says: str, tmp_path: Path) -> None:
    told = live(name, tmp_path)
    assert says in told
    assert "not as expected" not in told
    said = {event.name for event in events(tmp_path / "run.pcapng") if event.layer is Layer.V2G}
    assert "SessionSetupRes" in said


@contextmanager
def wired() -> Iterator[tuple[str, str]]:
    """Two namespaces with one cable between them: ev0 in the first, se0 in the second."""
    names = f"pwl{os.getpid()}v", f"pwl{os.getpid()}s"
    try:
        for name in names:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("link", "add", "ev0", "netns", names[0], "type", "veth", "peer", "se0",
            "netns", names[1])  # fmt: skip
        for name, interface in zip(names, ("ev0", "se0"), strict=True):
            tentative = f"/proc/sys/net/ipv6/conf/{interface}/accept_dad"
            _ip("netns", "exec", name, "sh", "-c", f"echo 0 > {tentative}")
            _ip("-n", name, "link", "set", interface, "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.mark.root
def test_our_vehicle_charges_at_our_station_over_a_real_interface(tmp_path: Path) -> None:
    with wired() as (vehicle, station):
        words = [
            ("ip", "netns", "exec", space, *COMMAND, "--interface", interface, "--role", role,
             "--out", str(tmp_path / role), "--plain", "--timeout", "120")
            for space, interface, role in (
                (station, "se0", "station"), (vehicle, "ev0", "vehicle"),
            )
        ]  # fmt: skip
        running = [
            subprocess.Popen(one, cwd=ROOT, stdout=subprocess.PIPE, text=True) for one in words
        ]
        told = [one.communicate(timeout=200)[0] for one in running]
    assert [one.returncode for one in running] == [0, 0], "\n".join(told)
    for text in told:
        assert "agreed: ISO 15118-2, no TLS" in text
        assert "Charged 0." in text
    assert "SDP done after" in told[1]
    assert "SLAC" not in "".join(told)


@pytest.mark.root
def test_an_interface_that_is_down_or_without_an_address_says_so(tmp_path: Path) -> None:
    with wired() as (vehicle, _station):
        _ip("-n", vehicle, "link", "set", "ev0", "down")
        assert "ev0 is down; `ip link set ev0 up`" in _refused(vehicle, tmp_path)
        _ip("netns", "exec", vehicle, "sh", "-c",
            "echo 1 > /proc/sys/net/ipv6/conf/ev0/disable_ipv6")  # fmt: skip
        _ip("-n", vehicle, "link", "set", "ev0", "up")
        assert "has no IPv6 link-local address" in _refused(vehicle, tmp_path)
        assert "there is no interface 'eth7'" in _refused(vehicle, tmp_path, "eth7")


def _refused(space: str, out: Path, interface: str = "ev0") -> str:
    words = ["ip", "netns", "exec", space, *COMMAND, "--interface", interface, "--out", str(out)]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert not ended.stdout
    return ended.stderr
