"""The vehicle asks to match, takes the key, and watches the link it leads to."""

from typing import Any

import pytest

from bsw.cp.pilot import X1, Drive, E, F, PilotState
from bsw.os.clock import MS, S
from bsw.sim.modem import Quirks
from bsw.slac.config import ModemConfig, SlacConfig, Timing, Validation, VehiclePolicy
from bsw.slac.frames.mme import SlacMatchCnf, SlacMatchReq, SlacParmReq, ValidateCnf, ValidateReq
from bsw.slac.links.link import Fallback
from bsw.slac.links.vehicle_link import Phase
from bsw.slac.outcome import Reason
from tests.slac.casebook import case
from tests.slac.rig import DIGITAL, RUN, VehicleRig

NOMINAL = Drive(100 * 32 / 60)


@case("EVCC_CMN_CmSlacMatch_002")
def test_the_request_names_both_hosts_and_the_run() -> None:
    rig = VehicleRig()
    request = rig.to_match()
    assert request.field_length == 62
    assert (request.pev_mac, request.evse_mac) == (rig.mac, rig.tester.mac)
    assert request.run_id == rig.run_id()
    assert (request.pev_id, request.evse_id) == (bytes(17), bytes(17))


@case("EVCC_CMN_CmSlacMatch_003")
def test_an_unanswered_request_is_repeated_twice_then_the_try_fails() -> None:
    rig = VehicleRig()
    rig.to_match()
    rig.run(3 * S)
    times = [one.at for one in rig.tester.all(SlacMatchReq)]
    assert [time - times[0] for time in times] == [0, 200 * MS, 400 * MS]
    assert len(rig.tester.all(SlacParmReq)) > 1  # and a new one begins


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"application_type": 1}, id="EVCC_CMN_CmSlacMatch_004"),
        pytest.param({"security_type": 1}, id="EVCC_CMN_CmSlacMatch_005"),
        pytest.param({"field_length": 0}, id="EVCC_CMN_CmSlacMatch_006"),
        pytest.param({"pev_id": b"\1" * 17}, id="EVCC_CMN_CmSlacMatch_007"),
        pytest.param({"pev_mac": bytes(6)}, id="EVCC_CMN_CmSlacMatch_008"),
        pytest.param({"evse_id": b"\1" * 17}, id="EVCC_CMN_CmSlacMatch_009"),
        pytest.param({"evse_mac": bytes(6)}, id="EVCC_CMN_CmSlacMatch_010"),
        pytest.param({"run_id": RUN}, id="EVCC_CMN_CmSlacMatch_011"),
    ],
)
def test_a_wrong_answer_counts_as_not_received(wrong: dict[str, Any]) -> None:
    rig = VehicleRig()
    rig.to_match()
    keys = rig.seat.modem.keys_set
    for _ in range(2):
        rig.confirm(**wrong)
        rig.wait(rig.tester, SlacMatchReq, within=201 * MS)
    rig.confirm(**wrong)
    assert rig.silent(rig.tester, SlacMatchReq, during=S)
    assert rig.seat.modem.keys_set == keys


def test_the_key_of_somebody_else_is_not_taken() -> None:
    rig = VehicleRig(stations=2)
    rig.to_response(10, 60)
    rig.wait(rig.stations[0], SlacMatchReq)
    keys = rig.seat.modem.keys_set
    rig.confirm(rig.stations[1], evse_mac=rig.stations[0].mac)  # right words, wrong mouth
    rig.run(100 * MS)
    assert rig.seat.modem.keys_set == keys


@case("EVCC_CMN_PLCLinkStatus_001")
def test_the_link_comes_up_after_the_answer() -> None:
    rig = VehicleRig()
    rig.to_match()
    rig.tester.take_key(rig.key)
    rig.confirm()
    answered = rig.now
    assert rig.run_until(lambda: bool(rig.session.links), 12 * S)
    link = rig.session.links[0]
    assert (link.peer, link.nid, link.resumed) == (rig.tester.mac, rig.key.nid, False)
    took = rig.session.linked_at - answered
    assert 200 * MS <= took <= 1000 * MS  # TP_link_ready_notification


