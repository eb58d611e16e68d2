"""``pilotwire.Bench``: the whole world in a few lines."""

from pathlib import Path

import pytest

import pilotwire
from pilotwire.bench import Battery, Bench, Ending, NotReached, Pack, Rating


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, {"CurrentDemandReq", "WeldingDetectionRes"}),
        ({"protocol": "din"}, {"ContractAuthenticationReq", "CurrentDemandReq"}),
        ({"mode": "AC_three_phase_core"}, {"ChargingStatusReq"}),
        ({"payment": "Contract"}, {"PaymentDetailsReq", "CurrentDemandReq"}),
    ],
    ids=["DC", "DIN", "AC", "contract"],
)
def test_a_charge_from_the_plug_to_the_goal(options: dict[str, str], names: set[str]) -> None:
    bench = Bench(soc=79.9, target=80.0, **options)  # type: ignore[arg-type]  # all of them text
    assert bench.values.pilot == "A"
    bench.charge()
    assert bench.values.amps > 1.0
    assert bench.values.phase in {"CurrentDemand", "ChargingStatus", "PowerDelivery"}
    assert bench.finish().ending is Ending.TERMINATED
    assert bench.station_results[0].ending is Ending.TERMINATED
    assert bench.values.soc >= 79.99
    assert bench.values.phase == ""
    assert names <= {heard.name for heard in bench.messages()}


def test_a_battery_and_a_power_module_of_ones_own() -> None:
    small = Battery(pack=Pack(cells=96, capacity_ah=20.0, max_current=30.0), soc=50.0)
    bench = Bench(battery=small, target=51.0, rating=Rating(max_current=25.0))
    bench.charge()
    bench.run(5.0)
    assert bench.battery is small
    assert 20.0 < bench.values.amps <= 25.5
    assert bench.finish().ending.good
    assert small.soc == pytest.approx(51.0, abs=0.1)


class Sluggish:
    """A power stage that reaches its current over a minute."""

    def __init__(self) -> None:
        self.voltage = self.current = 0.0
        self.orders: set[float] = set()

    def follow(self, voltage: float, current: float, seconds: float) -> None:
        self.orders.add(current)
        self.voltage = voltage
        self.current = min(current, self.current + 2.0 * seconds)

    def cut(self) -> None:
        self.current = 0.0


def test_a_power_stage_of_ones_own() -> None:
    stage = Sluggish()
    bench = Bench(output=stage).charge()
    began = bench.values.amps
    bench.run(10.0)
    assert bench.values.amps == pytest.approx(began + 20.0, abs=2.0)
    assert max(stage.orders) > 100.0


def test_pulling_the_plug_leaves_nothing_live() -> None:
    bench = Bench().charge()
    bench.run(10.0)
    bench.pull()
    result = bench.finish()
    assert result.ending is Ending.PILOT_FAULT
    assert bench.values.amps == 0.0
    assert not bench.values.contactors_closed
    bench.run(5.0)
    bench.charge()
    assert len(bench.results) == 1


def test_a_fault_is_made_and_taken_back() -> None:
    bench = Bench().charge()
    bench.fault("stop button")
    assert bench.trouble == set()
    bench.until(lambda now: now.values.amps < 1.0, within=5.0)
    bench.until(lambda now: "STOP_SWITCH" in now.trouble, within=5.0)
    bench.mend("stop button")
    bench.until(lambda now: not now.trouble, within=30.0)
    with pytest.raises(ValueError, match="was not made"):
        bench.mend("stop button")
    with pytest.raises(ValueError, match="did you mean stop button"):
        bench.fault("stop buton")
    assert "crash" in bench.faults


def test_the_station_is_commanded_from_the_north() -> None:
    bench = Bench()
    told: list[object] = []
    bench.charger.subscribe("dc_ev_target_voltage_current", told.append)
    bench.charge()
    bench.charger.stop_charging(stop=True)
    assert bench.finish().ending is Ending.TERMINATED
    assert told


def test_the_same_seed_gives_the_same_run_to_the_last_octet(tmp_path: Path) -> None:
    digests = []
    for seed in (7, 7, 8):
        bench = Bench(soc=79.95, seed=seed)
        bench.charge()
        bench.finish()
        digests.append(bench.trace("station").records[-1].digest)
        bench.write_trace(tmp_path / "run.jsonl")
    assert digests[0] == digests[1] != digests[2]
    read = [heard.name for heard in pilotwire.Capture(tmp_path / "run.jsonl").messages()]
    assert read == [heard.name for heard in bench.messages()]


def test_what_does_not_come_is_said_with_how_things_stand() -> None:
    bench = Bench()
    with pytest.raises(NotReached, match=r"not within 2 s; .*soc=30"):
        bench.finish(within=2.0)


@pytest.mark.parametrize("options", [{"protocol": "iso3"}, {"mode": "DC_all"}, {"payment": "cash"}])
def test_a_word_that_is_not_known_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"iso3|DC_all|cash"):
        Bench(**options)  # type: ignore[arg-type]  # all of them text
