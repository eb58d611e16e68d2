"""What each message teaches: one stand-in with only the fields that are read, one agreement."""

from dataclasses import replace
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from bsw.chrgm.agreement import Agreement, Payment, Progress, Tolerance
from bsw.chrgm.messages.iso20 import acdp, common, wpt
from bsw.chrgm.messages.iso20.common_types import Processing as Done
from bsw.chrgm.messages.iso20.common_types import ResponseCode as Codes
from bsw.chrgm.modes import Transfer
from bsw.chrgm.sequence import iso20_approach, iso20_learn, learn

FINISHED, ONGOING = Done.FINISHED, Done.ONGOING
Device = acdp.MechanicalChargingDeviceStatus
Result = wpt.WPTEVResult


def said(**fields: object) -> Any:  # noqa: ANN401 - stands for a message
    return SimpleNamespace(**fields)


class Word(Enum):
    """Values as they stand in a message."""

    FINISHED = "Finished"
    ONGOING = "Ongoing"
    VALID = "Valid"
    WARNING = "Warning"
    NO_IMD = "No_IMD"
    FAULT = "Fault"
    READY = "EVSE_Ready"
    SHUTDOWN = "EVSE_Shutdown"


@pytest.mark.parametrize("level", [None, *Word])
@pytest.mark.parametrize("status", [Word.READY, Word.SHUTDOWN])
@pytest.mark.parametrize("processing", [Word.FINISHED, Word.ONGOING])
def test_a_cable_is_isolated_by_a_good_level_of_a_ready_station_that_is_through(
    level: Word | None, status: Word, processing: Word
) -> None:
    dc_status = said(evse_isolation_status=level, evse_status_code=status)
    agreed = learn.cable_check(
        Agreement(), None, said(dc_evse_status=dc_status, evse_processing=processing)
    )
    good = level in {None, Word.VALID, Word.WARNING, Word.NO_IMD}
    assert agreed.finished is (processing is Word.FINISHED)
    assert agreed.isolated is (agreed.finished and good and status is Word.READY)


@pytest.mark.parametrize("tolerated", [frozenset(), frozenset({Tolerance.RECEIPT_OF_LAST_METER})])
@pytest.mark.parametrize("metered", [False, True])
@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize("required", [None, False, True])
@pytest.mark.parametrize("payment", [Payment.CONTRACT, Payment.EXTERNAL])
def test_a_receipt_is_due_by_contract_for_meter_data_that_is_known(
    tolerated: frozenset[Tolerance],
    payment: Payment,
    *,
    metered: bool,
    shown: bool,
    required: bool | None,
) -> None:
    before = Agreement(payment=payment, metered=metered, tolerated=tolerated)
    response = said(meter_info=object() if shown else None, receipt_required=required)
    agreed = learn.receipt(before, None, response)
    known = shown or (metered and bool(tolerated))
    assert agreed.receipt is (payment is Payment.CONTRACT and known and required is True)
    assert agreed.metered is (metered or shown)
    assert not learn.receipt_given(agreed, None, None).receipt


@pytest.mark.parametrize("asks", ["StopCharging", "None"])
def test_no_energy_is_what_a_status_says(asks: str) -> None:
    status = said(evse_notification=said(value=asks))
    assert learn.no_energy(status) is (asks == "StopCharging")
    assert learn.no_energy(None) is False


@pytest.mark.parametrize("code", [Codes.OK, Codes.OK_OLD_SESSION_JOINED, Codes.FAILED])
def test_a_joined_session_keeps_its_authorization_and_its_place(code: Codes) -> None:
    agreed = iso20_learn.session(Agreement(), None, said(response_code=code))
    joined = code is Codes.OK_OLD_SESSION_JOINED
    assert agreed == Agreement(begun=True, joined=joined, authorized=joined, placed=joined)


@pytest.mark.parametrize("offered", [False, True])
def test_a_contract_may_be_asked_for_where_it_is_offered(*, offered: bool) -> None:
    agreed = iso20_learn.authorization_setup(
        Agreement(), None, said(certificate_installation_service=offered)
    )
    assert agreed == Agreement(installs=offered, may_install=offered)


@pytest.mark.parametrize("processing", [FINISHED, ONGOING])
@pytest.mark.parametrize(("code", "good"), [(Codes.OK, True), (Codes.FAILED, False)])
@pytest.mark.parametrize("left", [0, 1, 5])
def test_installation_goes_on_while_more_is_to_come(
    processing: Done, code: Codes, left: int, *, good: bool
) -> None:
    response = said(
        evse_processing=processing, response_code=code, remaining_contract_certificate_chains=left
    )
    agreed = iso20_learn.installation(Agreement(), None, response)
    finished = processing is FINISHED
    assert agreed == Agreement(finished=finished, may_install=not finished or (good and left > 0))


@pytest.mark.parametrize("processing", [FINISHED, ONGOING])
@pytest.mark.parametrize("code", [Codes.OK, Codes.WARNING_WPT])
@pytest.mark.parametrize("installs", [False, True])
@pytest.mark.parametrize("service", common.Authorization)
def test_only_ok_with_finished_is_a_grant(
    processing: Done, code: Codes, service: common.Authorization, *, installs: bool
) -> None:
    request = said(selected_authorization_service=service)
    response = said(evse_processing=processing, response_code=code)
    before = Agreement(installs=installs)
    agreed = iso20_learn.authorization(before, request, response)
    finished, good = processing is FINISHED, code is Codes.OK
    paid = Payment.EXTERNAL if service is common.Authorization.EIM else Payment.CONTRACT
    assert agreed == replace(
        before,
        finished=finished,
        authorized=finished and good,
        payment=paid,
        may_install=finished and not good and installs,
    )


