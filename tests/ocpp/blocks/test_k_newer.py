"""K: what 2.1 adds to profiles: local time, chance, charge, absence, phases, power of the site."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ocpp.station.charging.book import Book, BookRules
from ocpp.station.charging.composite import Running, Supply, composite
from ocpp.station.charging.needs import Needs
from ocpp.station.charging.offers import offers
from ocpp.station.charging.profiles import Kind, Period, Profile, Purpose, Schedule
from ocpp.station.charging.wire import instant, read
from ocpp.station.provisioning.local_time import LocalTime
from ocpp.station.records import Sample
from ocpp.station.rules import StationRules, make_model
from ocpp.station.translation import Identity
from ocpp.versions import Version
from tests.ocpp.blocks.steps import CARD, OTHER, charge, leave, rules
from tests.ocpp.blocks.steps import put as put_variable
from tests.ocpp.blocks.test_k_smart_charging import composite as told
from tests.ocpp.blocks.test_k_smart_charging import own, profile, put
from tests.ocpp.site import Json, Site, site

V21 = Version.V21
CONTROLLER = "SmartChargingCtrlr"
STATION = "ChargingStationMaxProfile"
SUPPLY = Supply(32.0)
HOUR = 3600


def limit(whole: Site, evse: int = 1) -> float | None:
    """Amperes that the outlet was given last."""
    return dict(whole.charger.limits).get(evse)


def refused(whole: Site, wanted: Json) -> str:
    """The reason."""
    wanted = dict(wanted)
    fields = {"evseId": wanted.pop("evse"), "chargingProfile": wanted}
    answer = whole.ask("SetChargingProfile", fields)
    assert answer["status"] == "Rejected"
    return str(answer["statusInfo"]["reasonCode"])


def held(whole: Site, **criteria: object) -> list[Json]:
    """What the station reports of its profiles."""
    whole.heard.clear()
    asked = {"requestId": 1, "chargingProfile": {"stackLevel": 0, **criteria}}
    if whole.ask("GetChargingProfiles", asked)["status"] == "NoProfiles":
        return []
    whole.run()
    reports = whole.said("ReportChargingProfiles")
    return [each for report in reports for each in report["chargingProfile"]]


@pytest.mark.parametrize(
    ("variable", "value", "shown"),
    [
        ("TimeZone", "Europe/Vienna", "01:20:00Z"),
        ("TimeOffset", "-02:00", "2029-12-31T22:20:00+05:00"),
        ("TimeZone", "", "00:20:00-08:00"),
    ],
)
def test_2_1_a_schedule_in_local_time_begins_by_the_clock_on_the_wall(
    variable: str, value: str, shown: str, folder: Path
) -> None:
    """K01.FR.90: whatever zone is written behind the time."""
    with site(folder, V21) as whole:
        assert put_variable(whole, f"ClockCtrlr.{variable}", value) == "Accepted"
        wanted = profile(1, (0, 9.0), useLocalTime=True)
        start = shown if "T" in shown else f"2030-01-01T{shown}"
        wanted["chargingSchedule"][0]["startSchedule"] = start
        assert put(whole, wanted) == "Accepted"
        whole.run(19 * 60)
        assert limit(whole) is None
        whole.run(60)
        assert limit(whole) == 9.0


@pytest.mark.parametrize(
    ("variable", "value"), [("TimeZone", "Europe/Nowhere"), ("TimeOffset", "one hour")]
)
def test_2_1_a_time_that_no_clock_shows_is_not_set(variable: str, value: str, folder: Path) -> None:
    with site(folder, V21) as whole:
        assert put_variable(whole, f"ClockCtrlr.{variable}", value) == "Rejected"


@pytest.mark.parametrize(
    ("day", "found"),
    [
        pytest.param("2030-03-31", [("23:00", 10.0), ("01:00", 8.0)], id="an-hour-is-skipped"),
        pytest.param(
            "2030-10-27",
            [("22:00", 10.0), ("00:00", 6.0), ("00:30", 7.0), ("01:00", 6.0), ("01:30", 7.0)],
            id="an-hour-is-repeated",
        ),
    ],
)
def test_2_1_a_schedule_follows_the_clock_through_a_change_of_time(
    day: str, found: list[tuple[str, float]]
) -> None:
    """K01.FR.91."""
    values = {"ClockCtrlr.TimeZone": "Europe/Vienna"}
    wall = LocalTime(make_model(StationRules(Identity("P", "T", "S", "1"), values=values)))
    wire = profile(1, (0, 10.0), (2 * HOUR, 6.0), (HOUR * 5 // 2, 7.0), (3 * HOUR, 8.0))
    wire |= {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    wire["chargingSchedule"][0] |= {"useLocalTime": True, "startSchedule": "2030-01-01T00:00:00Z"}
    daily = read(wire, 1, now=0.0, wall=wall)
    noon = instant(f"{day}T00:00:00Z")
    begin = noon + (-HOUR if found[0][0] == "23:00" else -2 * HOUR)
    spans = composite((begin, noon + 2 * HOUR), 1, [daily], SUPPLY)
    minutes = [round((span.begin - noon) / 60) % 1440 for span in spans]
    clock = [f"{each // 60:02}:{each % 60:02}" for each in minutes]
    assert [(at, span.limit.amperes) for at, span in zip(clock, spans, strict=True)] == found


def delayed(most: int = 600) -> Json:
    wanted = profile(1, (0, 10.0), (1000, 6.0), (2000, 8.0), evse=0, start=0, randomizedDelay=most)
    wanted["chargingSchedule"][0]["duration"] = 3000
    return wanted


def changes(whole: Site, evse: int) -> list[int]:
    """When the composite changes, in seconds from the beginning of the day."""
    since = round(whole.station.smart.now - 1893456000)
    return [each["startPeriod"] + since for each in told(whole, evse, 4000)][1:]


def test_2_1_chance_delays_each_period_but_the_first_once_for_a_transaction(folder: Path) -> None:
    """K01.FR.92: by up to so many seconds; K01.FR.93: fixed when it begins, and anew for another
    profile; K01.FR.94: beginning and end of the schedule stay."""
    with site(folder, V21) as whole:
        assert put(whole, delayed()) == "Accepted"
        charge(whole, 1, CARD)
        charge(whole, 2, OTHER)
        assert (limit(whole, 1), limit(whole, 2)) == (10.0, 10.0)
        first, second = changes(whole, 1), changes(whole, 2)
        assert changes(whole, 1) == pytest.approx(first, abs=1)
        assert first[2] == second[2] == pytest.approx(3000, abs=1)
        late = [
            at - plain
            for found in (first, second)
            for at, plain in zip(found, (1000, 2000), strict=False)
        ]
        assert all(0 <= each <= 601 for each in late)
        assert len(set(late)) > 2, "each outlet and each period has its own"
        whole.run(first[0] - whole.station.smart.now + 1893456000 - 3)
        assert limit(whole, 1) == 10.0
        whole.run(6)
        assert limit(whole, 1) == 6.0
        assert put(whole, delayed()) == "Accepted"
        assert changes(whole, 1)[-2:] != pytest.approx(first[-2:], abs=2)
        assert put(whole, delayed(0)) == "Accepted"
        assert changes(whole, 1)[-2:] == pytest.approx([2000, 3000], abs=1)


def test_2_1_a_period_that_the_next_one_overtakes_is_left_out() -> None:
    """K01.FR.97."""
    late = Schedule("A", (Period(0, 1.0), Period(1053, 2.0), Period(723, 3.0), Period(987, 4.0)))
    one = Profile(1, 1, 0, Purpose.DEFAULT, Kind.ABSOLUTE, (replace(late, start=0.0),))
    spans = composite((0.0, 2000.0), 1, [one], SUPPLY)
    assert [(span.begin, span.limit.amperes) for span in spans] == [(0, 1), (723, 3), (987, 4)]


@pytest.mark.parametrize("purpose", [STATION, "PriorityCharging"])
def test_2_1_only_profiles_of_transactions_are_delayed(purpose: str, folder: Path) -> None:
    """K01.FR.95."""
    with site(folder, V21) as whole:
        wanted = profile(1, evse=0, purpose=purpose, randomizedDelay=60)
        assert refused(whole, wanted) == "InvalidSchedule"
        wanted["chargingSchedule"][0]["randomizedDelay"] = 0
        assert put(whole, wanted) == "Accepted"


def test_2_1_from_a_state_of_charge_on_there_is_less(folder: Path) -> None:
    """K01.FR.100: and nothing of it where the charge is not known."""
    with site(folder, V21) as whole:
        wanted = profile(1, (0, 12.0), limitAtSoC={"soc": 80, "limit": 6.0})
        assert put(whole, wanted) == "Accepted"
        charge(whole)
        for soc, amperes in ((None, 12.0), (79.0, 12.0), (80.0, 6.0), (95.0, 6.0)):
            whole.charger.more = () if soc is None else (Sample(soc, measurand="SoC"),)
            whole.run(11)
            assert limit(whole) == amperes
            assert told(whole)[0]["limit"] == amperes


def away(whole: Site) -> None:
    """The line goes, and the station sees it."""
    whole.made.world.simulated.cut()
    for _ in range(300):
        if whole.station._ground.version is None:
            return
        whole.run(1)
    raise AssertionError("the station does not see it")


def back(whole: Site) -> None:
    whole.made.world.simulated.restore()
    whole.run(90)


@pytest.mark.parametrize("forgotten", [True, False])
def test_2_1_a_profile_holds_for_only_so_long_without_the_back_end(
    folder: Path, *, forgotten: bool
) -> None:
    """K01.FR.101, K01.FR.102: and again with it, unless it says otherwise; K01.FR.103."""
    with site(folder, V21) as whole:
        for number, amperes, more in (
            (1, 20.0, {"maxOfflineDuration": 60, "invalidAfterOfflineDuration": forgotten}),
            (2, 8.0, {}),
        ):
            wanted = profile(number, (0, amperes), level=2 - number)
            assert put(whole, {**wanted, **more}) == "Accepted"
        charge(whole)
        away(whole)
        assert limit(whole) == 20.0
        whole.run(58)
        assert limit(whole) == 20.0
        whole.run(4)
        assert limit(whole) == 8.0, "what has no such time holds on"
        whole.run(1000)
        assert limit(whole) == 8.0
        back(whole)
        assert limit(whole) == (8.0 if forgotten else 20.0)
        assert [each["id"] for each in held(whole, stackLevel=1)] == ([] if forgotten else [1])


def test_2_1_a_short_absence_changes_nothing(folder: Path) -> None:
    """K01.FR.102."""
    with site(folder, V21) as whole:
        more = {"maxOfflineDuration": 600, "invalidAfterOfflineDuration": True}
        assert put(whole, {**profile(1, (0, 20.0)), **more}) == "Accepted"
        away(whole)
        back(whole)
        assert limit(whole) == 20.0
        assert [each["id"] for each in held(whole)] == [1]


def test_2_1_priority_charging_lasts_until_it_ends(folder: Path) -> None:
    """K01.FR.70, K01.FR.72, K01.FR.73."""
    with site(folder, V21) as whole:
        wanted = profile(6, (0, 30.0), purpose="PriorityCharging")
        assert refused(whole, profile(6, purpose="PriorityCharging", duration=60)) == (
            "InvalidSchedule"
        )
        assert held(whole) == []
        assert put(whole, wanted) == "Accepted"


def test_2_1_numbers_are_left_to_limits_from_elsewhere(folder: Path) -> None:
    """K01.FR.80, K01.FR.81: the back end's are higher; K01.FR.82: the others are not."""
    values = {f"{CONTROLLER}.MaxExternalConstraintsId": "1000"}
    with site(folder, V21, rules(values=values)) as whole:
        assert refused(whole, profile(1000)) == "InvalidProfileId"
        assert put(whole, profile(1001)) == "Accepted"
        whole.station.smart.elsewhere.limit("EMS", 6900.0)
        [other] = held(whole, chargingProfilePurpose="ChargingStationExternalConstraints")
        assert other["id"] <= 1000


