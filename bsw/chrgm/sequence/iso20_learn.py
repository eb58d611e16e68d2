"""What the messages of ISO 15118-20 teach both sides, and the guards that ask for it."""

from dataclasses import replace

from bsw.chrgm.agreement import Agreement, Payment, Progress, Tolerance
from bsw.chrgm.messages.iso20 import common, common_types, dc
from bsw.chrgm.modes import Transfer
from bsw.chrgm.sequence import iso20_approach as approach
from bsw.chrgm.sequence.learn import finished, ongoing, stopped_dc
from bsw.chrgm.services import energy_by_number

__all__ = ["finished", "ongoing", "stopped_dc"]
Processing = common_types.Processing
Codes = common_types.ResponseCode
Step = common.ChargeProgress

PARKING = 66
"""ServiceID of ParkingStatus."""

_PROGRESS = {
    Step.START: Progress.CHARGING,
    Step.STOP: Progress.STOPPED,
    Step.STANDBY: Progress.STANDBY,
    Step.SCHEDULE_RENEGOTIATION: Progress.CHARGING,
}
_PAYMENT = {
    common.Authorization.EIM: Payment.EXTERNAL,
    common.Authorization.PNC: Payment.CONTRACT,
}


def session(agreed: Agreement, _request: object, response: common.SessionSetupRes) -> Agreement:
    """A joined session keeps its authorization [V2G20-1844], and its place."""
    joined = response.response_code is Codes.OK_OLD_SESSION_JOINED
    return replace(agreed, begun=True, joined=joined, authorized=joined, placed=joined)


def authorization_setup(
    agreed: Agreement, _request: object, response: common.AuthorizationSetupRes
) -> Agreement:
    offered = response.certificate_installation_service
    return replace(agreed, installs=offered, may_install=offered)


def installation(
    agreed: Agreement, _request: object, response: common.CertificateInstallationRes
) -> Agreement:
    """While the station is at it, or has more, nothing else is asked; then it is over [1975]."""
    finished = response.evse_processing is Processing.FINISHED
    good = response.response_code.value.startswith("OK")
    more = good and response.remaining_contract_certificate_chains > 0
    return replace(agreed, finished=finished, may_install=not finished or more)


def authorization(
    agreed: Agreement, request: common.AuthorizationReq, response: common.AuthorizationRes
) -> Agreement:
    """Only OK with Finished is a grant; a warning with Finished asks for another try."""
    finished = response.evse_processing is Processing.FINISHED
    granted = finished and response.response_code.value.startswith("OK")
    if agreed.authorized and not granted:  # asked again, with something else [V2G20-2702]
        return replace(agreed, finished=finished)
    payment = _PAYMENT[request.selected_authorization_service]
    again = finished and not granted and agreed.installs  # [V2G20-1583]
    return replace(
        agreed, finished=finished, authorized=granted, payment=payment, may_install=again
    )


def selection(
    agreed: Agreement, request: common.ServiceSelectionReq, _response: object
) -> Agreement:
    """The station has refused what is no service; a change clears what the last one had."""
    number = request.selected_energy_transfer_service.service_id
    service = energy_by_number("iso20").get(number)
    added = request.selected_vas_list
    return replace(
        agreed,
        added=frozenset(one.service_id for one in (added.selected_service if added else ())),
        service="" if service is None else service.word,
        transfer=None if service is None else service.mode.transfer,
        progress=Progress.IDLE,
        finished=False,
        renegotiates=False,
    )


def processing(
    agreed: Agreement,
    _request: object,
    response: common.ScheduleExchangeRes | dc.DCCableCheckRes,
) -> Agreement:
    return replace(agreed, finished=response.evse_processing is Processing.FINISHED)


def vehicle_processing(
    agreed: Agreement,
    request: dc.DCPreChargeReq | dc.DCWeldingDetectionReq,
    _response: object,
) -> Agreement:
    """Here the vehicle says when it is through."""
    return replace(agreed, finished=request.ev_processing is Processing.FINISHED)


