"""A broken promise inside the ECU: a trouble code, a safe vehicle, and only then the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

from bsw.det import Det, Report
from bsw.dlt import silent
from evcc.ecu.services import EcuServices
from tests.ecu.benches import EcuBench

TROUBLE = """
import sys
from pathlib import Path
from bsw.os.clock import MS
from evcc.ecu import ecu
from evcc.ecu import wiring
from evcc.config import EvccConfig
from bsw.ecuc.load import load

class Troubled(ecu.VehicleEcu):
    def start(self):
        yield from super().start()
        self._base.scheduler.after(300 * MS, self._stumble, name="stumbling task")

    def _stumble(self):
        raise KeyError("a promise that nobody kept")

ecu.VehicleEcu = Troubled
sys.exit(int(wiring.run(load(EvccConfig, (Path(sys.argv[1]),)))))
"""
"""The real ECU with one task more."""


def stumble() -> None:
    raise KeyError("a promise that nobody kept")


def charging() -> EcuBench:
    bench = EcuBench().start()
    bench.run(2)
    return bench.charge()


def test_it_is_an_emergency_with_a_code_and_its_circumstances() -> None:
    bench = charging()
    bench.scheduler.report_to(lambda fault: bench.det.fault(fault.where, fault.error))
    bench.scheduler.after(0, stumble, name="stumbling task")
    bench.until(lambda: bench.current < 1.0, 0.2)
    bench.until(lambda: not bench.vehicle.bms.contactors.closed, 0.5)
    assert bench.cable.vehicle.read().state.name not in {"C", "D"}
    assert bench.dem.stands("INTERNAL_FAULT")
    latest = bench.dem.entry("INTERNAL_FAULT").latest
    assert latest is not None
    assert str(latest["detail"]).startswith("stumbling task: KeyError")
    assert latest["phase"] == "CurrentDemand"
    bench.run(30)
    assert bench.current == 0.0  # nothing is begun while it stands


def test_supervision_hears_before_the_process_stops_anything() -> None:
    bench = charging()
    order: list[str] = []
    bench.det.listen(lambda _report: order.append(str(bench.dem.stands("INTERNAL_FAULT"))))
    bench.det.report("cursor", "two open requests")
    assert order == ["True"]


def test_a_listener_that_breaks_does_not_keep_the_report_from_the_others() -> None:
    heard: list[Report] = []
    det = Det(silent().logger("det"))

    def break_too(_report: Report) -> None:
        raise RuntimeError("me too")

    det.listen(break_too)
    det.listen(heard.append)
    det.report("cursor", "two open requests")
    assert [report.where for report in heard] == ["cursor"]


def test_the_bench_wires_it_as_the_ecu_does() -> None:
    bench = EcuBench()
    assert isinstance(bench.rooms, EcuServices)
    bench.det.report("a room", "something impossible")
    assert bench.dem.stands("INTERNAL_FAULT")


def test_the_process_ends_with_its_own_status_and_the_code_outlives_it(tmp_path: Path) -> None:
    config = tmp_path / "evcc.yaml"
    config.write_text(
        "trace: {file: null}\nlog: {form: json}\ncan: {bus: {interface: none}}\n"
        f"nvm: {{file: {tmp_path / 'evcc.nvm'}}}\n"
    )
    script = tmp_path / "troubled.py"
    script.write_text(TROUBLE)
    ended = subprocess.run(
        [sys.executable, str(script), str(config)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    records = [json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
    order = [record["event"] for record in records if record["event"] in WATCHED]
    noted = [record["fields"] for record in records if record["event"] == "event"]
    assert ended.returncode == 70, ended.stderr
    assert any(fields["name"] == "INTERNAL_FAULT" for fields in noted), ended.stderr
    assert order == ["development_error", "stopping"]
    again = EcuBench(file=tmp_path / "evcc.nvm")
    assert again.dem.entry("INTERNAL_FAULT").occurrences == 1


WATCHED = {"development_error", "stopping", "stop_not_in_order"}
