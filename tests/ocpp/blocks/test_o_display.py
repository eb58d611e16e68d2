"""O, I: messages for the display and what a charge costs."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ocpp.versions import Version
from tests.ocpp.blocks.steps import SINCE_2, charge, leave, put, rules, variable
from tests.ocpp.site import Json, Site, site


def show(
    whole: Site,
    number: int = 1,
    text: str = "",
    priority: str = "NormalCycle",
    **more: Any,  # noqa: ANN401
) -> str:
    content = {"format": more.pop("format", "UTF8"), "content": text or f"text {number}"}
    message = {"id": number, "priority": priority, "message": content, **more}
    return str(whole.ask("SetDisplayMessage", {"message": message})["status"])


def seen(whole: Site) -> tuple[str, ...]:
    whole.run(2)
    of_station = [lines for evse, lines in whole.charger.shown if evse == 0]
    return of_station[-1] if of_station else ()


def listed(whole: Site, **fields: Any) -> list[int]:  # noqa: ANN401
    whole.heard.clear()
    answer = whole.ask("GetDisplayMessages", {"requestId": 1, **fields})
    if answer["status"] == "Unknown":
        return []
    whole.run(2)
    said = whole.said("NotifyDisplayMessages")
    return [each["id"] for one in said for each in one["messageInfo"]]


@SINCE_2
def test_tc_o_01_tc_o_02_tc_o_04_tc_o_05_shown_told_and_cleared(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert show(whole, 1) == show(whole, 2) == "Accepted"
        assert seen(whole) == ("text 1", "text 2")
        assert listed(whole) == [1, 2]
        assert whole.ask("ClearDisplayMessage", {"id": 1}) == {"status": "Accepted"}
        assert whole.ask("ClearDisplayMessage", {"id": 1}) == {"status": "Unknown"}
        assert seen(whole) == ("text 2",)


@SINCE_2
def test_tc_o_03_tc_o_33_nothing_is_there(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert listed(whole) == []
        assert listed(whole, id=[3]) == []


@SINCE_2
def test_tc_o_07_to_11_tc_o_34_tc_o_35_messages_by_what_they_are(
    version: Version, folder: Path
) -> None:
    """TC_O_07 TC_O_08 TC_O_09 TC_O_11."""
    with site(folder, version) as whole:
        show(whole, 1, state="Charging")
        show(whole, 2, priority="InFront")
        assert listed(whole, id=[1]) == [1]
        assert listed(whole, priority="InFront") == [2]
        assert listed(whole, state="Charging") == [1]
        assert listed(whole, id=[1], state="Faulted") == []
        assert listed(whole, id=[1], priority="AlwaysFront") == []


@SINCE_2
def test_tc_o_12_the_same_number_replaces(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        show(whole, 1, "old")
        show(whole, 1, "new")
        assert seen(whole) == ("new",)


@SINCE_2
@pytest.mark.parametrize("bound", [False, True])
def test_tc_o_13_tc_o_14_tc_o_27_tc_o_28_from_then_to_then(
    version: Version, folder: Path, *, bound: bool
) -> None:
    with site(folder, version) as whole:
        more: Json = {}
        if bound:
            charge(whole)
            info = whole.said("TransactionEvent")[0]["transactionInfo"]
            more = {"transactionId": info["transactionId"]}
        times = {"startDateTime": "2030-01-01T00:00:30Z", "endDateTime": "2030-01-01T00:01:00Z"}
        assert show(whole, 1, **times, **more) == "Accepted"
        assert seen(whole) == ()
        whole.run(30)
        assert seen(whole) == ("text 1",)
        whole.run(30)
        assert seen(whole) == ()
        assert listed(whole) == []


@SINCE_2
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"format": "HTML"}, "NotSupportedMessageFormat", id="TC_O_19"),
        pytest.param({"transactionId": "T?"}, "UnknownTransaction", id="TC_O_10"),
        pytest.param({"display": {"name": "Other"}}, "Rejected", id="another-display"),
    ],
)
def test_what_cannot_be_shown(version: Version, fields: Json, status: str, folder: Path) -> None:
    """O01.FR.01, O02.FR.03."""
    with site(folder, version) as whole:
        assert show(whole, **fields) == status


def test_tc_o_18_a_state_of_2_1_that_is_not_shown(folder: Path) -> None:
    with site(folder, Version.V21) as whole:
        assert show(whole, state="Discharging") == "NotSupportedState"


def test_2_1_a_message_in_other_languages_is_not_shown(folder: Path) -> None:
    """O01.FR.19."""
    with site(folder, Version.V21) as whole:
        other = {"format": "UTF8", "language": "de", "content": "Hallo"}
        assert show(whole, messageExtra=[other]) == "Rejected"
        assert listed(whole) == []


@SINCE_2
def test_tc_o_17_a_priority_that_the_display_does_not_have(version: Version, folder: Path) -> None:
    """O01.FR.02, O02.FR.04."""
    few = {"DisplayMessageCtrlr.SupportedPriorities": "NormalCycle,InFront"}
    with site(folder, version, rules(values=few)) as whole:
        charge(whole)
        running: Json = {"transactionId": whole.station.outlet(1).transaction}
        assert show(whole, priority="AlwaysFront") == "NotSupportedPriority"
        assert show(whole, priority="AlwaysFront", **running) == "NotSupportedPriority"
        assert listed(whole) == []
        assert show(whole, priority="InFront", **running) == "Accepted"


@pytest.mark.parametrize("extra", [True, False])
def test_2_1_a_language_that_the_display_does_not_have(
    folder: Path, tmp_path: Path, *, extra: bool
) -> None:
    """O01.FR.18: by the variable that names them; O01.FR.19: without it there is one."""
    languages = {
        "component": {"name": "DisplayMessageCtrlr"},
        "variable": {"name": "Language"},
        "variableAttribute": [{"value": "en,de", "mutability": "ReadOnly"}],
        "variableCharacteristics": {"dataType": "MemberList", "valuesList": "en,de"},
    }
    (tmp_path / "display.json").write_text(json.dumps([languages]))
    with site(folder, Version.V21, rules(components=tmp_path)) as whole:

        def said(language: str) -> str:
            text = {"format": "UTF8", "language": language, "content": "Hallo"}
            if extra:
                return show(whole, messageExtra=[text])
            message = {"id": 1, "priority": "NormalCycle", "message": text}
            return str(whole.ask("SetDisplayMessage", {"message": message})["status"])

        assert said("fr") == "LanguageNotSupported"
        assert listed(whole) == []
        assert said("de") == "Accepted"


@SINCE_2
def test_a_full_display_takes_no_more(version: Version, folder: Path) -> None:
    """O01.FR.11, O02.FR.11: as many as the variable says; one that is there is replaced."""
    with site(folder, version) as whole:
        named = [variable("DisplayMessageCtrlr.DisplayMessages")]
        whole.ask("GetReport", {"requestId": 1, "componentVariable": named})
        [row] = whole.said("NotifyReport")[0]["reportData"]
        most = row["variableCharacteristics"]["maxLimit"]
        display = whole.station._blocks.display
        assert show(whole, 1) == "Accepted"
        [one] = display._all.values()
        display._all.update({n: replace(one, id=n) for n in range(2, int(most) + 1)})
        assert show(whole, 9999) == "Rejected"
        assert show(whole, 7) == "Accepted"


@SINCE_2
def test_tc_o_20_messages_outlive_a_restart(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        show(whole, 1)
    with site(folder, version) as whole:
        assert seen(whole) == ("text 1",)


@SINCE_2
def test_tc_o_22_tc_o_24_tc_o_30_tc_o_32_what_is_in_front(version: Version, folder: Path) -> None:
    """O01.FR.13, O01.FR.15, O02.FR.15, O02.FR.17."""
    with site(folder, version) as whole:
        show(whole, 1)
        show(whole, 2, priority="InFront")
        show(whole, 3, priority="InFront")
        assert seen(whole) == ("text 2", "text 3")
        show(whole, 4, priority="AlwaysFront")
        show(whole, 5, priority="AlwaysFront")
        assert seen(whole) == ("text 5",)
        assert listed(whole) == [1, 2, 3, 5]


@SINCE_2
@pytest.mark.parametrize(
    "state",
    [
        pytest.param("Charging", id="TC_O_36"),
        pytest.param("Idle", id="TC_O_37"),
        pytest.param("Unavailable", id="TC_O_38"),
        pytest.param("Faulted", id="TC_O_39"),
    ],
)
def test_a_message_for_a_state(version: Version, state: str, folder: Path) -> None:
    with site(folder, version) as whole:
        show(whole, 1, state=state)
        if state == "Idle":
            assert seen(whole) == ("text 1",)
            return
        assert seen(whole) == ()
        if state == "Charging":
            charge(whole)
        elif state == "Faulted":
            whole.station.faulted(1, fault=True)
        else:
            out = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
            whole.ask("ChangeAvailability", out)
        assert seen(whole) == ("text 1",)


@SINCE_2
def test_tc_o_06_a_message_of_a_transaction_goes_with_it(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        info = whole.said("TransactionEvent")[0]["transactionInfo"]
        assert show(whole, 1, transactionId=info["transactionId"]) == "Accepted"
        assert seen(whole) == ("text 1",)
        leave(whole)
        assert seen(whole) == ()


def costs(whole: Site) -> list[str]:
    return [lines[0] for evse, lines in whole.charger.shown if evse == 1]


@SINCE_2
def test_tc_i_07_tc_i_02_the_cost_so_far_and_in_the_end(version: Version, folder: Path) -> None:
    """I02.FR.01, I02.FR.03, I02.FR.04, I03.FR.02."""
    with site(folder, version) as whole:
        put(whole, "TariffCostCtrlr.Currency", "CHF")
        charge(whole)
        info = whole.said("TransactionEvent")[0]["transactionInfo"]
        cost = {"transactionId": info["transactionId"], "totalCost": 1.5}
        assert whole.ask("CostUpdated", cost) == {}
        whole.answers["TransactionEvent"] = {"totalCost": 2.25}
        whole.run(70)
        whole.answers["TransactionEvent"] = {"totalCost": 3}
        leave(whole)
        assert costs(whole)[:2] == ["so far: 1.50 CHF", "so far: 2.25 CHF"]
        assert costs(whole)[-1] == "total: 3.00 CHF"


@SINCE_2
def test_i01_i04_i06_texts_for_the_driver(version: Version, folder: Path) -> None:
    """I01.FR.02, I01.FR.03, I04.FR.01, I06.FR.01, I06.FR.02, I06.FR.03."""
    settings = {"TariffCostCtrlr.TariffFallbackMessage": "50 ct/kWh"}
    with site(folder, version, rules(values=settings)) as whole:
        charge(whole)
        assert costs(whole) == ["50 ct/kWh"]
        leave(whole)
        text = {"format": "UTF8", "content": "30 ct/kWh for you"}
        info = {"status": "Accepted", "personalMessage": text}
        whole.answers["Authorize"] = {"idTokenInfo": info}
        whole.answers["TransactionEvent"] = {"updatedPersonalMessage": text}
        charge(whole)
        assert costs(whole)[1:3] == ["30 ct/kWh for you"] * 2


@SINCE_2
def test_i05_offline_nobody_knows_the_total(version: Version, folder: Path) -> None:
    """I05.FR.02."""
    settings = {"TariffCostCtrlr.TotalCostFallbackMessage": "see your invoice"}
    with site(folder, version, rules(values=settings)) as whole:
        charge(whole)
        whole.made.client.close()
        whole.run(2)
        leave(whole)
        assert costs(whole)[-1] == "see your invoice"


@SINCE_2
def test_tc_p_01_a_vendor_that_nobody_knows(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        answer = whole.ask("DataTransfer", {"vendorId": "com.example", "data": {"a": [1]}})
        assert answer == {"status": "UnknownVendorId"}


@SINCE_2
def test_tc_p_03_tc_p_04_custom_data_is_passed_over(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        extra = {"vendorId": "com.example", "anything": 1}
        answer = whole.ask("ClearCache", {"customData": extra})
        assert answer == {"status": "Accepted"}
