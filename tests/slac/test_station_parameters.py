"""The station answers the request for parameters, and nothing that is not one."""

import itertools
from typing import Any

import pytest

from bsw.cp.pilot import X1, Drive, PilotState, Source
from bsw.os.clock import MS, S
from bsw.slac.config import Counts, SlacConfig
from bsw.slac.frames.frame import Frame, encode
from bsw.slac.frames.mme import (
    BROADCAST,
    AttenCharInd,
    SlacMatchCnf,
    SlacParmCnf,
    SlacParmReq,
    StartAttenCharInd,
)
from bsw.slac.links.link import Fallback
from bsw.slac.links.station_link import Phase
from bsw.slac.outcome import Reason
from tests.slac.casebook import case
from tests.slac.rig import RUN, StationRig


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(PilotState.B, id="SECC_CMN_CmSlacParm_001"),
        pytest.param(PilotState.C, id="SECC_CMN_CmSlacParm_002"),
        pytest.param(PilotState.D, id="SECC_CMN_CmSlacParm_003"),
    ],
)
def test_a_plugged_in_vehicle_gets_its_parameters(state: PilotState) -> None:
    rig = StationRig()
    rig.plug(state)
    rig.request()
    answer = rig.wait(rig.tester, SlacParmCnf, within=100 * MS)
    assert answer == SlacParmCnf(
        sound_target=BROADCAST,
        num_sounds=10,
        time_out=6,
        resp_type=1,
        forwarding_sta=rig.tester.mac,
        run_id=RUN,
    )
    assert rig.tester.all(SlacParmCnf)[0].frame.destination == rig.tester.mac


@case("SECC_CMN_CmSlacParm_004")
def test_a_station_says_nothing_on_its_own() -> None:
    rig = StationRig()
    rig.plug()
    rig.run(30 * S)
    assert rig.tester.heard == []


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"application_type": 1}, id="SECC_CMN_CmSlacParm_005"),
        pytest.param({"security_type": 1}, id="SECC_CMN_CmSlacParm_006"),
    ],
)
def test_a_wrong_request_is_ignored_and_a_right_one_answered(wrong: dict[str, Any]) -> None:
    rig = StationRig()
    rig.plug()
    rig.request(**wrong)
    assert rig.silent(rig.tester, SlacParmCnf, during=400 * MS)
    rig.request()
    rig.wait(rig.tester, SlacParmCnf, within=100 * MS)


@case("SECC_CMN_CmSlacParm_007")
def test_an_unplugged_vehicle_is_not_answered() -> None:
    rig = StationRig()
    rig.plug()
    rig.cable.unplug()
    rig.run(100 * MS)
    rig.request()
    assert rig.silent(rig.tester, SlacParmCnf, during=200 * MS)  # TT_match_response


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param(1, id="SECC_CMN_CmSlacParm_008"),
        pytest.param(48, id="SECC_CMN_CmSlacParm_009"),
    ],
)
def test_a_station_is_ready_after_a_long_time_without_a_vehicle(hours: int) -> None:
    rig = StationRig()
    rig.run(hours * 3600 * S)
    rig.plug()
    rig.run(8 * S)  # T_conn_max_comm
    rig.to_parameters()


@case("SECC_AC_CmSlacParm_001")
def test_authorised_before_matching_the_pilot_steps_and_matching_still_works() -> None:
    rig = StationRig()
    rig.plug()
    rig.run(S)
    rig.link.nominal(16)
    assert rig.cable.driven.source is Source.UNAVAILABLE
    stepped = rig.now
    assert rig.run_until(lambda: rig.cable.driven.source is Source.OSCILLATOR, 9 * S)
    assert 4 * S <= rig.now - stepped <= 8 * S  # T_step_EF
    assert rig.cable.driven.duty == pytest.approx(16 / 0.6)
    rig.run(S)
    rig.to_parameters()


@case("SECC_AC_CmSlacParm_002")
def test_if_nobody_asks_the_pilot_steps_twice_and_then_stays_quiet() -> None:
    rig = StationRig()
    drives: list[tuple[int, Drive]] = []
    rig.plug()
    plugged = rig.now
    while rig.now < 200 * S:
        if not drives or drives[-1][1] != rig.cable.driven:
            drives.append((rig.now, rig.cable.driven))
        rig.run(10 * MS)
    shown = [drive for _, drive in drives]
    unavailable = Drive(source=Source.UNAVAILABLE)
    assert shown == [Drive(5.0), unavailable, Drive(5.0), unavailable, Drive(5.0), X1]
    assert 20 * S <= drives[1][0] - plugged <= 50 * S  # TT_EVSE_SLAC_init
    assert 4 * S <= drives[2][0] - drives[1][0] <= 8 * S
    assert rig.session.reasons == [Reason.NO_REQUEST]
    assert rig.session.failures[0].fallback is Fallback.NOMINAL


@case("SECC_AC_CmSlacParm_003")
def test_authorised_while_matching_the_oscillator_rests_and_the_matching_goes_on() -> None:
    rig = StationRig()
    rig.to_decision()
    rig.link.nominal(16)
    assert rig.cable.driven == X1
    quiet = rig.now
    assert rig.run_until(lambda: rig.cable.driven != X1, 9 * S)
    assert rig.now - quiet >= 3 * S  # T_step_X1
    assert rig.cable.driven.duty == pytest.approx(16 / 0.6)
    rig.match()
    rig.wait(rig.tester, SlacMatchCnf, within=100 * MS)