@case("EVCC_CMN_PLCLinkStatus_002")
def test_a_pulled_plug_makes_the_vehicle_leave_within_a_second() -> None:
    rig = VehicleRig()
    rig.to_link()
    assert rig.seat.line.linked()
    rig.cable.unplug()
    rig.run(1250 * MS)  # TP_match_leave and a quarter
    assert not rig.seat.line.linked()
    assert rig.session.losses == [Reason.UNPLUGGED]
    assert rig.link.phase is Phase.OUT


@pytest.mark.parametrize(
    ("drive", "reason"),
    [
        pytest.param(X1, Reason.PILOT_QUIET, id="EVCC_CMN_PLCLinkStatus_003"),
        pytest.param(F, Reason.PILOT_FAULT, id="EVCC_CMN_PLCLinkStatus_004"),
    ],
)
def test_without_oscillator_before_the_link_there_is_none(drive: Drive, reason: Reason) -> None:
    rig = VehicleRig(quirks=Quirks(join_delay=500 * MS))
    rig.to_match()
    rig.tester.take_key(rig.key)
    rig.confirm()
    rig.run(50 * MS)
    rig.cable.station.drive(drive)
    rig.run(20 * S)
    assert rig.session.links == []
    assert rig.session.reasons == [reason]
    assert not rig.seat.line.linked()


@case("EVCC_CMN_PLCLinkStatus_005")
def test_5_percent_may_come_late() -> None:
    rig = VehicleRig()
    rig.plug(X1)
    rig.run(7500 * MS)
    rig.to_link()


@pytest.mark.parametrize(
    "pulse",
    [
        pytest.param(E, id="EVCC_CMN_PLCLinkStatus_006"),
        pytest.param(F, id="EVCC_CMN_PLCLinkStatus_007"),
    ],
)
def test_after_a_lost_link_and_a_pulse_a_new_matching_begins(pulse: Drive) -> None:
    rig = VehicleRig()
    rig.to_link()
    rig.tester.seat.modem.reset()
    rig.cable.station.drive(pulse)
    rig.run(4 * S)  # T_step_EF
    rig.cable.station.drive(DIGITAL)
    rig.tester.forget()
    rig.wait(rig.tester, SlacParmReq, within=20 * S)
    assert len(rig.session.losses) == 1


@case("EVCC_CMN_PLCLinkStatus_008")
def test_when_the_stations_modem_restarts_the_vehicle_leaves_and_is_quiet() -> None:
    rig = VehicleRig()
    rig.to_link()
    rig.tester.seat.modem.reset()
    assert rig.run_until(lambda: bool(rig.session.losses), 5 * S)
    assert rig.session.losses == [Reason.LINK_DOWN]
    assert rig.silent(rig.tester, SlacParmReq, during=60 * S)
    assert not rig.seat.line.linked()


@pytest.mark.parametrize(
    "energy",
    [
        pytest.param("ac", id="EVCC_AC_PLCLinkStatus_001"),
        pytest.param("dc", id="EVCC_DC_PLCLinkStatus_001"),
        pytest.param("ac", id="EVCC_AC_PLCLinkStatus_009"),
        pytest.param("dc", id="EVCC_DC_PLCLinkStatus_004"),
    ],
)
def test_the_station_wakes_a_paused_vehicle_by_its_oscillator(energy: str) -> None:
    rig = VehicleRig(energy=energy)
    rig.to_link()
    rig.link.pause()
    rig.cable.station.drive(X1)
    rig.run(60 * S)
    rig.cable.station.drive(DIGITAL)
    woken = rig.now
    assert rig.run_until(lambda: len(rig.session.links) == 2, 6 * S)  # T_conn_resume
    assert rig.session.links[1].resumed
    assert rig.now - woken < 6 * S
    assert rig.tester.all(SlacParmReq)[-1].at < woken  # no new matching


