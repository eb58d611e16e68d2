"""The vehicle sounds, confirms what stations report, and chooses."""

from itertools import pairwise
from typing import Any

import pytest

from bsw.cp.pilot import X1, Drive, F
from bsw.os.clock import MS, S
from bsw.slac.config import SlacConfig, Validation, VehiclePolicy
from bsw.slac.frames.mme import (
    BROADCAST,
    AttenCharRsp,
    MnbcSoundInd,
    SlacMatchReq,
    SlacParmReq,
    StartAttenCharInd,
    ValidateReq,
)
from bsw.slac.outcome import Reason
from tests.slac.casebook import case
from tests.slac.rig import RUN, VehicleRig


@case("EVCC_CMN_AttenuationCharacterization_001")
def test_a_complete_sounding() -> None:
    rig = VehicleRig()
    rig.to_sounds()
    starts, sounds = rig.tester.all(StartAttenCharInd), rig.tester.all(MnbcSoundInd)
    assert len(starts) == 3
    messages = [one.frame.message for one in sounds]
    assert [m.count for m in messages] == list(range(9, -1, -1))  # type: ignore[attr-defined]
    assert len({m.random for m in messages}) == 10  # type: ignore[attr-defined]
    assert {one.frame.destination for one in (*starts, *sounds)} == {BROADCAST}
    times = [one.at for one in (*starts, *sounds)]
    gaps = [later - one for one, later in pairwise(times)]
    assert all(20 * MS <= gap <= 50 * MS for gap in gaps)  # TP_EV_batch_msg_interval
    assert times[-1] - times[0] <= 600 * MS  # TT_EVSE_match_MNBC
    rig.report()
    answer = rig.wait(rig.tester, AttenCharRsp, within=100 * MS)
    assert (answer.result, answer.run_id, answer.source_address) == (0, rig.run_id(), rig.mac)


def test_as_many_sounds_are_sent_as_the_station_asked_for() -> None:
    rig = VehicleRig()
    rig.to_request()
    rig.parameters(num_sounds=14, time_out=8)
    rig.run(S)
    start = rig.tester.all(StartAttenCharInd)[0].frame.message
    assert isinstance(start, StartAttenCharInd)
    assert (start.num_sounds, start.time_out) == (14, 8)
    assert len(rig.tester.all(MnbcSoundInd)) == 14


def test_a_station_cannot_have_a_vehicle_sound_for_ever() -> None:
    rig = VehicleRig()
    rig.to_request()
    rig.parameters(num_sounds=255, time_out=255)
    rig.run(2 * S)
    assert len(rig.tester.all(MnbcSoundInd)) == 30


@case("EVCC_CMN_AttenuationCharacterization_002")
def test_each_report_is_confirmed() -> None:
    rig = VehicleRig(stations=3)
    rig.to_sounds()
    for number, station in enumerate(rig.stations):
        rig.report(station, 10 + 20 * number)
    for station in rig.stations:
        rig.wait(station, AttenCharRsp, within=100 * MS)


def test_a_repeated_report_is_confirmed_again_and_counts_once() -> None:
    rig = VehicleRig()
    rig.to_sounds()
    for _ in range(3):
        rig.report()
        rig.wait(rig.tester, AttenCharRsp, within=50 * MS)
    rig.wait(rig.tester, SlacMatchReq, within=S)
    rig.report()
    rig.wait(rig.tester, AttenCharRsp, within=50 * MS)


@case("EVCC_CMN_AttenuationCharacterization_003")
def test_without_a_report_the_try_fails_after_its_time() -> None:
    rig = VehicleRig()
    rig.to_sounds()
    first = rig.tester.all(StartAttenCharInd)[0].at
    assert rig.silent(rig.tester, SlacMatchReq, during=first + 1200 * MS - rig.now)
    assert rig.tester.all(AttenCharRsp) == []
    rig.wait(rig.tester, SlacParmReq, within=401 * MS)  # TT_matching_rate, then anew


WRONG_REPORTS = [
    pytest.param({"application_type": 1}, id="EVCC_CMN_AttenuationCharacterization_004"),
    pytest.param({"security_type": 1}, id="EVCC_CMN_AttenuationCharacterization_005"),
    pytest.param({"source_address": bytes(6)}, id="EVCC_CMN_AttenuationCharacterization_006"),
    pytest.param({"run_id": RUN}, id="EVCC_CMN_AttenuationCharacterization_007"),
    pytest.param({"source_id": b"\x01" * 17}, id="EVCC_CMN_AttenuationCharacterization_008"),
    pytest.param({"resp_id": b"\x01" * 17}, id="EVCC_CMN_AttenuationCharacterization_009"),
    pytest.param({"num_groups": 0}, id="EVCC_CMN_AttenuationCharacterization_010"),
    pytest.param({"num_sounds": 0}, id="EVCC_CMN_AttenuationCharacterization_011"),
]


