"""``pilotwire.Station`` and ``Vehicle``: both ECUs inside one program, on the host's clock."""

import gc
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotwire.ecu import (
    CannotStart,
    CommandError,
    ConfigurationError,
    NotRunning,
    Station,
    Status,
    Vehicle,
)
from tests.north.processes import free_port

AC = "AC_three_phase_core"
START = {
    "EnergyTransferMode": AC,
    "SelectedPaymentOption": {"payment_option": "ExternalPayment"},
    "DepartureTime": 3600,
    "EAmount": 11,
}


@pytest.fixture
def settings() -> dict[str, object]:
    return {"network.interface": "lo", "network.sdp_port": free_port(), "nvm.file": None}


@pytest.fixture
def station(settings: dict[str, object]) -> Iterator[Station]:
    with Station({**settings, "session.modes": [AC]}) as station:
        yield station


@pytest.fixture
def vehicle(settings: dict[str, object], station: Station) -> Iterator[Vehicle]:
    north = {"api.values": "north", "can.bus.interface": "none"}
    assert station.commands
    with Vehicle({**settings, **north, "session.tries": 20}) as vehicle:
        yield vehicle


def test_a_charge_between_two_ecus_of_one_program(station: Station, vehicle: Vehicle) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)]
    limits: list[float] = []
    phases: list[str] = []
    vehicle.subscribe("ac_evse_max_current", limits.append)
    vehicle.subscribe("ac_evse_max_current", lambda _: phases.append(vehicle.last("session_state")))
    vehicle.call("set_ac_params", parameters={"max_voltage": 400, "max_current": 16})
    vehicle.call("start_charging", **START)
    vehicle.until("session_state", lambda state: state == "ChargingStatus")
    station.call("update_ac_max_current", max_current=9)
    vehicle.until("ac_evse_max_current", lambda amps: amps == 9.0)
    station.call("stop_charging", stop=True)
    result = vehicle.until("session_result")
    assert (result["ending"], result["exchange"]) == ("terminated", "SessionStop")
    assert limits[-1] == 9.0
    assert phases[-1] == "ChargingStatus"
    assert vehicle.stop() is station.stop() is Status.OK
    assert handlers == [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)]
    assert gc.isenabled()


def test_a_wrong_command_changes_nothing_and_says_what_is_right(station: Station) -> None:
    with pytest.raises(CommandError, match="max_current"):
        station.call("update_ac_max_current", max_current="much")
    with pytest.raises(CommandError, match="update_ac_max_current"):
        station.call("update_ac_max_currant", max_current=3)
    with pytest.raises(LookupError, match="nonsense"):
        station.last("nonsense")


def test_what_does_not_come_is_said(station: Station) -> None:
    with pytest.raises(TimeoutError, match=r"selected_protocol is None after 0.01 s"):
        station.until("selected_protocol", within=0.01)


def test_an_interface_that_is_not_there_is_said_at_the_start(settings: dict[str, object]) -> None:
    with pytest.raises((CannotStart, ConfigurationError), match="plc7"):
        Station({**settings, "network.interface": "plc7"}).start()


def test_a_wrong_configuration_is_said_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "secc.yaml"
    file.write_text("session: {modes: [DC_all]}\n")
    with pytest.raises(ConfigurationError, match="DC_all"):
        Station({}, file)


def test_it_can_run_in_the_callers_thread(settings: dict[str, object]) -> None:
    station = Station(settings)
    with pytest.raises(NotRunning, match="call start"):
        station.call("stop_charging", stop=True)
    with pytest.raises(NotRunning, match="not started"):
        station.stop()
    statuses: list[Status] = []

    def beside() -> None:
        station.ready()
        statuses.append(station.stop())

    other = threading.Thread(target=beside)
    other.start()
    assert station.run() is Status.OK
    other.join()
    assert statuses == [Status.OK]
    with pytest.raises(NotRunning, match="runs once"):
        station.run()