@pytest.mark.parametrize(
    "energy",
    [
        pytest.param("ac", id="EVCC_AC_PLCLinkStatus_002"),
        pytest.param("dc", id="EVCC_DC_PLCLinkStatus_002"),
        pytest.param("ac", id="EVCC_AC_PLCLinkStatus_010"),
        pytest.param("dc", id="EVCC_DC_PLCLinkStatus_005"),
    ],
)
def test_a_paused_vehicle_wakes_the_station_by_a_toggle(energy: str) -> None:
    rig = VehicleRig(energy=energy)
    rig.to_link()
    rig.link.pause()
    rig.cable.station.drive(X1)
    rig.run(60 * S)
    states: list[tuple[int, PilotState]] = []
    rig.cable.station.listen(lambda pilot: states.append((rig.now, pilot.state)))
    rig.link.wake()
    rig.run(S)
    assert [state for _, state in states] == [PilotState.C, PilotState.B]
    assert 200 * MS <= states[1][0] - states[0][0] <= 400 * MS
    rig.cable.station.drive(DIGITAL)
    assert rig.run_until(lambda: len(rig.session.links) == 2, 6 * S)


def test_a_station_that_does_not_wake_up_ends_the_pause_with_a_reason() -> None:
    rig = VehicleRig()
    rig.to_link()
    rig.link.pause()
    rig.cable.station.drive(X1)
    rig.run(10 * S)
    rig.link.wake()
    rig.run(7 * S)
    assert rig.session.losses == [Reason.RESUME_TIMEOUT]


@pytest.mark.parametrize(
    ("pulse", "then"),
    [
        pytest.param(E, NOMINAL, id="EVCC_AC_PLCLinkStatus_003"),
        pytest.param(E, DIGITAL, id="EVCC_AC_PLCLinkStatus_005"),
        pytest.param(F, NOMINAL, id="EVCC_AC_PLCLinkStatus_007"),
        pytest.param(F, DIGITAL, id="EVCC_AC_PLCLinkStatus_008"),
    ],
)
def test_after_a_lost_link_an_ac_vehicle_follows_the_pilots_new_cue(
    pulse: Drive, then: Drive
) -> None:
    rig = VehicleRig(energy="ac")
    rig.to_link()
    rig.tester.seat.modem.reset()
    rig.run_until(lambda: bool(rig.session.losses), 5 * S)
    rig.cable.station.drive(pulse)
    rig.run(4 * S)
    rig.cable.station.drive(then)
    rig.tester.forget()
    asked = rig.hear(rig.tester, SlacParmReq, within=2 * S)
    assert (asked is not None) == (then is DIGITAL)


@case("EVCC_AC_PLCLinkStatus_004")
@pytest.mark.parametrize("option_b", [False, True], ids=["option A", "option B"])
def test_after_a_lost_link_option_b_matches_again_on_its_own(*, option_b: bool) -> None:
    config = SlacConfig(timing=Timing(t_conn_resetup=2000))
    rig = VehicleRig(config, energy="ac", match_at_nominal=True, restart_after_loss=option_b)
    rig.to_link()
    rig.cable.station.drive(NOMINAL)
    rig.tester.seat.modem.reset()
    rig.run_until(lambda: bool(rig.session.losses), 5 * S)
    rig.tester.forget()
    asked = rig.hear(rig.tester, SlacParmReq, within=10 * S)
    assert (asked is not None) == option_b


@pytest.mark.parametrize(
    "energy",
    [
        pytest.param("ac", id="EVCC_AC_PLCLinkStatus_006"),
        pytest.param("dc", id="EVCC_DC_PLCLinkStatus_003"),
    ],
)
def test_after_a_terminated_session_the_vehicle_leaves_and_stays_out(energy: str) -> None:
    rig = VehicleRig(energy=energy)
    rig.to_link()
    rig.link.terminate()
    rig.run(1250 * MS)
    assert not rig.seat.line.linked()
    assert rig.session.losses == []  # the session knows: it said so itself
    assert rig.silent(rig.tester, SlacParmReq, during=30 * S)
    rig.cable.station.drive(X1)
    rig.run(3 * S)
    rig.cable.station.drive(DIGITAL)
    rig.wait(rig.tester, SlacParmReq, within=S)


