"""I07 to I12: tariffs from the back end, and what is told of the cost computed from them."""

from pathlib import Path
from typing import Any

import pytest

from ocpp.station.records import Token
from ocpp.versions import Version
from tests.ocpp.blocks.steps import CARD, charge, leave, put, refusal
from tests.ocpp.site import Json, Site, site

V21 = Version.V21
COST = "TariffCostCtrlr"


def tariff(name: str = "T1", kwh: float = 0.5, **more: Any) -> Json:  # noqa: ANN401
    return {"tariffId": name, "currency": "EUR", "energy": {"prices": [{"priceKwh": kwh}]}, **more}


def given(whole: Site, wire: Json, evse: int = 0) -> str:
    return str(whole.ask("SetDefaultTariff", {"evseId": evse, "tariff": wire})["status"])


def assigned(whole: Site, evse: int = 0) -> list[tuple[str, list[int]]]:
    answer = whole.ask("GetTariffs", {"evseId": evse})
    if answer["status"] != "Accepted":
        assert answer["status"] == "NoTariff"
        return []
    return [(each["tariffId"], each["evseIds"]) for each in answer["tariffAssignments"]]


def events(whole: Site) -> list[Json]:
    return whole.said("TransactionEvent")


def total(event: Json) -> float:
    return float(event["costDetails"]["totalCost"]["total"]["exclTax"])


def test_a_default_tariff_is_what_a_charge_costs(folder: Path) -> None:
    """I07.FR.10, I07.FR.11, I07.FR.14, I07.FR.32, I12.FR.01, I12.FR.02."""
    with site(folder, V21) as whole:
        assert given(whole, tariff()) == "Accepted"
        charge(whole)
        first = events(whole)[0]
        assert first["transactionInfo"]["tariffId"] == "T1"
        assert total(first) == 0
        assert "chargingPeriods" not in first["costDetails"]
        whole.charger.wh += 4000
        leave(whole)
        *before, last = events(whole)
        assert last["eventType"] == "Ended"
        assert total(last) == 2.0
        assert last["costDetails"]["totalUsage"]["energy"] == 4.0
        assert last["costDetails"]["chargingPeriods"][0]["tariffId"] == "T1"
        told = [each for each in before if "tariffId" in each["transactionInfo"]]
        assert told == [first], "once"


def test_the_cost_so_far_is_told_at_its_interval(folder: Path) -> None:
    """I12.FR.03."""
    with site(folder, V21) as whole:
        put(whole, f"{COST}.Interval", "20", "Cost")
        given(whole, tariff())
        charge(whole)
        whole.charger.wh += 1000
        whole.run(50)
        running = [each for each in events(whole) if each["triggerReason"] == "RunningCost"]
        assert [total(each) for each in running] == [0.5, 0.5]
        assert all("chargingPeriods" not in each["costDetails"] for each in running)
        put(whole, f"{COST}.Enabled", "false", "RunningCost")
        whole.heard.clear()
        whole.run(50)
        assert [each for each in events(whole) if each["triggerReason"] == "RunningCost"] == []


def test_a_tariff_of_one_outlet_is_kept_over_a_restart(folder: Path) -> None:
    """I07.FR.12, I07.FR.13, I09.FR.01, I09.FR.02, I09.FR.03."""
    with site(folder, V21) as whole:
        assert assigned(whole) == []
        assert given(whole, tariff("T1"), 1) == "Accepted"
        assert given(whole, tariff("T2"), 2) == "Accepted"
    with site(folder, V21) as whole:
        assert assigned(whole) == [("T1", [1]), ("T2", [2])]
        assert assigned(whole, 2) == [("T2", [2])]
        assert whole.ask("GetTariffs", {"evseId": 7})["status"] == "Rejected"
        assert given(whole, tariff("T3")) == "Accepted"
        assert assigned(whole) == [("T3", [1, 2])]