def delivery(
    agreed: Agreement, request: common.PowerDeliveryReq, response: common.PowerDeliveryRes
) -> Agreement:
    """A vehicle that is still at it, or a standby that is not granted, changes nothing."""
    finished = request.ev_processing is Processing.FINISHED
    refused = response.response_code is Codes.WARNING_STANDBY_NOT_ALLOWED
    if not finished or (refused and request.charge_progress is Step.STANDBY):
        return replace(agreed, finished=finished)
    return replace(agreed, finished=True, progress=_PROGRESS[request.charge_progress])


def stop(agreed: Agreement, request: common.SessionStopReq, _response: object) -> Agreement:
    """The next service has nothing of this one: no voltage, no isolation, no schedule."""
    renegotiates = request.charging_session is common.ChargingSession.SERVICE_RENEGOTIATION
    if not renegotiates:
        return replace(agreed, renegotiates=False)
    return replace(
        agreed,
        renegotiates=True,
        service="",
        transfer=None,
        progress=Progress.IDLE,
        finished=False,
        joined=False,
    )


# Guards


def parks(agreed: Agreement) -> bool:
    """The service of the parking place was selected, so that its messages may be said."""
    return PARKING in agreed.added


def may_install(agreed: Agreement) -> bool:
    return agreed.may_install and not agreed.authorized


def installed(agreed: Agreement) -> bool:
    return not agreed.may_install


def begins(agreed: Agreement) -> bool:
    return not agreed.joined and approach.meets_later(agreed)


def joined_ac(agreed: Agreement) -> bool:
    return agreed.joined and agreed.transfer is Transfer.AC


def joined_dc(agreed: Agreement) -> bool:
    return agreed.joined and agreed.transfer is Transfer.DC


def authorized(agreed: Agreement) -> bool:
    return agreed.authorized


def authorization_open(agreed: Agreement) -> bool:
    return not agreed.authorized or Tolerance.AUTHORIZATION_AGAIN in agreed.tolerated


def selected_ac(agreed: Agreement) -> bool:
    return agreed.authorized and agreed.transfer is Transfer.AC


def selected_dc(agreed: Agreement) -> bool:
    ready = agreed.authorized and approach.plugged_or_placed(agreed)
    return ready and agreed.transfer is Transfer.DC


def finished_ac(agreed: Agreement) -> bool:
    return agreed.finished and agreed.transfer is Transfer.AC


def finished_dc(agreed: Agreement) -> bool:
    return agreed.finished and approach.direct(agreed)


def charges_ac(agreed: Agreement) -> bool:
    return runs(agreed) and agreed.transfer is Transfer.AC


def charges_dc(agreed: Agreement) -> bool:
    return runs(agreed) and agreed.transfer is Transfer.DC


def charges_pad(agreed: Agreement) -> bool:
    return runs(agreed) and agreed.transfer is Transfer.WPT


def runs(agreed: Agreement) -> bool:
    """The loop goes on, with energy or in standby; authorization is asked for once more."""
    running = agreed.progress in {Progress.CHARGING, Progress.STANDBY}
    return agreed.authorized and agreed.finished and running


def delivery_open(agreed: Agreement) -> bool:
    """The vehicle was still at it, or was refused its standby before energy flowed."""
    return not agreed.finished or agreed.progress is Progress.IDLE


def not_running(agreed: Agreement) -> bool:
    stopped = agreed.progress is Progress.STOPPED and approach.free(agreed)
    return agreed.progress is Progress.IDLE or stopped


def renegotiates(agreed: Agreement) -> bool:
    return agreed.renegotiates


def loop_runs(agreed: Agreement) -> bool:
    """When a schedule may be renegotiated, or a meter reading confirmed, beside the loop."""
    return agreed.progress in {Progress.CHARGING, Progress.STANDBY}
