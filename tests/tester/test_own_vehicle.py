"""Our own vehicle as processes - its ECU and what surrounds it - is a device under test as well."""

import json
import sys
from pathlib import Path

import pytest

from tools.conformance.catalogue import everything
from tools.interop.wire import wire
from tools.tester.applicable import role_of, why_not
from tools.tester.profile import Action, ActionsPart, Device

SOME = "PX-EVCC2-003,PX-EVCC2-011,PX-EVCC2-015,PX-EVCC2-029,PX-EVCC2-045"
CAR = """\
network: {{interface: ev0}}
hardware: {{driver: none}}
session: {{protocols: [iso2], profile: conformance, security: none, count: 1, tries: 1}}
can:
  bus: {{channel: 239.74.163.2, options: {{port: 43210}}}}
  timeout_cycles: 100
trace: {{file: {folder}/trace.jsonl}}
nvm: {{file: null}}
"""
SCRIPT = """\
{python} -m tools.cli bench hardware --channel 239.74.163.2 --option port=43210 --plug \
  --mode DC_extended --believe wished --quiet < /dev/null &
exec {python} -m evcc.cli run -c {folder}/evcc.yaml
"""
DEVICE = """\
name: our own vehicle
role: evcc
process: {{run: ip netns exec {where} sh {folder}/car.sh, each: case}}
"""


@pytest.mark.root
@pytest.mark.long
def test_our_own_vehicle_passes(tmp_path: Path) -> None:
    with wire(tmp_path) as line:
        values = {"folder": tmp_path, "python": sys.executable, "where": line.namespace("ev")}
        texts = (("evcc.yaml", CAR), ("car.sh", SCRIPT), ("car.yaml", DEVICE))
        for name, text in texts:
            (tmp_path / name).write_text(text.format(**values))
        words = ("test", "evcc", "--device", str(tmp_path / "car.yaml"), "--interface", "se0")
        out = tmp_path / "out"
        program = line.ours(
            "se", "tools.cli", *words, "--report", str(out), "--select", SOME, log="test"
        )
        assert program.wait(400)
        assert program.status == 0, program.text()
    told = json.loads((out / "results.json").read_text())
    assert told["counts"]["pass"] == 5


def reasons(device: Device) -> dict[str, str]:
    cases = [case for case in everything() if role_of(case) == "evcc"]
    return {case.id: why_not(case, device) for case in cases}


def test_what_needs_the_inside_of_a_vehicle_or_its_driver_says_so() -> None:
    found = reasons(Device(role="evcc", modes=("DC_extended", "AC_three_phase_core")))
    assert "memory" in found["PX-EVCC2-017"]
    assert "pilot" in found["PX-EVCC2-063"]
    assert "patience" in found["PX-EVCC2-035"]
    assert found["PX-EVCC2-045"] == ""
    orders = ActionsPart(pause=Action(ask="sleep"), wake_up=Action(ask="wake"))
    plug = {"driver": "plug"}
    able = Device.model_validate(
        {"role": "evcc", "modes": ("AC_three_phase_core",), "pilot": plug, "actions": orders}
    )
    assert reasons(able)["PX-EVCC2-063"] == ""
