"""What a driver and the site say on the charger interface, to the vehicle and the back end."""

from pathlib import Path
from typing import Any

import pytest

from bsw.north.command import CommandError
from bsw.os.clock import S
from ocpp.versions import Version
from secc.api.charger import Charger
from secc.api.extensions import PowerStep
from tests.ecu.test_backend_in_one_world import Chain, second_opinion  # noqa: F401 - a fixture
from tests.ecu.test_both_from_files import pair_of

V21 = Version.V21
LATEST = 300 * S
TARIFF = {"tariffId": "T1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 1.0}]}}


def charging(folder: Path, soc: float = 40.0) -> Chain:
    """A card pays, and energy flows."""
    chain = Chain(folder, V21, soc=soc, driver="card", card="04E1")
    chain.office.call("CS-7", "SetDefaultTariff", {"evseId": 0, "tariff": TARIFF})
    chain.pair.run(1.0)
    chain.pair.plug()
    chain.pair.run(40.0)
    assert events(chain)[0]["eventType"] == "Started"
    return chain


def charger(chain: Chain) -> Charger:
    return chain.pair.station.charger


def events(chain: Chain, reason: str = "") -> list[Any]:
    told = chain.calls("TransactionEvent")
    return [each for each in told if reason in {"", each["triggerReason"]}]


def test_a_drivers_limit_ends_what_he_is_charged(tmp_path: Path) -> None:
    chain = charging(tmp_path)
    charger(chain).limit_transaction(max_energy=2000.0, max_time=86400, max_cost=50.0, max_soc=90)
    chain.pair.run(1.0)
    [confirmed] = events(chain, "LimitSet")
    limits = {"maxEnergy": 2000.0, "maxTime": 86400, "maxCost": 50.0, "maxSoC": 90}
    assert confirmed["transactionInfo"]["transactionLimit"] == limits
    while not events(chain, "EnergyLimitReached"):
        chain.pair.run(5.0)
        assert chain.pair.scheduler.now < LATEST
    chain.pair.run(5.0)
    soc = chain.pair.hardware.vehicle.battery.soc
    chain.pair.run(10.0)
    assert chain.pair.hardware.vehicle.battery.soc == soc, "no energy after it"
    chain.pair.unplug()
    chain.pair.run(10.0)
    last = events(chain)[-1]
    assert last["eventType"] == "Ended"
    assert last["costDetails"]["totalCost"]["total"]["exclTax"] == pytest.approx(2.0, abs=0.1)


def test_a_driver_who_declines_the_tariff_pays_nothing(tmp_path: Path) -> None:
    chain = charging(tmp_path)
    charger(chain).decline_tariff()
    chain.pair.run(10.0)
    chain.pair.unplug()
    chain.pair.run(10.0)
    last = events(chain)[-1]
    assert last["eventType"] == "Ended"
    assert "costDetails" not in last
    assert len(events(chain, "TariffNotAccepted")) == 1
    with pytest.raises(CommandError, match="nobody has been let in"):
        charger(chain).decline_tariff()


def test_a_driver_gets_priority_and_gives_it_back(tmp_path: Path) -> None:
    chain = charging(tmp_path)
    with pytest.raises(CommandError, match="no profile for priority"):
        charger(chain).wish_priority()
    schedule = {
        "id": 1,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9000.0}],
    }
    profile = {
        "id": 6,
        "stackLevel": 0,
        "chargingProfilePurpose": "PriorityCharging",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [{**schedule, "startSchedule": "2030-01-01T00:00:00Z"}],
    }
    chain.office.call("CS-7", "SetChargingProfile", {"evseId": 1, "chargingProfile": profile})
    chain.pair.run(1.0)
    charger(chain).wish_priority()
    charger(chain).wish_priority()
    chain.pair.run(1.0)
    assert charger(chain).state.site_power == pytest.approx(9000.0)
    charger(chain).wish_priority(wanted=False)
    chain.pair.run(1.0)
    told = chain.calls("NotifyPriorityCharging")
    assert [each["activated"] for each in told] == [True, False]


