"""Requirements of ISO 15118-20 that no other test names: each with its id."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.parameters import read
from bsw.chrgm.iso20.words import number
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from evcc.session.memory import VolatileMemory
from evcc.session.profile import CONFORMANCE
from evcc.vehicle import Intent
from secc.api.literals import BptChannel, GeneratorMode
from secc.api.objects import BptSetup, DcEvseMaximumLimits, SetupPhysicalValues
from secc.power.simulated import Ratings
from secc.session.memory import Memory
from secc.session.schedules import Plan, Step
from tests.iso20.test_ac_both_ways import target
from tools.bench.world.direct import Rig
from tools.conformance.newer import requests as ask
from tools.conformance.newer.tester import ScriptedVehicle

FOLLOWING = GeneratorMode.GRID_FOLLOWING
AC, DC = ("iso20-ac", "AC_three_phase_core"), ("iso20-dc", "DC")
BOTH = pytest.mark.parametrize(("application", "mode"), [DC, AC], ids=["dc", "ac"])


def rig_of(application: str = "iso20-dc", mode: str = "DC", **known: Any) -> Rig:  # noqa: ANN401
    rig = Rig(application, mode=mode, secure=True, **known)
    rig.station.vehicle_leaf, rig.car.station_leaf = b"vehicle", b"station"
    return rig


def full(rig: Rig, after: int = 30 * S) -> Rig:
    rig.at(after, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def seen(rig: Rig, *seconds: float, what: Callable[[], float]) -> list[float]:
    found: list[float] = []
    for second in seconds:
        rig.at(int(second * S), lambda: found.append(what()))
    return found


# Limits and set points


@pytest.mark.parametrize(("nominal", "amps"), [(230.0, 10.0), (250.0, 9.2)])
def test_a_target_counts_at_the_nominal_voltage_that_was_told(nominal: float, amps: float) -> None:
    """[V2G20-1823]."""
    rig = full(rig_of(*AC))
    volts = SetupPhysicalValues(ac_nominal_voltage=nominal)
    rig.charger.set_charging_parameters(physical_values=volts)
    rig.at(10 * S, target(rig, 6_900.0))
    found = seen(rig, 20, what=lambda: rig.pack.ac_allowed)
    rig.run()
    assert found == [pytest.approx(amps)]


def test_without_an_asymmetry_there_is_no_such_limit() -> None:
    """[V2G20-1828]."""
    rig = full(rig_of(*AC))
    found = seen(rig, 20, what=lambda: rig.pack.ac_allowed)
    rig.run()
    (offer,) = rig.bodies("ACChargeParameterDiscoveryRes")
    assert offer.ac_cpd_res_energy_transfer_mode.maximum_power_asymmetry is None
    assert found == [16.0]


def test_the_loop_promises_no_more_than_the_discovery() -> None:
    """[V2G20-2654]: hardware that grows meanwhile is for the next session."""
    rig = full(rig_of(ratings=Ratings(max_current=60.0)))
    more = DcEvseMaximumLimits(
        evse_maximum_current_limit=300.0,
        evse_maximum_power_limit=200_000.0,
        evse_maximum_voltage_limit=950.0,
    )
    rig.at(15 * S, lambda: rig.charger.update_dc_maximum_limits(maximum_limits=more))
    rig.run()
    told = [body.cl_res_control_mode for body in rig.bodies("DCChargeLoopRes")]
    assert max(one.evse_maximum_charge_current.si() for one in told) == 60.0
    assert max(one.evse_maximum_voltage.si() for one in told) == 920.0
    assert max(rig.pack.asked) <= 60.0


def test_a_vehicle_believes_no_loop_that_adds_to_the_discovery() -> None:
    """[V2G20-2655]."""
    rig = full(rig_of(ratings=Ratings(max_current=60.0)))

    def twist(heard: Heard) -> Heard:
        mode = getattr(heard.body, "cl_res_control_mode", None)
        if mode is None:
            return heard
        more = mode.replace(evse_maximum_charge_current=number(300.0))
        return replace(heard, body=heard.body.replace(cl_res_control_mode=more))

    rig.twist = twist
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert max(rig.pack.asked) == 60.0


def test_one_of_voltage_and_current_is_the_set_point() -> None:
    """[V2G20-2183]: the battery's limit of voltage stands, and the current is what is wanted."""
    rig = full(rig_of()).run()
    modes = [body.cl_req_control_mode for body in rig.loops()]
    assert {one.ev_target_voltage.si() for one in modes} == {410.0}
    assert max(one.ev_target_current.si() for one in modes) == 120.0


