"""A station that is told to stop in the middle of a charge: the current first, then everything."""

from pathlib import Path

import pytest

from bsw.os.clock import S
from bsw.os.process import Status
from ocpp.versions import Version
from tests.ecu.test_backend_in_one_world import Chain
from tools.bench.scenarios.find import read
from tools.bench.scenarios.player import Player

MORE = ("din", "ac-by-duty-cycle", "iso20-ac", "iso20-mcs")
NAMES = [
    "dc-card",
    "ac-three-phase",
    "iso20-dc",
    *(pytest.param(name, marks=pytest.mark.long) for name in MORE),
]


@pytest.mark.parametrize("name", NAMES)
def test_current_comes_down_before_anything_opens(name: str) -> None:
    scenario = read(name)
    vehicle = scenario.vehicle.model_copy(update={"soc": 40.0})
    player = Player(scenario.model_copy(update={"vehicle": vehicle}))
    pair = player.pair
    charged = pair.hardware.vehicle
    try:
        player.advance(2 * S)
        while abs(player.amps) < 5.0:
            player.advance(S // 2)
        player.advance(3 * S)
        assert abs(player.amps) > 5.0
        pair.station_base.process.done()
        pair.run(10.0)
        assert pair.station_base.process.status is Status.OK
        assert charged.hard_openings == 0
        assert not charged.bms.contactors.closed
        assert abs(player.amps) < 1.0
        assert all(one.ending.good for one in pair.station.outlet.results)
    finally:
        player.close()


def test_meter_stop_has_what_flowed_until_the_current_was_at_rest(tmp_path: Path) -> None:
    chain = Chain(tmp_path, Version.V16, soc=40.0, driver="card", card="04E1")
    pair = chain.pair
    pair.plug()
    pair.run(30.0)
    cable = pair.hardware.vehicle.wires.cable
    assert abs(cable.current) > 5.0
    pair.station_base.process.done()
    while not chain.calls("StopTransaction"):
        assert pair.station_base.process.status is None
        flows = abs(cable.current)
        pair.run(0.02)
    assert flows < 1.0
    pair.run(10.0)
    assert pair.station_base.process.status is Status.OK
    assert pair.hardware.vehicle.hard_openings == 0
    (stop,) = chain.calls("StopTransaction")
    assert stop["reason"] == "Reboot"
    assert stop["meterStop"] > 100
