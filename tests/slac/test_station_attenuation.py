"""The station listens to sounds, averages, reports, and waits for the confirmation."""

from typing import Any

import pytest

from bsw.os.clock import MS, S
from bsw.sim.line import flat
from bsw.slac.config import SlacConfig, StationPolicy, Tolerances
from bsw.slac.frames.mme import AttenCharInd, MnbcSoundInd, SlacMatchCnf, SlacParmCnf
from tests.slac.casebook import case
from tests.slac.rig import RUN, StationRig


@case("SECC_CMN_AttenuationCharacterization_001")
def test_a_full_sounding_is_reported() -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.begin()
    rig.sound(9)
    rig.sound(1)
    last_sound = rig.now - 20 * MS
    report = rig.wait(rig.tester, AttenCharInd)
    assert rig.tester.all(AttenCharInd)[0].at - last_sound <= 100 * MS  # TP_EVSE_avg_atten_calc
    assert report.num_sounds == 10
    assert report.num_groups == 58
    assert report.groups == bytes([10]) * 58
    assert (report.source_address, report.run_id) == (rig.tester.mac, RUN)
    assert (report.source_id, report.resp_id) == (bytes(17), bytes(17))


@case("SECC_CMN_AttenuationCharacterization_002")
def test_a_new_request_while_sounding_starts_over() -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.begin()
    rig.sound(4)
    rig.request()
    rig.wait(rig.tester, SlacParmCnf, within=100 * MS)
    rig.begin()
    rig.sound()
    assert rig.wait(rig.tester, AttenCharInd).num_sounds == 10


def test_a_new_run_of_the_same_vehicle_replaces_the_old_one() -> None:
    rig = StationRig()
    rig.to_decision()
    rig.request(run_id=bytes(8))
    rig.wait(rig.tester, SlacParmCnf, within=100 * MS)
    rig.match()  # with the old run id
    assert rig.silent(rig.tester, SlacMatchCnf, during=S)


@case("SECC_CMN_AttenuationCharacterization_003")
@pytest.mark.parametrize("sounds", [1, 5, 9])
def test_what_was_heard_is_averaged_when_the_time_is_over(sounds: int) -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.begin()
    began = rig.now
    rig.sound(sounds)
    report = rig.wait(rig.tester, AttenCharInd, within=S)
    assert report.num_sounds == sounds
    assert 600 * MS <= rig.now - began <= 720 * MS  # TT_EVSE_match_MNBC, and TP for averaging


def test_without_a_sound_there_is_no_report() -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.begin()
    assert rig.silent(rig.tester, AttenCharInd, during=2 * S)


@case("SECC_CMN_AttenuationCharacterization_004")
def test_an_unconfirmed_report_is_repeated_twice_and_then_no_match_is_possible() -> None:
    rig = StationRig()
    rig.to_report()
    rig.run(S)
    times = [one.at for one in rig.tester.all(AttenCharInd)]
    assert [time - times[0] for time in times] == [0, 200 * MS, 400 * MS]
    rig.match()
    assert rig.silent(rig.tester, SlacMatchCnf, during=S)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"application_type": 1}, id="SECC_CMN_AttenuationCharacterization_005"),
        pytest.param({"security_type": 1}, id="SECC_CMN_AttenuationCharacterization_006"),
        pytest.param({"source_address": bytes(6)}, id="SECC_CMN_AttenuationCharacterization_007"),
        pytest.param({"run_id": bytes(8)}, id="SECC_CMN_AttenuationCharacterization_008"),
        pytest.param({"source_id": b"\1" * 17}, id="SECC_CMN_AttenuationCharacterization_009"),
        pytest.param({"resp_id": b"\1" * 17}, id="SECC_CMN_AttenuationCharacterization_010"),
        pytest.param({"result": 255}, id="SECC_CMN_AttenuationCharacterization_011"),
    ],
)
def test_a_wrong_confirmation_counts_as_missing(wrong: dict[str, Any]) -> None:
    rig = StationRig()
    rig.to_report()
    rig.respond(**wrong)
    rig.wait(rig.tester, AttenCharInd, within=201 * MS)
    rig.match()
    assert rig.silent(rig.tester, SlacMatchCnf, during=100 * MS)
    rig.respond()
    rig.run(20 * MS)
    rig.match()
    rig.wait(rig.tester, SlacMatchCnf, within=100 * MS)


