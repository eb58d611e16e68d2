"""Supervision puts its questions again when there is something new to see, and not before."""

from dataclasses import replace

import pytest

from bsw.dem.memory import Dem
from evcc.bus.canbus import VehicleCan
from evcc.health import supervision
from evcc.health.watches import WATCHES, Scene, Watch
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the watches in the order in which they were asked."""
    found: list[str] = []

    def noting(watch: Watch) -> Watch:
        def look(scene: Scene) -> bool | None:
            found.append(watch.event)
            return watch.look(scene)

        return replace(watch, look=look)

    monkeypatch.setattr(supervision, "WATCHES", tuple(noting(watch) for watch in WATCHES))
    return found


def test_a_vehicle_at_rest_is_asked_about_once(asked: list[str]) -> None:
    bench = EcuBench().start()
    bench.run(20)
    asked.clear()
    bench.run(20)
    assert len(asked) <= 40 * len(WATCHES)  # of 1,000 looks; the clock of the battery moves


def test_a_look_that_finds_nothing_new_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(VehicleCan, "count_faults", lambda _can, count: told.append(count))
    bench = EcuBench().start()
    bench.run(20)
    told.clear()
    bench.run(20)
    assert len(told) <= 40  # of 1,000 looks


def test_a_change_is_seen_at_the_next_look(asked: list[str]) -> None:
    bench = EcuBench().start()
    bench.run(20)
    asked.clear()
    bench.make(faults()["DC+ temperature sensor lost"])
    bench.until(lambda: bench.dem.stands("SENSOR_DC_1_OPEN"), 1.0)
    assert asked


def test_codes_that_were_cleared_come_back_while_their_fault_holds() -> None:
    bench = EcuBench().start()
    bench.run(5)
    bench.make(faults()["DC+ temperature sensor lost"])
    bench.until(lambda: bench.dem.stands("SENSOR_DC_1_OPEN"), 1.0)
    bench.run(20)
    bench.dem.clear()
    assert not bench.dem.stands("SENSOR_DC_1_OPEN")
    bench.until(lambda: bench.dem.stands("SENSOR_DC_1_OPEN"), 1.0)
    bench.run(20)
    bench.dem.begin_cycle()
    bench.until(lambda: "SENSOR_DC_1_OPEN" in bench.dem._tested, 1.0)


def test_answers_that_are_the_same_are_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    report = Dem.report

    def noting(dem: Dem, name: str, *, failed: bool, detail: str = "") -> None:
        reported.append(name)
        report(dem, name, failed=failed, detail=detail)

    monkeypatch.setattr(Dem, "report", noting)
    bench = EcuBench().start()
    bench.run(20)
    reported.clear()
    bench.make(faults()["DC+ temperature sensor lost"])
    bench.until(lambda: bench.dem.stands("SENSOR_DC_1_OPEN"), 1.0)
    bench.run(20)
    assert 0 < reported.count("SENSOR_DC_1_OPEN") <= 5  # of 1,000 looks, some at moving values
