"""A battery made of other people's code alone understands the ECU, and the other way round."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from os import getpid
from pathlib import Path

import pytest

from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.config import BusConfig
from can_adapter.drivers.choose import open_port
from can_adapter.matrix.model import shipped_matrix
from can_adapter.signals.values import ContactorRequest, ContactorState, EvErrorCode
from can_adapter.vehicle.bus import VehicleBus, open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import Requests

SCRIPT = Path(__file__).with_name("foreign_bms.py")
ROOMS = {"bsw", "can_adapter", "csm", "ecu", "evcc", "keym", "secc", "tools", "tests"}


class Host:
    def __init__(self, port: int) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        bus = BusConfig(channel="239.74.163.78", options={"port": port, "hop_limit": 0})
        config = VehicleCanConfig(bus=bus)
        self.ecu: VehicleBus = open_vehicle_bus(
            self.scheduler, open_port(self.scheduler, bus, "EVCC", clock=self.clock), config
        )

    def until(self, name: str, value: object, within: int = 5 * S) -> None:
        deadline = self.scheduler.now + within
        while self.ecu.signals.reading(name).value != value:
            assert self.scheduler.now < deadline, f"{name}: {self.ecu.signals.reading(name)}"
            self.scheduler.run(self.scheduler.now + 5 * MS)


@pytest.fixture
def host() -> Iterator[Host]:
    port = 41_000 + getpid() % 10_000
    made = Host(port)
    folder = str(shipped_matrix("bms.dbc").parent)
    words = [sys.executable, str(SCRIPT), folder, "239.74.163.78", str(port)]
    battery = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        yield made
        assert battery.poll() is None, battery.communicate()[1]
    finally:
        battery.kill()
        battery.communicate()
        made.ecu.close()
        made.clock.close()


def test_the_foreign_battery_imports_nothing_of_ours() -> None:
    tree = ast.parse(SCRIPT.read_text())
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & ROOMS
    assert {"can", "cantools"} <= imported


def test_its_values_arrive_and_it_closes_its_contactors_when_asked(host: Host) -> None:
    host.ecu.publisher.publish(Requests(contactor_request=ContactorRequest.OPEN))
    host.ecu.publisher.start()
    host.until("soc", 55.5, 10 * S)
    host.until("max_current_limit", 350.0)
    state = host.ecu.signals.state
    assert state.battery.ev_error_code is EvErrorCode.NO_ERROR
    assert state.battery.energy_capacity == 82_000.0
    assert state.battery.energy_request is None
    assert state.targets.target_voltage == 440.5
    assert state.targets.target_current == 123.4
    assert state.targets.ev_ready is True
    assert state.contactors.link_voltage == 401.2
    assert state.contactors.contactor_state is ContactorState.OPEN
    host.ecu.publisher.publish(Requests(contactor_request=ContactorRequest.CLOSE))
    host.until("contactor_state", ContactorState.CLOSED)
