"""The station gives its key away, once, and watches the link that follows."""

from typing import Any

import pytest

from bsw.cp.pilot import X1, Drive, Source
from bsw.cp.toggle import Toggler
from bsw.os.clock import MS, S
from bsw.sim.modem import Quirks
from bsw.slac.config import SlacConfig, Tolerances
from bsw.slac.frames.mme import SlacMatchCnf, SlacParmCnf, ValidateCnf, ValidateReq
from bsw.slac.keys import NetworkKey, nid_from_nmk
from bsw.slac.links.station_link import Phase
from bsw.slac.outcome import Reason
from tests.slac.casebook import case
from tests.slac.rig import RUN, StationRig

DIGITAL = Drive(5.0)


def decided(*, validated: bool) -> StationRig:
    """Until the vehicle may ask to match, with or without a validation before it."""
    rig = StationRig()
    rig.to_decision()
    if validated:
        rig.tester.say(rig.mac, ValidateReq(timer=0))
        rig.wait(rig.tester, ValidateCnf)
        rig.tester.say(rig.mac, ValidateReq(timer=23))
        Toggler(rig.scheduler, rig.cable.vehicle).run(1, 300 * MS)
        assert rig.wait(rig.tester, ValidateCnf, within=3 * S).toggles == 1
    return rig


@pytest.mark.parametrize(
    "validated",
    [
        pytest.param(False, id="SECC_CMN_CmSlacMatch_001"),
        pytest.param(True, id="SECC_CMN_CmSlacMatch_002"),
    ],
)
def test_the_answer_holds_the_key_and_its_identifier(*, validated: bool) -> None:
    rig = decided(validated=validated)
    rig.match()
    answer = rig.wait(rig.tester, SlacMatchCnf, within=100 * MS)
    assert answer.field_length == 86
    assert (answer.pev_mac, answer.evse_mac) == (rig.tester.mac, rig.mac)
    assert answer.run_id == RUN
    assert answer.nid == nid_from_nmk(answer.nmk)
    assert rig.seat.line.key == answer.nid + answer.nmk  # the own modem has it already


@pytest.mark.parametrize(
    "validated",
    [
        pytest.param(False, id="SECC_CMN_CmSlacMatch_003"),
        pytest.param(True, id="SECC_CMN_CmSlacMatch_004"),
    ],
)
def test_a_repeated_request_gets_the_same_answer(*, validated: bool) -> None:
    rig = decided(validated=validated)
    answers = []
    for _ in range(3):
        rig.match()
        answers.append(rig.wait(rig.tester, SlacMatchCnf, within=100 * MS))
        rig.run(150 * MS)
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "validated",
    [
        pytest.param(False, id="SECC_CMN_CmSlacMatch_005"),
        pytest.param(True, id="SECC_CMN_CmSlacMatch_006"),
    ],
)
def test_a_request_that_comes_too_late_is_not_answered(*, validated: bool) -> None:
    rig = decided(validated=validated)
    rig.run(10 * S)  # TT_EVSE_match_session
    rig.match()
    assert rig.silent(rig.tester, SlacMatchCnf, during=400 * MS)


@case("SECC_CMN_CmSlacMatch_005")
def test_a_request_out_of_sequence_is_not_answered() -> None:
    rig = StationRig()
    rig.to_parameters()
    rig.match()
    assert rig.silent(rig.tester, SlacMatchCnf, during=400 * MS)


WRONG_REQUESTS: list[tuple[dict[str, Any], str, str]] = [
    ({"application_type": 1}, "SECC_CMN_CmSlacMatch_007", "SECC_CMN_CmSlacMatch_008"),
    ({"security_type": 1}, "SECC_CMN_CmSlacMatch_009", "SECC_CMN_CmSlacMatch_010"),
    ({"field_length": 0}, "SECC_CMN_CmSlacMatch_011", "SECC_CMN_CmSlacMatch_012"),
    ({"pev_id": b"\1" * 17}, "SECC_CMN_CmSlacMatch_013", "SECC_CMN_CmSlacMatch_014"),
    ({"pev_mac": bytes(6)}, "SECC_CMN_CmSlacMatch_015", "SECC_CMN_CmSlacMatch_016"),
    ({"evse_id": b"\1" * 17}, "SECC_CMN_CmSlacMatch_017", "SECC_CMN_CmSlacMatch_018"),
    ({"evse_mac": bytes(6)}, "SECC_CMN_CmSlacMatch_019", "SECC_CMN_CmSlacMatch_020"),
    ({"run_id": bytes(8)}, "SECC_CMN_CmSlacMatch_021", "SECC_CMN_CmSlacMatch_022"),
]


