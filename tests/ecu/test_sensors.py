"""A bad temperature sensor costs current; the charge ends only where no sensor is left."""

from dataclasses import dataclass

import pytest

from bsw.dem.events import Severity
from can_adapter.vehicle.values import Inlet
from evcc.health.config import SupervisionConfig
from evcc.health.events import events
from evcc.inlet.heat import Heat
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults
from tools.bench.world.whole import WholeOptions

FAULTS = faults()


@dataclass(frozen=True)
class Row:
    """A defect while DC flows, its code, and the share of the current that is left."""

    fault: str
    event: str
    share: float


ROWS = (
    Row("DC+ temperature sensor lost", "SENSOR_DC_1_OPEN", 0.5),
    Row("DC- temperature sensor shorted", "SENSOR_DC_2_SHORT", 0.5),
    Row("DcPinTemperature1 out of range", "SENSOR_DC_1_RANGE", 0.5),
    Row("AC temperature sensor lost", "SENSOR_AC_OPEN", 1.0),
    Row("temperature sensor lost", "SENSORS_DC_LOST", 0.0),
)


@pytest.mark.parametrize("row", ROWS, ids=[row.fault for row in ROWS])
def test_each_defect_has_its_code_and_its_share(row: Row) -> None:
    bench = EcuBench(WholeOptions(soc=30.0)).start()
    bench.run(2)
    bench.charge()
    bench.run(8)
    most, before = bench.state.max_current, bench.current
    assert most is not None
    bench.make(FAULTS[row.fault])
    bench.until(lambda: bench.dem.stands(row.event), 1.0)
    bench.run(5)
    assert bench.dem.entry(row.event).latest is not None
    assert bench.current <= most * row.share + 0.1
    assert (bench.current > 10.0) is (row.share > 0.0)
    if row.share:
        assert bench.state.derating == row.share
        bench.mend(FAULTS[row.fault])
        bench.until(lambda: not bench.standing, 2.0)
        bench.run(8)
        assert bench.state.derating == 1.0
        assert bench.current >= before


def test_an_integrator_may_ask_for_a_stop_instead() -> None:
    strict = SupervisionConfig(sensor_fault="stop")
    bench = EcuBench(supervision=strict).start()
    bench.run(2)
    bench.charge()
    bench.make(FAULTS["DC+ temperature sensor lost"])
    bench.until(lambda: bench.current < 1.0, 2.0)
    assert bench.dem.stands("SENSOR_DC_1_OPEN")


def test_every_defect_of_every_sensor_derates_by_default() -> None:
    rows = [event for event in events() if event.name.startswith("SENSOR_")]
    assert len(rows) == 9
    assert {event.severity for event in rows} == {Severity.DEGRADE}


@pytest.mark.parametrize(
    ("first", "second", "ac", "share"),
    [
        (20.0, 20.0, 20.0, 1.0),
        (80.0, 20.0, 20.0, 0.5),
        (20.0, 80.0, 20.0, 0.5),
        (249.0, 80.0, 20.0, 0.5),  # open: what the other one says stands for both
        (-50.0, 80.0, 20.0, 0.5),
        (249.0, 20.0, 20.0, 1.0),
        (None, None, None, 1.0),
        (20.0, 20.0, 95.0, 0.0),
        (20.0, 20.0, 230.0, 1.0),
    ],
)
def test_a_sensor_that_cannot_be_believed_is_left_out(
    first: float | None, second: float | None, ac: float | None, share: float
) -> None:
    inlet = Inlet(dc_pin_temperature_1=first, dc_pin_temperature_2=second, ac_pin_temperature=ac)
    assert Heat().share(inlet) == pytest.approx(share)
