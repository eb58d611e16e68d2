"""The pytest plug-in, from a folder that knows nothing of our tree: my battery, my charger."""

import subprocess
import sys
from pathlib import Path

from tests.tidy.tree import ROOT

MINE = """
from pilotwire.bench import Battery, Pack


class Sluggish:
    voltage = current = 0.0

    def follow(self, voltage, current, seconds):
        self.voltage, self.current = voltage, min(current, self.current + 50.0 * seconds)

    def cut(self):
        self.current = 0.0


def test_my_battery_is_filled_gently(bench):
    mine = Battery(pack=Pack(cells=96, capacity_ah=40.0, max_current=60.0), soc=70.0)
    world = bench(battery=mine, target=71.0).charge()
    assert world.finish().ending.good
    wanted = [heard.values["EVTargetCurrent"] for heard in world.messages("CurrentDemandReq")]
    assert max(wanted) <= 60.5
    assert 70.9 < mine.soc < 71.2


def test_my_charger_model_is_slow_and_charges(bench):
    world = bench(output=Sluggish(), soc=79.0).charge()
    assert world.until(lambda now: now.values.amps > 40.0) > 0.5
    assert world.finish().ending.good


def test_my_site_limits_a_running_charge(station, vehicle):
    mode = "AC_three_phase_core"
    box, car = station({"session.modes": [mode]}), vehicle()
    car.call("set_ac_params", parameters={"max_voltage": 400, "max_current": 16})
    car.call("start_charging", EnergyTransferMode=mode, DepartureTime=0, EAmount=11,
             SelectedPaymentOption={"payment_option": "ExternalPayment"})
    car.until("session_state", lambda state: state == "ChargingStatus")
    box.call("update_ac_max_current", max_current=9)
    car.until("ac_evse_max_current", lambda amps: amps == 9)


def test_my_backend_refuses_what_is_bad(pki):
    assert pki.judge(pki["secc"].chain).trusted
    assert not pki.judge(pki["secc"].chain[:1]).trusted
"""


def test_ten_lines_test_my_battery_and_my_charger(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(MINE)
    words = ["-p", "pilotwire.testing", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "4 passed" in ended.stdout


def test_the_plug_in_is_announced_and_loads_nothing_heavy() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\n"pilotwire.testing" = "pilotwire.testing"\n' in project
    code = "import sys, pilotwire.testing; print('bsw' in sys.modules, 'tools' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["False", "False"]
