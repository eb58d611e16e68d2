"""What the messages of DIN 70121 and ISO 15118-2 teach both sides, and the guards that ask for it.

The two protocols share most field names, so most functions serve both.
"""

from dataclasses import replace
from typing import Any

from bsw.chrgm.agreement import Agreement, Payment, Progress, Tolerance
from bsw.chrgm.modes import Transfer


def processing(agreed: Agreement, _request: object, response: Any) -> Agreement:  # noqa: ANN401
    return replace(agreed, finished=response.evse_processing.value == "Finished")


def payment(agreed: Agreement, request: Any, _response: object) -> Agreement:  # noqa: ANN401
    return replace(agreed, payment=Payment(request.selected_payment_option.value))


def receipt(agreed: Agreement, _request: object, response: Any) -> Agreement:  # noqa: ANN401
    """A receipt needs a contract to sign it and meter data to repeat, be it the last heard."""
    shown = response.meter_info is not None
    metered = agreed.metered or shown
    repeated = metered and Tolerance.RECEIPT_OF_LAST_METER in agreed.tolerated
    possible = agreed.payment is Payment.CONTRACT and (shown or repeated)
    due = possible and bool(response.receipt_required)
    if (due, metered) == (agreed.receipt, agreed.metered):
        return agreed
    return replace(agreed, receipt=due, metered=metered)


def receipt_given(agreed: Agreement, _request: object, _response: object) -> Agreement:
    return replace(agreed, receipt=False)


def cable_check(agreed: Agreement, _request: object, response: Any) -> Agreement:  # noqa: ANN401
    """Isolation must be good, a warning counts as good, and the station ready."""
    status = response.dc_evse_status
    level = status.evse_isolation_status
    good = level is None or level.value in {"Valid", "Warning", "No_IMD"}
    ready = status.evse_status_code.value == "EVSE_Ready"
    finished = response.evse_processing.value == "Finished"
    return replace(agreed, finished=finished, isolated=finished and good and ready)


def no_energy(status: Any) -> bool:  # noqa: ANN401 - AC or DC status of either protocol
    return status is not None and status.evse_notification.value == "StopCharging"


def secure(agreed: Agreement) -> bool:
    return agreed.secure


def contract(agreed: Agreement) -> bool:
    return agreed.payment is Payment.CONTRACT


def external(agreed: Agreement) -> bool:
    return agreed.payment is Payment.EXTERNAL


def ongoing(agreed: Agreement) -> bool:
    return not agreed.finished


def finished(agreed: Agreement) -> bool:
    return agreed.finished


def ac_finished(agreed: Agreement) -> bool:
    return agreed.finished and agreed.transfer is Transfer.AC


def dc_finished(agreed: Agreement) -> bool:
    return agreed.finished and agreed.transfer is Transfer.DC and agreed.energy


def ends_without_energy(agreed: Agreement) -> bool:
    return agreed.finished and agreed.transfer is Transfer.DC and not agreed.energy


def skips_to_power(agreed: Agreement) -> bool:
    direct = Tolerance.DIRECT_RENEGOTIATION in agreed.tolerated
    return direct and agreed.renegotiated and dc_finished(agreed)


def isolated(agreed: Agreement) -> bool:
    return agreed.finished and agreed.isolated


def not_isolated(agreed: Agreement) -> bool:
    return not isolated(agreed)


def charging_ac(agreed: Agreement) -> bool:
    return agreed.progress is Progress.CHARGING and agreed.transfer is Transfer.AC


def charging_dc(agreed: Agreement) -> bool:
    return agreed.progress is Progress.CHARGING and agreed.transfer is Transfer.DC


def renegotiating(agreed: Agreement) -> bool:
    return agreed.progress is Progress.RENEGOTIATING


def stopped(agreed: Agreement) -> bool:
    return agreed.progress is Progress.STOPPED


def stopped_dc(agreed: Agreement) -> bool:
    return agreed.progress is Progress.STOPPED and agreed.transfer is Transfer.DC


def receipt_due(agreed: Agreement) -> bool:
    return agreed.receipt


def no_receipt_due(agreed: Agreement) -> bool:
    return not agreed.receipt or Tolerance.SKIP_RECEIPT in agreed.tolerated


def authorization_again(agreed: Agreement) -> bool:
    return not agreed.finished or Tolerance.AUTHORIZATION_AGAIN in agreed.tolerated


def discovery_again(agreed: Agreement) -> bool:
    return Tolerance.DISCOVERY_AGAIN in agreed.tolerated


def stops_in_loop(agreed: Agreement) -> bool:
    return Tolerance.STOP_IN_LOOP in agreed.tolerated


def stops_before_loop(agreed: Agreement) -> bool:
    charging = agreed.progress is Progress.CHARGING
    return charging and Tolerance.STOP_BEFORE_LOOP in agreed.tolerated
