"""The matrix tools: the page is up to date, a template loads as it is, a bus can be watched."""

from pathlib import Path

import pytest

from bsw.ecuc.load import load
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.matrix.configured import load_matrix
from can_adapter.signals.binding import bind
from can_adapter.station.config import StationCanConfig
from can_adapter.vehicle.bus import VEHICLE_REPORT, VEHICLE_VALUES
from can_adapter.vehicle.config import VehicleCanConfig
from csm.randomness import SeededRandomness
from tests.can.worlds import VehicleWorld
from tools.cli import main
from tools.dbc.page import page
from tools.dbc.template import template
from tools.dbc.watch import Watcher

ROOT = Path(__file__).parents[2]


def test_the_signal_page_is_the_one_the_matrices_make() -> None:
    written = (ROOT / "docs" / "signals.md").read_text(encoding="utf-8")
    assert written == page(), "run v2g dbc signals"


def test_the_page_names_every_signal_of_both_buses() -> None:
    text = page()
    for config in (VehicleCanConfig(), StationCanConfig()):
        matrix, _ = load_matrix(config)
        for message in matrix:
            assert f"### {message.name}\n" in text
            for signal in message.signals:
                assert signal.name in text or signal.name.endswith("Flag")


@pytest.mark.parametrize("side", ["vehicle", "station"])
def test_the_template_of_the_shipped_matrices_loads_and_binds_everything(
    side: str, tmp_path: Path
) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(template(side))
    kind = VehicleCanConfig if side == "vehicle" else StationCanConfig
    config = load(kind, (path,)).config
    assert config.bind == "explicit"
    assert template(side) == path.read_text()
    if side == "vehicle":
        matrix, _ = load_matrix(config)
        for catalogue, direction in ((VEHICLE_VALUES, "receive"), (VEHICLE_REPORT, "transmit")):
            explicit = bind(config, matrix, catalogue, direction)[0]  # type: ignore[arg-type]
            named = bind(VehicleCanConfig(), matrix, catalogue, direction)[0]  # type: ignore[arg-type]
            assert {role.group for role in explicit.unbound} <= {"SecondInlet"}
            places = [(one.role, one.signals, one.flag) for one in explicit.bound]
            assert places == [(one.role, one.signals, one.flag) for one in named.bound]


def test_words_that_a_matrix_has_no_numbers_for_stay_a_comment() -> None:
    foreign = ROOT / "tests" / "data" / "can" / "foreign.dbc"
    text = template("vehicle", (foreign,))
    assert "\n  soc: HVB_Status_01.HVB_SoC_Display  #" in text
    assert "\n  # shift_position: GW_Charge_Release.GW_Gear  #" in text


def test_the_commands_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "signals.md"
    assert main(["dbc", "signals", "--output", str(output), "--check"]) == 1
    assert main(["dbc", "signals", "--output", str(output)]) == 0
    assert main(["dbc", "signals", "--output", str(output), "--check"]) == 0
    assert "is up to date" in capsys.readouterr().out
    assert main(["dbc", "mapping", str(tmp_path / "none.dbc")]) == 2
    assert "none.dbc: No such file or directory; name one that exists" in capsys.readouterr().err
    assert main(["dbc", "watch", "--interface", "socketcan", "--channel", "can77"]) == 1
    assert "cannot open CAN bus socketcan:can77" in capsys.readouterr().err
    assert main(["dbc", "interfaces"]) == 0
    assert "udp_multicast" in capsys.readouterr().out.split()


def test_watching_shows_changes_in_words_units_and_broken_protection() -> None:
    world = VehicleWorld()
    shown: list[str] = []
    watcher = Watcher(world.scheduler, world.bus.attach("watch"), world.matrix, shown.append)
    bms = world.node("BMS")
    bms.start()
    world.run_for(500 * MS)
    assert any(line.endswith("BMS_Contactors.ContactorState = Open") for line in shown)
    assert any(line.endswith("BMS_Contactors.LinkVoltage = 0 V") for line in shown)
    shown.clear()
    world.run_for(200 * MS)
    assert shown == [], "nothing changes"
    world.bus.attach("liar").send(CanFrame(0x0A0, bytes(64)))
    world.bus.attach("stranger").send(CanFrame(0x555, b""))
    world.run_for(5 * MS)
    assert any("BMS_Contactors: protection error" in line for line in shown)
    summary = watcher.summary()
    assert any(line.startswith("0x0A0 BMS_Contactors") and "/s" in line for line in summary)
    assert any("never" in line for line in summary)
    assert "0x555 (not in the matrix)      1 frames" in summary


def test_watching_names_frames_that_are_too_short() -> None:
    scheduler = Scheduler(VirtualClock())
    bus = SimulatedBus(scheduler, SeededRandomness(1))
    shown: list[str] = []
    Watcher(scheduler, bus.attach("watch"), load_matrix(VehicleCanConfig())[0], shown.append)
    bus.attach("node").send(CanFrame(0x1A0, bytes(8)))
    scheduler.run(1 * S)
    assert [line.split("  ")[-1] for line in shown] == ["BMS_Battery: only 8 octets"]
