"""How a station says that it is there: boot, heartbeat, and what it tells after an outage."""

from pathlib import Path
from typing import Any

import pytest

from bsw.os.clock import S
from ocpp.station.presence.boot import Standing
from ocpp.station.records import Token
from ocpp.versions import Version
from tests.ocpp.blocks.steps import remote_start, states
from tests.ocpp.site import NOW, site

ALL = pytest.mark.parametrize("version", Version)
CARD = Token("04E1")


def status_of(fields: dict[str, Any]) -> tuple[int, str]:
    if "evseId" in fields:
        return fields["evseId"], fields["connectorStatus"]
    return fields["connectorId"], fields["status"]


@ALL
def test_b01_boot_comes_first_then_every_connector_then_what_waits(
    version: Version, folder: Path
) -> None:
    """TC_B_01 B01.FR.08."""
    with site(folder, version, begin=False) as whole:
        whole.station.plugged(1)
        whole.station.presented(2, CARD)  # nobody can be asked: refused
        whole.run(5)
        assert whole.heard == []
        whole.made.client.open()
        whole.run(5)
        old = version is Version.V16
        occupied = "Preparing" if old else "Occupied"
        assert set(whole.actions()[1:]) == {"StatusNotification"}
        assert [status_of(each) for each in whole.said("StatusNotification")] == [
            *([(0, "Available")] if old else []),
            (1, occupied),
            (2, "Available"),
        ]
        assert whole.actions()[0] == "BootNotification"
        assert whole.charger.told == [("refuse", 2, "Unknown")]


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
def test_b02_a_report_while_pending_has_the_back_end_s_time(version: Version, folder: Path) -> None:
    with site(folder, version, begin=False) as whole:
        whole.boot, whole.interval = "Pending", 1000
        whole.made.client.open()
        whole.run(2)
        whole.ask("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
        whole.run(5)
        told = {each["generatedAt"][:10] for each in whole.said("NotifyReport")}
        assert told == {NOW[:10]}


@ALL
def test_b02_pending_is_asked_again_and_says_nothing_else(version: Version, folder: Path) -> None:
    """TC_B_02."""
    with site(folder, version, begin=False) as whole:
        whole.boot, whole.interval = "Pending", 20
        whole.made.client.open()
        whole.run(2)
        whole.station.plugged(1)
        whole.run(15)
        assert whole.actions() == ["BootNotification"]
        assert whole.station.standing.value == "pending"
        assert whole.ask(*remote_start(version)) == {"status": "Rejected"}
        whole.boot = "Accepted"
        whole.run(10)
        assert whole.actions()[:2] == ["BootNotification"] * 2
        assert (whole.at[1] - whole.at[0]) // S == 20
        assert whole.station.standing is Standing.ACCEPTED


@ALL
def test_b02_a_triggered_boot_comes_at_once_and_not_once_accepted(
    version: Version, folder: Path
) -> None:
    with site(folder, version, begin=False) as whole:
        whole.boot, whole.interval = "Pending", 1000
        whole.made.client.open()
        whole.run(2)
        whole.boot = "Accepted"
        trigger = {"requestedMessage": "BootNotification"}
        assert whole.ask("TriggerMessage", trigger) == {"status": "Accepted"}
        whole.run()
        assert whole.actions().count("BootNotification") == 2
        assert whole.ask("TriggerMessage", trigger) == {"status": "Rejected"}


@ALL
def test_b03_rejected_is_silent_and_serves_nobody(version: Version, folder: Path) -> None:
    """TC_B_03 TC_B_30."""
    with site(folder, version, begin=False) as whole:
        whole.boot, whole.interval = "Rejected", 50
        whole.made.client.open()
        whole.run(2)
        whole.made.backend.sessions[0].call("ClearCache", {})
        whole.run()
        [refusal] = [each for each in whole.made.backend.heard if hasattr(each, "code")]
        assert refusal.code == "SecurityError"
        whole.run(40)
        assert whole.actions() == ["BootNotification"]
        whole.run(20)
        assert whole.actions() == ["BootNotification"] * 2


@ALL
def test_an_interval_of_zero_is_no_flood(version: Version, folder: Path) -> None:
    """B02.FR.07."""
    with site(folder, version, begin=False) as whole:
        whole.boot, whole.interval = "Pending", 0
        whole.made.client.open()
        whole.run(125)
        assert whole.actions() == ["BootNotification"] * 3


@ALL
def test_heartbeats_come_in_silence_only(version: Version, folder: Path) -> None:
    """G02.FR.02."""
    with site(folder, version) as whole:
        whole.heard.clear()
        whole.run(290)
        whole.station.plugged(1)
        whole.run(290)
        assert whole.actions() == ["StatusNotification"]
        whole.run(320)
        assert whole.actions() == ["StatusNotification", "Heartbeat", "Heartbeat"]


@ALL
def test_b04_a_short_outage_tells_changes_a_long_one_everything(
    version: Version, folder: Path
) -> None:
    """TC_B_51 TC_B_52."""
    with site(folder, version) as whole:
        for seconds, told in ((0, 1), (400, 2)):
            whole.heard.clear()
            whole.made.backend.sessions[-1].abort()
            whole.run(0.1)
            if seconds:
                whole.made.world.simulated.cut()
            (whole.station.plugged if not seconds else whole.station.unplugged)(1)
            whole.run(seconds)
            whole.made.world.simulated.restore()
            whole.run(60)
            assert len(states(whole)) == told
            assert "BootNotification" not in whole.actions()