def test_power_that_the_site_makes_is_told_and_comes_on_top(tmp_path: Path) -> None:
    chain = charging(tmp_path)
    charger(chain).limit_power(power=8000.0)
    charger(chain).report_generation(power=2000.0)
    chain.pair.run(1.0)
    assert charger(chain).state.site_power == pytest.approx(10000.0)
    told = [each["chargingLimit"] for each in chain.calls("NotifyChargingLimit")]
    assert told[-1] == {"chargingLimitSource": "EMS", "isLocalGeneration": True}
    charger(chain).report_generation(power=0.0)
    assert charger(chain).state.site_power == pytest.approx(8000.0)


def test_without_a_transaction_or_a_back_end_the_driver_is_told_why(tmp_path: Path) -> None:
    chain = Chain(tmp_path, V21)
    with pytest.raises(CommandError, match="while a transaction runs"):
        charger(chain).limit_transaction(max_energy=100.0)
    with pytest.raises(CommandError, match="give max_energy"):
        charger(chain).limit_transaction()
    with pytest.raises(CommandError, match="max_energy"):
        charger(chain).limit_transaction(max_energy=float("nan"))
    with pytest.raises(CommandError, match="max_soc"):
        charger(chain).limit_transaction(max_soc=101)
    (tmp_path / "alone").mkdir()
    alone = pair_of(tmp_path / "alone", {}, {}, 40.0).station.charger
    with pytest.raises(CommandError, match=r"no back end; configure ocpp\.url"):
        alone.limit_transaction(max_energy=100.0)


def test_what_the_site_has_said_holds_on_after_a_reset_by_the_back_end(tmp_path: Path) -> None:
    chain = Chain(tmp_path, V21)
    charger(chain).limit_power(power=8000.0)
    charger(chain).report_generation(power=1000.0)
    chain.pair.run(1.0)
    chain.office.call("CS-7", "Reset", {"type": "Immediate"})
    chain.pair.run(20.0)
    assert len(chain.calls("BootNotification")) == 2
    assert charger(chain).state.site_power == pytest.approx(9000.0)
    charger(chain).limit_power()
    chain.office.call("CS-7", "Reset", {"type": "Immediate"})
    chain.pair.run(20.0)
    assert len(chain.calls("BootNotification")) == 3
    assert charger(chain).state.site_power is None, "nor does what was taken back come again"


def test_what_the_site_has_planned_holds_on_after_a_reset_and_goes_on_in_its_time(
    tmp_path: Path,
) -> None:
    chain = Chain(tmp_path, V21)

    def watts() -> float | None:
        return charger(chain).state.site_power

    charger(chain).plan_power(
        steps=[
            PowerStep(start=0, power=9000.0),
            PowerStep(start=30, power=8000.0),
            PowerStep(start=60, power=7000.0),
        ]
    )
    chain.pair.run(10.0)
    assert watts() == pytest.approx(9000.0)
    chain.office.call("CS-7", "Reset", {"type": "Immediate"})
    chain.pair.run(15.0)
    assert len(chain.calls("BootNotification")) == 2
    assert watts() == pytest.approx(9000.0)
    chain.pair.run(10.0)
    assert watts() == pytest.approx(8000.0), "35 s after it was said, the reset between"
    chain.pair.run(30.0)
    assert watts() == pytest.approx(7000.0)


def test_what_the_site_plans_goes_on_without_a_back_end(tmp_path: Path) -> None:
    chain = Chain(tmp_path, V21, listens=False)
    steps = [PowerStep(start=0, power=9000.0), PowerStep(start=30, power=8000.0)]
    charger(chain).plan_power(steps=steps)
    chain.pair.run(31.0)
    assert charger(chain).state.site_power == pytest.approx(8000.0)
    chain.listen()
    chain.pair.run(60.0)
    assert len(chain.calls("BootNotification")) == 1
    assert charger(chain).state.site_power == pytest.approx(8000.0)
