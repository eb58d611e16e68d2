"""The vehicle validates: it toggles its pilot and believes only who counted right."""

from typing import Any

import pytest

from bsw.cp.pilot import X1, Drive, F, PilotState
from bsw.os.clock import MS, S
from bsw.slac.config import SlacConfig, Timing, Validation, VehiclePolicy
from bsw.slac.frames.mme import SlacMatchReq, SlacParmReq, ValidateCnf, ValidateReq
from bsw.slac.matching.validation import Result
from bsw.slac.outcome import Reason
from tests.slac.casebook import case
from tests.slac.rig import Counterpart, VehicleRig

ALWAYS = SlacConfig(vehicle=VehiclePolicy(validation=Validation.ALWAYS))


def validating(*, stations: int = 1, **policy: object) -> VehicleRig:
    chosen = VehiclePolicy.model_validate({"validation": Validation.ALWAYS, **policy})
    rig = VehicleRig(SlacConfig(vehicle=chosen), stations=stations)
    rig.to_response(*(10 + 5 * number for number in range(stations)))
    return rig


def answer(
    rig: VehicleRig, result: Result, toggles: int = 0, tester: Counterpart | None = None
) -> None:
    message = ValidateCnf(result=result.value, toggles=toggles)
    (tester or rig.tester).say(rig.mac, message)


def count_toggles(rig: VehicleRig, during: int) -> int:
    """What a station's pilot sees."""
    toggles = 0
    was = rig.cable.station.read().state
    end = rig.now + during
    while rig.now < end:
        rig.run(10 * MS)
        state = rig.cable.station.read().state
        toggles += was is PilotState.B and state is PilotState.C
        was = state
    return toggles


def second_step(rig: VehicleRig, tester: Counterpart | None = None) -> int:
    """Say ready, watch the pilot for as long as asked; the number of toggles."""
    answer(rig, Result.READY, tester=tester)
    request = rig.wait(tester or rig.tester, ValidateReq, within=400 * MS)
    assert request.timer > 0
    return count_toggles(rig, (request.timer + 1) * 100 * MS)


@case("EVCC_CMN_CmValidate_001", "EVCC_CMN_CmSlacMatch_001")
def test_a_full_validation_ends_in_a_match() -> None:
    rig = validating()
    first = rig.wait(rig.tester, ValidateReq, within=400 * MS)
    assert (first.signal_type, first.timer, first.result) == (0, 0, 1)
    toggles = second_step(rig)
    assert 1 <= toggles <= 3
    answer(rig, Result.SUCCESS, toggles)
    rig.wait(rig.tester, SlacMatchReq, within=400 * MS)
    rig.confirm()
    rig.tester.take_key(rig.key)
    assert rig.run_until(lambda: bool(rig.session.links), 5 * S)


@pytest.mark.parametrize(
    "duty",
    [
        pytest.param(10.0, id="EVCC_CMN_CmValidate_002"),
        pytest.param(96.0, id="EVCC_CMN_CmValidate_003"),
    ],
)
def test_a_nominal_duty_cycle_does_not_disturb_a_validation(duty: float) -> None:
    rig = validating()
    rig.wait(rig.tester, ValidateReq)
    rig.cable.station.drive(Drive(duty))
    toggles = second_step(rig)
    answer(rig, Result.SUCCESS, toggles)
    rig.wait(rig.tester, SlacMatchReq)


@case("EVCC_CMN_CmValidate_004")
def test_an_unanswered_first_step_is_repeated_twice_then_the_try_fails() -> None:
    rig = validating()
    rig.run(5 * S)
    requests = rig.tester.all(ValidateReq)
    assert [one.at - requests[0].at for one in requests[:3]] == [0, 200 * MS, 400 * MS]
    assert len(requests) == 3
    assert rig.tester.all(SlacMatchReq) == []


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"signal_type": 255}, id="EVCC_CMN_CmValidate_005"),
        pytest.param({"toggles": 255}, id="EVCC_CMN_CmValidate_006"),
        pytest.param({"result": 17}, id="a result nobody knows"),
    ],
)
def test_a_wrong_answer_counts_as_none(wrong: dict[str, Any]) -> None:
    rig = validating()
    rig.wait(rig.tester, ValidateReq)
    rig.tester.say(rig.mac, ValidateCnf(**{"result": Result.READY.value, **wrong}))
    again = rig.wait(rig.tester, ValidateReq, within=201 * MS)
    assert again.timer == 0


