"""A vehicle that means harm at our station's ISO 15118-20 engine, and the other way round."""

from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import EvseNotification, EVSEStatus, RationalNumber
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from bsw.v2gtp import PayloadType
from tests.iso20.test_lifecycle import flows, full, rig_of
from tools.conformance.newer import requests as ask
from tools.conformance.newer.tester import ScriptedVehicle

EXTREMES = [
    RationalNumber(exponent=exponent, value=value)
    for exponent in (127, -128)
    for value in (32_767, -32_768)
]
NAMES = [f"{one.value}e{one.exponent}" for one in EXTREMES]
STEP = common.ChargeProgress


@pytest.mark.parametrize("amount", EXTREMES, ids=NAMES)
def test_a_set_point_out_of_all_bounds_moves_nothing_beyond_the_limits(
    amount: RationalNumber,
) -> None:
    tester = ScriptedVehicle().to("Loop")
    request = ask.dc_loop()
    control = request.cl_req_control_mode
    answer = None
    for _ in range(20):
        answer = tester.say(
            request.replace(
                ev_present_voltage=amount,
                cl_req_control_mode=control.replace(
                    ev_target_current=amount, ev_target_voltage=amount
                ),
            )
        )
        if answer is None or tester.result is not None:
            break
        source, most = tester.rig.electronics, tester.rig.electronics.ratings
        assert 0.0 <= source.current <= most.max_current
        assert 0.0 <= source.voltage <= most.max_voltage
        tester.run(100 * MS)
    assert answer is not None


def test_what_is_below_zero_takes_nothing_out_where_only_charging_was_selected() -> None:
    tester = ScriptedVehicle().to("Loop")
    lowest = 0.0
    for _ in range(20):
        tester.say(ask.dc_loop(-50.0))
        tester.run(100 * MS)
        lowest = min(lowest, tester.rig.electronics.current)
    assert lowest == 0.0


@pytest.mark.parametrize("mode", ["DC", "AC_three_phase_core"])
@pytest.mark.parametrize("amount", EXTREMES, ids=NAMES)
def test_a_station_that_tells_what_cannot_be_moves_no_vehicle(
    mode: str, amount: RationalNumber
) -> None:
    rig = full(rig_of(f"iso20-{mode[:2].lower()}", mode))
    most = {"DC": 200.0}.get(mode, 16.0)
    found: list[float] = []

    def twist(heard: Heard) -> Heard:
        body = heard.body
        if not type(body).__name__.endswith("ChargeLoopRes") or rig.scheduler.now < 15 * S:
            return heard
        control = body.cl_res_control_mode
        names = [
            field.name
            for field in type(control).__fields__
            if isinstance(getattr(control, field.name), RationalNumber)
        ]
        changed = control.replace(**dict.fromkeys(names, amount))
        return replace(heard, body=body.replace(cl_res_control_mode=changed))

    rig.twist = twist
    rig.scheduler.every(100 * MS, lambda: found.append(flows(rig)), name="look")
    rig.run(60 * S)
    assert 0.0 <= min(found) <= max(found) <= most
    assert "vehicle" in rig.results
    assert flows(rig) == 0.0


@pytest.mark.parametrize("place", ["AuthorizationSetup", "Authorization", "ServiceSelection"])
def test_another_service_is_no_way_round_the_authorization(place: str) -> None:
    tester = ScriptedVehicle().to(place)
    answer = tester.say(ask.session_stop(ask.WAY.SERVICE_RENEGOTIATION))
    assert answer.response_code.value.startswith("FAILED")
    assert tester.result is not None
    assert tester.say(ask.service_discovery()) is None


def test_a_flood_in_a_side_stream_ends_the_session_without_energy() -> None:
    tester = ScriptedVehicle().to("Loop")
    tester.loop()
    tester.rig.station.schedules.ready = False
    answers = 0
    while answers < 50 and tester.say(ask.schedule(), PayloadType.SCHEDULE) is not None:
        answers += 1
    tester.run(S)
    assert tester.result is not None, "what comes aside keeps no loop alive"
    assert not tester.energised


def test_a_standby_without_end_takes_nothing_and_the_station_can_still_end_it() -> None:
    tester = ScriptedVehicle().to("Loop")
    tester.loop()
    assert tester.say(ask.delivery(STEP.STANDBY)).response_code.value == "OK"
    for _ in range(600):
        tester.say(ask.dc_loop(100.0))
        assert tester.rig.electronics.current == 0.0
        tester.run(100 * MS)
    tester.rig.charger.stop_charging(stop=True)
    told = tester.say(ask.dc_loop(100.0)).evse_status
    assert told is not None
    assert told.evse_notification.value in {"Terminate", "ExitStandby"}


def test_a_station_that_wants_other_schedules_again_and_again_ends_no_charge() -> None:
    """ScheduleRenegotiation in each loop: one is asked for at a time, and energy goes on."""
    rig = full(rig_of("iso20-dc", "DC"), 60 * S)
    status = EVSEStatus(
        notification_max_delay=0, evse_notification=EvseNotification.SCHEDULE_RENEGOTIATION
    )

    def twist(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "DCChargeLoopRes":
            return heard
        return replace(heard, body=heard.body.replace(evse_status=status))

    rig.twist = twist
    rig.run(120 * S)
    assert rig.ending("vehicle") in {Ending.TERMINATED, Ending.STATION_FAULT}
    assert flows(rig) == 0.0


def test_a_vehicle_that_stands_by_again_and_again_wears_no_contactor_out() -> None:
    """Each way back from standby closes the contactor of an AC station once more."""
    tester = ScriptedVehicle("AC").to("Loop")
    closings, codes = 0, []
    for _ in range(30):
        tester.say(ask.ac_loop())
        codes.append(tester.say(ask.delivery(STEP.STANDBY)).response_code.value)
        if codes[-1] != "OK":
            break
        tester.say(ask.ac_loop())
        assert tester.start().response_code.value == "OK"
        closings += 1
    assert (closings, codes[-1]) == (20, "WARNING_StandbyNotAllowed")
    assert tester.say(ask.ac_loop()).response_code.value == "OK", "it goes on charging"


@pytest.mark.parametrize("durations", [(0,), (0, 0)])
def test_schedules_that_last_no_time_end_the_session_in_order(durations: tuple[int, ...]) -> None:
    rig = full(rig_of("iso20-dc", "DC"))

    def of_no_time(heard: Heard) -> Heard:
        told = getattr(heard.body, "scheduled_se_res_control_mode", None)
        if told is None:
            return heard
        (first, *_) = told.schedule_tuple
        power = first.charging_schedule.power_schedule
        (entry, *_) = power.power_schedule_entries.power_schedule_entry
        entries = tuple(entry.replace(duration=one) for one in durations)
        listed = power.power_schedule_entries.replace(power_schedule_entry=entries)
        schedule = first.charging_schedule.replace(
            power_schedule=power.replace(power_schedule_entries=listed)
        )
        tuples = (first.replace(charging_schedule=schedule, discharging_schedule=None),)
        changed = told.replace(schedule_tuple=tuples)
        return replace(heard, body=heard.body.replace(scheduled_se_res_control_mode=changed))

    rig.twist = of_no_time
    rig.run()
    assert rig.results["vehicle"].ending is Ending.INCOMPATIBLE
    assert "lasts no time" in rig.results["vehicle"].detail
