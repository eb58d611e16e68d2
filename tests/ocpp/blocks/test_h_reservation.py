"""H: outlets kept for somebody."""

from pathlib import Path

import pytest

from ocpp.station.records import Token
from ocpp.versions import Version
from tests.ocpp.blocks.steps import (
    ALL,
    CARD,
    OTHER,
    SINCE_2,
    Change,
    charge,
    events,
    leave,
    rules,
    states,
)
from tests.ocpp.site import Json, Site, site

LATER = "2030-01-01T01:00:00Z"


def reserve(
    whole: Site, number: int = 5, evse: int = 1, *, group: str = "", until: str = LATER, **more: str
) -> str:
    if whole.version is Version.V16:
        fields: Json = {
            "connectorId": evse,
            "expiryDate": until,
            "idTag": CARD.id,
            "reservationId": number,
            **({"parentIdTag": group} if group else {}),
        }
    else:
        fields = {
            "id": number,
            "expiryDateTime": until,
            "idToken": {"idToken": CARD.id, "type": CARD.kind},
            **({"evseId": evse} if evse else {}),
            **({"groupIdToken": {"idToken": group, "type": "Central"}} if group else {}),
            **more,
        }
    whole.heard.clear()
    return str(whole.ask("ReserveNow", fields)["status"])


