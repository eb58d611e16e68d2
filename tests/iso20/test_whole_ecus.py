"""Both ECUs as they are deployed, over TLS 1.3 with certificates on both sides, on virtual time."""

import pytest

from bsw.chrgm.endings import Ending
from bsw.trace import MemoryTrace
from can_adapter.signals.values import EnergyTransferMode
from secc.api.devices import Association
from tools.bench.world.whole import Bench, WholeOptions

ALL = ("iso20", "iso2", "din")


def charged(mode: str, *, offered: str = "", after: float = 0.0, contract: bool = False) -> Bench:
    """One charge: ``mode`` is the inlet's, ``offered`` the station's if it has another one."""
    options = WholeOptions(
        protocols=ALL,
        tls=True,
        contract=contract,
        mode=offered or mode,
        soc=79.8,
        target=80.0,
    )
    bench = Bench(options)
    bench.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode(mode)
    bench.start()
    bench.run(2)
    bench.plug()
    if after:
        bench.run(after)
        bench.charger.stop_charging(stop=True)
    bench.until_ended(within=300)
    return bench


def names(trace: MemoryTrace) -> list[str]:
    return [str(record.fields["name"]) for record in trace.records if record.kind == "message"]


@pytest.mark.parametrize(
    ("mode", "offered"),
    [("DC_extended", ""), ("DC_BPT", "DC_BPT"), ("MCS", "MCS"), ("DC_BPT", "DC_extended")],
)
def test_a_dc_charge_over_tls_13(mode: str, offered: str) -> None:
    bench = charged(mode, offered=offered)
    assert bench.manager.results[0].ending is Ending.TERMINATED
    assert bench.outlet.results[0].ending is Ending.TERMINATED
    assert bench.view.protocol == "iso20-dc"
    assert bench.vehicle.battery.soc >= 79.9
    assert bench.vehicle.hard_openings == 0
    assert "DCChargeLoopReq" in names(bench.vehicle_trace)


def test_an_ac_charge_over_tls_13() -> None:
    bench = charged("AC_three_phase_core", after=40.0)
    assert bench.manager.results[0].ending is Ending.TERMINATED
    assert bench.view.protocol == "iso20-ac"
    assert "ACChargeLoopReq" in names(bench.vehicle_trace)


def test_a_contract_pays_for_a_whole_vehicle() -> None:
    bench = charged("DC_extended", contract=True)
    assert bench.manager.results[0].ending is Ending.TERMINATED
    assert bench.view.protocol == "iso20-dc"
    assert bench.view.payment == "Contract"
    assert bench.vehicle.battery.soc >= 79.9


def test_a_vehicle_waits_until_the_station_knows_where_it_stands() -> None:
    """On a wireless link discovery goes on until the association is found."""
    options = WholeOptions(protocols=ALL, tls=True, mode="DC_ACDP", soc=79.9, target=80.0)
    bench = Bench(options)
    bench.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode.DC_ACDP
    bench.start()
    bench.charger.update_association(association=Association.ONGOING)
    bench.run(2)
    bench.plug()
    bench.run(15)
    assert bench.charger.last("vehicle_looks").coupling == "infrastructure_mounted"
    assert names(bench.vehicle_trace) == []
    bench.charger.update_association(association=Association.FOUND)
    bench.until_ended(within=300)
    assert bench.manager.results[0].ending is Ending.TERMINATED
    assert bench.view.protocol == "iso20-acdp"
