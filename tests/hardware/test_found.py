"""A driver of somebody else: found by its entry point, and told when it cannot be."""

import sys
from pathlib import Path

import pytest

from bsw.base import CannotStart
from bsw.dlt import silent
from bsw.hardware.found import SHIPPED, NoDriver, maker
from bsw.hardware.port import PlugHardware, Side, Surroundings
from bsw.island.config import IslandConfig
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from csm.randomness import SeededRandomness
from ecu.world import World
from evcc.config import EvccConfig
from evcc.config import HardwareConfig as VehicleHardware
from secc.config import HardwareConfig as StationHardware
from secc.config import SeccConfig
from secc.ecu.build import build_station
from tests.island.twin import Twin
from tests.tidy.tree import ROOT

DRIVER = '''
"""A board that knows nothing but how to begin."""


class Board:
    def __init__(self, around):
        self.side = around.side

    def start(self, ready, lost):
        ready()
'''


def install(folder: Path, name: str, value: str) -> None:
    about = folder / f"{name}_board-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-board\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[pilotwire.hardware]\n{name} = {value}\n")


def surroundings(scheduler: Scheduler | None = None, side: Side = Side.VEHICLE) -> Surroundings:
    scheduler = scheduler or Scheduler(VirtualClock())
    chance = SeededRandomness("found")
    return Surroundings(side, IslandConfig(), scheduler, silent(), chance, lambda _user: Twin())


def test_a_driver_outside_the_tree_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_board_driver.py").write_text(DRIVER)
    install(tmp_path, "my_board", "my_board_driver:Board")
    monkeypatch.syspath_prepend(tmp_path)
    begun: list[str] = []
    hardware = maker("my_board")(surroundings())
    hardware.start(lambda: begun.append("ready"), begun.append)
    assert begun == ["ready"]
    del sys.modules["my_board_driver"]


def test_the_driver_on_the_page_drives_a_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")
    code = page.split("<!-- driver -->\n```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) < 40
    (tmp_path / "page_driver.py").write_text(code)
    install(tmp_path, "my_board", "page_driver:Board")
    monkeypatch.syspath_prepend(tmp_path)
    world = World()
    made: list[PlugHardware] = []

    def driver(side: Side) -> PlugHardware:
        made.append(maker("my_board")(surroundings(world.scheduler, side)))
        return made[-1]

    config = SeccConfig.model_validate({"hardware": {"driver": "own", "own": "my_board"}})
    base = world.base()
    doors = world.station_doors(base, config)
    doors.own_hardware = driver(Side.STATION)
    ecu = build_station(base, config, doors)
    told: list[tuple[str, ...]] = []
    ecu.charger.subscribe("plug_faults", lambda one: told.append(one.faults))
    base.run(ecu.start)
    world.scheduler.run(2 * S)
    (board,) = made
    assert board.contactors.closed is False
    ecu.charger.variables.publish("ac_close_contactor")
    assert (board.contactors.closed, board.lock.locked) == (True, True)
    ecu.charger.variables.publish("ac_open_contactor")
    assert board.contactors.closed is False
    board.faults = ("fuse",)  # type: ignore[misc]  # this one says it so
    world.scheduler.run(3 * S)
    assert told == [("fuse",)]
    base.process.done()
    world.scheduler.run(13 * S)
    assert base.process.status is not None
    del sys.modules["page_driver"]


def test_a_name_of_two_packages_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "island", "other:Island")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NoDriver, match="2 packages enter a driver 'island'"):
        maker("island")


def test_a_driver_that_cannot_be_loaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "broken", "no_such_module:Board")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NoDriver, match="cannot be loaded: No module named"):
        maker("broken")


def test_ours_is_entered_as_the_package_says() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text.split('[project.entry-points."pilotwire.hardware"]\n')[1].split("\n\n")[0]
    assert section.splitlines() == [f'{name} = "{value}"' for name, value in SHIPPED.items()]


@pytest.mark.parametrize("model", [VehicleHardware, StationHardware])
def test_a_driver_of_ones_own_needs_its_name(
    model: "type[VehicleHardware | StationHardware]",
) -> None:
    (wrong,) = model(driver="own").problems()
    assert str(wrong) == "which driver of your own?"
    assert list(model(driver="own", own="my_board").problems()) == []


def test_a_serial_line_needs_its_device() -> None:
    (wrong,) = IslandConfig(line="serial").problems()
    assert str(wrong) == "a serial line has a name"


def test_a_simulated_world_without_such_hardware_says_so() -> None:
    world = World()
    base = world.base()
    doors = world.vehicle_doors(base, EvccConfig())
    with pytest.raises(CannotStart, match="no vehicle hardware in this world"):
        doors.hardware(Side.VEHICLE)
