"""G: outlets taken out of service and back, by outlet, connector and station."""

from pathlib import Path

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, CARD, SINCE_2, charge, got, leave, states
from tests.ocpp.site import Json, Site, site


def change(whole: Site, wanted: str, evse: int = 0, connector: int = 0) -> str:
    if whole.version is Version.V16:
        fields: Json = {"connectorId": evse, "type": wanted}
    else:
        fields = {"operationalStatus": wanted}
        if evse:
            fields["evse"] = {"id": evse, **({"connectorId": connector} if connector else {})}
    whole.heard.clear()
    return str(whole.ask("ChangeAvailability", fields)["status"])


PLACES = pytest.mark.parametrize(
    ("evse", "connector", "told"),
    [
        pytest.param(1, 0, [1], id="TC_G_03-TC_G_04"),
        pytest.param(0, 0, [1, 2], id="TC_G_05-TC_G_06"),
        pytest.param(1, 1, [1], id="TC_G_07-TC_G_08"),
    ],
)


def wholes(whole: Site) -> list[str]:
    said = whole.said("StatusNotification")
    return [each["status"] for each in said if each["connectorId"] == 0]


def test_a_back_end_of_1_6_hears_of_the_station_as_connector_0(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        assert whole.said("StatusNotification")[0]["connectorId"] == 0
        assert wholes(whole) == ["Available"]
        change(whole, "Inoperative", 1)
        assert wholes(whole) == [], "one outlet is not the station"
        change(whole, "Inoperative")
        assert wholes(whole) == ["Unavailable"]
        change(whole, "Operative")
        assert wholes(whole) == ["Available"]
        whole.heard.clear()
        whole.station.faulted(2, fault=True)
        whole.run()
        assert wholes(whole) == []
        whole.ask("TriggerMessage", {"requestedMessage": "StatusNotification"})
        assert wholes(whole) == ["Available"]


def test_the_station_s_state_is_said_again_if_it_was_not_answered(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        whole.answers["StatusNotification"] = None
        change(whole, "Inoperative")
        whole.run(100)
        assert wholes(whole) == ["Unavailable"]
        del whole.answers["StatusNotification"]
        whole.heard.clear()
        whole.station.plugged(1)
        whole.run()
        assert wholes(whole) == ["Unavailable"]


@ALL
@PLACES
def test_out_of_service_and_back(
    version: Version, evse: int, connector: int, told: list[int], folder: Path
) -> None:
    """G01.FR.07."""
    with site(folder, version) as whole:
        assert change(whole, "Inoperative", evse, connector) == "Accepted"
        assert states(whole) == [(each, "Unavailable") for each in told]
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run()
        assert whole.charger.told[-1] == ("refuse", 1, "NotAtThisTime")
        whole.station.unplugged(1)
        assert change(whole, "Operative", evse, connector) == "Accepted"
        assert states(whole) == [(each, "Available") for each in told]


@ALL
@pytest.mark.parametrize(
    ("evse", "connector"),
    [
        pytest.param(1, 0, id="TC_G_09-TC_G_10"),
        pytest.param(0, 0, id="TC_G_12-TC_G_13"),
        pytest.param(1, 1, id="TC_G_15-TC_G_16"),
    ],
)
def test_what_is_so_already_is_accepted_and_not_told(
    version: Version, evse: int, connector: int, folder: Path
) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert change(whole, "Operative", evse, connector) == "Accepted"
        leave(whole)
        assert change(whole, "Inoperative", evse, connector) == "Accepted"
        assert change(whole, "Inoperative", evse, connector) == "Accepted"
        assert states(whole) == []


@ALL
@pytest.mark.parametrize(
    ("evse", "connector", "others"),
    [
        pytest.param(1, 0, [], id="TC_G_11"),
        pytest.param(0, 0, [(2, "Unavailable")], id="TC_G_14"),
        pytest.param(1, 1, [], id="TC_G_17"),
    ],
)
def test_where_somebody_charges_it_waits_for_the_end(
    version: Version, evse: int, connector: int, others: list[tuple[int, str]], folder: Path
) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert change(whole, "Inoperative", evse, connector) == "Scheduled"
        assert states(whole) == others
        whole.heard.clear()
        leave(whole)
        assert states(whole)[-1] == (1, "Unavailable")


@ALL
@pytest.mark.parametrize(
    ("evse", "connector", "after"),
    [
        pytest.param(1, 0, [(1, "Unavailable"), (2, "Available")], id="TC_G_18"),
        pytest.param(1, 1, [(1, "Unavailable"), (2, "Available")], id="TC_G_19"),
        pytest.param(0, 0, [(1, "Unavailable"), (2, "Unavailable")], id="TC_G_21"),
    ],
)
def test_it_outlives_a_restart(
    version: Version, evse: int, connector: int, after: list[tuple[int, str]], folder: Path
) -> None:
    """G01.FR.02."""
    with site(folder, version) as whole:
        change(whole, "Inoperative", evse, connector)
    with site(folder, version) as whole:
        assert states(whole) == after


@SINCE_2
def test_three_switches_are_independent(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        for evse, connector in ((0, 0), (1, 0), (1, 1)):
            change(whole, "Inoperative", evse, connector)
        change(whole, "Operative", 0)
        assert states(whole) == [(2, "Available")]
        change(whole, "Operative", 1)
        assert states(whole) == []
        change(whole, "Operative", 1, 1)
        assert states(whole) == [(1, "Available")]


@ALL
def test_a_place_that_is_not_there_is_refused(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert change(whole, "Inoperative", 7) == "Rejected"


@ALL
def test_a_remote_start_finds_no_outlet_out_of_service(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        change(whole, "Inoperative")
        if version is Version.V16:
            answer = whole.ask("RemoteStartTransaction", {"idTag": "X"})
        else:
            token = {"idToken": "X", "type": "ISO14443"}
            start = {"remoteStartId": 1, "idToken": token}
            answer = whole.ask("RequestStartTransaction", start)
        assert answer["status"] == "Rejected"


@SINCE_2
def test_tc_g_01_tc_g_02_plug_and_unplug_are_told_and_shown(version: Version, folder: Path) -> None:
    """G01.FR.03, G01.FR.04."""
    with site(folder, version) as whole:
        whole.heard.clear()
        whole.station.plugged(1)
        whole.run()
        assert got(whole, "ChargingStation.AvailabilityState") == "Available"
        whole.station.unplugged(1)
        whole.run()
        assert states(whole) == [(1, "Occupied"), (1, "Available")]
