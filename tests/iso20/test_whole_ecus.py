"""Both ECUs as they are deployed, over TLS 1.3 with certificates on both sides, on virtual time."""

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.modes import mode_of
from bsw.os.clock import MS
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


@pytest.mark.parametrize("mode", ["DC_extended", "AC_three_phase_core"])
def test_the_pilot_says_5_percent_to_the_end_of_the_session(mode: str) -> None:
    """[V2G20-1408]: from the link on, and past PowerDelivery(Stop) as well."""
    bench = Bench(WholeOptions(protocols=ALL, tls=True, mode=mode, soc=79.8, target=80.0))
    bench.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode(mode)
    bench.start()
    bench.run(2)
    bench.plug()
    driven: dict[str, set[float]] = {}
    bench.scheduler.every(
        5 * MS,
        lambda: driven.setdefault(said(bench), set()).add(bench.cable.driven.duty),
        name="pilot",
    )
    if mode_of(mode).ac:
        bench.run(40)
        bench.charger.stop_charging(stop=True)
    bench.until_ended(within=300)
    assert bench.manager.results[0].ending is Ending.TERMINATED
    after = {name: duties for name, duties in driven.items() if name}
    assert after["PowerDeliveryRes"] == {5.0}
    assert {duty for duties in after.values() for duty in duties} == {5.0}


def said(bench: Bench) -> str:
    """The last message, as the vehicle knows it."""
    return (names(bench.vehicle_trace) or [""])[-1]


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
