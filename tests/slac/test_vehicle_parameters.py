"""The vehicle asks for parameters: when, how often, and whose answers count."""

from itertools import pairwise
from typing import Any

import pytest

from bsw.cp.pilot import X1, Drive, F
from bsw.dlt import Level
from bsw.os.clock import MS, S
from bsw.slac.config import Counts, SlacConfig
from bsw.slac.frames.mme import (
    BROADCAST,
    AttenCharInd,
    SlacMatchReq,
    SlacParmCnf,
    SlacParmReq,
    StartAttenCharInd,
)
from bsw.slac.links.link import Fallback
from bsw.slac.outcome import Reason
from tests.slac.casebook import case
from tests.slac.rig import DIGITAL, RUN, VehicleRig

NOMINAL = Drive(100 * 32 / 60)  # 32 A


@case("EVCC_CMN_CmSlacParm_001")
def test_the_first_request_follows_5_percent_in_state_b() -> None:
    rig = VehicleRig()
    rig.plug()
    plugged = rig.now
    request = rig.wait(rig.tester, SlacParmReq, within=10 * S)
    assert (request.application_type, request.security_type) == (0, 0)
    heard = rig.tester.all(SlacParmReq)[0]
    assert heard.frame.destination == BROADCAST
    assert heard.at - plugged >= 200 * MS  # T_conn_init_HLC


@case("EVCC_CMN_CmSlacParm_002")
def test_an_unanswered_request_is_repeated_twice_in_a_try() -> None:
    rig = VehicleRig()
    rig.plug()
    rig.run(60 * S)
    requests = rig.tester.all(SlacParmReq)
    runs = [one.frame.message.run_id for one in requests]  # type: ignore[attr-defined]
    assert [runs.count(run) for run in dict.fromkeys(runs)] == [3, 3, 3]
    gaps = {later.at - one.at for one, later in pairwise(requests)}
    assert min(gaps) == 200 * MS
    assert rig.session.reasons == [Reason.NO_STATION]
    assert rig.session.failures[0].fallback is Fallback.REPLUG


def test_a_vehicle_for_the_street_begins_several_rounds_with_one_plug_in() -> None:
    rig = VehicleRig(rounds=3)
    rig.plug()
    rig.run(60 * S)
    requests = rig.tester.all(SlacParmReq)
    assert len(requests) == 3 * 3 * 3  # repeats, tries, rounds
    gaps = {later.at - one.at for one, later in pairwise(requests)}
    assert not [gap for gap in gaps if 200 * MS < gap <= 700 * MS]
    assert rig.session.reasons == [Reason.NO_STATION]


WRONG_PARAMETERS = [
    pytest.param({"sound_target": bytes(6)}, id="EVCC_CMN_CmSlacParm_003"),
    pytest.param({"time_out": 0}, id="EVCC_CMN_CmSlacParm_004"),
    pytest.param({"resp_type": 0}, id="EVCC_CMN_CmSlacParm_005"),
    pytest.param({"application_type": 1}, id="EVCC_CMN_CmSlacParm_006"),
    pytest.param({"security_type": 1}, id="EVCC_CMN_CmSlacParm_007"),
    pytest.param({"run_id": RUN}, id="EVCC_CMN_CmSlacParm_008"),
    pytest.param({"forwarding_sta": bytes(6)}, id="EVCC_CMN_CmSlacParm_011"),
    pytest.param({"num_sounds": 0}, id="no sounds"),
]


@pytest.mark.parametrize("wrong", WRONG_PARAMETERS)
def test_wrong_parameters_count_as_not_received(wrong: dict[str, Any]) -> None:
    rig = VehicleRig()
    rig.to_request()
    for _ in range(2):
        rig.parameters(**wrong)
        rig.wait(rig.tester, SlacParmReq, within=201 * MS)
    rig.parameters(**wrong)
    assert rig.silent(rig.tester, StartAttenCharInd, during=390 * MS)
    rig.wait(rig.tester, SlacParmReq, within=400 * MS)  # the next try
    rig.parameters()
    rig.wait(rig.tester, StartAttenCharInd, within=100 * MS)


