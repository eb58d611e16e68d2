"""I07 to I12: problems with tariffs, drivers who decline one, and what a bill is made of."""

from pathlib import Path

import pytest

from ocpp.station.outlets.points import TxRules
from ocpp.station.records import Token
from tests.ocpp.blocks.steps import CARD, charge, got, leave, points, put, rules
from tests.ocpp.blocks.test_i_tariffs import COST, V21, drivers, events, given, tariff, total
from tests.ocpp.site import Json, Site, site


def problems(whole: Site) -> list[tuple[str, str]]:
    """What was told of TariffCostCtrlr.Problem by the station itself."""
    found = []
    for event in whole.said("NotifyEvent"):
        [data] = event["eventData"]
        if data["variable"]["name"] == "Problem":
            assert data["component"]["name"] == COST
            wired = data["eventNotificationType"] == WIRED
            assert data["trigger"] == ("Alerting" if wired else "Delta")
            found.append((data["actualValue"], data["eventNotificationType"]))
    return found


WIRED = "HardWiredNotification"
BAD: Json = {"prices": [{"priceKwh": 1}] * 65}


@pytest.mark.parametrize("watched", [False, True])
def test_a_tariff_that_cannot_be_used_is_a_problem_until_one_can(
    folder: Path, *, watched: bool
) -> None:
    """I08.FR.30, I08.FR.35: so says the variable; I08.FR.31, I08.FR.36: it is told, once, unless
    a monitor does."""
    with site(folder, V21) as whole:
        if watched:
            problem = {"component": {"name": COST}, "variable": {"name": "Problem"}}
            data = {**problem, "type": "Delta", "value": 1, "severity": 5}
            whole.ask("SetVariableMonitoring", {"setMonitoringData": [data]})
        for wire, value in ((tariff("bad", energy=BAD), "true"), (tariff("good"), "false")):
            for number in (1, 2):
                drivers(whole, wire)
                card = Token(f"04A{number}{value[0]}")
                charge(whole, token=card)
                assert got(whole, f"{COST}.Problem") == value
                leave(whole, token=card)
        kind = "CustomMonitor" if watched else WIRED
        assert problems(whole) == [("true", kind), ("false", kind)]


def test_a_cost_that_cannot_be_said_is_a_problem_until_one_can(folder: Path) -> None:
    """I12.FR.18, I12.FR.19: also told; I12.FR.43, I12.FR.44: until the next is computed."""
    with site(folder, V21) as whole:
        given(whole, tariff())
        charge(whole)
        whole.run(5)
    with site(folder, V21) as whole:
        whole.run(5)
        assert got(whole, f"{COST}.Problem") == "true"
        charge(whole)
        assert got(whole, f"{COST}.Problem") == "true", "not before it is computed"
        leave(whole)
        assert got(whole, f"{COST}.Problem") == "false"
        assert problems(whole) == [("true", WIRED), ("false", WIRED)]


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_a_drivers_tariff_is_cached_with_the_token(enabled: str, folder: Path) -> None:
    """I08.FR.05: over a restart, and though answers to events say nothing of it."""
    with site(folder, V21) as whole:
        put(whole, "AuthCacheCtrlr.Enabled", enabled)
        put(whole, "AuthCtrlr.LocalPreAuthorize", "true")
        drivers(whole, tariff("own", 7.0))
        whole.answers["TransactionEvent"] = {"idTokenInfo": {"status": "Accepted"}}
        charge(whole)
        leave(whole)
    with site(folder, V21) as whole:
        charge(whole)
        whole.charger.wh += 1000
        leave(whole)
        asked, last = whole.said("Authorize"), events(whole)[-1]
        if enabled == "true":
            assert asked == []
            assert total(last) == 7.0
        else:
            assert asked
            assert "costDetails" not in last


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("started", [False, True])
def test_a_driver_does_not_want_to_pay_that(folder: Path, *, own: bool, started: bool) -> None:
    """I07.FR.30, I07.FR.31: the tariff of the outlet; I08.FR.20, I08.FR.21: his own."""
    with site(folder, V21) as whole:
        given(whole, tariff("T1"))
        if own:
            drivers(whole, tariff("own"))
        if started:
            whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run()
        assert bool(events(whole)) is started
        whole.charger.told.clear()
        whole.charger.wh += 500
        whole.station.declined(1)
        whole.run()
        assert set(whole.charger.told) == {("stop", 1, "DeAuthorized")}
        if not started:
            assert events(whole) == []
            whole.station.plugged(1)
            whole.run(5)
            assert events(whole) == [], "nobody is let in"
            return
        last = events(whole)[-1]
        assert last["triggerReason"] == "TariffNotAccepted"
        assert (last["eventType"], last["transactionInfo"]["stoppedReason"]) == (
            "Ended",
            "DeAuthorized",
        )
        assert "costDetails" not in last


