"""E16: a transaction's limits, from the back end and the driver; reached, raised, confirmed."""

from pathlib import Path

import pytest

from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.records import Sample
from ocpp.versions import Version
from tests.ocpp.blocks.steps import charge, rules
from tests.ocpp.site import Json, Site, site

V21 = Version.V21
ENDS = rules(TxRules(stop=frozenset({Point.ENERGY, Point.CONNECTED, Point.AUTHORIZED})))
PLAIN = rules()


def limited(whole: Site, **limits: float) -> None:
    """In the answer to the next events."""
    whole.answers["TransactionEvent"] = {"transactionLimit": limits}


def events(whole: Site, reason: str) -> list[Json]:
    return [e for e in whole.said("TransactionEvent") if e["triggerReason"] == reason]


def reach(whole: Site, name: str) -> None:
    """Use up as much as each of these allows."""
    if name == "maxEnergy":
        whole.charger.wh += 600
    elif name == "maxSoC":
        whole.charger.more = (Sample(80.0, "SoC", "Percent"),)
    elif name == "maxCost":
        whole.answers["TransactionEvent"] = {"totalCost": 5.0}
        whole.station.outlet(1).measure()
    whole.run(62 if name == "maxTime" else 3)


RAISED = {"maxEnergy": 900.0, "maxTime": 600, "maxSoC": 90, "maxCost": 9.0}
KINDS = pytest.mark.parametrize(
    ("name", "value", "reason", "stopped"),
    [
        ("maxEnergy", 500.0, "EnergyLimitReached", "EnergyLimitReached"),
        ("maxTime", 60, "TimeLimitReached", "TimeLimitReached"),
        ("maxSoC", 80, "SoCLimitReached", "SOCLimitReached"),
        ("maxCost", 5.0, "CostLimitReached", "LocalOutOfCredit"),
    ],
)


@KINDS
def test_energy_rests_when_a_limit_is_reached_and_flows_when_it_is_raised(
    name: str, value: float, reason: str, stopped: str, folder: Path
) -> None:
    """E16.FR.03: confirmed once; E16.FR.05; E16.FR.09: time from Started; E16.FR.11, E16.FR.13,
    E16.FR.14: raised; E16.FR.17: only another one takes its place; F07.FR.03, F07.FR.04; V21."""
    del stopped
    with site(folder, V21) as whole:
        limited(whole, **{name: value})
        charge(whole)
        whole.run(2)
        [confirmed] = events(whole, "LimitSet")
        assert confirmed["transactionInfo"]["transactionLimit"] == {name: value}
        assert not events(whole, reason)
        whole.answers.pop("TransactionEvent")
        reach(whole, name)
        [reached] = events(whole, reason)
        assert reached["eventType"] == "Updated"
        assert reached["transactionInfo"]["chargingState"] == "SuspendedEVSE"
        assert dict(whole.charger.limits)[1] == 0.0
        limited(whole, **{name: RAISED[name]})
        whole.station.outlet(1).measure()
        whole.run(2)
        assert dict(whole.charger.limits)[1] is None
        last = whole.said("TransactionEvent")[-1]
        assert last["transactionInfo"]["chargingState"] == "Charging"
        assert len(events(whole, "LimitSet")) == 2


@KINDS
def test_where_energy_is_the_stop_point_the_transaction_ends(
    name: str, value: float, reason: str, stopped: str, folder: Path
) -> None:
    """E16.FR.06, V21."""
    with site(folder, V21, ENDS) as whole:
        limited(whole, **{name: value})
        charge(whole)
        whole.run(2)
        whole.answers.pop("TransactionEvent")
        reach(whole, name)
        [ended] = [e for e in whole.said("TransactionEvent") if e["eventType"] == "Ended"]
        assert ended["triggerReason"] == reason
        assert ended["transactionInfo"]["stoppedReason"] == stopped
        assert ("stop", 1, stopped) in whole.charger.told


def test_a_drivers_limit_is_told_and_never_passes_the_back_ends(folder: Path) -> None:
    """E16.FR.01, E16.FR.04, V21."""
    with site(folder, V21) as whole:
        assert not whole.station.limits.wish(1, maxEnergy=100.0)
        charge(whole)
        assert whole.station.limits.wish(1, maxEnergy=900.0)
        limited(whole, maxEnergy=500.0)
        whole.station.outlet(1).measure()
        whole.run(2)
        assert whole.station.limits.wish(1, maxEnergy=700.0)
        whole.run(2)
        told = [e["transactionInfo"]["transactionLimit"] for e in events(whole, "LimitSet")]
        assert told == [{"maxEnergy": 900.0}, {"maxEnergy": 500.0}]
        whole.charger.wh += 550
        whole.run(3)
        assert len(events(whole, "EnergyLimitReached")) == 1


@pytest.mark.parametrize("limit", [100.0, 0.0, -5.0])
def test_a_limit_that_is_passed_already_counts_at_once(limit: float, folder: Path) -> None:
    """E16.FR.10, V21."""
    with site(folder, V21) as whole:
        charge(whole)
        whole.charger.wh += 200
        limited(whole, maxEnergy=limit)
        whole.station.outlet(1).measure()
        whole.run(1)
        assert len(events(whole, "EnergyLimitReached")) == 1
        assert dict(whole.charger.limits)[1] == 0.0


def test_the_cost_is_that_of_the_stations_own_tariff(folder: Path) -> None:
    """E16.FR.15, E16.FR.16, V21."""
    with site(folder, V21) as whole:
        tariff = {"tariffId": "T1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 1.0}]}}
        fields = {"evseId": 0, "tariff": tariff}
        assert whole.ask("SetDefaultTariff", fields)["status"] == "Accepted"
        limited(whole, maxCost=0.5)
        charge(whole)
        whole.charger.wh += 600
        whole.run(65)
        assert len(events(whole, "CostLimitReached")) == 1


def test_limits_go_with_their_transaction(folder: Path) -> None:
    with site(folder, V21) as whole:
        limited(whole, maxEnergy=500.0)
        charge(whole)
        whole.run(2)
        whole.charger.wh += 600
        whole.run(3)
        whole.answers.pop("TransactionEvent")
        whole.station.unplugged(1)
        whole.run(2)
        charge(whole)
        whole.run(3)
        assert dict(whole.charger.limits)[1] is None
        assert len(events(whole, "EnergyLimitReached")) == 1