@case("SECC_CMN_AttenuationCharacterization_012")
def test_start_indications_that_come_too_late_are_ignored() -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.run(410 * MS)  # TT_match_sequence
    rig.begin()
    rig.sound()
    assert rig.silent(rig.tester, AttenCharInd, during=1200 * MS)  # TT_EV_atten_results


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"application_type": 1}, id="SECC_CMN_AttenuationCharacterization_013"),
        pytest.param({"security_type": 1}, id="SECC_CMN_AttenuationCharacterization_014"),
        pytest.param({"num_sounds": 0}, id="SECC_CMN_AttenuationCharacterization_015"),
        pytest.param({"time_out": 0}, id="SECC_CMN_AttenuationCharacterization_016"),
        pytest.param({"resp_type": 0}, id="SECC_CMN_AttenuationCharacterization_017"),
        pytest.param({"run_id": bytes(8)}, id="SECC_CMN_AttenuationCharacterization_018"),
        pytest.param({"forwarding_sta": bytes(6)}, id="somebody else's address"),
    ],
)
def test_a_wrong_start_indication_is_ignored(wrong: dict[str, Any]) -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.begin(**wrong)
    rig.sound()
    assert rig.silent(rig.tester, AttenCharInd, during=1200 * MS)


@case("SECC_CMN_AttenuationCharacterization_019")
def test_a_pulled_plug_while_sounding_ends_it() -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.begin()
    rig.sound(3)
    rig.cable.unplug()
    rig.sound(7)
    assert rig.silent(rig.tester, AttenCharInd, during=2 * S)


@case("SECC_CMN_AttenuationCharacterization_020")
def test_the_report_follows_the_attenuation_of_the_line() -> None:
    means = []
    for decibel in (10, 25):
        rig = StationRig()
        rig.site.attenuate(rig.tester.seat, rig.seat, decibel)
        means.append(sum(rig.to_report().groups) / 58)
    assert means == [10, 25]


def test_each_carrier_group_is_averaged_on_its_own() -> None:
    rig = StationRig()
    profile = tuple(range(58))
    rig.site.line.attenuate(rig.tester.seat.line, rig.seat.line, profile)
    assert rig.to_report().groups == bytes(profile)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (StationPolicy(), 10),
        (StationPolicy(round_half_up=True), 11),
        (StationPolicy(attenuation_offset=7), 17),
        (StationPolicy(attenuation_offset=-20), 0),
    ],
)
def test_averages_are_rounded_and_offset_as_configured(
    policy: StationPolicy, expected: int
) -> None:
    rig = StationRig(SlacConfig(station=policy))
    rig.to_parameters()
    rig.begin(num_sounds=2)
    rig.sound(1)
    rig.site.line.attenuate(rig.tester.seat.line, rig.seat.line, flat(11))
    rig.sound(1)
    assert rig.wait(rig.tester, AttenCharInd).groups == bytes([expected]) * 58


def test_a_station_for_the_street_begins_with_a_sound_if_it_heard_no_start() -> None:
    tolerant = Tolerances(attenuation_without_start=True)
    for tolerances, heard in ((tolerant, True), (Tolerances(), False)):
        rig = StationRig(SlacConfig(tolerances=tolerances))
        rig.to_parameters()
        rig.sound()
        report = rig.hear(rig.tester, AttenCharInd, within=S)
        assert (report is not None) == heard


def test_sounds_of_a_stranger_are_not_mixed_in() -> None:
    rig = StationRig(vehicles=2)
    rig.site.attenuate(rig.vehicles[1].seat, rig.seat, 50)
    rig.to_parameters()
    rig.begin()
    for left in reversed(range(10)):
        message = MnbcSoundInd(count=left, run_id=RUN, random=bytes(16))
        rig.vehicles[1].say(b"\xff" * 6, message)
        rig.vehicles[0].say(b"\xff" * 6, message)
        rig.run(20 * MS)
    report = rig.wait(rig.tester, AttenCharInd)
    assert (report.num_sounds, report.groups) == (10, bytes([10]) * 58)
