"""B09, B10, A05: several ways to a back end, their order, and what follows when one fails."""

from dataclasses import replace
from pathlib import Path

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import SINCE_2, changed, got, put, rules
from tests.ocpp.site import Json, Site, site

PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"


def profile(slot: int, url: str = "ws://second.example/x", security: int = 0) -> Json:
    return {
        "configurationSlot": slot,
        "connectionData": {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": url,
            "messageTimeout": 30,
            "securityProfile": security,
            "ocppInterface": "Wired0",
        },
    }


def stored(whole: Site, fields: Json) -> str:
    return str(whole.ask("SetNetworkProfile", fields)["status"])


@SINCE_2
def test_b09_a_slot_is_stored_and_outlives_a_restart(version: Version, folder: Path) -> None:
    """B09.FR.03, B10.FR.06."""
    with site(folder, version) as whole:
        assert stored(whole, profile(2)) == "Accepted"
        assert put(whole, PRIORITY, "2,1") == "RebootRequired"
        assert whole.made.client.rules.url == "ws://csms.example/ocpp"
    with site(folder, version) as whole:
        assert whole.made.client.rules.url == "ws://second.example/x"
        assert got(whole, "OCPPCommCtrlr.ActiveNetworkProfile") == "2"


@SINCE_2
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(profile(9), id="TC_B_43-no-such-slot"),
        pytest.param(profile(2, "http://x"), id="no-web-socket"),
        pytest.param(profile(2, "wss://x", 1), id="profile-1-has-no-tls"),
        pytest.param(profile(2, "ws://x", 2), id="profile-2-needs-tls"),
    ],
)
def test_b09_a_slot_that_could_not_be_used_is_refused(
    version: Version, fields: Json, folder: Path
) -> None:
    """B09.FR.05."""
    with site(folder, version) as whole:
        assert stored(whole, fields) == "Rejected"
        assert put(whole, PRIORITY, "2") == "Rejected"


@SINCE_2
@pytest.mark.parametrize("order", ["", "3", "1,1", "1,3"])
def test_b10_an_order_names_slots_that_are_set(version: Version, order: str, folder: Path) -> None:
    """B10.FR.02, B09.FR.33."""
    with site(folder, version) as whole:
        assert stored(whole, profile(2)) == "Accepted"
        assert put(whole, PRIORITY, order) == "Rejected"
        assert got(whole, PRIORITY) == "1"


