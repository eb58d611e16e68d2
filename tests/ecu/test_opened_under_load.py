"""An emergency does not wait for the current to fall: each such opening is counted."""

from collections.abc import Callable

import pytest

from secc.api.literals import EvseError, IsolationStatus
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults


def test_an_ordered_end_is_no_opening_under_load() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    bench.make(faults()["stop request Normal"])
    bench.until(lambda: bench.safe, 10.0)
    assert bench.vehicle.hard_openings == 0
    assert bench.dem.entry("OPENED_UNDER_LOAD").occurrences == 0


def test_an_opening_under_load_is_counted_with_its_current() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    bench.vehicle_can.request_contactors(closed=False)
    bench.vehicle_can.request_contactors(closed=False)  # asked again, opened once
    entry = bench.dem.entry("OPENED_UNDER_LOAD")
    assert entry.occurrences == 1
    assert entry.latest is not None
    assert str(entry.latest["detail"]).endswith(" A")


STATION: dict[str, Callable[[EcuBench], None]] = {
    "malfunction": lambda bench: bench.charger.send_error(error=EvseError.MALFUNCTION),
    "isolation": lambda bench: bench.charger.update_isolation_status(
        isolation_status=IsolationStatus.FAULT
    ),
    "emergency": lambda bench: bench.charger.send_error(error=EvseError.EMERGENCY_SHUTDOWN),
}


@pytest.mark.parametrize("fault", STATION)
def test_a_fault_of_the_station_opens_nothing_under_load(fault: str) -> None:
    """On the whole bench, where the current is that of the cable and its age that of the bus."""
    bench = EcuBench().start()
    bench.run(2)
    bench.charge()
    bench.run(4)
    assert bench.current > 50.0
    STATION[fault](bench)
    bench.until(lambda: bench.safe, 5.0)
    assert bench.vehicle.hard_openings == 0
    assert bench.dem.entry("OPENED_UNDER_LOAD").occurrences == 0
