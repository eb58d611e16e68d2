"""Running ECUs are driven and heard through their doors: two processes, real sockets."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.north.processes import Role, free_port, heard

AC = "AC_three_phase_core"


@pytest.fixture
def roles(tmp_path: Path) -> Iterator[tuple[Role, Role]]:
    port = free_port()
    station = Role(
        "secc",
        tmp_path,
        {
            "network.sdp_port": port,
            "session.modes": f"[{AC}]",
            "customer.accept": "false",
        },
    )
    vehicle = Role(
        "evcc",
        tmp_path,
        {
            "network.sdp_port": port,
            "api.values": "north",
            "api.debug": "true",
            "can.bus.interface": "none",
            "session.tries": 20,
            "session.pause": "200 ms",
        },
    )
    yield vehicle, station
    for role in (vehicle, station):
        if role.process.poll() is None:
            role.stop()


def v2g_api(role: Role, *words: str) -> "subprocess.CompletedProcess[str]":
    door = ("--socket", str(role.door))
    return subprocess.run(
        [sys.executable, "-m", "tools.cli", "api", role.name, *door, *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_charge_is_driven_from_both_north_sides(roles: tuple[Role, Role]) -> None:
    vehicle, station = roles
    with vehicle.client() as car, station.client() as box, station.client() as customer:
        customer.ask(watch=["require_auth_eim"])
        car.ask(cmd="set_ac_params", args={"parameters": {"max_voltage": 400, "max_current": 16}})
        car.ask(
            cmd="start_charging",
            args={
                "EnergyTransferMode": AC,
                "SelectedPaymentOption": {"payment_option": "ExternalPayment"},
                "DepartureTime": 3600,
                "EAmount": 11,
            },
        )
        heard(customer, "require_auth_eim")
        box.ask(
            cmd="authorization_response",
            args={"authorization_status": "Accepted", "certificate_status": "Accepted"},
        )
        heard(car, "session_state", "ChargingStatus")
        assert car.ask(get="ac_evse_max_current") == 32.0
        assert car.ask(get="selected_protocol") == "iso2"
        assert car.ask(get="tls_info") == {"version": "", "suite": ""}
        assert box.ask(get="ac_eamount") == 11_000.0
        box.ask(cmd="update_ac_max_current", args={"max_current": 9})
        heard(car, "ac_evse_max_current", 9.0)
        refused = v2g_api(
            vehicle,
            *("call", "start_charging", "EnergyTransferMode=DC_extended", "EAmount=0"),
            *("SelectedPaymentOption={}", "DepartureTime=0"),
        )
        assert refused.returncode == 1
        assert f"EnergyTransferMode: a session with {AC} is running" in refused.stderr
        assert car.ask(get="session_state") == "ChargingStatus"
        car.ask(watch=["session_result", "stop_from_charger"])
        box.ask(cmd="stop_charging", args={"stop": True})
        heard(car, "stop_from_charger")
        result = heard(car, "session_result")
        assert (result["ending"], result["exchange"]) == ("terminated", "SessionStop")
    assert vehicle.stop() == station.stop() == 0
    assert not vehicle.door.exists()
    assert not station.door.exists()
    assert "Traceback" not in vehicle.said() + station.said()


def test_the_command_line_says_what_is_wrong_with_the_door(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tools.cli", "api", "secc"]
    ended = subprocess.run(
        [*words, "--socket", str(tmp_path / "x"), "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "x is not there; start the role with --set api.socket=" in ended.stderr
    ended = subprocess.run(
        [*words, "--socket", str(tmp_path), "call", "setup", "evse_id"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