@case("SECC_AC_CmSlacParm_004")
def test_authorised_before_plug_in_the_current_is_shown_at_once() -> None:
    rig = StationRig()
    rig.link.nominal(32)
    rig.plug()
    rig.run(S)
    assert 10 <= rig.cable.vehicle.read().duty <= 96
    assert rig.cable.vehicle.read().current == pytest.approx(32)
    rig.to_parameters()


def test_a_vehicle_that_leaves_during_a_step_is_noticed_after_it() -> None:
    rig = StationRig()
    rig.plug()
    assert rig.run_until(lambda: rig.link.phase is Phase.STEPPING, 60 * S)
    rig.cable.unplug()
    rig.run(10 * S)
    assert rig.link.phase is Phase.VACANT
    assert rig.session.reasons == [Reason.UNPLUGGED]


def test_more_vehicles_than_may_match_at_once_are_not_answered() -> None:
    rig = StationRig(SlacConfig(counts=Counts(c_evse_match_parallel=2)), vehicles=3)
    rig.plug()
    for tester in rig.vehicles[:2]:
        rig.to_parameters(tester)
        rig.begin(tester)
        rig.sound(1, tester)
    rig.request(rig.vehicles[2])
    assert rig.silent(rig.vehicles[2], SlacParmCnf, during=100 * MS)
    rig.run(11 * S)  # TT_EVSE_match_session: the others have not gone on
    rig.request(rig.vehicles[2])
    rig.wait(rig.vehicles[2], SlacParmCnf, within=100 * MS)


def test_one_more_vehicle_may_ask_but_its_sounds_find_no_place() -> None:
    rig = StationRig(SlacConfig(counts=Counts(c_evse_match_parallel=2)), vehicles=3)
    for tester in rig.vehicles:
        rig.to_parameters(tester)
        rig.begin(tester)
    for tester in rig.vehicles:
        rig.sound(1, tester)
    assert len(rig.link.node.matching.sessions) == 2
    assert rig.silent(rig.vehicles[2], AttenCharInd, during=S)


@pytest.mark.parametrize("begins", [False, True])
@pytest.mark.parametrize("rate", [100, 500])
def test_requests_from_changing_addresses_starve_nobody(rate: int, *, begins: bool) -> None:
    """Each second ``rate`` vehicles are invented, with their start indications or without."""
    rig = StationRig()
    rig.plug()
    invented = itertools.count()

    def flood() -> None:
        number = next(invented)
        forged = b"\x02\x66" + number.to_bytes(4, "big")
        run_id = number.to_bytes(8, "big")
        rig.tester.say_raw(encode(Frame(BROADCAST, forged, SlacParmReq(run_id=run_id))))
        if begins:
            start = StartAttenCharInd(forwarding_sta=forged, run_id=run_id)
            rig.tester.say_raw(encode(Frame(BROADCAST, forged, start)))

    rig.scheduler.every(S // rate, flood, name="flood")
    rig.run(2 * S)
    bound = SlacConfig().counts.c_evse_match_waiting
    assert len(rig.link.node.matching.waiting) <= bound
    rig.request()
    rig.wait(rig.tester, SlacParmCnf, within=100 * MS)
    rig.run(100 * MS)  # as long as a vehicle may take
    rig.begin()
    rig.sound()
    rig.wait(rig.tester, AttenCharInd, within=S)
    rig.respond()
    rig.match()
    rig.wait(rig.tester, SlacMatchCnf, within=S)
    assert len(rig.link.node.matching.waiting) <= bound


def test_five_vehicles_match_at_once() -> None:
    rig = StationRig(vehicles=5)
    rig.plug()
    for tester in rig.vehicles:
        rig.request(tester)
        rig.wait(tester, SlacParmCnf, within=100 * MS)
        rig.begin(tester)
    rig.run(S)
    assert len(rig.link.node.matching.sessions) == 0  # no sounds: each has ended on its own


def test_a_flood_of_invented_vehicles_ends_and_the_real_one_matches() -> None:
    rig = StationRig()
    rig.plug()
    for number in range(2000):
        forged = b"\x02\x66" + number.to_bytes(4, "big")
        frame = bytearray(b"\xff" * 6 + forged)
        frame += bytes.fromhex("88e101646000000000") + number.to_bytes(8, "big")
        rig.tester.say_raw(bytes(frame).ljust(60, b"\0"))
    rig.run(S)
    assert len(rig.link.node.matching.sessions) <= 5
    rig.to_link()


def test_a_request_from_a_group_address_is_not_answered_to_the_group() -> None:
    rig = StationRig()
    rig.plug()
    frame = encode(Frame(BROADCAST, BROADCAST, SlacParmReq(run_id=RUN)))
    rig.tester.say_raw(frame)
    assert rig.silent(rig.tester, SlacParmCnf, during=S)


def test_messages_meant_for_vehicles_are_ignored() -> None:
    rig = StationRig()
    rig.plug()
    rig.tester.say(rig.mac, SlacParmCnf(forwarding_sta=rig.mac, run_id=RUN))
    rig.run(S)
    assert rig.tester.all(SlacParmReq) == []