@ALL
@pytest.mark.parametrize("evse", [pytest.param(1, id="TC_H_01"), pytest.param(0, id="TC_H_08")])
def test_the_driver_it_is_kept_for_charges(version: Version, evse: int, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reserve(whole, evse=evse) == "Accepted"
        assert states(whole) == ([(1, "Reserved")] if evse else [])
        charge(whole)
        assert events(whole)[0] == "Started"
        started = [f for a, f in whole.heard if a in {"StartTransaction", "TransactionEvent"}]
        told = [each["reservationId"] for each in started if "reservationId" in each]
        assert told == [5]
        leave(whole)
        assert states(whole)[-1] == (1, "Available")


@ALL
def test_tc_h_02_nobody_else_does(version: Version, folder: Path) -> None:
    """F01.FR.21, F02.FR.23, G03.FR.09."""
    with site(folder, version) as whole:
        assert reserve(whole) == "Accepted"
        whole.station.plugged(1)
        whole.station.presented(1, OTHER)
        whole.run()
        assert whole.charger.told == [("refuse", 1, "NotAtThisTime")]
        assert states(whole) == [(1, "Reserved")]
        if version is Version.V16:
            start = ("RemoteStartTransaction", {"idTag": "X", "connectorId": 1})
        else:
            token = {"idToken": "X", "type": "ISO14443"}
            fields = {"remoteStartId": 1, "idToken": token, "evseId": 1}
            start = ("RequestStartTransaction", fields)
        assert whole.ask(*start)["status"] == "Rejected"


@ALL
@pytest.mark.parametrize(
    ("evse", "how"),
    [
        pytest.param(1, "reserved", id="TC_H_03"),
        pytest.param(1, "plugged", id="TC_H_04"),
        pytest.param(0, "reserved", id="TC_H_09"),
        pytest.param(0, "plugged", id="TC_H_10"),
    ],
)
def test_what_is_taken_cannot_be_kept(version: Version, evse: int, how: str, folder: Path) -> None:
    with site(folder, version) as whole:
        for each in [1] if evse else [1, 2]:
            if how == "reserved":
                assert reserve(whole, 10 + each, each) == "Accepted"
            else:
                whole.station.plugged(each)
        assert reserve(whole, 5, evse) == "Occupied"


@ALL
@pytest.mark.parametrize("evse", [pytest.param(1, id="TC_H_06"), pytest.param(0, id="TC_H_12")])
@pytest.mark.parametrize("how", ["Unavailable", "Faulted"])
def test_what_does_not_serve_cannot_be_kept(
    version: Version, evse: int, how: str, folder: Path
) -> None:
    """H01.FR.12."""
    with site(folder, version) as whole:
        for each in (1, 2):
            if how == "Faulted":
                whole.station.faulted(each, fault=True)
            else:
                whole.station._places[each].inoperative = True
        assert reserve(whole, 5, evse) == how


@ALL
def test_tc_h_07_when_its_time_is_over_the_outlet_is_free(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reserve(whole, until="2030-01-01T00:01:00Z") == "Accepted"
        whole.run(70)
        assert states(whole) == [(1, "Reserved"), (1, "Available")]
        updates = whole.said("ReservationStatusUpdate")
        if version is Version.V16:
            assert updates == []
        else:
            assert updates == [{"reservationId": 5, "reservationUpdateStatus": "Expired"}]


@ALL
def test_tc_h_14_tc_h_16_all_that_are_free_are_kept(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reserve(whole, 5, 0) == "Accepted"
        assert states(whole) == []
        assert reserve(whole, 6, 0) == "Accepted"
        assert states(whole) == [(1, "Reserved"), (2, "Reserved")]
        assert reserve(whole, 7, 0) == "Occupied"
        whole.station.presented(1, OTHER)
        whole.run()
        assert whole.charger.told[-1][0] == "refuse"


@SINCE_2
def test_tc_h_15_a_kind_of_connector(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reserve(whole, evse=0, connectorType="cCCS2") == "Accepted"
        assert reserve(whole, 6, evse=0, connectorType="cG105") == "Rejected"


@ALL
def test_tc_h_17_tc_h_18_a_reservation_is_cancelled(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert whole.ask("CancelReservation", {"reservationId": 5})["status"] == "Rejected"
        assert reserve(whole) == "Accepted"
        assert whole.ask("CancelReservation", {"reservationId": 5})["status"] == "Accepted"
        assert states(whole) == [(1, "Reserved"), (1, "Available")]
        assert whole.said("ReservationStatusUpdate") == []


@ALL
@pytest.mark.parametrize("evse", [pytest.param(1, id="TC_H_19"), pytest.param(0, id="TC_H_24")])
def test_somebody_of_the_group_may_come(version: Version, evse: int, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reserve(whole, evse=evse, group="FAMILY") == "Accepted"
        whole.answers["Authorize"] = whole.verdict("Accepted", "FAMILY")
        charge(whole, 1, OTHER)
        assert ("allow", 1, OTHER.id) in whole.charger.told


@ALL
@pytest.mark.parametrize("how", ["Unavailable", "Faulted"])
def test_tc_h_21_an_outlet_that_goes_out_of_service_is_kept_no_more(
    version: Version, how: str, folder: Path
) -> None:
    """H01.FR.16."""
    with site(folder, version) as whole:
        assert reserve(whole) == "Accepted"
        if how == "Faulted":
            whole.station.faulted(1, fault=True)
        elif version is Version.V16:
            whole.ask("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        else:
            out = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
            whole.ask("ChangeAvailability", out)
        whole.run(2)
        assert states(whole)[-1] == (1, how)
        if version is not Version.V16:
            [update] = whole.said("ReservationStatusUpdate")
            assert update["reservationUpdateStatus"] == "Removed"


def off() -> Change:
    return rules(values={"ReservationCtrlr.Enabled": "false"})


@ALL
def test_tc_h_22_switched_off_nothing_is_kept(version: Version, folder: Path) -> None:
    with site(folder, version, off()) as whole:
        assert reserve(whole) == "Rejected"


@ALL
def test_tc_h_13_where_only_one_outlet_can_be_kept_none_is_left_open(
    version: Version, folder: Path
) -> None:
    """H01.FR.18; H01.FR.19 where it is allowed."""
    one = rules(values={"ReservationCtrlr.NonEvseSpecific": "false"})
    with site(folder, version, one) as whole:
        assert reserve(whole, evse=0) == "Rejected"
        assert reserve(whole, evse=1) == "Accepted"


@SINCE_2
def test_a_reservation_that_is_cancelled_sets_its_outlet_free(
    version: Version, folder: Path
) -> None:
    """H02.FR.03, H02.FR.04: the outlet; H02.FR.05, H02.FR.06: all that were spoken for."""
    with site(folder, version) as whole:
        assert reserve(whole, 5, 1) == "Accepted"
        whole.ask("CancelReservation", {"reservationId": 5})
        assert states(whole) == [(1, "Reserved"), (1, "Available")]
        charge(whole, 1, OTHER)
        assert ("allow", 1, OTHER.id) in whole.charger.told
        leave(whole, 1, OTHER)
        assert reserve(whole, 6, 0) == reserve(whole, 7, 0) == "Accepted"
        whole.heard.clear()
        whole.ask("CancelReservation", {"reservationId": 7})
        assert states(whole) == [(1, "Available"), (2, "Available")]


@SINCE_2
def test_what_a_new_number_is_answered_and_how_its_connectors_are(
    version: Version, folder: Path
) -> None:
    """H01.FR.03, H01.FR.23: one outlet; H01.FR.24: as many as are free."""
    with site(folder, version) as whole:
        assert reserve(whole, 5, 2) == "Accepted"
        assert states(whole) == [(2, "Reserved")]
        assert reserve(whole, 6, 0) == "Accepted"
        assert states(whole) == [(1, "Reserved")]
        assert reserve(whole, 7, 0) == "Occupied"  # H01.FR.12


@SINCE_2
@pytest.mark.parametrize("who", ["nobody", "other", "driver"])
def test_a_vehicle_at_an_outlet_that_is_kept(version: Version, who: str, folder: Path) -> None:
    """G01.FR.05, G01.FR.06, G01.FR.09: Reserved until its own driver is there."""
    with site(folder, version) as whole:
        assert reserve(whole) == "Accepted"
        whole.station.plugged(1)
        whole.run()
        if who != "nobody":
            whole.station.presented(1, CARD if who == "driver" else OTHER)
            whole.run()
        assert states(whole)[-1] == (1, "Occupied" if who == "driver" else "Reserved")
        whole.station.unplugged(1)
        whole.run()
        assert states(whole)[-1] == (1, "Available" if who == "driver" else "Reserved")


@ALL
def test_tc_h_23_the_same_number_replaces(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reserve(whole, 5, 1) == "Accepted"
        assert reserve(whole, 5, 2) == "Accepted"
        assert sorted(states(whole)) == [(1, "Available"), (2, "Reserved")]


@ALL
def test_the_past_and_places_that_are_not_there_are_refused(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert reserve(whole, until="2029-01-01T00:00:00Z") == "Rejected"
        assert reserve(whole, evse=7) == "Rejected"


def test_a_token_without_a_group_is_of_no_group() -> None:
    assert not CARD.same_group(Token("X"))
