"""Whom energy out of the battery is for, and what it has to be worth: from the YAML to the plan."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.parameters import FOLLOWING, FORMING, GENERATOR
from bsw.chrgm.services import ParameterSet, energy_by_word
from bsw.os.clock import S
from bsw.prices.tariff import Algorithm, Rule, Stack, Tariff
from can_adapter.signals.values import EnergyTransferMode
from evcc.config import EvccConfig
from evcc.giving import Giving, Taker
from evcc.plan import Choice
from evcc.planning.optimum import Work
from evcc.schedules import Limits, Need, Schedule, Slot, choosing
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.profile import CONFORMANCE
from secc.power.simulated import Ratings
from secc.session.schedules import Plan, Step
from tests.iso20.test_prices import told_profile
from tools.bench.world.direct import Rig
from tools.bench.world.whole import Bench, WholeOptions

HOUR = 3_600
DEAR, CHEAP = 0.40, 0.30


def tariff(first: float, second: float) -> Tariff:
    stacks = (Stack(0, HOUR, (Rule(first),)), Stack(HOUR, 3 * HOUR, (Rule(second),)))
    return Tariff(stacks, Algorithm.POWER)


def chosen(giving: Giving) -> Choice:
    """At first energy is dear, and paid for as much when it is given back; then it is cheap."""
    offer = Schedule(
        1,
        0,
        (Slot(0, 3 * HOUR, 10_000.0),),
        discharge=(Slot(0, 3 * HOUR, 10_000.0),),
        prices=tariff(DEAR, CHEAP),
        discharge_prices=tariff(DEAR, 0.0),
    )
    need = Need(1_000.0, 3 * HOUR, held=30_000.0, kept=10_000.0, room=20_000.0)
    limits = Limits(10_000.0, 10_000.0, efficiency=giving.efficiency, wear=giving.wear)
    work = Work(choosing([offer], need, limits))
    while not work.go_on(1_000):
        pass
    assert work.result is not None
    return work.result


@pytest.mark.parametrize(
    ("giving", "sold"),
    [
        (Giving(), True),
        (Giving(wear=0.09), True),
        (Giving(wear=0.11), False),
        (Giving(efficiency=0.9), True),
        (Giving(efficiency=0.85), False),
        (Giving(efficiency=0.95, wear=0.07), False),
    ],
)
def test_energy_is_sold_when_it_is_worth_its_way_and_the_wear(
    giving: Giving, *, sold: bool
) -> None:
    """Bought back for 0.30, and 0.30 / efficiency ** 2 for what was sold at 0.40."""
    assert any(entry.power < 0 for entry in chosen(giving).entries) is sold


def rig_of(giving: Giving) -> Rig:
    rig = Rig(
        "iso20-dc",
        mode="DC_BPT",
        secure=True,
        vehicle_profile=replace(CONFORMANCE, giving=giving),
        ratings=Ratings(back_current=40.0, back_power=15_000.0),
    )
    rig.state.put(
        discharge_permission=True,
        discharge_max_current=30.0,
        discharge_max_power=10_000.0,
        discharge_min_soc=20.0,
        energy_request=50.0,
        departure=150,
    )
    back = Tariff((Stack(0, 150, (Rule(5.0),)),), Algorithm.POWER)
    rig.station.schedules.plans = (
        Plan(
            7,
            (Step(0, 11_000.0),),
            150,
            prices=tariff(0.1, 0.1),
            back=(Step(0, 10_000.0),),
            back_prices=back,
        ),
    )
    return rig


@pytest.mark.parametrize(("to", "sells"), [("grid", True), ("house", False), ("loads", False)])
def test_only_what_is_for_the_grid_is_sold(to: Taker, *, sells: bool) -> None:
    rig = rig_of(Giving(to))
    rig.at(40 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert (min(power for _, power in told_profile(rig)) < 0) is sells


def test_a_house_gets_what_is_wanted_now() -> None:
    rig = rig_of(Giving("house"))
    given: list[float] = []
    rig.at(20 * S, lambda: setattr(rig.state, "discharge_wanted", 8.0))
    rig.at(30 * S, lambda: given.append(rig.electronics.current))
    rig.at(40 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert given == [pytest.approx(-8.0, abs=0.5)]


@pytest.mark.parametrize(("to", "number"), [("grid", 1), ("house", 1), ("loads", 2)])
def test_without_a_grid_the_vehicle_forms_it(to: Taker, number: int) -> None:
    ours = Choosing(rig_of(Giving(to)).car)
    service = energy_by_word("iso20")["DC_BPT"]
    sets = [ParameterSet(1, {GENERATOR: FOLLOWING}), ParameterSet(2, {GENERATOR: FORMING})]
    assert ours.pick(service, sets)
    assert ours.made.chosen.number == number


@pytest.mark.parametrize("to", ["grid", "house", "loads"])
def test_the_configuration_reaches_the_session(to: Taker) -> None:
    giving = {"to": to, "wear": 0.12, "efficiency": 0.9}
    options = WholeOptions(
        protocols=("iso20",), tls=True, mode="DC_BPT", services={"giving": giving}
    )
    bench = Bench(options)
    bench.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode.DC_BPT
    assert bench.pair.vehicle.session_profile().giving == Giving(to, 0.12, 0.9)


@pytest.mark.parametrize(
    ("text", "told"),
    [({"to": "neighbour"}, "to"), ({"wear": -1}, "wear"), ({"efficiency": 0.2}, "efficiency")],
)
def test_what_makes_no_sense_is_refused(text: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        EvccConfig.model_validate({"giving": text})
    assert refused.value.errors()[0]["loc"] == ("giving", told)
