"""What is remembered of past sessions is bounded on both sides."""

from types import SimpleNamespace
from typing import Any

import pytest

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.record import SessionRecord
from evcc.plug import charging
from secc.plug import session_server as outlet
from tests.net import worlds
from tools.bench.world.network import NetRig
from tools.bench.world.whole import Bench, WholeOptions

REFUSED = SessionResult(Ending.NO_STATION)


def test_a_station_remembers_its_last_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "RESULTS_KEPT", 3)
    rig = NetRig(worlds.simulated())
    station = rig.outlet._make_station(SessionRecord())
    session: Any = SimpleNamespace(station=station, stage=None)
    for _ in range(8):
        rig.outlet._conclude(session, REFUSED)
    assert len(rig.outlet.results) == 3


def test_a_vehicle_remembers_its_last_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charging, "RESULTS_KEPT", 3)
    bench = Bench(WholeOptions()).start()
    bench.run(1.0)
    for _ in range(8):
        bench.manager._ended(REFUSED)
    assert len(bench.manager.results) == 3