def test_who_is_authorized_stays_so_whatever_is_asked_in_addition() -> None:
    before = Agreement(authorized=True, payment=Payment.CONTRACT, finished=True)
    request = said(selected_authorization_service=common.Authorization.EIM)
    ongoing = said(evse_processing=ONGOING, response_code=Codes.OK)
    assert iso20_learn.authorization(before, request, ongoing) == replace(before, finished=False)
    granted = said(evse_processing=FINISHED, response_code=Codes.OK)
    assert iso20_learn.authorization(before, request, granted) == replace(
        before, payment=Payment.EXTERNAL
    )


@pytest.mark.parametrize(
    ("step", "progress"),
    [
        (common.ChargeProgress.START, Progress.CHARGING),
        (common.ChargeProgress.STOP, Progress.STOPPED),
        (common.ChargeProgress.STANDBY, Progress.STANDBY),
        (common.ChargeProgress.SCHEDULE_RENEGOTIATION, Progress.CHARGING),
    ],
)
@pytest.mark.parametrize("processing", [FINISHED, ONGOING])
@pytest.mark.parametrize("code", [Codes.OK, Codes.WARNING_STANDBY_NOT_ALLOWED])
def test_power_goes_where_the_vehicle_says_once_it_is_through(
    step: common.ChargeProgress, progress: Progress, processing: Done, code: Codes
) -> None:
    before = Agreement(progress=Progress.RENEGOTIATING)
    request = said(ev_processing=processing, charge_progress=step)
    agreed = iso20_learn.delivery(before, request, said(response_code=code))
    finished = processing is FINISHED
    refused = code is not Codes.OK and step is common.ChargeProgress.STANDBY
    moved = finished and not refused
    assert agreed.finished is finished
    assert agreed.progress is (progress if moved else Progress.RENEGOTIATING)


@pytest.mark.parametrize("kind", common.ChargingSession)
def test_another_service_begins_with_nothing_of_the_last_one(kind: common.ChargingSession) -> None:
    before = Agreement(
        renegotiates=True,
        service="DC",
        transfer=Transfer.DC,
        progress=Progress.STOPPED,
        finished=True,
        joined=True,
        authorized=True,
    )
    agreed = iso20_learn.stop(before, said(charging_session=kind), None)
    if kind is common.ChargingSession.SERVICE_RENEGOTIATION:
        assert agreed == Agreement(renegotiates=True, authorized=True)
    else:
        assert agreed == replace(before, renegotiates=False)


@pytest.mark.parametrize("added", [None, [65, 66]])
@pytest.mark.parametrize(("number", "word"), [(2, "DC"), (1, "AC"), (9999, "")])
def test_a_selection_names_the_service_and_what_is_added(
    number: int, word: str, added: list[int] | None
) -> None:
    before = Agreement(finished=True, renegotiates=True, progress=Progress.STOPPED)
    vas = None if added is None else said(selected_service=[said(service_id=n) for n in added])
    request = said(selected_energy_transfer_service=said(service_id=number), selected_vas_list=vas)
    agreed = iso20_learn.selection(before, request, None)
    transfer = {"AC": Transfer.AC, "DC": Transfer.DC}.get(word)
    assert agreed == Agreement(service=word, transfer=transfer, added=frozenset(added or ()))


@pytest.mark.parametrize("processing", [FINISHED, ONGOING])
@pytest.mark.parametrize("right", [False, True])
def test_a_vehicle_stands_where_it_has_to_or_a_device_is_where_it_has_to_be(
    processing: Done, *, right: bool
) -> None:
    finished = processing is FINISHED
    positioned = said(evse_processing=processing, ev_in_charge_position=right)
    agreed = iso20_approach.positioning(Agreement(), None, positioned)
    assert agreed == Agreement(finished=finished and right, placed=finished and right)
    down = Device.END_POSITION if right else Device.MOVING
    moved = said(evse_processing=processing, evse_mechanical_charging_device_status=down)
    agreed = iso20_approach.connecting(Agreement(), None, moved)
    assert agreed == Agreement(finished=finished and right, connected=True)
    up = Device.HOME if right else Device.MOVING
    moved = said(evse_processing=processing, evse_mechanical_charging_device_status=up)
    agreed = iso20_approach.disconnecting(Agreement(connected=True), None, moved)
    assert agreed == Agreement(finished=finished and right, connected=not (finished and right))
    told = said(ev_processing=processing)
    assert iso20_approach.pad_set_up(Agreement(), told, None).finished is finished
    assert iso20_learn.vehicle_processing(Agreement(), told, None).finished is finished
    heard = said(evse_processing=processing)
    assert iso20_learn.processing(Agreement(), None, heard).finished is finished


@pytest.mark.parametrize("ours", [FINISHED, ONGOING])
@pytest.mark.parametrize("theirs", [FINISHED, ONGOING])
@pytest.mark.parametrize("code", [Codes.OK, Codes.WARNING_WPT])
@pytest.mark.parametrize("result", Result)
def test_over_a_pad_both_are_done_and_the_vehicle_with_success(
    ours: Done, theirs: Done, code: Codes, result: wpt.WPTEVResult
) -> None:
    request = said(ev_processing=ours, ev_result_code=result)
    response = said(evse_processing=theirs, response_code=code)
    good = (FINISHED, FINISHED, Codes.OK, Result.EV_RESULT_SUCCESS)
    both = (ours, theirs, code, result) == good
    assert iso20_approach.over_pad(Agreement(), request, response).finished is both
    assert iso20_approach.alignment(Agreement(), request, response).finished is both
    paired = iso20_approach.pairing(Agreement(), request, response)
    assert paired == Agreement(finished=both, placed=both)