def test_the_station_follows_a_set_point_at_once() -> None:
    """[V2G20-2184]: what it measures comes after what was asked by no more than its ramp."""
    rig = full(rig_of(ratings=Ratings(amps_per_second=1_000.0))).run()
    asked = [body.cl_req_control_mode.ev_target_current.si() for body in rig.loops()]
    told = [body.evse_present_current.si() for body in rig.bodies("DCChargeLoopRes")]
    late = [abs(before - now) for (before, _), now in zip(pairwise(asked), told[1:], strict=False)]
    assert max(late) < 2.5


@pytest.mark.parametrize(
    ("channel", "told"), [(BptChannel.SEPARATED, "Charge"), (BptChannel.UNIFIED, None)]
)
def test_a_channel_is_named_where_there_are_two(channel: BptChannel, told: str | None) -> None:
    """[V2G20-2123]."""
    rig = full(rig_of(mode="DC_BPT", ratings=Ratings(back_current=30.0, back_power=10_000.0)))
    rig.charger.bpt_setup(bpt_config=BptSetup(bpt_channel=channel, generator_mode=FOLLOWING))
    rig.run()
    first = rig.bodies("PowerDeliveryReq")[0].bpt_channel_selection
    assert (None if first is None else first.value) == told
    assert rig.bodies("PowerDeliveryReq")[-1].bpt_channel_selection is None


# Schedules and services


def test_a_schedule_that_is_ready_comes_at_once() -> None:
    """[V2G20-1987]."""
    tester = ScriptedVehicle().to("ScheduleExchange")
    before = tester.now
    answer = tester.say(ask.schedule())
    assert answer.evse_processing.value == "Finished"
    assert tester.now - before < 1 * S


def test_whether_services_are_renegotiated_never_changes() -> None:
    """[V2G20-1931], [V2G20-1932]."""
    rig = full(rig_of(), 60 * S)
    rig.at(20 * S, rig.charger.renegotiate_service)
    rig.run()
    told = [body.service_renegotiation_supported for body in rig.bodies("ServiceDiscoveryRes")]
    assert told == [True, True]


@BOTH
def test_a_paused_schedule_comes_back_with_its_number(application: str, mode: str) -> None:
    """[V2G20-1058]."""
    vehicle, station = VolatileMemory(), Memory()
    first = rig_of(application, mode, vehicle_memory=vehicle, station_memory=station)
    first.station.schedules.plans = (Plan(7, (Step(0, 20_000.0),)),)
    first.at(20 * S, lambda: setattr(first.state, "intent", Intent.PAUSE))
    first.run()
    second = full(rig_of(application, mode, vehicle_memory=vehicle, station_memory=station))
    second.run()
    assert second.ending("vehicle") is Ending.TERMINATED
    for rig in (first, second):
        (offer,) = rig.bodies("ScheduleExchangeRes")
        tuples = offer.scheduled_se_res_control_mode.schedule_tuple
        assert [one.schedule_tuple_id for one in tuples] == [7]


# The pilot


@BOTH
def test_the_pilot_goes_to_c_where_it_has_to(application: str, mode: str) -> None:
    """AC: in B until the first Start, and in C at most 0.25 s after it [V2G20-1617], [V2G20-847].

    DC: in C before the first cable check [V2G20-912].
    """
    rig = full(rig_of(application, mode))
    states: dict[str, str] = {}
    after: list[str] = []

    def look(side: str, heard: Heard) -> bool:
        name = type(heard.body).__name__
        if side == "vehicle":
            states.setdefault(name, rig.plug.state)
        if name == "PowerDeliveryReq" and not after:
            rig.scheduler.after(250 * MS, lambda: after.append(rig.plug.state), name="look")
        return False

    rig.lose = look
    rig.run()
    assert states["ScheduleExchangeReq"] == "B"
    assert after[0] == "C"
    if mode == "DC":
        assert states["DCCableCheckReq"] == "C"