@pytest.mark.parametrize(
    ("wrong", "validated"),
    [
        pytest.param(wrong, validated, id=(without, after)[validated])
        for wrong, without, after in WRONG_REQUESTS
        for validated in (False, True)
    ],
)
def test_a_wrong_request_is_ignored(wrong: dict[str, Any], *, validated: bool) -> None:
    rig = decided(validated=validated)
    rig.match(**wrong)
    assert rig.silent(rig.tester, SlacMatchCnf, during=200 * MS)
    rig.match()
    rig.wait(rig.tester, SlacMatchCnf, within=100 * MS)


@pytest.mark.parametrize(
    "validated",
    [
        pytest.param(False, id="SECC_CMN_CmSlacMatch_023"),
        pytest.param(True, id="SECC_CMN_CmSlacMatch_024"),
    ],
)
def test_after_a_pulled_plug_no_key_is_given_away(*, validated: bool) -> None:
    rig = decided(validated=validated)
    rig.cable.unplug()
    rig.run(50 * MS)
    rig.match()
    assert rig.silent(rig.tester, SlacMatchCnf, during=S)


def test_the_first_vehicle_that_matches_ends_the_others() -> None:
    rig = StationRig(vehicles=2)
    for tester in rig.vehicles:
        rig.to_decision(tester)
    rig.match(rig.vehicles[0])
    rig.wait(rig.vehicles[0], SlacMatchCnf)
    rig.match(rig.vehicles[1])
    assert rig.silent(rig.vehicles[1], SlacMatchCnf, during=S)


def test_each_session_has_a_key_of_its_own() -> None:
    rig = StationRig()
    first = rig.to_link()
    rig.cable.unplug()
    rig.run(S)
    rig.session.links.clear()
    second = rig.to_link()
    assert first.nmk != second.nmk


@case("SECC_CMN_PLCLinkStatus_001")
def test_the_link_comes_up_once_the_vehicle_has_the_key() -> None:
    rig = StationRig()
    answer = rig.to_match()
    rig.tester.take_key(NetworkKey(answer.nid, answer.nmk))
    assert rig.run_until(lambda: bool(rig.session.links), 12 * S)  # TT_match_join
    assert rig.session.links[0].peer == rig.tester.mac


@case("SECC_CMN_PLCLinkStatus_002")
def test_a_pulled_plug_makes_the_station_leave_within_a_second() -> None:
    rig = StationRig()
    rig.to_link()
    rig.cable.unplug()
    rig.run(1250 * MS)  # TP_match_leave and a quarter
    assert not rig.seat.line.linked()
    assert rig.session.losses == [Reason.UNPLUGGED]
    assert rig.cable.driven == X1


@case("SECC_CMN_PLCLinkStatus_003")
def test_a_request_while_matched_is_ignored() -> None:
    rig = StationRig(SlacConfig(tolerances=Tolerances(restart_while_joining=True)))
    rig.to_link()
    rig.request()
    assert rig.silent(rig.tester, SlacParmCnf, during=S)
    assert rig.link.node.linked


@pytest.mark.parametrize(
    "hold_s",
    [
        pytest.param(1, id="SECC_CMN_PLCLinkStatus_004"),
        pytest.param(60, id="SECC_AC_PLCLinkStatus_003"),
        pytest.param(600, id="SECC_AC_PLCLinkStatus_010"),
        pytest.param(5, id="SECC_DC_PLCLinkStatus_002"),
        pytest.param(3600, id="SECC_DC_PLCLinkStatus_006"),
    ],
)
def test_a_vehicle_wakes_a_paused_station_by_a_toggle(hold_s: int) -> None:
    rig = StationRig()
    rig.to_link()
    rig.link.pause()
    assert rig.cable.driven == X1
    rig.run(hold_s * S)
    Toggler(rig.scheduler, rig.cable.vehicle).run(1, 300 * MS)
    woken = rig.now
    assert rig.run_until(lambda: rig.cable.driven == DIGITAL, 8 * S)  # T_conn_max_comm
    assert rig.run_until(lambda: len(rig.session.links) == 2, 6 * S)  # T_conn_resume
    assert rig.session.links[1].resumed
    assert rig.now - woken < 6 * S


