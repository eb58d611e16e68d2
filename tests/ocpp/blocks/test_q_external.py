"""Q: an external system beside the back end - its word, its limits, who of both counts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ocpp.station.twoway.grid import Order
from ocpp.versions import Version
from tests.ocpp.blocks.steps import charge, leave, put
from tests.ocpp.blocks.twoway import (
    LEAST,
    MOST,
    dynamic,
    flows,
    mode_profile,
    reported,
    take,
    two_way,
)
from tests.ocpp.site import Json, Site

V21 = Version.V21
GIVE = mode_profile(1, "CentralSetpoint", setpoint=-9000)
FIELDS = {"limit": "limit", "discharge": "dischargeLimit", "setpoint": "setpoint"}


def say(whole: Site, **order: float) -> bool:
    taken = whole.station.smart.elsewhere.take("EMS", Order(**order))
    whole.run()
    return taken


def disallow(whole: Site) -> None:
    assert (
        put(whole, "SmartChargingCtrlr.ExternalConstraintsProfileDisallowed", "true") == "Accepted"
    )


def test_a_setpoint_profile_follows_the_external_system(folder: Path) -> None:
    """Q05.FR.01, V21."""
    with two_way(folder, version=V21) as whole:
        disallow(whole)
        charge(whole)
        assert take(whole, mode_profile(1, "ExternalSetpoint")) == "Accepted"
        assert flows(whole) == (MOST, 0, None)  # nobody has spoken: nothing is given
        assert not say(whole, setpoint=-4000.0)
        assert flows(whole) == (MOST, LEAST, -4000)
        say(whole, setpoint=-99_000.0)
        assert flows(whole)[2] == -LEAST


def test_a_profile_of_limits_follows_the_external_system(folder: Path) -> None:
    """Q05.FR.02, V21."""
    with two_way(folder, version=V21) as whole:
        disallow(whole)
        charge(whole)
        assert take(whole, mode_profile(1, "ExternalLimits")) == "Accepted"
        assert flows(whole) == (MOST, 0, None)
        say(whole, limit=5000.0, discharge=-2000.0)
        assert flows(whole) == (5000, 2000, None)


@pytest.mark.parametrize(
    ("mode", "order", "expected"),
    [
        pytest.param(
            "ExternalSetpoint", {"setpoint": -4000.0}, (MOST, LEAST, -4000), id="setpoint"
        ),
        pytest.param(
            "ExternalLimits",
            {"limit": 5000.0, "discharge": -2000.0},
            (5000, 2000, None),
            id="limits",
        ),
    ],
)
@pytest.mark.parametrize("said_before", [True, False])
def test_a_dynamic_profile_takes_its_values_with_the_time(
    mode: str,
    order: dict[str, float],
    expected: tuple[int, int, int | None],
    *,
    said_before: bool,
    folder: Path,
) -> None:
    """Q05.FR.05, Q05.FR.06, K29.FR.03, K29.FR.05; Q05.FR.07, Q05.FR.08, K29.FR.07, K29.FR.08:
    until there is no update for too long, and again with the next one (V21)."""
    with two_way(folder, version=V21) as whole:
        disallow(whole)
        charge(whole)
        wanted = dynamic(mode_profile(1, mode, duration=60))
        if said_before:
            say(whole, **order)
        assert take(whole, wanted) == "Accepted"
        if not said_before:
            whole.run(30)
            say(whole, **order)
        assert flows(whole) == expected
        profile = reported(whole, 1)
        [period] = profile["chargingSchedule"][0]["chargingSchedulePeriod"]
        assert {k: v for k, v in period.items() if k in FIELDS.values()} == {
            FIELDS[name]: value for name, value in order.items()
        }
        before = profile["dynUpdateTime"]
        whole.run(70)
        assert flows(whole) == (MOST, 0, None)
        say(whole, **order)
        assert flows(whole) == expected
        assert reported(whole, 1)["dynUpdateTime"] > before


@pytest.mark.parametrize(
    ("order", "mode", "period"),
    [
        pytest.param({"limit": 9000.0}, "ExternalLimits", {"limit": 9000.0}, id="limit"),
        pytest.param(
            {"limit": 9000.0, "discharge": -3000.0},
            "ExternalLimits",
            {"limit": 9000.0, "dischargeLimit": -3000.0},
            id="both",
        ),
        pytest.param({"setpoint": -3000.0}, "ExternalSetpoint", {"setpoint": -3000.0}, id="set"),
    ],
)
def test_a_single_value_is_a_dynamic_profile_of_the_external_system(
    order: dict[str, float], mode: str, period: Json, folder: Path
) -> None:
    """Q06.FR.02, Q06.FR.04, K29.FR.04, K29.FR.06; Q06.FR.07: with its time; Q06.FR.11, V21."""
    with two_way(folder, version=V21) as whole:
        assert say(whole, **order)
        profile = reported(whole, -1)
        assert profile["chargingProfilePurpose"] == "ChargingStationExternalConstraints"
        assert profile["chargingProfileKind"] == "Dynamic"
        [told] = profile["chargingSchedule"][0]["chargingSchedulePeriod"]
        assert told == {"startPeriod": 0, "operationMode": mode, **period}
        before = profile["dynUpdateTime"]
        whole.run(30)
        assert say(whole, **order)
        assert reported(whole, -1)["dynUpdateTime"] > before
        notices = whole.said("NotifyChargingLimit")
        assert len(notices) == 1
        assert notices[0]["chargingLimit"]["chargingLimitSource"] == "EMS"
        if "limit" not in period or len(period) > 1:
            [schedule] = notices[0]["chargingSchedule"]
            assert schedule["chargingSchedulePeriod"] == [told]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([(0, Order(9000.0, -3000.0)), (60, Order(6900.0, -1000.0))], id="limits"),
        pytest.param([(0, Order(setpoint=-3000.0)), (60, Order(setpoint=1000.0))], id="setpoints"),
    ],
)
def test_a_schedule_of_the_external_system_is_an_absolute_profile(
    steps: list[tuple[int, Order]], folder: Path
) -> None:
    """Q06.FR.01, Q06.FR.03, Q06.FR.10, V21."""
    with two_way(folder, version=V21) as whole:
        assert take(whole, mode_profile(1, "CentralSetpoint", setpoint=-9000)) == "Accepted"
        charge(whole)
        assert whole.station.smart.elsewhere.plan("EMS", steps)
        whole.run()
        [notice] = whole.said("NotifyChargingLimit")
        assert notice["chargingLimit"]["chargingLimitSource"] == "EMS"
        profile = reported(whole, -1)
        assert profile["chargingProfileKind"] == "Absolute"
        [schedule] = profile["chargingSchedule"]
        assert notice["chargingSchedule"] == [schedule]
        limits = steps[0][1].setpoint is None
        modes = {each["operationMode"] for each in schedule["chargingSchedulePeriod"]}
        assert modes == {"ExternalLimits" if limits else "ExternalSetpoint"}
        assert flows(whole) == ((9000, 3000, -3000) if limits else (MOST, LEAST, -3000))
        whole.run(60)
        assert flows(whole) == ((6900, 1000, -1000) if limits else (MOST, LEAST, 1000))


def test_what_is_disallowed_makes_no_profile(folder: Path) -> None:
    """Q06.FR.08, V21."""
    with two_way(folder, version=V21) as whole:
        disallow(whole)
        charge(whole)
        assert not say(whole, limit=5000.0)
        assert not whole.station.smart.elsewhere.plan("EMS", [(0, Order(5000.0))])
        assert flows(whole) == (MOST, 0, None)
        asked = {"requestId": 1, "chargingProfile": {"chargingProfileId": [-1]}}
        assert whole.ask("GetChargingProfiles", asked)["status"] == "NoProfiles"
        assert not whole.said("NotifyChargingLimit")


def test_values_are_used_at_once_and_told_when_they_differ_enough(folder: Path) -> None:
    """Q06.FR.05, Q06.FR.06: used; Q06.FR.12: told by LimitChangeSignificance; V21."""
    with two_way(folder, version=V21) as whole:
        put(whole, "SmartChargingCtrlr.LimitChangeSignificance", "10")
        assert take(whole, GIVE) == "Accepted"
        charge(whole)
        for order, expected, notices in [
            ({"discharge": -8000.0}, (MOST, 8000, -8000), 1),
            ({"discharge": -7500.0}, (MOST, 7500, -7500), 1),
            ({"discharge": -7000.0}, (MOST, 7000, -7000), 2),
            ({"setpoint": -5000.0}, (MOST, LEAST, -5000), 3),
            ({"setpoint": -5400.0}, (MOST, LEAST, -5400), 3),
            ({"setpoint": 5000.0}, (MOST, LEAST, 5000), 4),
        ]:
            assert say(whole, **order)
            assert flows(whole) == expected
            assert len(whole.said("NotifyChargingLimit")) == notices


@pytest.mark.parametrize(("priority", "expected"), [("ExternalControl", 2000), ("CSMS", -9000)])
def test_setpoint_priority_says_whose_setpoint_counts(
    priority: str, expected: int, folder: Path
) -> None:
    """Q06.FR.20, Q06.FR.21, Q06.FR.22, V21."""
    with two_way(folder, version=V21) as whole:
        assert put(whole, "SmartChargingCtrlr.SetpointPriority", priority) == "Accepted"
        assert take(whole, GIVE) == "Accepted"
        charge(whole)
        say(whole, setpoint=2000.0)
        assert flows(whole)[2] == expected


def charge_only(whole: Site) -> None:
    assert take(whole, mode_profile(1, "ChargingOnly", limit=9000.0)) == "Accepted"


def no_profile(whole: Site) -> None:
    """Nobody has permitted anything."""
    del whole


@pytest.mark.parametrize("permitted", [charge_only, no_profile])
def test_no_external_system_has_energy_given_back_without_the_back_ends_leave(
    permitted: Callable[[Site], None], folder: Path
) -> None:
    with two_way(folder, version=V21) as whole:
        permitted(whole)
        charge(whole)
        say(whole, setpoint=-5000.0, discharge=-5000.0)
        assert flows(whole)[1:] == (0, 0)


def test_the_whole_stations_word_is_shared(folder: Path) -> None:
    """Q06.FR.30: the sum stays within both limits; Q06.FR.31: and near the setpoint; V21."""
    with two_way(folder, version=V21) as whole:
        for evse in (1, 2):
            wanted = mode_profile(evse, "CentralSetpoint", setpoint=-9000)
            assert take(whole, wanted, evse) == "Accepted"
        charge(whole, 1)
        charge(whole, 2)
        say(whole, limit=10_000.0, discharge=-6000.0)
        assert [flows(whole, evse) for evse in (1, 2)] == [(5000, 3000, -3000)] * 2
        say(whole, setpoint=-8000.0)
        assert [flows(whole, evse)[2] for evse in (1, 2)] == [-4000] * 2
        leave(whole, 2)
        assert flows(whole, 1)[2] == -8000


def test_2_0_1_is_told_of_a_limit_in_its_own_words(folder: Path) -> None:
    with two_way(folder, version=Version.V201) as whole:
        say(whole, limit=5000.0, discharge=-100.0)
        [notice] = whole.said("NotifyChargingLimit")
        [schedule] = notice["chargingSchedule"]
        assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 5000.0}]
