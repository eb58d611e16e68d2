"""A whole charge on another maker's bus, which a mapping in YAML alone makes ours."""

from collections.abc import Iterator
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.protocols import protocol
from bsw.os.clock import S
from evcc.health.events import protection, timeout
from tests.ecu.foreign_vehicle import INLET, PAGES, POSITION, RELEASE, ForeignBench
from tools.bench.world.whole import WholeOptions

EXI = 0x8001


@pytest.fixture
def bench() -> ForeignBench:
    made = ForeignBench(WholeOptions(soc=79.6, target=80.0))
    made.start()
    made.run(3)
    return made


def requests(bench: ForeignBench, name: str) -> Iterator[Any]:
    dialect = protocol("iso2").dialect
    for record in bench.vehicle_trace.records:
        if record.kind == "message" and record.fields["name"] == name:
            octets = record.fields["exi"]
            assert isinstance(octets, bytes)
            yield dialect.decode(EXI, octets).body


def test_a_whole_charge_runs_by_the_mapping_alone(bench: ForeignBench) -> None:
    bench.charge()
    station = bench.gateway.station
    assert station["LAS_U_max"] == pytest.approx(bench.module.rating.max_voltage, abs=0.1)
    bench.until_ended(within=600)
    assert bench.manager.results[0].ending is Ending.TERMINATED
    assert bench.standing == set()
    asked = next(requests(bench, "ChargeParameterDiscoveryReq")).ev_charge_parameter
    told = bench.gateway.told
    assert asked.dc_ev_status.evresssoc == 79
    assert asked.ev_maximum_voltage_limit.si() == pytest.approx(told["MaxVoltageLimit"], abs=0.1)
    assert asked.ev_maximum_current_limit.si() == pytest.approx(told["MaxCurrentLimit"], rel=0.05)
    assert asked.ev_maximum_power_limit.si() == pytest.approx(told["MaxPowerLimit"], rel=0.05)
    assert asked.ev_energy_capacity.si() == 60_000
    assert asked.full_soc == 100
    demands = list(requests(bench, "CurrentDemandReq"))
    assert max(demand.ev_target_current.si() for demand in demands) > 50
    assert demands[-1].charging_complete is True
    assert bench.vehicle.charged > 100.0
    assert bench.vehicle.hard_openings == 0


FAULTS = {
    "release missing": (RELEASE, [timeout("VCU_Permission"), timeout("VCU_Status")]),
    "position missing": (POSITION, [timeout("BMS_Contactors"), timeout("BMS_Battery")]),
    "pages missing": (PAGES, [timeout("BMS_Limits"), timeout("BMS_Targets")]),
    "inlet missing": (INLET, [timeout("INLET_State")]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_foreign_message_that_stays_away_has_the_codes_of_what_it_carries(
    name: str, bench: ForeignBench
) -> None:
    identifier, codes = FAULTS[name]
    bench.charge()
    bench.gateway.silent.add(identifier)
    bench.until(lambda: bench.current < 1.0, 2.0)
    bench.until(lambda: bench.safe, 1.5)
    for code in codes:
        frame = bench.dem.entry(code).latest
        assert frame is not None, code
        assert frame["phase"] == "CurrentDemand"
        assert frame["detail"] in {"GW_Freigabe", "AKKU_Lage", "AKKU_Seiten", "DOSE_Zustand"}
    bench.gateway.silent.clear()
    bench.unplug()
    bench.run(5)
    bench.dem.clear()
    bench.charge()
    assert bench.standing == set()


def test_a_foreign_release_that_is_forged_is_not_believed(bench: ForeignBench) -> None:
    bench.charge()

    def forge(identifier: int, data: bytearray) -> None:
        if identifier == RELEASE:
            data[0] ^= 0xFF

    bench.gateway.spoil = forge
    bench.until(lambda: bench.current < 1.0, 2.0)
    assert bench.dem.entry(protection("VCU_Permission")).occurrences == 1
    assert bench.scheduler.now < 120 * S