@SINCE_2
def test_tc_b_46_tc_b_47_the_next_slot_is_tried_and_then_the_good_one_again(
    version: Version, folder: Path
) -> None:
    settings = {"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "2"}
    with site(folder, version, rules(values=settings)) as whole:
        assert stored(whole, profile(2)) == "Accepted"
        assert put(whole, PRIORITY, "1,2") == "RebootRequired"
        seen: list[str] = []
        whole.made.world.simulated.cut()
        for _ in range(200):
            whole.run(1)
            url = whole.made.client.rules.url
            if not seen or seen[-1] != url:
                seen.append(url)
        assert seen[:3] == [
            "ws://csms.example/ocpp",
            "ws://second.example/x",
            "ws://csms.example/ocpp",
        ]


@SINCE_2
def test_tc_a_22_a_slot_of_a_lower_profile_is_refused(version: Version, folder: Path) -> None:
    """A00.FR.005, B09.FR.31."""
    with site(folder, version, password="0123456789abcdef") as whole:
        assert got(whole, "SecurityCtrlr.SecurityProfile") == "1"
        assert stored(whole, profile(2)) == "Rejected"
        assert stored(whole, profile(2, security=1)) == "Accepted"


@SINCE_2
def test_the_integrators_own_way_is_no_way_back_to_less_security(
    version: Version, folder: Path
) -> None:
    """A05.FR.10; nor is it taken when the better one cannot be reached."""
    settings = {"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "1"}
    with site(folder, version, rules(values=settings)) as whole:
        better = profile(2, "ws://csms.example/ocpp", security=1)
        more = {"basicAuthPassword": "0123456789abcdef"} if version is Version.V21 else {}
        better["connectionData"].update(more)
        assert stored(whole, better) == "Accepted"
        assert put(whole, PRIORITY, "2,1") == "RebootRequired"
    with site(folder, version, rules(values=settings)) as whole:
        assert got(whole, "SecurityCtrlr.SecurityProfile") == "1"
        assert put(whole, PRIORITY, "1") == put(whole, PRIORITY, "1,2") == "Rejected"
        whole.made.world.simulated.cut()
        for _ in range(60):
            whole.run(5)
            assert got_active(whole) == "2"


def got_active(whole: Site) -> str:
    """Also while nobody can be asked."""
    return whole.station._ground.model.get("OCPPCommCtrlr", "ActiveNetworkProfile")


@SINCE_2
def test_tc_a_20_tc_a_21_a_higher_profile_needs_its_certificates(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        for security in (2, 3):
            assert stored(whole, profile(2, "wss://second.example/x", security)) == "Accepted"
            assert put(whole, PRIORITY, "2,1") == "Rejected"


@SINCE_2
def test_tc_a_09_tc_a_10_another_password_counts_at_once_and_after_a_restart(
    version: Version, folder: Path
) -> None:
    with site(folder, version, password="0123456789abcdef") as whole:
        assert put(whole, "SecurityCtrlr.BasicAuthPassword", "too short") == "Rejected"
        assert put(whole, "SecurityCtrlr.BasicAuthPassword", "fedcba9876543210") == "Accepted"
        whole.run(20)
        assert [each.password for each in whole.made.backend.applicants] == [
            "0123456789abcdef",
            "fedcba9876543210",
        ]
        assert got(whole, "SecurityCtrlr.BasicAuthPassword") == "Rejected"
    with site(folder, version, password="0123456789abcdef") as whole:
        assert whole.made.backend.applicants[0].password == "fedcba9876543210"


def test_1_6_sets_the_password_by_its_own_key(folder: Path) -> None:
    with site(folder, Version.V16, password="0123456789abcdef") as whole:
        assert changed(whole, "AuthorizationKey", "fedcba9876543210") == "Accepted"
        whole.run(20)
        assert whole.made.backend.applicants[-1].password == "fedcba9876543210"


@SINCE_2
def test_tc_b_57_the_waits_between_tries_follow_their_variables(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert put(whole, "OCPPCommCtrlr.RetryBackOffWaitMinimum", "8") == "Accepted"
        assert put(whole, "OCPPCommCtrlr.RetryBackOffRandomRange", "0") == "Accepted"
        whole.made.backend.sessions[-1].abort()
        whole.run(7)
        assert not whole.made.client.is_open
        whole.run(3)
        assert whole.made.client.is_open


@SINCE_2
@pytest.mark.parametrize("down", ["true", "false"])
def test_from_the_best_profile_one_step_down_is_allowed_by_a_variable(
    version: Version, down: str, folder: Path
) -> None:
    """A05.FR.08: to 2; A05.FR.09: never to 1; A05.FR.10: not at all without it."""
    settings = {"SecurityCtrlr.AllowSecurityProfileDowngrade": down}
    with site(folder, version, rules(values=settings)) as whole:
        assert stored(whole, profile(3, "ws://third.example/x", security=1)) == "Accepted"
        networks = whole.station._blocks.networks
        networks._own = replace(networks._own, url="wss://csms.example/ocpp")
        networks._with_certificate = lambda: True
        assert got(whole, "SecurityCtrlr.SecurityProfile") == "3"
        second = profile(2, "wss://second.example/x", security=2)
        assert stored(whole, second) == ("Accepted" if down == "true" else "Rejected")
        assert put(whole, PRIORITY, "1,2") == ("RebootRequired" if down == "true" else "Rejected")
        assert put(whole, PRIORITY, "1,3") == "Rejected"
        assert stored(whole, profile(3, "ws://third.example/x", security=1)) == "Rejected"
