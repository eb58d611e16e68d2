"""B11, B12: resets, at once and when nobody charges; what outlives them."""

from pathlib import Path

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import (
    ALL,
    CARD,
    SINCE_2,
    charge,
    events,
    leave,
    rules,
    states,
)
from tests.ocpp.site import Site, site


def reset(whole: Site, kind: str, **more: object) -> str:
    if whole.version is Version.V16:
        kind = {"Immediate": "Hard", "OnIdle": "Soft"}[kind]
    return str(whole.ask("Reset", {"type": kind, **more})["status"])


def restarted(whole: Site) -> bool:
    return ("restart", 0, "") in whole.charger.told


def boot_reason(folder: Path, version: Version) -> str:
    with site(folder, version) as whole:
        [boot] = whole.said("BootNotification")
        return str(boot["reason"])


@ALL
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
def test_tc_b_20_an_idle_station_starts_anew_after_the_answer(
    version: Version, kind: str, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert reset(whole, kind) == "Accepted"
        whole.run(3)
        assert restarted(whole)
    if version is not Version.V16:
        assert boot_reason(folder, version) == "RemoteReset"
        assert boot_reason(folder, version) == "PowerUp"  # told once


@SINCE_2
def test_tc_b_21_on_idle_waits_for_the_transaction(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert reset(whole, "OnIdle") == "Scheduled"
        whole.run(100)
        assert not restarted(whole)
        leave(whole)
        whole.run(3)
        assert restarted(whole)
    assert boot_reason(folder, version) == "ScheduledReset"


@SINCE_2
def test_tc_b_41_on_idle_waits_for_all_transactions(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole, 1)
        charge(whole, 2)
        assert reset(whole, "OnIdle") == "Scheduled"
        leave(whole, 1)
        whole.run(3)
        assert not restarted(whole)
        leave(whole, 2)
        whole.run(3)
        assert restarted(whole)


@ALL
def test_tc_b_22_at_once_ends_the_transaction_first(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert reset(whole, "Immediate") == "Accepted"
        whole.run(3)
        assert restarted(whole)
        assert events(whole)[-1] == "Ended"
        last = [f for a, f in whole.heard if a in {"TransactionEvent", "StopTransaction"}][-1]
        if version is Version.V16:
            assert last["reason"] == "HardReset"
        else:
            assert last["triggerReason"] == "ResetCommand"
            assert last["transactionInfo"]["stoppedReason"] == "ImmediateReset"
            assert "idToken" not in last


@ALL
@pytest.mark.parametrize("rests", [True, False])
def test_what_flows_until_it_has_come_to_rest_is_paid_before_a_reset(
    version: Version, folder: Path, *, rests: bool
) -> None:
    with site(folder, version) as whole:
        whole.charger.rests = lambda _evse: None
        charge(whole)
        assert reset(whole, "Immediate") == "Accepted"
        whole.run(10)
        assert not restarted(whole)
        assert events(whole)[-1] != "Ended"
        whole.charger.wh += 100
        if rests:
            whole.station.stopped(1)
        whole.run(15)
        assert restarted(whole)
        assert events(whole)[-1] == "Ended"
        if version is Version.V16:
            assert whole.said("StopTransaction")[-1]["meterStop"] == whole.charger.wh


def test_1_6_a_soft_reset_says_so(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        charge(whole)
        assert reset(whole, "OnIdle") == "Accepted"
        whole.run(3)
        assert whole.said("StopTransaction")[-1]["reason"] == "Reboot"


@SINCE_2
def test_tc_b_25_tc_b_27_an_outlet_alone_needs_no_boot(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole, 1)
        charge(whole, 2)
        whole.heard.clear()
        assert reset(whole, "Immediate", evseId=1) == "Accepted"
        whole.run(5)
        assert events(whole) == ["Ended"]
        assert not restarted(whole)
        assert whole.said("BootNotification") == []
        assert whole.station.outlet(2).transaction is not None


@SINCE_2
def test_tc_b_26_an_outlet_waits_for_its_own_transaction(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole, 1)
        assert reset(whole, "OnIdle", evseId=1) == "Scheduled"
        assert reset(whole, "OnIdle", evseId=2) == "Accepted"


@SINCE_2
def test_tc_b_28_tc_b_29_an_outlet_that_is_not_there(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reset(whole, "Immediate", evseId=7) == "Rejected"


@ALL
def test_tc_b_23_an_outlet_out_of_service_stays_so(version: Version, folder: Path) -> None:
    """B01.FR.07, B12.FR.06."""
    with site(folder, version) as whole:
        old = version is Version.V16
        out = {"connectorId": 1, "type": "Inoperative"}
        new = {"evse": {"id": 1}, "operationalStatus": "Inoperative"}
        assert whole.ask("ChangeAvailability", out if old else new) == {"status": "Accepted"}
        assert reset(whole, "Immediate") == "Accepted"
        whole.run(3)
    with site(folder, version) as whole:
        assert states(whole) == [(1, "Unavailable"), (2, "Available")]


@ALL
def test_tc_b_24_a_reservation_stays(version: Version, folder: Path) -> None:
    """B01.FR.13."""
    with site(folder, version) as whole:
        until = "2030-01-01T05:00:00Z"
        old = {"connectorId": 1, "expiryDate": until, "idTag": "04E1", "reservationId": 5}
        token = {"idToken": "04E1", "type": "ISO14443"}
        new = {"id": 5, "expiryDateTime": until, "idToken": token, "evseId": 1}
        fields = old if version is Version.V16 else new
        assert whole.ask("ReserveNow", fields) == {"status": "Accepted"}
    with site(folder, version) as whole:
        assert states(whole) == [(1, "Reserved"), (2, "Available")]
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run()
        assert whole.charger.told == [("allow", 1, "04E1")]


@ALL
def test_a_charger_that_cannot_is_asked_again(version: Version, folder: Path) -> None:
    with site(folder, version, rules(values={"OCPPCommCtrlr.ResetRetries": "2"})) as whole:
        whole.charger.restarts = False
        assert reset(whole, "Immediate") == "Accepted"
        whole.run(60)
        assert whole.charger.told.count(("restart", 0, "")) == 3
