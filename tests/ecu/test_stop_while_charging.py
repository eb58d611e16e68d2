"""An ordered stop in the middle of a charge: the current comes down before the contactors open."""

import pytest

from bsw.os.clock import S
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player


@pytest.mark.parametrize("seconds", [2, 14])
@pytest.mark.parametrize("name", ["dc-card", "din"])
def test_contactors_open_without_load(name: str, seconds: int) -> None:
    scenario = read(name)
    vehicle = scenario.vehicle.model_copy(update={"soc": 40.0})
    player = Player(scenario.model_copy(update={"vehicle": vehicle}))
    pair, stopped = player.pair, []
    charged = pair.hardware.vehicle
    try:
        player.advance(2 * S)
        while abs(charged.wires.cable.current) < 5.0:
            player.advance(S // 2)
        player.advance(seconds * S)
        before = charged.wires.cable.current
        pair.vehicle.stop(lambda: stopped.append(pair.scheduler.now))
        pair.run(10.0)
        assert before > 15.0
        assert stopped
        assert charged.hard_openings == 0
        assert not charged.bms.contactors.closed
        assert pair.vehicle.manager.results[-1].ending.good
    finally:
        player.close()
