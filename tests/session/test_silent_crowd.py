"""A real station with few descriptors: hundreds of silent connections, and the charge goes on."""

import contextlib
import resource
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tests.north.processes import WAIT, Role, free_port, heard

FILES = 256
CROWD = 400
AC = "AC_three_phase_core"


@contextlib.contextmanager
def few_files() -> Iterator[None]:
    """For the processes that start in here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def knock(port: int) -> socket.socket:
    """Connects, or begins to, and never says anything."""
    made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    made.setblocking(False)
    made.connect_ex(("::1", port))
    return made


def files(role: Role) -> int:
    return len(list((Path("/proc") / str(role.process.pid) / "fd").iterdir()))


def settled(role: Role, name: str, more: int) -> None:
    """Until it has heard so many more of these messages."""
    wanted = role.messages().count(name) + more
    deadline = time.monotonic() + WAIT
    while role.messages().count(name) < wanted:
        assert role.process.poll() is None, role.said()
        assert time.monotonic() < deadline, role.said()
        time.sleep(0.05)


def test_a_charge_survives_a_silent_crowd_at_256_descriptors(tmp_path: Path) -> None:
    sdp = free_port()
    port = 50_000 + sdp % 10_000
    common = {"network.sdp_port": sdp, "network.interface": "lo"}
    crowd: list[socket.socket] = []
    with few_files():
        station = Role(
            "secc", tmp_path, {**common, "network.plain_port": port, "session.modes": f"[{AC}]"}
        )
    vehicle = Role("evcc", tmp_path, {**common, "api.values": "north", "can.bus.interface": "none"})
    try:
        with vehicle.client() as car, station.client() as box:
            box.ask(watch=["ac_close_contactor", "ac_open_contactor", "dlink_error"])
            car.ask(watch=["session_state"])
            limits = {"max_voltage": 400, "max_current": 16}
            car.ask(cmd="set_ac_params", args={"parameters": limits})
            wanted = {
                "EnergyTransferMode": AC,
                "SelectedPaymentOption": {"payment_option": "ExternalPayment"},
                "DepartureTime": 3600,
                "EAmount": 11,
            }
            car.ask(cmd="start_charging", args=wanted)
            heard(car, "session_state", "ChargingStatus")
            crowd += [knock(port) for _ in range(CROWD)]
            settled(station, "ChargingStatusReq", 20)
            assert files(station) < FILES // 2
            assert "SessionSetupReq" in station.messages()
            assert station.messages().count("SessionSetupReq") == 1
        assert station.stop() == 0
    finally:
        for one in crowd:
            one.close()
        for role in (station, vehicle):
            if role.process.poll() is None:
                role.stop(signal.SIGKILL)
