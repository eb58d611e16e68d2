"""A station with a modem and an island: SLAC over a power line, its plug handled by commands."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from tests.hardware.street import plug, street
from tests.island.process import IslandProcess, island

SOME = (
    "TC_SECC_CMN_VTB_SessionSetup_002,TC_SECC_DC_VTB_CableCheck_008,"
    "TC_SECC_DC_VTB_CurrentDemand_006,PX-SECCD-013"
)
STATION = """\
network: {{interface: se0}}
{plug}
session: {{protocols: [iso2, din], profile: conformance}}
trace: {{file: {folder}/trace.jsonl}}
nvm: {{file: null}}
"""
DEVICE = """\
name: a station with modem and island
protocols: [iso2, din]
can: [meter]
link: modem
pilot: {{driver: hand}}
process: {{run: "{secc}"}}
actions:
  plug_in: {{run: "echo 2740 220 > {door}"}}
  plug_out: {{run: "echo 0 -1 > {door}"}}
  show_b: {{run: "echo 2740 220 > {door}"}}
  show_c: {{run: "echo 882 220 > {door}"}}
rest: 3 s
"""


@contextmanager
def hand(one: IslandProcess, door: Path) -> Iterator[None]:
    """Whoever has plug and resistors in hand outside the tester's namespace."""
    os.mkfifo(door)
    over = False

    def work() -> None:
        while not over:
            for line in door.read_text().splitlines():
                load, ohm = line.split()
                one.tell(load=int(load), ohm=int(ohm))

    worker = Thread(target=work, daemon=True)
    worker.start()
    try:
        yield
    finally:
        over = True
        door.write_text("0 -1\n")
        worker.join()


@pytest.mark.root
@pytest.mark.long
def test_a_station_with_modem_and_island_passes(tmp_path: Path) -> None:
    door = tmp_path / "hand"
    with street(tmp_path) as line, island("--terminal") as one, hand(one, door):
        (tmp_path / "secc.yaml").write_text(STATION.format(plug=plug("se", one), folder=tmp_path))
        inside = f"ip netns exec {line.namespace('se')} {sys.executable}"
        values = {
            "secc": f"{inside} -m secc.cli run -c {tmp_path}/secc.yaml",
            "door": door,
        }
        (tmp_path / "device.yaml").write_text(DEVICE.format(**values))
        words = ("test", "secc", "--device", str(tmp_path / "device.yaml"), "--interface", "ev0")
        out = tmp_path / "out"
        program = line.ours(
            "ev", "tools.cli", *words, "--report", str(out), "--select", SOME, log="test"
        )
        assert program.wait(400)
        assert program.status == 0, program.text()
    told = json.loads((out / "results.json").read_text())
    assert told["counts"]["pass"] == 4
