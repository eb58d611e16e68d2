"""The three shipped configurations, started as their units say: a modem, an island, a charge.

There is no systemd here.  What the unit says is done by hand: its command, environment, user with
one capability, a file system that is read-only but for the state folder, readiness by datagram.
"""

import json
import os
import shlex
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hardware.cable import cable
from tests.hardware.street import Street, street
from tests.island.process import IslandProcess, island
from tests.packaging.test_deploy import of, settings, unit
from tests.tidy.tree import ROOT
from tools.interop.wire import Program

pytestmark = [pytest.mark.root, pytest.mark.skipif(sys.platform != "linux", reason="Linux only")]

NOBODY = 65_534
SANDBOX = """
mount --make-rprivate /
{opened}mount --bind {state} {state}
mount -o remount,bind,ro /
cd {state}
exec setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs \\
  --bounding-set -all,+net_raw --inh-caps -all,+net_raw --ambient-caps -all,+net_raw \\
  env -i {environment} {command}
"""
HERE = {
    "evcc": ("can.bus.interface=udp_multicast", "can.bus.channel=239.74.163.2",
             "can.bus.options={port: 43210}", "can.timeout_cycles=100"),
    "secc": ("hardware.power=simulated",),
}  # fmt: skip
"""What this machine has otherwise: no SocketCAN, and no power module behind one."""


OPENED = """
mount --bind {base} {spare}
mount -t tmpfs -o mode=755 tmpfs {closed}
mkdir -p {base}
mount --bind {spare} {base}
"""
"""In place of a folder that hides the interpreter from others, one that does not."""


def opened(spare: Path) -> str:
    base = Path(sys.base_prefix).resolve()
    for folder in reversed(base.parents):
        if not folder.stat().st_mode & 0o001:
            spare.mkdir(exist_ok=True)
            return OPENED.format(base=base, spare=spare, closed=folder)
    return ""


@contextmanager
def anybodys() -> Iterator[Path]:
    """A folder that others may read; pytest's own are root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="pilotwire-units-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Service:
    """One unit, started."""

    def __init__(self, line: Street, side: str, name: str, guard: IslandProcess) -> None:
        role = name[:4]
        self.state = line.folder / f"state-{role}"
        self.state.mkdir()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        place = line.folder / f"{role}.notify"
        self._notify.bind(str(place))
        self._notify.settimeout(0.1)
        for path in (self.state, place, Path(guard.terminal)):
            os.chown(path, NOBODY, NOBODY)
        shutil.copy(ROOT / "deploy" / "config" / f"{name}.yaml", line.folder / f"{role}.yaml")
        script = SANDBOX.format(
            opened=opened(line.folder / f"python-{role}"),
            state=self.state,
            user=NOBODY,
            environment=" ".join(self._environment(role, place)),
            command=self._command(role, side, line, guard),
        )
        self.program = line.start(side, "unshare", "--mount", "sh", "-ec", script, log=role)

    def _environment(self, role: str, place: Path) -> Iterator[str]:
        yield from of(unit(role), "Environment").split()
        seconds = int(of(unit(role), "WatchdogSec").removesuffix("s"))
        yield f"WATCHDOG_USEC={seconds * 1_000_000}"
        yield f"NOTIFY_SOCKET={place}"
        yield f"STATE_DIRECTORY={self.state}"
        yield f"HOME={self.state}"

    def _command(self, role: str, side: str, line: Street, guard: IslandProcess) -> str:
        said = of(unit(role), "ExecStart")
        said = said.replace("/opt/pilotwire/bin", shlex.quote(str(Path(sys.executable).parent)))
        said = said.replace("/etc/pilotwire", str(line.folder))
        patient = ("link=1000 ms", "valid=300 ms", "loop=1000 ms")  # a busy host of tests
        more = (
            f"link.interface={side}0",
            f"hardware.island.device={guard.terminal}",
            *(f"hardware.island.{one}" for one in patient),
            *HERE[role],
        )
        return said + "".join(f" --set '{one}'" for one in more)

    def wait_for(self, word: str) -> None:
        """What it tells the service manager."""
        for _ in range(900):
            if word in self._told():
                return
            if self.program.over():
                break
        raise AssertionError(f"{word} was not told:\n{self.program.text()}")

    def _told(self) -> str:
        try:
            return self._notify.recv(4096).decode()
        except TimeoutError:
            return ""

    def close(self) -> None:
        self._notify.close()

    @property
    def log(self) -> list[dict[str, object]]:
        return [json.loads(one) for one in self.program.text().splitlines() if one[:1] == "{"]


def ended(service: Service) -> bool:
    return any(one.get("event") == "session ended" for one in service.log)


def status_of(program: Program) -> dict[str, str]:
    pid = next(Path(f"/proc/{program.process.pid}/task").iterdir()).name
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("vehicle", ["evcc", "evcc-plc-board"])
def test_vehicle_and_charger_charge_under_their_units(vehicle: str) -> None:
    """The charger with the gateway, and with the PLC daughter board."""
    with (
        anybodys() as folder,
        street(folder) as line,
        island("--terminal") as front,
        island("--terminal") as back,
    ):
        charge(line, vehicle, front, back)


def begun(service: Service) -> None:
    service.wait_for("READY=1")
    seen = status_of(service.program)
    assert int(seen["CapEff"], 16) == 1 << 13, "CAP_NET_RAW and nothing else"
    assert seen["Uid"].split() == [str(NOBODY)] * 4
    assert seen["NoNewPrivs"] == "1"


def stop(service: Service) -> None:
    service.program.process.terminate()
    service.wait_for("STOPPING=1")
    assert service.program.wait(60)
    assert service.program.status == 0, service.program.text()
    assert list(service.state.iterdir()), "what it keeps lies in its state folder"


def charge(line: Street, vehicle: str, front: IslandProcess, back: IslandProcess) -> None:
    words = ("--channel", "239.74.163.2", "--option", "port=43210", "--plug", "--believe", "told")
    car = line.ours("ev", "tools.cli", "bench", "hardware", *words, log="car")
    evcc = Service(line, "ev", vehicle, front)
    secc = Service(line, "se", "secc", back)
    try:
        for service in (evcc, secc):
            begun(service)
        with cable(front, back):
            front.wait("closed", coils=3)
            car.type("target 0")
            for _ in range(1200):
                if ended(evcc) or evcc.program.wait(0.1):
                    break
        assert ended(evcc), evcc.program.text() + secc.program.text()
        assert "terminated" in evcc.program.text().lower()
        for service in (evcc, secc):
            stop(service)
    finally:
        evcc.close()
        secc.close()


def test_what_a_unit_says_is_what_is_done_here() -> None:
    """A key that comes to the unit and changes what may be done comes here as well."""
    for role in ("evcc", "secc"):
        assert of(unit(role), "AmbientCapabilities") == "CAP_NET_RAW"
        assert of(unit(role), "NoNewPrivileges") == "yes"
        assert of(unit(role), "ProtectSystem") == "strict"
        assert of(unit(role), "DynamicUser") == "yes"
        assert [value for key, value in settings(unit(role)) if key == "ReadWritePaths"] == []