@pytest.mark.parametrize(
    ("wrong", "field"), [({"run_id": RUN}, "RunID"), ({"security_type": 1}, "SecurityType")]
)
def test_a_discarded_answer_says_why_and_so_does_the_failure(
    wrong: dict[str, Any], field: str
) -> None:
    rig = VehicleRig()
    rig.to_request()
    for _ in range(3):
        rig.parameters(**wrong)
        rig.run(50 * MS)
    rig.run(60 * S)
    (first, *_) = rig.told.records("discarded")
    assert str(first.fields["why"]).lower() == field.lower()
    assert first.level is Level.INFO
    (failed,) = rig.told.records("failed")
    assert "CM_SLAC_PARM.CNF: " + str(first.fields["why"]) in str(failed.fields["discarded"])


@case("EVCC_CMN_CmSlacParm_009")
def test_messages_of_other_vehicles_are_not_answered() -> None:
    rig = VehicleRig()
    rig.to_request()
    rig.tester.forget()
    rig.tester.say(BROADCAST, SlacParmReq(run_id=RUN))
    other = StartAttenCharInd(forwarding_sta=rig.tester.mac, run_id=RUN)
    rig.tester.say(BROADCAST, other)
    rig.run(100 * MS)
    assert rig.tester.next(SlacParmCnf) is None
    assert rig.tester.next(AttenCharInd) is None


@case("EVCC_CMN_CmSlacParm_010")
def test_tries_keep_their_distance_and_end_with_the_window_for_repetitions() -> None:
    counts = Counts(c_conn_max_match=100)
    rig = VehicleRig(SlacConfig(counts=counts))
    rig.plug()
    rig.run(60 * S)
    requests = rig.tester.all(SlacParmReq)
    gaps = [later.at - one.at for one, later in pairwise(requests)]
    # TT_match_response; that, TT_matching_rate and some more: suites listen 700 ms for silence
    assert set(gaps) == {200 * MS, 750 * MS}
    assert requests[-1].at - requests[0].at < 10 * S + 750 * MS  # TT_matching_repetition


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((F,), id="EVCC_CMN_CmSlacParm_012"),
        pytest.param((X1,), id="EVCC_CMN_CmSlacParm_013"),
        pytest.param((F, X1), id="EVCC_CMN_CmSlacParm_014"),
    ],
)
def test_matching_starts_when_the_pilot_becomes_valid(before: tuple[Drive, ...]) -> None:
    rig = VehicleRig()
    for drive in before:
        rig.plug(drive)
        assert rig.silent(rig.tester, SlacParmReq, during=3 * S)
    rig.cable.station.drive(DIGITAL)
    rig.wait(rig.tester, SlacParmReq, within=S)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(None, id="EVCC_AC_CmSlacParm_001"),
        pytest.param(F, id="EVCC_AC_CmSlacParm_002"),
    ],
)
def test_a_vehicle_that_may_matches_at_a_nominal_duty_cycle(before: Drive | None) -> None:
    rig = VehicleRig(energy="ac", match_at_nominal=True)
    if before is not None:
        rig.plug(before)
        rig.run(4 * S)
    rig.plug(NOMINAL)
    rig.wait(rig.tester, SlacParmReq, within=S)


def test_a_vehicle_that_may_not_leaves_a_nominal_duty_cycle_alone() -> None:
    rig = VehicleRig(energy="ac")
    rig.plug(NOMINAL)
    assert rig.silent(rig.tester, SlacParmReq, during=30 * S)
    assert rig.session.failures == []


def test_each_try_has_a_run_id_of_its_own() -> None:
    rig = VehicleRig()
    rig.plug()
    rig.run(5 * S)
    requests = rig.tester.all(SlacParmReq)
    runs = {one.frame.message.run_id for one in requests}  # type: ignore[attr-defined]
    assert len(runs) == len(requests) // 3


def test_a_vehicle_for_the_street_asks_more_often_than_the_norm_says() -> None:
    rig = VehicleRig(SlacConfig.field())
    rig.plug()
    rig.run(2 * S)
    runs = [one.frame.message.run_id for one in rig.tester.all(SlacParmReq)]  # type: ignore[attr-defined]
    assert len(runs) > 3
    assert len(set(runs)) == 1


def test_nothing_is_asked_without_a_plug() -> None:
    rig = VehicleRig()
    rig.cable.station.drive(DIGITAL)
    assert rig.silent(rig.tester, SlacParmReq, during=60 * S)
    assert rig.tester.next(SlacMatchReq) is None
