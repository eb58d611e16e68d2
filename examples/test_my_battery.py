"""A battery of one's own under test: pytest test_my_battery.py."""

from collections.abc import Callable

from pilotwire import Bench
from pilotwire.bench import Battery, Pack


def test_a_small_battery_gets_no_more_than_it_bears(bench: Callable[..., Bench]) -> None:
    mine = Battery(pack=Pack(cells=96, capacity_ah=40.0, max_current=60.0), soc=70.0)
    world = bench(battery=mine, target=70.5).charge()
    world.run(5.0)
    assert 0 < world.values.amps <= 60.0
    assert world.finish().ending.good
    assert mine.soc > 70.4