def test_the_vehicle_leaves_the_network_with_a_key_of_its_own() -> None:
    rig = VehicleRig()
    rig.to_link()
    old = rig.seat.line.key
    rig.cable.unplug()
    rig.run(S)
    assert rig.seat.line.key not in {old, b""}


def test_a_modem_that_does_not_answer_is_named() -> None:
    rig = VehicleRig()
    rig.to_match()
    rig.seat.modem.deafen()
    rig.confirm()
    rig.run(30 * S)
    assert rig.session.reasons == [Reason.MODEM_SILENT]  # the later tries came less far
    assert rig.session.links == []


def test_a_modem_that_falls_silent_while_joining_is_named() -> None:
    rig = VehicleRig()
    rig.to_match()
    rig.confirm()
    assert rig.run_until(lambda: rig.seat.modem.keys_set > 0, S)
    rig.seat.modem.deafen()
    rig.run(13 * S)
    assert rig.session.reasons == [Reason.MODEM_SILENT]


def test_modems_that_never_meet_are_named() -> None:
    rig = VehicleRig()
    rig.to_match()
    rig.confirm()  # but the station's modem has another key
    rig.run(13 * S)
    assert rig.session.reasons == [Reason.JOIN_TIMEOUT]
    assert rig.session.failures[0].fallback is Fallback.REPLUG


@pytest.mark.parametrize("result", [0, 1, 7])
def test_whatever_the_modem_says_to_the_key_the_link_decides(result: int) -> None:
    rig = VehicleRig(quirks=Quirks(set_key_result=result))
    rig.to_link()


def test_a_strict_vehicle_takes_an_unknown_key_result_for_a_refusal() -> None:
    config = SlacConfig(modem=ModemConfig(strict_key_result=True, accepted_key_results=(0,)))
    rig = VehicleRig(config, quirks=Quirks(set_key_result=1))
    rig.to_match()
    rig.confirm()
    rig.run(20 * S)
    assert rig.session.links == []
    assert rig.tester.all(SlacMatchCnf) == []


def test_d_link_error_leaves_at_once() -> None:
    rig = VehicleRig()
    rig.to_link()
    rig.link.error()
    rig.run(S)
    assert not rig.seat.line.linked()
    assert rig.link.phase is Phase.SPENT


def test_a_closed_link_leaves_and_listens_no_more() -> None:
    rig = VehicleRig()
    rig.to_link()
    rig.link.close()
    rig.run(S)
    assert not rig.seat.line.linked()
    rig.cable.unplug()
    rig.run(S)
    rig.plug()
    assert rig.silent(rig.tester, SlacParmReq, during=5 * S)


def test_a_link_that_drops_again_at_once_is_not_announced() -> None:
    """TP_link_ready_notification: the link must have stood for a while."""
    rig = VehicleRig(SlacConfig(timing=Timing(tp_link_ready_notification=1000)))
    rig.to_match()
    rig.confirm()
    rig.tester.take_key(rig.key)
    rig.run(500 * MS)
    rig.tester.seat.line.unplug()
    rig.run(5 * S)
    assert rig.session.links == []
    rig.tester.seat.line.plug()
    assert rig.run_until(lambda: bool(rig.session.links), 5 * S)


def test_all_tries_together_have_a_limit() -> None:
    timing = Timing(tt_ev_slac_matching=5_000, tt_matching_repetition=120_000)
    policy = VehiclePolicy(validation=Validation.ALWAYS)
    rig = VehicleRig(SlacConfig(timing=timing, vehicle=policy))
    rig.to_response()
    began = rig.now
    while not rig.session.failures and rig.now < began + 20 * S:
        if rig.hear(rig.tester, ValidateReq, within=500 * MS) is not None:
            rig.tester.say(rig.mac, ValidateCnf(result=0))  # not ready
    assert rig.session.reasons == [Reason.TOO_LONG]
    assert rig.session.ended_at - began <= 5 * S