def test_a_tariff_waits_for_its_day_and_then_takes_the_place(folder: Path) -> None:
    """I07.FR.18, I07.FR.19, I07.FR.20, I07.FR.21, I07.FR.22, I07.FR.23, I07.FR.24, I09.FR.05."""
    with site(folder, V21) as whole:
        given(whole, tariff("now", 1.0))
        assert given(whole, tariff("later", 2.0, validFrom="2030-01-01T00:10:00Z")) == "Accepted"
        assert assigned(whole, 1) == [("now", [1]), ("later", [1])]
        charge(whole, 1)
        whole.run(700)
        charge(whole, 2, Token("04E2"))
        whole.charger.wh += 1000
        leave(whole, 1)
        leave(whole, 2, Token("04E2"))
        ended = [each for each in events(whole) if each["eventType"] == "Ended"]
        assert [total(each) for each in ended] == [1.0, 2.0], "what runs keeps its tariff"
        [only] = whole.ask("GetTariffs", {"evseId": 1})["tariffAssignments"]
        assert (only["tariffId"], only["validFrom"]) == ("later", "2030-01-01T00:10:00.000Z")


@pytest.mark.parametrize(
    ("wire", "word"),
    [
        (tariff("T1"), "DuplicateTariffId"),
        (tariff("T2", energy={"prices": [{"priceKwh": 1}] * 65}), "TooManyElements"),
        (
            tariff("T2", fixedFee={"prices": [
                {"priceFixed": 1, "conditions": {"paymentBrand": "x"}}]}),
            "ConditionNotSupported",
        ),
        (
            tariff("T2", energy={"prices": [
                {"priceKwh": 1, "conditions": {"startTimeOfDay": "noon"}}]}),
            "Rejected",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_not_taken(wire: Json, word: str, folder: Path) -> None:
    """I07.FR.02, I07.FR.03, I07.FR.04, I07.FR.05, I07.FR.06."""
    with site(folder, V21) as whole:
        given(whole, tariff("T1"))
        assert given(whole, wire) == word
        assert given(whole, tariff("T3"), 9) == "Rejected"
        assert assigned(whole) == [("T1", [1, 2])]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("SetDefaultTariff", {"evseId": 0, "tariff": tariff()}),
        ("GetTariffs", {"evseId": 0}),
        ("ClearTariffs", {}),
        ("ChangeTransactionTariff", {"transactionId": "x", "tariff": tariff()}),
    ],
)
def test_a_station_that_does_not_compute_says_so(action: str, fields: Json, folder: Path) -> None:
    """I07.FR.01, I11.FR.01."""
    with site(folder, V21) as whole:
        put(whole, f"{COST}.Enabled", "false", "Tariff")
        assert refusal(whole, action, fields) == "NotSupported"


def test_tariffs_are_cleared_by_name_and_outlet(folder: Path) -> None:
    """I10.FR.01, I10.FR.02, I10.FR.03, I10.FR.05, I10.FR.06, I10.FR.07."""
    with site(folder, V21) as whole:
        given(whole, tariff("T1"), 1)
        given(whole, tariff("T2"), 2)
        charge(whole)
        results = whole.ask("ClearTariffs", {"tariffIds": ["T1", "T9"], "evseId": 1})
        words = [(each["tariffId"], each["status"]) for each in results["clearTariffsResult"]]
        assert words == [("T1", "Accepted"), ("T9", "NoTariff")]
        assert assigned(whole, 2) == [("T2", [2])]
        whole.charger.wh += 1000
        leave(whole)
        assert total(events(whole)[-1]) == 0.5, "what runs goes on with it"
        assert whole.ask("ClearTariffs", {})["clearTariffsResult"][0]["tariffId"] == "T2"
        assert whole.ask("ClearTariffs", {}) == {"clearTariffsResult": [{"status": "NoTariff"}]}


def test_the_tariff_of_a_transaction_is_changed(folder: Path) -> None:
    """I11.FR.02, I11.FR.04, I11.FR.05, I11.FR.06, I11.FR.07."""
    with site(folder, V21) as whole:
        given(whole, tariff("T1", 1.0))
        charge(whole)
        name = events(whole)[0]["transactionInfo"]["transactionId"]

        def change(wire: Json, transaction: str = name) -> str:
            fields = {"transactionId": transaction, "tariff": wire}
            return str(whole.ask("ChangeTransactionTariff", fields)["status"])

        assert change(tariff("T2"), "another") == "TxNotFound"
        assert change({**tariff("T2"), "currency": "USD"}) == "NoCurrencyChange"
        assert change(tariff("T2", energy={"prices": [{"priceKwh": 1}] * 65})) == "TooManyElements"
        whole.charger.wh += 1000
        assert change(tariff("T2", 3.0)) == "Accepted"
        whole.run()
        said = events(whole)[-1]
        assert said["triggerReason"] == "TariffChanged"
        assert said["transactionInfo"]["tariffId"] == "T2"
        whole.charger.wh += 1000
        leave(whole)
        assert total(events(whole)[-1]) == 4.0


def drivers(whole: Site, wire: Json) -> None:
    whole.answers["Authorize"] = {"idTokenInfo": {"status": "Accepted"}, "tariff": wire}


def test_a_driver_has_a_tariff_of_his_own(folder: Path) -> None:
    """I08.FR.04, I08.FR.06, I08.FR.10, I08.FR.22, I09.FR.04, I09.FR.06, I09.FR.07."""
    with site(folder, V21) as whole:
        given(whole, tariff("T1", 1.0), 1)
        drivers(whole, tariff("own", 7.0, validFrom="2040-01-01T00:00:00Z"))
        charge(whole)
        told = whole.ask("GetTariffs", {"evseId": 1})["tariffAssignments"]
        assert {"tariffId": "own", "tariffKind": "DriverTariff", "evseIds": [1],
                "idTokens": [CARD.id]} in told  # fmt: skip
        whole.charger.wh += 1000
        leave(whole)
        assert total(events(whole)[-1]) == 7.0
        del whole.answers["Authorize"]
        whole.heard.clear()
        charge(whole, token=Token("04E9"))
        whole.charger.wh += 1000
        leave(whole, token=Token("04E9"))
        assert total(events(whole)[-1]) == 1.0, "for that transaction only"


@pytest.mark.parametrize(
    ("handling", "cost"),
    [("UseDefaultTariff", 1.0), ("CentralCost", None), ("Deauthorize", None)],
)
def test_a_drivers_tariff_that_cannot_be_used(
    handling: str, cost: float | None, folder: Path
) -> None:
    """I08.FR.32, I08.FR.33, I08.FR.34."""
    wire = tariff("own", energy={"prices": [{"priceKwh": 1}] * 65})
    with site(folder, V21) as whole:
        put(whole, f"{COST}.HandleFailedTariff", handling, "Tariff")
        given(whole, tariff("T1", 1.0))
        drivers(whole, wire)
        charge(whole)
        problem = {"component": {"name": COST}, "variable": {"name": "Problem"}}
        answer = whole.ask("GetVariables", {"getVariableData": [problem]})
        assert answer["getVariableResult"][0]["attributeValue"] == "true"
        if handling == "Deauthorize":
            assert whole.charger.refused
            assert events(whole) == []
            return
        whole.charger.wh += 1000
        leave(whole)
        details = events(whole)[-1].get("costDetails")
        assert (details is None) == (cost is None)
        if cost is not None:
            assert total(events(whole)[-1]) == cost


def test_after_a_power_cut_it_cannot_be_said(folder: Path) -> None:
    """I12.FR.14."""
    with site(folder, V21) as whole:
        given(whole, tariff())
        charge(whole)
        whole.run(5)
    with site(folder, V21) as whole:
        whole.run(5)
        ended = events(whole)[-1]
        assert ended["eventType"] == "Ended"
        assert ended["costDetails"]["failureToCalculate"] is True
        assert ended["costDetails"]["totalCost"]["currency"] == "EUR"


@pytest.mark.parametrize("version", [Version.V16, Version.V201])
def test_older_versions_hear_nothing_of_it(version: Version, folder: Path) -> None:
    """What was installed under 2.1 costs the same, and is told by none of their messages."""
    with site(folder, V21) as whole:
        given(whole, tariff())
    with site(folder, version) as whole:
        charge(whole)
        whole.run(130)
        leave(whole)
        assert all("costDetails" not in fields for _, fields in whole.heard)


def test_a_zone_that_is_none_is_refused(folder: Path) -> None:
    with site(folder, V21) as whole:
        assert put(whole, "ClockCtrlr.TimeZone", "Nowhere/Land") == "Rejected"
        assert put(whole, "ClockCtrlr.TimeZone", "Europe/Vienna") == "Accepted"
