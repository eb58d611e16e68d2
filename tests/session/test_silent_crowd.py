"""A real station with few descriptors: hundreds of silent connections, and the charge goes on."""

import socket
from pathlib import Path

import pytest

from tests.north.processes import Role
from tests.session.charge import AC, DC, charging
from tools.fuzz.soak import FLOWS

FILES = 256
CROWD = 400


WITH_FEW_FILES = ("sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh")


def knock(port: int) -> socket.socket:
    """Connects, or begins to, and never says anything."""
    made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    made.setblocking(False)
    made.connect_ex(("::1", port))
    return made


def files(role: Role) -> int:
    return len(list((Path("/proc") / str(role.process.pid) / "fd").iterdir()))


@pytest.mark.parametrize(("mode", "tls"), [(AC, False), (DC, True)], ids=["AC plain", "DC TLS"])
def test_a_charge_survives_a_silent_crowd_at_256_descriptors(
    mode: str, *, tls: bool, tmp_path: Path
) -> None:
    """At the door the vehicle came through, and at the other one where there is one."""
    crowd: list[socket.socket] = []
    with charging(tmp_path, mode, tls=tls, under=WITH_FEW_FILES) as charge:
        doors = charge.ports if tls else charge.ports[:1]
        try:
            for _ in range(CROWD):
                crowd += [knock(port) for port in doors]
                charge.attend()
            charge.go_on(20)
            assert files(charge.station) < FILES // 2
            assert charge.session_setups == 1
            charge.until(lambda: charge.source.amps >= FLOWS or mode == AC)
            charge.driver.stop()
            charge.until(lambda: charge.driver.result is not None)
            assert charge.driver.result is not None
            assert charge.driver.result["ending"] == "terminated"
            assert charge.station.stop() == 0
        finally:
            for one in crowd:
                one.close()