@pytest.mark.parametrize("wrong", WRONG_REPORTS)
def test_a_wrong_report_is_not_confirmed(wrong: dict[str, Any]) -> None:
    rig = VehicleRig()
    rig.to_sounds()
    rig.report(**wrong)
    assert rig.silent(rig.tester, AttenCharRsp, during=200 * MS)  # TT_match_response
    rig.report()
    rig.wait(rig.tester, AttenCharRsp, within=100 * MS)


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        pytest.param(X1, Reason.PILOT_QUIET, id="EVCC_CMN_AttenuationCharacterization_012"),
        pytest.param(F, Reason.PILOT_FAULT, id="EVCC_CMN_AttenuationCharacterization_013"),
    ],
)
def test_without_oscillator_the_matching_stops(drive: Drive, reason: Reason) -> None:
    rig = VehicleRig()
    rig.to_request()
    rig.parameters()
    rig.wait(rig.tester, MnbcSoundInd)
    rig.cable.station.drive(drive)
    rig.run(50 * MS)
    heard = len(rig.tester.heard)
    rig.run(30 * S)
    assert len(rig.tester.heard) == heard
    assert rig.session.reasons == [reason]


@pytest.mark.parametrize(
    "duty",
    [
        pytest.param(10.0, id="EVCC_AC_AttenuationCharacterization_001"),
        pytest.param(96.0, id="EVCC_AC_AttenuationCharacterization_002"),
    ],
)
def test_a_nominal_duty_cycle_while_sounding_does_not_disturb(duty: float) -> None:
    rig = VehicleRig(energy="ac")
    rig.to_request()
    rig.parameters()
    rig.wait(rig.tester, MnbcSoundInd)
    rig.cable.station.drive(Drive(duty))
    for _ in range(9):
        rig.wait(rig.tester, MnbcSoundInd)
    rig.report()
    rig.wait(rig.tester, SlacMatchReq)


@case("EVCC_CMN_CmValidateOrCmSlacMatch_001")
@pytest.mark.parametrize("validation", list(Validation))
def test_after_the_confirmation_comes_validation_or_match(validation: Validation) -> None:
    rig = VehicleRig(SlacConfig(vehicle=VehiclePolicy(validation=validation)))
    rig.to_response()
    expected = ValidateReq if validation is Validation.ALWAYS else SlacMatchReq
    rig.wait(rig.tester, expected, within=400 * MS)  # TT_match_sequence


@case("EVCC_CMN_CmSlacMatch_012")
@pytest.mark.parametrize("order", [(30, 40), (40, 30)])
def test_of_two_stations_the_less_attenuated_is_asked_to_match(order: tuple[int, int]) -> None:
    rig = VehicleRig(stations=2)
    rig.to_response(*order)
    nearest = rig.stations[order.index(30)]
    rig.wait(nearest, SlacMatchReq)
    other = rig.stations[order.index(40)]
    assert other.all(SlacMatchReq) == []


def test_a_station_that_is_too_far_away_is_not_asked() -> None:
    rig = VehicleRig()
    rig.to_response(81)
    assert rig.silent(rig.tester, SlacMatchReq, during=S)
    assert rig.tester.all(ValidateReq) == []


def test_without_validation_a_possible_station_is_not_good_enough() -> None:
    policy = VehiclePolicy(validation=Validation.NEVER)
    rig = VehicleRig(SlacConfig(vehicle=policy))
    rig.to_response(60)
    assert rig.silent(rig.tester, SlacMatchReq, during=20 * S)


def test_early_judgement_waits_only_for_the_stations_that_answered() -> None:
    rig = VehicleRig(SlacConfig(vehicle=VehiclePolicy(evaluate_early=True)), stations=2)
    rig.to_sounds()
    rig.report(rig.stations[0], 30)
    assert rig.silent(rig.stations[0], SlacMatchReq, during=200 * MS)
    rig.report(rig.stations[1], 12)
    rig.wait(rig.stations[1], SlacMatchReq, within=20 * MS)


def test_a_station_that_answered_is_waited_for_although_another_has_reported() -> None:
    rig = VehicleRig(stations=2)
    rig.to_sounds()
    rig.report(rig.stations[0], 30)
    assert rig.silent(rig.stations[0], SlacMatchReq, during=600 * MS)
    rig.report(rig.stations[1], 12)
    rig.wait(rig.stations[1], SlacMatchReq, within=50 * MS)


def test_a_station_that_never_reports_is_waited_for_until_its_time_is_over() -> None:
    rig = VehicleRig(stations=2)
    rig.to_sounds()
    first = rig.tester.all(StartAttenCharInd)[0].at
    rig.report(rig.stations[0], 30)
    rig.wait(rig.stations[0], SlacMatchReq, within=S)
    assert rig.stations[0].all(SlacMatchReq)[0].at - first == 1200 * MS  # TT_EV_atten_results


def test_a_vehicle_for_the_street_asks_again_before_it_sounds() -> None:
    """The nearest station may have missed the first request, or its answer was lost."""
    rig = VehicleRig(SlacConfig(vehicle=VehiclePolicy(ask_again=2)), stations=2)
    rig.to_request()
    rig.parameters(rig.stations[0])
    answered = rig.now
    rig.wait(rig.stations[1], StartAttenCharInd, within=100 * MS)  # TP_match_sequence
    requests = rig.stations[1].all(SlacParmReq)
    assert len(requests) == 3
    assert all(answered <= one.at for one in requests[1:])
    assert len({one.frame.message.run_id for one in requests}) == 1  # type: ignore[attr-defined]
