"""The whole bench: both ECUs, both buses, the plug, the power line - and energy in the battery."""

from bsw.chrgm.endings import Ending
from tools.bench.world.whole import Bench, WholeOptions


def test_a_dc_charge_whose_values_all_come_over_can() -> None:
    bench = Bench(WholeOptions(soc=79.5, target=80.0)).start()
    bench.run(2)
    bench.plug()
    bench.until_ended(within=300)
    assert bench.manager.results[0].ending is Ending.TERMINATED
    assert bench.outlet.results[0].ending is Ending.TERMINATED
    assert bench.vehicle.battery.soc >= 79.9
    assert bench.vehicle.hard_openings == 0


def test_a_din_charge_over_can() -> None:
    bench = Bench(WholeOptions(protocols=("din",), soc=79.5, target=80.0)).start()
    bench.run(2)
    bench.plug()
    bench.until_ended(within=300)
    assert bench.manager.results[0].ending is Ending.TERMINATED


def test_pulling_the_plug_leaves_nothing_live() -> None:
    bench = Bench(WholeOptions(soc=30.0)).start()
    bench.run(2)
    bench.plug()
    bench.run(40)
    assert bench.vehicle.wires.cable.current > 50
    bench.cable.unplug()
    bench.run(1)
    assert bench.manager.results[0].ending is Ending.PILOT_FAULT
    assert bench.vehicle.wires.cable.current == 0.0
    assert bench.state.contactors_closed is False
