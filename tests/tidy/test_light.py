"""The two ECUs run without scapy, asammdf, plotting libraries and Java."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT

BLOCKER = '''
import sys

BLOCKED = {"scapy", "asammdf", "pandas", "matplotlib", "plotly", "jpype", "py4j", "jnius"}


class Blocker:
    """Stands before all finders and knows no mercy."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{name} does not belong into an ECU", name=name)
        return None


sys.meta_path.insert(0, Blocker())
'''


def test_the_main_job_plays_without_them(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    (tmp_path / "bin").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PATH": str(tmp_path / "bin")}
    environment.pop("JAVA_HOME", None)
    blocked = subprocess.run(
        [sys.executable, "-c", "import scapy"], env=environment, capture_output=True, check=False
    )
    assert b"does not belong into an ECU" in blocked.stderr
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "tools.cli",
            "bench",
            "run",
            "--live",
            "--out",
            str(tmp_path / "run"),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_process_is_started_by_an_ecu() -> None:
    code = (
        "import sys, evcc.ecu.wiring, secc.ecu.wiring\n"
        "print([name for name in ('subprocess', 'multiprocessing', 'asyncio') "
        "if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["[]"]


def test_a_station_without_a_back_end_loads_nothing_of_it() -> None:
    code = (
        "import sys, secc.config, secc.ecu.wiring, secc.ecu.ecu, secc.ecu.startup\n"
        "secc.config.SeccConfig()\n"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('ocpp', 'msgspec', 'websockets') or name == 'secc.ocpp.backend'])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["[]"]


def loaded(code: str, *names: str) -> str:
    """Which of these modules the code brings with it."""
    code += f"\nimport sys\nprint([name for name in {names!r} if name in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


@pytest.mark.parametrize("config", ["evcc.config.EvccConfig", "secc.config.SeccConfig"])
def test_a_configuration_brings_no_room_that_it_only_describes(config: str) -> None:
    room, _, name = config.rpartition(".")
    described = (
        "bsw.slac.frames.mme",
        "bsw.slac.matching.events",
        "bsw.island.messages",
        "bsw.prices.tariff",
    )
    assert loaded(f"from {room} import {name}\n{name}()", *described) == "[]"


def test_a_door_for_testers_brings_no_python_can_with_it() -> None:
    door = "import can_adapter.tester.segmentation"
    assert loaded(door, "can", "can.bus", "isotp") == "['isotp']"
    assert loaded(f"{door}\nimport can", "can.bus") == "['can.bus']"
    assert loaded(f"import can\n{door}", "can.bus") == "['can.bus']"


BUSES = ("can_adapter.plug.bus", "can_adapter.station.bus", "can_adapter.vehicle.bus")


@pytest.mark.parametrize(
    ("role", "settings", "brought"),
    [
        ("secc.config.SeccConfig", (), "[]"),
        ("secc.config.SeccConfig", ("hardware.power=can",), "['can_adapter.station.bus']"),
        ("secc.config.SeccConfig", ("can.first_timeout=3 s",), "['can_adapter.station.bus']"),
        ("evcc.config.EvccConfig", (), "['can_adapter.vehicle.bus']"),
        (
            "evcc.config.EvccConfig",
            ("hardware.driver=can",),
            "['can_adapter.plug.bus', 'can_adapter.vehicle.bus']",
        ),
    ],
)
def test_the_matrices_of_a_bus_are_opened_where_the_bus_is_used_or_written_of(
    role: str, settings: tuple[str, ...], brought: str
) -> None:
    room, _, name = role.rpartition(".")
    code = f"from bsw.ecuc.load import load\nfrom {room} import {name}\n"
    assert loaded(f"{code}load({name}, (), {settings!r})", *BUSES) == brought


@pytest.mark.parametrize("config", ["evcc.config.EvccConfig", "secc.config.SeccConfig"])
def test_a_part_is_checked_by_the_wholes_validator_and_has_none_of_its_own(config: str) -> None:
    room, _, name = config.rpartition(".")
    code = (
        f"from {room} import {name} as whole\n"
        "kinds = [field.annotation for field in whole.model_fields.values()]\n"
        "print([kind.__name__ for kind in kinds if kind.__pydantic_complete__])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"
