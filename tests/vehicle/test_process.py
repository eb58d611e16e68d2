"""The simulated hardware as a process of its own: an ECU on the same bus finds a whole vehicle."""

import subprocess
import sys
from collections.abc import Iterator
from os import getpid

import pytest

from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.config import BusConfig
from can_adapter.drivers.choose import open_port
from can_adapter.signals.quality import Quality
from can_adapter.signals.values import LockRequest, LockState, PlugState, PowerModuleState
from can_adapter.station.bus import open_station_bus
from can_adapter.station.config import StationCanConfig
from can_adapter.vehicle.bus import open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import Requests
from tools.cli import main

VEHICLE, STATION = "239.74.163.79", "239.74.163.80"


class Ecus:
    """Both ECUs' buses in this process, the hardware in another one."""

    def __init__(self, port: int) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        buses = [
            BusConfig(channel=VEHICLE, options={"port": port}),
            BusConfig(channel=STATION, options={"port": port + 1}),
        ]
        ports = [
            open_port(self.scheduler, bus, name, clock=self.clock)
            for bus, name in zip(buses, ("EVCC", "SECC"), strict=True)
        ]
        self.evcc = open_vehicle_bus(self.scheduler, ports[0], VehicleCanConfig(bus=buses[0]))
        self.secc = open_station_bus(self.scheduler, ports[1], StationCanConfig(bus=buses[1]))
        words = f"--channel {VEHICLE} --option port={port} --station-channel {STATION}"
        words += f" --station-option port={port + 1} --soc 61 --seconds 60"
        self.hardware = subprocess.Popen(
            [sys.executable, "-m", "tools.cli", "bench", "hardware", *words.split()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, line: str) -> None:
        assert self.hardware.stdin is not None
        self.hardware.stdin.write(f"{line}\n")
        self.hardware.stdin.flush()

    def until(self, name: str, value: object, *, station: bool = False) -> None:
        signals = self.secc.signals if station else self.evcc.signals
        deadline = self.scheduler.now + 15 * S
        while signals.reading(name).value != value:
            assert self.scheduler.now < deadline, f"{name}: {signals.reading(name)}"
            self.scheduler.run(self.scheduler.now + 5 * MS)

    def close(self) -> str:
        self.evcc.close()
        self.secc.close()
        self.clock.close()
        try:
            self.type("quit")
            return self.hardware.communicate(timeout=20)[0]
        finally:
            self.hardware.kill()


@pytest.fixture
def ecus() -> Iterator[Ecus]:
    made = Ecus(52_000 + 2 * (getpid() % 5_000))
    yield made
    if made.hardware.poll() is None:
        made.close()


def test_the_vehicle_answers_commands_and_the_ecus_see_it(ecus: Ecus) -> None:
    ecus.until("soc", 61.0)
    ecus.until("plug_state", PlugState.UNPLUGGED)
    ecus.type("plug")
    ecus.until("plug_state", PlugState.PLUGGED)
    ecus.evcc.publisher.publish(Requests(lock_request=LockRequest.LOCK))
    ecus.evcc.publisher.start()
    ecus.until("lock_state", LockState.LOCKED)
    ecus.until("module_state", PowerModuleState.STANDBY, station=True)
    ecus.until("evse_maximum_current_limit", 500.0, station=True)
    ecus.type("fault VCU_Permission checksum")
    ecus.until("charge_permission", None)
    assert ecus.evcc.signals.reading("charge_permission").quality is Quality.UNTRUSTED
    ecus.type("mend VCU_Permission checksum")
    ecus.until("charge_permission", True)
    ecus.type("permit no")
    ecus.until("charge_permission", False)
    ecus.type("soc 200")
    ecus.type("fault lock jam")
    ecus.type("dance")
    said = ecus.close()
    assert ecus.hardware.returncode == 0
    assert "soc: a percentage from 0 to 100 is wanted" in said
    assert "no fault 'lock jam'; did you mean lock jams" in said
    assert "unknown word 'dance'; type help" in said
    assert "Traceback" not in said


def test_every_fault_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 60
    assert any(line.split() == ["lock", "jams"] for line in lines)


@pytest.mark.parametrize("words", ["--soc 101", "--target -1", "--interface nonsense"])
def test_what_cannot_be_run_is_refused_with_a_sentence(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "hardware", *words.split()]) == 2
    said = capsys.readouterr().err
    assert said.strip()
    assert "Traceback" not in said