@pytest.mark.parametrize(
    ("evse", "phase", "reason"),
    [(1, 2, "PhaseConflict"), (1, 1, None), (0, 2, "PhaseConflict"), (2, 2, None)],
)
def test_2_1_two_profiles_cannot_use_different_phases(
    evse: int, phase: int, reason: str | None
) -> None:
    """K01.FR.141."""

    def on(purpose: Purpose, number: int, evse: int, phase: int) -> Profile:
        made = Schedule("A", (Period(0, 10.0, 1, phase),), 0.0)
        return Profile(number, evse, 0, purpose, Kind.ABSOLUTE, (made,))

    book = Book({1: SUPPLY, 2: SUPPLY}, BookRules(phase_switching=True), changed=lambda _held: None)
    assert book.add(on(Purpose.PRIORITY, 1, 1, 1), {}) is None
    refusal = book.add(on(Purpose.DEFAULT, 2, evse, phase), {})
    assert (refusal and refusal.reason) == reason


def apart(wanted: Json, **limits: float) -> Json:
    """With limits of L2 and L3."""
    wanted["chargingSchedule"][0]["chargingSchedulePeriod"][0].update(limits)
    return wanted


def needs(whole: Site, *names: str) -> None:
    """A vehicle tells what its phases take."""
    whole.answers["NotifyEVChargingNeeds"] = {"status": "Accepted"}
    fields: Json = {
        "requestedEnergyTransfer": "AC_three_phase",
        "controlMode": "ScheduledControl",
        "v2xChargingParameters": dict.fromkeys(("maxChargePower", *names), 7000.0),
    }
    whole.station.smart.needs.tell(1, Needs(fields), lambda: None)
    whole.run()