@case("EVCC_CMN_CmValidate_007")
def test_when_the_first_candidate_is_silent_the_second_is_asked() -> None:
    rig = validating(stations=2)
    rig.wait(rig.stations[0], ValidateReq)
    rig.wait(rig.stations[1], ValidateReq, within=700 * MS)
    toggles = second_step(rig, rig.stations[1])
    answer(rig, Result.SUCCESS, toggles, rig.stations[1])
    rig.wait(rig.stations[1], SlacMatchReq)


@case("EVCC_CMN_CmValidate_008", "EVCC_CMN_CmValidate_013")
@pytest.mark.parametrize("result", [Result.SUCCESS, Result.FAILURE])
def test_a_candidate_that_claims_or_refuses_in_the_first_step_is_dropped(result: Result) -> None:
    rig = validating(stations=2)
    rig.wait(rig.stations[0], ValidateReq)
    answer(rig, result)
    rig.wait(rig.stations[1], ValidateReq, within=400 * MS)
    assert rig.silent(rig.stations[0], SlacMatchReq, during=S)


@case("EVCC_CMN_CmValidate_009")
def test_a_candidate_that_counted_wrong_is_dropped() -> None:
    rig = validating(stations=2)
    rig.wait(rig.stations[0], ValidateReq)
    toggles = second_step(rig, rig.stations[0])
    answer(rig, Result.SUCCESS, toggles + 1)
    rig.wait(rig.stations[1], ValidateReq, within=400 * MS)
    assert rig.stations[0].all(SlacMatchReq) == []


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(Result.FAILURE, id="EVCC_CMN_CmValidate_010"),
        pytest.param(Result.NOT_READY, id="EVCC_CMN_CmValidate_011"),
        pytest.param(Result.NOT_REQUIRED, id="EVCC_CMN_CmValidate_012"),
    ],
)
def test_a_candidate_without_success_in_the_second_step_is_dropped(result: Result) -> None:
    rig = validating(stations=2)
    rig.wait(rig.stations[0], ValidateReq)
    toggles = second_step(rig, rig.stations[0])
    answer(rig, result, toggles)
    rig.wait(rig.stations[1], ValidateReq, within=400 * MS)
    assert rig.stations[0].all(SlacMatchReq) == []


@case("EVCC_CMN_CmValidate_014")
def test_a_single_candidate_that_refuses_ends_the_try() -> None:
    rig = validating()
    rig.wait(rig.tester, ValidateReq)
    answer(rig, Result.FAILURE)
    assert rig.silent(rig.tester, ValidateReq, during=400 * MS)  # TT_match_sequence
    assert rig.tester.all(SlacMatchReq) == []
    rig.wait(rig.tester, SlacParmReq, within=S)


@case("EVCC_CMN_CmValidate_015")
def test_a_vehicle_that_may_matches_the_best_although_nobody_validates() -> None:
    rig = validating(stations=2, match_unvalidated=True)
    for station in rig.stations:
        rig.wait(station, ValidateReq)
        answer(rig, Result.FAILURE, tester=station)
    rig.wait(rig.stations[0], SlacMatchReq, within=400 * MS)
    assert rig.stations[1].all(SlacMatchReq) == []


def test_a_possible_station_is_never_matched_unvalidated() -> None:
    policy = VehiclePolicy(match_unvalidated=True)
    rig = VehicleRig(SlacConfig(vehicle=policy))
    rig.to_response(60)
    rig.wait(rig.tester, ValidateReq)
    answer(rig, Result.FAILURE)
    assert rig.silent(rig.tester, SlacMatchReq, during=S)


@case("EVCC_CMN_CmValidate_016")
def test_a_busy_station_is_asked_until_it_is_ready() -> None:
    rig = validating()
    for _ in range(5):
        assert rig.wait(rig.tester, ValidateReq, within=400 * MS).timer == 0
        answer(rig, Result.NOT_READY)
    rig.wait(rig.tester, ValidateReq, within=400 * MS)
    toggles = second_step(rig)
    answer(rig, Result.SUCCESS, toggles)
    rig.wait(rig.tester, SlacMatchReq)