def test_a_transaction_that_goes_on_without_its_tariff_costs_nothing(folder: Path) -> None:
    """I07.FR.30: it ends later, for another reason."""
    until = rules(TxRules(stop=points("EVConnected")))
    with site(folder, V21, until) as whole:
        given(whole, tariff("T1"))
        charge(whole)
        whole.station.declined(1)
        whole.run()
        last = events(whole)[-1]
        assert (last["eventType"], last["triggerReason"]) == ("Updated", "TariffNotAccepted")
        assert last["transactionInfo"]["chargingState"] == "EVConnected"
        whole.charger.wh += 1000
        whole.station.unplugged(1)
        whole.run()
        assert events(whole)[-1]["eventType"] == "Ended"
        assert "costDetails" not in events(whole)[-1]
        charge(whole)
        whole.charger.wh += 1000
        leave(whole)
        whole.station.unplugged(1)
        whole.run()
        assert total(events(whole)[-1]) == 0.5, "the next one pays"


NIGHT: Json = {"prices": [{"priceKwh": 1, "conditions": {"startTimeOfDay": "22:00"}}]}


def test_conditions_count_where_they_can_be_looked_at(folder: Path) -> None:
    """I07.FR.03, I11.FR.03."""
    card: Json = {"prices": [{"priceFixed": 1, "conditions": {"paymentBrand": "x"}}]}
    no = {f"{COST}.ConditionsSupported.Tariff": "false"}
    for able in (True, False):
        with site(folder, V21, rules() if able else rules(values=no)) as whole:
            charge(whole)
            name = events(whole)[0]["transactionInfo"]["transactionId"]

            def change(wire: Json, whole: Site = whole, name: str = name) -> str:
                fields = {"transactionId": name, "tariff": wire}
                return str(whole.ask("ChangeTransactionTariff", fields)["status"])

            refused = "ConditionNotSupported"
            assert change(tariff("T1", fixedFee=card)) == refused
            assert change(tariff("T2", energy=NIGHT)) == ("Accepted" if able else refused)
            assert given(whole, tariff("T3", energy=NIGHT)) == ("Accepted" if able else refused)
            leave(whole)


def test_cost_and_usage_are_told_by_what_they_are_for(folder: Path) -> None:
    """I12.FR.05, I12.FR.08: fees; I12.FR.06, I12.FR.07: the outlet was kept; I12.FR.09: energy;
    I12.FR.10: time of charging; I12.FR.11: time of standing there; I12.FR.17: their sum."""

    def minute(price: float) -> Json:
        return {"prices": [{"priceMinute": price}]}

    wire = tariff(
        "T1",
        fixedFee={"prices": [{"priceFixed": 3}]},
        chargingTime=minute(0.1),
        idleTime=minute(0.2),
        reservationTime=minute(0.05),
        reservationFixed={"prices": [{"priceFixed": 2}]},
    )
    with site(folder, V21) as whole:
        given(whole, wire)
        reserve = {
            "id": 7,
            "expiryDateTime": "2030-01-01T02:00:00Z",
            "idToken": {"idToken": CARD.id, "type": CARD.kind},
            "evseId": 1,
        }
        assert whole.ask("ReserveNow", reserve)["status"] == "Accepted"
        whole.run(599)
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run(60)
        whole.station.charging(1)
        whole.run(300)
        whole.charger.wh += 4000
        leave(whole)
        details = events(whole)[-1]["costDetails"]
        cost = {
            name: each["exclTax"]
            for name, each in details["totalCost"].items()
            if isinstance(each, dict)
        }
        total_of = cost.pop("total")
        assert cost == {
            "fixed": 3.0,
            "energy": 2.0,
            "chargingTime": pytest.approx(0.5, abs=0.01),
            "idleTime": pytest.approx(0.2, abs=0.02),
            "reservationTime": pytest.approx(0.5, abs=0.01),
            "reservationFixed": 2.0,
        }
        assert total_of == pytest.approx(sum(cost.values()), abs=1e-5)
        usage = details["totalUsage"]
        assert usage["energy"] == 4.0
        assert (usage["chargingTime"], usage["idleTime"], usage["reservationTime"]) == (
            pytest.approx(300, abs=2),
            pytest.approx(60, abs=3),
            pytest.approx(600, abs=3),
        )
        whole.heard.clear()
        charge(whole)
        leave(whole)
        again = events(whole)[-1]["costDetails"]
        assert "reservationFixed" not in again["totalCost"]
        assert "reservationTime" not in again["totalUsage"]