# Notifications and the end


@pytest.mark.parametrize("dynamic", [False, True])
def test_the_time_to_react_is_counted_down(*, dynamic: bool) -> None:
    """[V2G20-3308], [V2G20-3318]."""
    profile = replace(CONFORMANCE, prefers_dynamic=dynamic)
    rig = rig_of(vehicle_profile=profile)
    rig.at(20 * S, lambda: rig.charger.pause_charging(pause=True))

    def deaf(heard: Heard) -> Heard:
        if getattr(heard.body, "evse_status", None) is None:
            return heard
        return replace(heard, body=heard.body.replace(evse_status=None))

    rig.twist = deaf
    rig.run(50 * S)
    delays = [
        body.evse_status.notification_max_delay
        for body in rig.bodies("DCChargeLoopRes")
        if body.evse_status is not None
    ]
    assert delays[0] == (60 if dynamic else 0)
    assert delays == sorted(delays, reverse=True)
    assert delays[-1] == (60 - 29 if dynamic else 0)


def test_the_end_is_answered_at_once() -> None:
    """[V2G20-1632]."""
    tester = ScriptedVehicle().to("SessionStop")
    before = tester.now
    assert tester.say(ask.session_stop()).response_code.value == "OK"
    assert tester.now - before < 1_500 * MS


def test_all_bits_of_a_session_id_vary() -> None:
    """[V2G20-2621]."""
    ids = []
    for seed in range(64):
        rig = rig_of(seed=seed)
        rig.run(1 * S)
        ids.append(int.from_bytes(rig.station.record.session_id, "big"))
    ones = zeros = 0
    for one in ids:
        ones |= one
        zeros |= ~one
    assert ones == zeros & (2**64 - 1) == 2**64 - 1


# What other stacks do


def slow(rig: Rig) -> Rig:
    """A station that paces its answers at 100 ms."""
    rig.latency = 100 * MS
    return full(rig)


@BOTH
def test_a_station_that_takes_100_ms_for_each_answer_charges(application: str, mode: str) -> None:
    rig = slow(rig_of(application, mode)).run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    schedules = rig.bodies("ScheduleExchangeRes")[-1].scheduled_se_res_control_mode.schedule_tuple
    assert schedules[0].charging_schedule.absolute_price_schedule is None
    assert schedules[0].charging_schedule.price_level_schedule is None
    assert len(rig.loops()) > 40


def test_the_pre_charge_is_left_after_it_was_said_to_be_finished() -> None:
    rig = full(rig_of()).run()
    said = [body.ev_processing.value for body in rig.bodies("DCPreChargeReq")]
    assert said[-1] == "Finished"
    assert set(said[:-1]) == {"Ongoing"}


@pytest.mark.parametrize(("mode", "number"), [("MCS", 8), ("MCS_BPT", 9)])
def test_megawatts_have_the_numbers_8_and_9(mode: str, number: int) -> None:
    rig = full(rig_of(mode=mode)).run()
    assert [body.service_id for body in rig.bodies("ServiceDetailReq")] == [number]
    assert rig.ending("vehicle") is Ending.TERMINATED


@pytest.mark.parametrize(("mode", "connectors"), [("AC_three_phase_core", (2, 3))])
@pytest.mark.parametrize("number", [2, 3])
def test_a_set_is_good_whichever_connector_it_is_chosen_by(
    mode: str, connectors: tuple[int, ...], number: int
) -> None:
    tester = ScriptedVehicle("AC").to("ServiceDetail")
    answer = tester.say(ask.service_detail(1))
    sets = [read(one) for one in answer.service_parameter_list.parameter_set]
    assert {one.parameters["Connector"] for one in sets} == set(connectors)
    chosen = next(one.number for one in sets if one.parameters["Connector"] == number)
    assert tester.say(ask.service_selection(1, chosen)).response_code.value == "OK"
    assert tester.rig.station.mode.name == mode
