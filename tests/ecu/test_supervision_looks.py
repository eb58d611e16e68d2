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


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry a look: each reads our requests once."""
    found: list[int] = []
    read: property = vars(VehicleCan)["requests"]

    def noting(can: VehicleCan) -> object:
        found.append(1)
        return read.__get__(can)

    monkeypatch.setattr(VehicleCan, "requests", property(noting))
    return found


def test_it_looks_less_often_while_nothing_flows_and_nothing_happens(looks: list[int]) -> None:
    bench = EcuBench().start()
    bench.run(5)
    for node in bench.vehicle.nodes:
        node.stop()
    bench.run(10)
    looks.clear()
    bench.run(10)
    assert 100 <= len(looks) <= 140
    for node in bench.vehicle.nodes:
        node.start()
    bench.run(0.5)
    looks.clear()
    bench.run(0.5)
    assert len(looks) >= 20  # the others are heard again


def test_it_looks_as_often_as_ever_while_current_flows(looks: list[int]) -> None:
    bench = EcuBench().start()
    bench.charge()
    bench.run(5)
    looks.clear()
    bench.run(10)
    assert len(looks) >= 450