PHASES = ("maxChargePower_L2", "maxChargePower_L3")


@pytest.mark.parametrize(
    ("make", "vehicle"),
    [
        pytest.param(lambda _whole: profile(1), PHASES, id="default"),
        pytest.param(lambda _whole: profile(1, evse=0, purpose=STATION), PHASES, id="station"),
        pytest.param(own, (), id="vehicle-has-not-told"),
    ],
)
def test_2_1_limits_of_single_phases_are_for_a_vehicle_that_told_its_own(
    make: Callable[[Site], Json], vehicle: tuple[str, ...], folder: Path
) -> None:
    """K01.FR.142, K01.FR.143, K01.FR.144."""
    with site(folder, V21) as whole:
        charge(whole)
        needs(whole, *vehicle)
        assert refused(whole, apart(make(whole), limit_L2=6.0)) == "PhaseConflict"
        assert limit(whole) is None


def test_2_1_limits_of_single_phases_need_one_of_the_first(folder: Path) -> None:
    """K01.FR.145, K01.FR.146; K01.FR.142: the next vehicle is asked anew."""
    with site(folder, V21) as whole:
        charge(whole)
        needs(whole, *PHASES)
        wanted = apart(own(whole), limit_L2=6.0, limit_L3=7.0)
        assert put(whole, wanted) == "Accepted"
        del wanted["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]
        assert refused(whole, wanted) == "PhaseConflict"
        leave(whole)
        charge(whole)
        assert refused(whole, apart(own(whole), limit_L2=6.0)) == "PhaseConflict"


def test_2_1_the_lowest_of_the_phases_is_what_a_pilot_says(folder: Path) -> None:
    """K01.FR.147; K08.FR.09: the composite has each of them."""
    with site(folder, V21) as whole:
        charge(whole)
        needs(whole, *PHASES)
        assert put(whole, apart(own(whole, 5, (0, 16.0)), limit_L2=10.0, limit_L3=12.0)) == (
            "Accepted"
        )
        assert limit(whole) == 10.0
        assert told(whole)[0] == {
            "startPeriod": 0,
            "limit": 16.0,
            "limit_L2": 10.0,
            "limit_L3": 12.0,
            "numberPhases": 3,
        }
        assert put(whole, profile(7, (0, 11.0), evse=0, purpose=STATION)) == "Accepted"
        assert told(whole)[0] == {
            "startPeriod": 0,
            "limit": 11.0,
            "limit_L2": 10.0,
            "limit_L3": 11.0,
            "numberPhases": 3,
        }
        watts = told(whole, unit="W")[0]
        assert (watts["limit"], watts["limit_L2"]) == (2530.0, 2300.0)


def test_2_1_limits_from_elsewhere_can_be_disallowed(folder: Path) -> None:
    """K11.FR.07."""
    with site(folder, V21) as whole:
        assert (
            put_variable(whole, f"{CONTROLLER}.ExternalConstraintsProfileDisallowed", "true")
            == "Accepted"
        )
        charge(whole)
        whole.heard.clear()
        whole.station.smart.elsewhere.limit("EMS", 6900.0)
        whole.run()
        assert limit(whole) is None
        assert whole.actions() == []
        assert held(whole) == []
        assert (
            put_variable(whole, f"{CONTROLLER}.ExternalConstraintsProfileDisallowed", "false")
            == "Accepted"
        )
        whole.station.smart.elsewhere.limit("EMS", 6900.0)
        assert limit(whole) == pytest.approx(10.0)


@pytest.mark.parametrize("lower", [3, 1])
def test_2_1_schedules_of_two_levels_are_offered_place_by_place(lower: int) -> None:
    """K15.FR.22, K18.FR.24: the n-th with the n-th, and no more than three."""

    def made(number: int, level: int, limits: list[float], duration: int | None) -> Profile:
        wire = profile(number, level=level, purpose="TxProfile", start=None)
        [first] = wire["chargingSchedule"]
        more = {} if duration is None else {"duration": duration}
        wire["chargingSchedule"] = [
            {
                **first,
                **more,
                "id": 10 * number + place,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
            }
            for place, amperes in enumerate(limits, 1)
        ]
        return read({**wire, "transactionId": "T1"}, 1, now=0.0)

    upper = made(1, 1, [20.0, 21.0, 22.0], 600)
    below = made(2, 0, [8.0, 9.0, 10.0][:lower], None)
    found = offers(0.0, 1, [below, upper], SUPPLY, Running("T1", 0.0))
    steps = [[(step.start, round(step.watts / 690)) for step in offer.steps] for offer in found]
    then = [8, 9, 10] if lower == 3 else [8, 8, 8]
    assert steps == [[(0, 20 + n), (600, then[n])] for n in range(3)]
    assert [offer.schedule for offer in found] == [11, 12, 13]


def priority(whole: Site, *, activate: bool) -> bool:
    found = whole.station.smart.priority.wish(1, activate=activate)
    whole.run()
    return found


def test_2_1_a_driver_asks_for_priority_at_the_station(folder: Path) -> None:
    """K22.FR.01: in vain without a profile for it; K22.FR.02, K22.FR.04: and back;
    K22.FR.03, K22.FR.05: which is told."""
    with site(folder, V21) as whole:
        assert not priority(whole, activate=True), "nobody charges"
        charge(whole)
        put(whole, own(whole, 5, (0, 8.0)))
        put(whole, profile(6, (0, 30.0), evse=2, purpose="PriorityCharging"))
        assert not priority(whole, activate=True), "for another outlet"
        assert whole.charger.shown[-1] == (1, ("Priority charging is not possible here",))
        assert limit(whole) == 8.0
        put(whole, profile(7, (0, 30.0), evse=0, purpose="PriorityCharging"))
        put(whole, profile(8, (0, 20.0), evse=0, purpose=STATION))
        assert priority(whole, activate=True)
        assert limit(whole) == 20.0
        assert priority(whole, activate=True), "twice is once"
        assert priority(whole, activate=False)
        assert limit(whole) == 8.0
        name = whole.station.outlet(1).transaction
        assert whole.said("NotifyPriorityCharging") == [
            {"transactionId": name, "activated": True},
            {"transactionId": name, "activated": False},
        ]


def test_2_1_priority_without_the_back_end_is_told_later(folder: Path) -> None:
    """K22.FR.03."""
    with site(folder, V21) as whole:
        charge(whole)
        put(whole, profile(6, (0, 9.0), purpose="PriorityCharging"))
        away(whole)
        assert priority(whole, activate=True)
        assert limit(whole) == 9.0
        back(whole)
        assert [each["activated"] for each in whole.said("NotifyPriorityCharging")] == [True]


def test_2_1_priority_is_for_the_outlet_that_has_a_profile_for_it(folder: Path) -> None:
    """K21.FR.01; K21.FR.06: an end of what has not begun is no change."""
    with site(folder, V21) as whole:
        charge(whole)
        wish = {"transactionId": whole.station.outlet(1).transaction, "activate": True}
        end = {**wish, "activate": False}
        assert whole.ask("UsePriorityCharging", end) == {"status": "Accepted"}
        put(whole, profile(6, (0, 30.0), evse=2, purpose="PriorityCharging"))
        assert whole.ask("UsePriorityCharging", wish)["status"] == "NoProfile"
        assert whole.said("NotifyPriorityCharging") == []


def test_2_1_power_of_the_sites_own_comes_on_top(folder: Path) -> None:
    """K27.FR.01: as a profile of its own; K27.FR.02: that is reported."""
    with site(folder, V21) as whole:
        put(whole, profile(1, (0, 10.0)))
        charge(whole)
        whole.station.smart.elsewhere.generate("EMS", 1380.0)
        assert limit(whole) == pytest.approx(12.0)
        assert told(whole)[0]["limit"] == pytest.approx(12.0)
        whole.station.smart.elsewhere.generate("EMS", 690.0)
        assert limit(whole) == pytest.approx(11.0)
        [shown] = held(whole, chargingProfilePurpose="LocalGeneration")
        [one] = shown["chargingSchedule"]
        assert one["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 690.0}]
        clear = {"chargingProfileId": shown["id"]}
        assert whole.ask("ClearChargingProfile", clear)["status"] == "Unknown"


def test_2_1_power_of_the_sites_own_is_told_apart_from_limits(folder: Path) -> None:
    """K27.FR.03: by more than a share; K27.FR.04: with its schedule; K27.FR.05: not with limits."""
    with site(folder, V21) as whole:
        put_variable(whole, f"{CONTROLLER}.LimitChangeSignificance", "10")
        put_variable(whole, f"{CONTROLLER}.NotifyChargingLimitWithSchedules", "true")
        elsewhere = whole.station.smart.elsewhere
        for watts in (5000.0, 5100.0, 6000.0):
            elsewhere.generate("EMS", watts)
        elsewhere.limit("EMS", 3000.0)
        whole.run()
        assert [
            (
                each["chargingLimit"],
                [one["chargingSchedulePeriod"][0]["limit"] for one in each["chargingSchedule"]],
            )
            for each in whole.said("NotifyChargingLimit")
        ] == [
            ({"chargingLimitSource": "EMS", "isLocalGeneration": True}, [5000.0]),
            ({"chargingLimitSource": "EMS", "isLocalGeneration": True}, [6000.0]),
            ({"chargingLimitSource": "EMS"}, [3000.0]),
        ]


def test_2_1_outlets_share_the_stations_limit_and_its_own_power(folder: Path) -> None:
    """K04.FR.05: the sum of both is theirs."""
    with site(folder, V21) as whole:
        put(whole, profile(8, (0, 20.0), evse=0, purpose=STATION))
        charge(whole, 1)
        charge(whole, 2, OTHER)
        assert (limit(whole, 1), limit(whole, 2)) == (10.0, 10.0)
        whole.station.smart.elsewhere.generate("EMS", 4 * 690.0)
        assert (limit(whole, 1), limit(whole, 2)) == (12.0, 12.0)
        assert told(whole, 0, unit="W")[0]["limit"] == 24 * 690.0


def test_2_0_1_is_not_told_what_it_has_no_words_for(folder: Path) -> None:
    with site(folder, Version.V201) as whole:
        whole.station.smart.elsewhere.generate("EMS", 690.0)
        assert held(whole) == []
        assert whole.said("NotifyChargingLimit") == []