@pytest.mark.parametrize(
    "hold_s",
    [
        pytest.param(1, id="SECC_CMN_PLCLinkStatus_005"),
        pytest.param(60, id="SECC_AC_PLCLinkStatus_002"),
        pytest.param(600, id="SECC_AC_PLCLinkStatus_009"),
        pytest.param(5, id="SECC_DC_PLCLinkStatus_001"),
    ],
)
def test_a_station_wakes_a_paused_vehicle_by_its_oscillator(hold_s: int) -> None:
    rig = StationRig()
    rig.to_link()
    rig.link.pause()
    rig.run(hold_s * S)
    rig.link.wake()
    assert rig.cable.driven == DIGITAL
    assert rig.run_until(lambda: len(rig.session.links) == 2, 6 * S)


@case("SECC_DC_PLCLinkStatus_007")
def test_a_link_that_does_not_come_back_after_a_pause_is_named() -> None:
    rig = StationRig()
    rig.to_link()
    rig.link.pause()
    rig.run(S)
    rig.tester.seat.modem.reset()
    rig.link.wake()
    rig.run(6500 * MS)
    assert rig.session.losses == [Reason.RESUME_TIMEOUT]


@case("SECC_AC_PLCLinkStatus_001", "SECC_AC_PLCLinkStatus_012")
def test_a_nominal_duty_cycle_while_linked_follows_a_rest_of_the_oscillator() -> None:
    rig = StationRig()
    rig.to_link()
    rig.link.nominal(16)
    assert rig.cable.driven == X1
    rig.run(2900 * MS)
    assert rig.cable.driven == X1  # T_step_X1
    rig.run(200 * MS)
    assert rig.cable.driven.duty == pytest.approx(16 / 0.6)
    rig.run(10 * S)
    assert rig.link.node.linked
    assert rig.session.losses == []


def test_a_nominal_duty_cycle_in_a_pause_wakes_the_vehicle() -> None:
    rig = StationRig()
    rig.to_link()
    rig.link.pause()
    rig.run(10 * S)
    rig.link.nominal(16)
    assert rig.cable.driven.duty == pytest.approx(16 / 0.6)
    assert rig.run_until(lambda: len(rig.session.links) == 2, 6 * S)


def test_a_nominal_duty_cycle_during_a_step_is_shown_after_it() -> None:
    rig = StationRig()
    rig.to_link()
    rig.tester.seat.modem.reset()
    assert rig.run_until(lambda: rig.link.phase is Phase.STEPPING, 5 * S)
    rig.run(S)
    rig.link.nominal(16)
    assert rig.cable.driven.source is Source.UNAVAILABLE
    rig.run(4 * S)
    assert rig.cable.driven.duty == pytest.approx(16 / 0.6)
    assert rig.link.phase is Phase.OFFERING


@pytest.mark.parametrize(
    ("error_state", "source"),
    [
        pytest.param("E", Source.FAULT, id="SECC_AC_PLCLinkStatus_004"),
        pytest.param("F", Source.UNAVAILABLE, id="SECC_AC_PLCLinkStatus_011"),
        pytest.param("E", Source.FAULT, id="SECC_DC_PLCLinkStatus_003"),
        pytest.param("F", Source.UNAVAILABLE, id="SECC_DC_PLCLinkStatus_004"),
    ],
)
def test_after_a_lost_link_the_pilot_steps_and_matching_is_offered_again(
    error_state: str, source: Source
) -> None:
    rig = StationRig(error_state=error_state)
    rig.to_link()
    rig.tester.seat.modem.reset()
    assert rig.run_until(lambda: bool(rig.session.losses), 5 * S)
    assert rig.session.losses == [Reason.LINK_DOWN]
    assert rig.cable.driven.source is source
    stepped = rig.now
    assert rig.run_until(lambda: rig.cable.driven == DIGITAL, 9 * S)
    assert 4 * S <= rig.now - stepped <= 8 * S  # T_step_EF
    rig.run(3 * S)
    rig.session.links.clear()
    rig.to_link()


