"""The station counts the toggles of its own pilot, for one vehicle at a time."""

import pytest

from bsw.cp.toggle import Toggler
from bsw.os.clock import MS, S
from bsw.slac.config import SlacConfig, StationPolicy, ValidationAnswer
from bsw.slac.frames.mme import SlacMatchCnf, ValidateCnf, ValidateReq
from bsw.slac.matching.validation import Result
from tests.slac.casebook import case
from tests.slac.rig import Counterpart, StationRig


def ask(rig: StationRig, timer: int, tester: Counterpart | None = None, **wrong: int) -> None:
    (tester or rig.tester).say(rig.mac, ValidateReq(**{"timer": timer, **wrong}))


def answering(answer: ValidationAnswer) -> StationRig:
    rig = StationRig(SlacConfig(station=StationPolicy(validation=answer)))
    rig.to_decision()
    return rig


def first_step(rig: StationRig, tester: Counterpart | None = None) -> Result:
    ask(rig, 0, tester)
    answer = rig.wait(tester or rig.tester, ValidateCnf, within=100 * MS)
    assert answer.toggles == 0
    return Result(answer.result)


def toggle(rig: StationRig, count: int) -> None:
    Toggler(rig.scheduler, rig.cable.vehicle).run(count, 300 * MS)


def validated(rig: StationRig, toggles: int = 2) -> ValidateCnf:
    assert first_step(rig) is Result.READY
    ask(rig, 23)
    toggle(rig, toggles)
    return rig.wait(rig.tester, ValidateCnf, within=2600 * MS)


@case("SECC_CMN_CmValidate_001")
@pytest.mark.parametrize("toggles", [1, 2, 3])
def test_toggles_are_counted(toggles: int) -> None:
    rig = StationRig()
    rig.to_decision()
    began = rig.now
    answer = validated(rig, toggles)
    assert (Result(answer.result), answer.toggles) == (Result.SUCCESS, toggles)
    assert rig.now - began >= 2400 * MS  # (23 + 1) * 100 ms
    rig.match()
    rig.wait(rig.tester, SlacMatchCnf, within=100 * MS)


@case("SECC_CMN_CmValidate_002")
def test_a_repeated_first_step_gets_the_same_answer() -> None:
    rig = StationRig()
    rig.to_decision()
    assert [first_step(rig) for _ in range(3)] == [Result.READY] * 3


@case("SECC_CMN_CmValidate_003")
def test_without_a_second_step_the_pilot_is_free_again() -> None:
    rig = StationRig()
    rig.to_decision()
    first_step(rig)
    assert rig.silent(rig.tester, ValidateCnf, during=500 * MS)  # TT_match_sequence
    ask(rig, 23)
    assert rig.silent(rig.tester, ValidateCnf, during=3 * S)  # too late
    assert first_step(rig) is Result.READY


@case("SECC_CMN_CmValidate_004")
def test_a_wrong_signal_type_is_ignored() -> None:
    rig = StationRig()
    rig.to_decision()
    ask(rig, 0, signal_type=255)
    assert rig.silent(rig.tester, ValidateCnf, during=400 * MS)


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(Result.NOT_READY, id="SECC_CMN_CmValidate_005"),
        pytest.param(Result.SUCCESS, id="SECC_CMN_CmValidate_006"),
        pytest.param(Result.FAILURE, id="SECC_CMN_CmValidate_007"),
        pytest.param(Result.NOT_REQUIRED, id="SECC_CMN_CmValidate_008"),
    ],
)
def test_a_second_step_that_is_not_ready_fails_the_validation(result: Result) -> None:
    rig = StationRig()
    rig.to_decision()
    first_step(rig)
    ask(rig, 23, result=result.value)
    answer = rig.wait(rig.tester, ValidateCnf, within=100 * MS)
    assert Result(answer.result) is Result.FAILURE
    rig.match()
    assert rig.silent(rig.tester, SlacMatchCnf, during=S)


@case("SECC_CMN_CmValidate_009")
def test_a_second_vehicle_has_to_wait_for_the_first() -> None:
    rig = StationRig(vehicles=2)
    for tester in rig.vehicles:
        rig.to_decision(tester)
    first_step(rig)
    assert first_step(rig, rig.vehicles[1]) is Result.NOT_READY
    ask(rig, 23)
    toggle(rig, 1)
    assert rig.wait(rig.tester, ValidateCnf, within=2600 * MS).toggles == 1
    assert first_step(rig, rig.vehicles[1]) is Result.READY


@case("SECC_CMN_CmValidate_010")
def test_a_station_that_cannot_validate_says_failure() -> None:
    rig = answering(ValidationAnswer.FAILURE)
    assert first_step(rig) is Result.FAILURE


@case("SECC_CMN_CmValidate_011")
def test_not_required_is_said_again_to_a_vehicle_that_insists() -> None:
    rig = answering(ValidationAnswer.NOT_REQUIRED)
    assert first_step(rig) is Result.NOT_REQUIRED
    ask(rig, 23)
    answer = rig.wait(rig.tester, ValidateCnf, within=100 * MS)
    assert Result(answer.result) is Result.NOT_REQUIRED


@case("SECC_CMN_CmValidate_012")
def test_after_not_required_a_match_is_possible() -> None:
    rig = answering(ValidationAnswer.NOT_REQUIRED)
    first_step(rig)
    rig.match()
    rig.wait(rig.tester, SlacMatchCnf, within=100 * MS)


def test_a_station_may_be_silent_about_validation() -> None:
    rig = answering(ValidationAnswer.SILENT)
    ask(rig, 0)
    assert rig.silent(rig.tester, ValidateCnf, during=S)
    rig.match()
    rig.wait(rig.tester, SlacMatchCnf, within=100 * MS)


@case("SECC_CMN_CmValidate_013")
def test_a_pulled_plug_ends_the_validation() -> None:
    rig = StationRig()
    rig.to_decision()
    first_step(rig)
    ask(rig, 23)
    rig.run(500 * MS)
    rig.cable.unplug()
    assert rig.silent(rig.tester, ValidateCnf, during=4 * S)


def test_toggles_outside_the_window_do_not_count() -> None:
    rig = StationRig()
    rig.to_decision()
    toggle(rig, 1)
    rig.run(S)
    assert validated(rig, 2).toggles == 2


def test_the_window_is_never_longer_than_the_norm_allows() -> None:
    rig = StationRig()
    rig.to_decision()
    first_step(rig)
    ask(rig, 255)
    rig.wait(rig.tester, ValidateCnf, within=3501 * MS)


def test_without_any_toggle_the_count_is_zero() -> None:
    rig = StationRig()
    rig.to_decision()
    assert validated(rig, 0).toggles == 0