def test_a_station_that_stays_busy_is_given_up_in_time() -> None:
    rig = validating()
    began = rig.now
    while rig.hear(rig.tester, ValidateReq, within=500 * MS) is not None:
        answer(rig, Result.NOT_READY)
    assert rig.now - began < 11 * S  # TT_EVSE_match_session and a little
    rig.run(S)
    assert rig.session.reasons == [Reason.NOT_VALIDATED]


@case("EVCC_CMN_CmValidate_017")
def test_not_required_means_match() -> None:
    rig = validating()
    rig.wait(rig.tester, ValidateReq)
    answer(rig, Result.NOT_REQUIRED)
    rig.wait(rig.tester, SlacMatchReq, within=400 * MS)


@case("EVCC_CMN_CmValidate_018")
def test_a_vehicle_that_insists_does_not_take_not_required() -> None:
    rig = validating(accept_not_required=False)
    rig.wait(rig.tester, ValidateReq)
    answer(rig, Result.NOT_REQUIRED)
    assert rig.silent(rig.tester, SlacMatchReq, during=400 * MS)


@case("EVCC_CMN_CmValidate_019")
def test_of_two_candidates_a_busy_one_lets_the_other_go_first() -> None:
    rig = validating(stations=2)
    rig.wait(rig.stations[0], ValidateReq)
    answer(rig, Result.NOT_READY)
    rig.wait(rig.stations[1], ValidateReq, within=400 * MS)
    answer(rig, Result.FAILURE, tester=rig.stations[1])
    rig.wait(rig.stations[0], ValidateReq, within=400 * MS)


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        pytest.param(X1, Reason.PILOT_QUIET, id="EVCC_CMN_CmValidate_020"),
        pytest.param(F, Reason.PILOT_FAULT, id="EVCC_CMN_CmValidate_021"),
    ],
)
def test_without_oscillator_the_validation_stops(drive: Drive, reason: Reason) -> None:
    rig = validating()
    rig.wait(rig.tester, ValidateReq)
    answer(rig, Result.READY)
    rig.wait(rig.tester, ValidateReq)
    rig.cable.station.drive(drive)
    rig.run(50 * MS)
    heard = len(rig.tester.heard)
    rig.run(10 * S)
    assert len(rig.tester.heard) == heard
    assert rig.session.reasons == [reason]


def test_stations_too_close_to_each_other_make_the_choice_ambiguous() -> None:
    rig = VehicleRig(stations=2)
    rig.to_response(12, 15)
    rig.wait(rig.stations[0], ValidateReq, within=400 * MS)


def test_a_lost_count_makes_the_vehicle_start_over_with_that_candidate() -> None:
    rig = validating()
    rig.wait(rig.tester, ValidateReq)
    second_step(rig)
    again = rig.wait(rig.tester, ValidateReq, within=300 * MS)
    assert again.timer == 0
    toggles = second_step(rig)
    answer(rig, Result.SUCCESS, toggles)
    rig.wait(rig.tester, SlacMatchReq)


def test_a_candidate_that_fails_early_does_not_spoil_the_count_of_the_next() -> None:
    """The pilot still toggles for the first; the second is asked once it has come to rest."""
    rig = validating(stations=2)
    rig.wait(rig.stations[0], ValidateReq)
    answer(rig, Result.READY)
    rig.wait(rig.stations[0], ValidateReq)
    rig.run(100 * MS)
    assert rig.cable.station.read().state is PilotState.C
    answer(rig, Result.FAILURE)
    rig.wait(rig.stations[1], ValidateReq, within=2 * S)
    assert rig.cable.station.read().state is PilotState.B
    toggles = second_step(rig, rig.stations[1])
    answer(rig, Result.SUCCESS, toggles, rig.stations[1])
    rig.wait(rig.stations[1], SlacMatchReq)


def test_nothing_of_a_failed_validation_reaches_into_the_next_try() -> None:
    long = Timing(tt_matching_repetition=60_000)
    policy = VehiclePolicy(validation=Validation.ALWAYS)
    rig = VehicleRig(SlacConfig(timing=long, vehicle=policy))
    rig.to_response()
    end = rig.now + 15 * S
    while rig.now < end:
        if rig.hear(rig.tester, ValidateReq, within=500 * MS) is not None:
            answer(rig, Result.NOT_READY)
    asked = rig.tester.all(ValidateReq)
    assert asked[-1].at - asked[0].at <= 10 * S  # TT_EVSE_match_session
    assert rig.tester.all(SlacParmReq)[-1].at > asked[-1].at  # the next try has begun
