"""N11 to N15: a monitor's values go in bundles that are never answered."""

from pathlib import Path

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import put
from tests.ocpp.blocks.test_n_monitoring import THRESHOLD, told, watch
from tests.ocpp.site import Json, Site, site

V21 = Version.V21


def stream(whole: Site, *, every: float = 1, **params: int) -> int:
    """Watch a variable each ``every`` seconds; the monitor's number."""
    result = watch(whole, THRESHOLD, "Periodic", every, periodicEventStream=params)
    assert result["status"] == "Accepted"
    whole.run()
    return int(result["id"])


def opened(whole: Site) -> list[Json]:
    return [each["constantStreamData"] for each in whole.said("OpenPeriodicEventStream")]


def values(whole: Site) -> list[int]:
    """How many there were in each bundle."""
    return [len(each["data"]) for each in whole.streamed]


def test_a_monitor_with_a_stream_opens_one_and_sends_no_events(folder: Path) -> None:
    """N11.FR.01, N11.FR.02, N11.FR.03; N15.FR.01, N15.FR.02, N15.FR.03: as SEND, unanswered;
    N15.FR.06: each interval; N15.FR.08: with the time of the first; V21."""
    with site(folder, V21) as whole:
        monitor = stream(whole, interval=10)
        [constant] = opened(whole)
        assert constant["variableMonitoringId"] == monitor
        assert constant["params"] == {"interval": 10}
        whole.run(21)
        assert told(whole) == []
        assert values(whole) == [10, 10]
        first = whole.streamed[0]
        assert (first["id"], first["pending"]) == (constant["id"], 0)
        assert [round(each["t"]) for each in first["data"]] == list(range(10))
        assert {each["v"] for each in first["data"]} == {"60"}
        assert first["basetime"] < whole.streamed[1]["basetime"]


def test_streams_have_numbers_of_their_own_and_a_bound(folder: Path) -> None:
    """N11.FR.02, V21; beyond MaxPeriodicEventStreams events go one by one."""
    with site(folder, V21) as whole:
        whole.station._ground.model.set("MonitoringCtrlr", "MaxPeriodicEventStreams", "2")
        for severity in (1, 2, 3):
            more = {"periodicEventStream": {"interval": 60}}
            watch(whole, THRESHOLD, "Periodic", 1, severity, **more)
        whole.run(3)
        assert len({each["id"] for each in opened(whole)}) == 2
        assert {event["variableMonitoringId"] for event in told(whole)} == {3}


def test_a_stream_that_is_refused_leaves_events(folder: Path) -> None:
    """N11.FR.07, V21."""
    with site(folder, V21) as whole:
        whole.answers["OpenPeriodicEventStream"] = {"status": "Rejected"}
        stream(whole, interval=10)
        whole.run(3)
        assert told(whole)
        assert whole.streamed == []


def test_a_bundle_has_so_many_values_and_says_what_waits(folder: Path) -> None:
    """N15.FR.04, N15.FR.07: as soon as there are so many; N15.FR.09: never more; V21."""
    with site(folder, V21) as whole:
        stream(whole, values=4)
        whole.run(9)
        assert values(whole) == [4, 4]
        whole.cut(20)
        bundles = whole.streamed[2:]
        assert {len(each["data"]) for each in bundles} == {4}
        assert bundles[0]["pending"] > 0
        assert sum(values(whole)) > 30


def test_streams_are_listed(folder: Path) -> None:
    """N12.FR.01, V21."""
    with site(folder, V21) as whole:
        assert whole.ask("GetPeriodicEventStream", {}) == {}
        monitor = stream(whole, interval=10, values=3)
        [constant] = opened(whole)
        listed = whole.ask("GetPeriodicEventStream", {})
        assert listed == {"constantStreamData": [constant]}
        assert constant["variableMonitoringId"] == monitor


def test_a_stream_is_adjusted(folder: Path) -> None:
    """N14.FR.01, N14.FR.02, N14.FR.03, V21."""
    with site(folder, V21) as whole:
        stream(whole, interval=60)
        [constant] = opened(whole)
        change = {"id": constant["id"], "params": {"values": 2}}
        assert whole.ask("AdjustPeriodicEventStream", {**change, "id": 99}) == {
            "status": "Rejected"
        }
        whole.run(5)
        assert whole.streamed == []
        assert whole.ask("AdjustPeriodicEventStream", change) == {"status": "Accepted"}
        whole.run(4)
        assert set(values(whole)) == {2}
        [listed] = whole.ask("GetPeriodicEventStream", {})["constantStreamData"]
        assert listed["params"] == {"values": 2}


@pytest.mark.parametrize("way", ["cleared", "replaced", "base"])
def test_a_stream_ends_with_its_monitor_after_what_waits(way: str, folder: Path) -> None:
    """N13.FR.01: what waits is sent first; N13.FR.03, N13.FR.04, N13.FR.05, N13.FR.06, V21."""
    with site(folder, V21) as whole:
        monitor = stream(whole, interval=600)
        [constant] = opened(whole)
        whole.run(5)
        if way == "cleared":
            whole.ask("ClearVariableMonitoring", {"id": [monitor]})
        elif way == "replaced":
            watch(whole, THRESHOLD, "Periodic", 1, id=monitor)
        else:
            whole.ask("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"})
        whole.run(3)
        assert whole.said("ClosePeriodicEventStream") == [{"id": constant["id"]}]
        assert sum(values(whole)) >= 5
        assert whole.ask("GetPeriodicEventStream", {}) == {}
        assert bool(told(whole)) is (way == "replaced")


def test_streams_are_opened_anew_after_a_restart_and_by_2_1_alone(folder: Path) -> None:
    with site(folder, V21) as whole:
        stream(whole, interval=10)
    with site(folder, V21) as whole:
        assert len(opened(whole)) == 1
        put(whole, THRESHOLD, "61")
    with site(folder, Version.V201) as whole:
        whole.run(3)
        assert whole.actions().count("OpenPeriodicEventStream") == 0
        assert told(whole)