@pytest.mark.parametrize(
    "current",
    [
        pytest.param(6, id="SECC_AC_PLCLinkStatus_005"),
        pytest.param(16, id="SECC_AC_PLCLinkStatus_006"),
        pytest.param(32, id="SECC_AC_PLCLinkStatus_007"),
    ],
)
def test_after_a_link_lost_at_a_nominal_duty_cycle_it_comes_back_after_the_step(
    current: float,
) -> None:
    rig = StationRig()
    rig.to_link()
    rig.link.nominal(current)
    rig.run(5 * S)
    nominal = rig.cable.driven
    rig.tester.seat.modem.reset()
    assert rig.run_until(lambda: bool(rig.session.losses), 5 * S)
    rig.run(8 * S)
    assert rig.cable.driven == nominal


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param(1500, id="SECC_AC_PLCLinkStatus_008"),
        pytest.param(5000, id="SECC_DC_PLCLinkStatus_005"),
    ],
)
def test_after_a_terminated_session_the_station_leaves_and_rests(hold: int) -> None:
    rig = StationRig(oscillator_hold=hold)
    rig.to_link()
    rig.link.terminate()
    rig.run((hold - 100) * MS)
    assert not rig.seat.line.linked()
    assert rig.cable.driven == DIGITAL
    rig.run(200 * MS)
    assert rig.cable.driven == X1
    rig.request()
    assert rig.silent(rig.tester, SlacParmCnf, during=S)
    rig.cable.unplug()
    rig.run(S)
    assert rig.link.phase is Phase.VACANT
    rig.session.links.clear()
    rig.to_link()


def test_a_station_without_a_modem_says_so_in_time() -> None:
    rig = StationRig(SlacConfig.model_validate({"counts": {"c_sequ_retry": 0}}))
    rig.to_link()
    rig.seat.modem.deafen()
    rig.cable.unplug()  # it leaves, but its modem takes no fresh key any more
    rig.run(5 * S)
    rig.cable.plug()
    rig.run(8100 * MS)  # T_conn_max_comm
    assert rig.session.reasons == [Reason.MODEM_SILENT]


def test_a_modem_that_wakes_up_late_is_given_its_key_then() -> None:
    rig = StationRig()
    rig.to_link()
    rig.seat.modem.deafen()
    rig.cable.unplug()
    rig.run(10 * S)
    assert rig.link.node.matching.key is None
    rig.seat.modem.hear_again()
    rig.run(2 * S)
    rig.session.links.clear()
    rig.to_link()


def test_a_vehicle_that_never_joins_may_start_over() -> None:
    rig = StationRig()
    rig.to_match()
    rig.run(12500 * MS)  # TT_match_join
    assert rig.session.links == []
    rig.to_link()


@pytest.mark.parametrize("tolerant", [False, True])
def test_a_vehicle_that_starts_over_while_joining_is_heard_by_a_tolerant_station(
    *, tolerant: bool
) -> None:
    rig = StationRig(SlacConfig(tolerances=Tolerances(restart_while_joining=tolerant)))
    rig.to_match()
    rig.run(2 * S)
    rig.request(run_id=bytes(8))
    answer = rig.hear(rig.tester, SlacParmCnf, within=200 * MS)
    assert (answer is not None) == tolerant


@pytest.mark.parametrize("dialect", ["qca7000", "lumissil", "generic", "auto"])
@pytest.mark.parametrize("modem", ["qca7000", "lumissil", "none"])
def test_dialects_meet_their_modems(dialect: str, modem: str) -> None:
    config = SlacConfig.model_validate({"modem": {"dialect": dialect}})
    rig = StationRig(config, quirks=Quirks(dialect=modem))
    answer = rig.to_match()
    rig.tester.take_key(NetworkKey(answer.nid, answer.nmk))
    rig.run_until(lambda: bool(rig.session.links), 13 * S)
    understood = dialect in {"generic", "auto", modem}
    assert bool(rig.session.links) == understood
