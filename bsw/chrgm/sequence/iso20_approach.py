"""What both sides learn where a vehicle and a device find each other, and the guards for it.

ISO 15118-20 does not say plainly whether the device is met right after the session was set up or
once the service was selected: ``Agreement.late`` says which of the two holds here.
"""

from dataclasses import replace

from bsw.chrgm.agreement import Agreement, Progress, Tolerance
from bsw.chrgm.messages.iso20 import acdp, common_types, wpt
from bsw.chrgm.modes import Approach, Transfer

Processing = common_types.Processing
Codes = common_types.ResponseCode
Result = wpt.WPTEVResult
Device = acdp.MechanicalChargingDeviceStatus


def positioning(
    agreed: Agreement, _request: object, response: acdp.ACDPVehiclePositioningRes
) -> Agreement:
    """In place is who is told both: that the station is done, and that the place is right."""
    finished = response.evse_processing is Processing.FINISHED
    placed = finished and response.ev_in_charge_position
    return replace(agreed, finished=placed, placed=placed)


def connecting(agreed: Agreement, _request: object, response: acdp.ACDPConnectRes) -> Agreement:
    """From the first request on it may be anywhere but up."""
    there = response.evse_mechanical_charging_device_status is Device.END_POSITION
    finished = there and response.evse_processing is Processing.FINISHED
    return replace(agreed, finished=finished, connected=True)


def disconnecting(
    agreed: Agreement, _request: object, response: acdp.ACDPDisconnectRes
) -> Agreement:
    home = response.evse_mechanical_charging_device_status is Device.HOME
    finished = home and response.evse_processing is Processing.FINISHED
    return replace(agreed, finished=finished, connected=not finished)


def pad_set_up(
    agreed: Agreement, request: wpt.WPTFinePositioningSetupReq, _response: object
) -> Agreement:
    """The vehicle says when it has told all."""
    return replace(agreed, finished=request.ev_processing is Processing.FINISHED)


def _both(
    request: wpt.WPTFinePositioningReq | wpt.WPTPairingReq | wpt.WPTAlignmentCheckReq,
    response: wpt.WPTFinePositioningRes | wpt.WPTPairingRes | wpt.WPTAlignmentCheckRes,
) -> bool:
    """Both are done, the vehicle with success; a warning means: try again."""
    done = request.ev_processing is response.evse_processing is Processing.FINISHED
    good = response.response_code is not Codes.WARNING_WPT
    return done and good and request.ev_result_code is Result.EV_RESULT_SUCCESS


def over_pad(
    agreed: Agreement, request: wpt.WPTFinePositioningReq, response: wpt.WPTFinePositioningRes
) -> Agreement:
    return replace(agreed, finished=_both(request, response))


def pairing(
    agreed: Agreement, request: wpt.WPTPairingReq, response: wpt.WPTPairingRes
) -> Agreement:
    paired = _both(request, response)
    return replace(agreed, finished=paired, placed=paired)


def alignment(
    agreed: Agreement, request: wpt.WPTAlignmentCheckReq, response: wpt.WPTAlignmentCheckRes
) -> Agreement:
    return replace(agreed, finished=_both(request, response))


# Guards


def plugged_or_placed(agreed: Agreement) -> bool:
    return agreed.approach is Approach.PLUG or agreed.placed


def meets_later(agreed: Agreement) -> bool:
    """Nothing has to be met before the authorization."""
    return agreed.approach is Approach.PLUG or agreed.late


def pantograph(agreed: Agreement) -> bool:
    return agreed.approach is Approach.PANTOGRAPH and agreed.begun


def pantograph_first(agreed: Agreement) -> bool:
    return pantograph(agreed) and not agreed.late and not agreed.placed


def pantograph_late(agreed: Agreement) -> bool:
    return pantograph(agreed) and agreed.authorized and agreed.late and not agreed.placed


def pad_first(agreed: Agreement) -> bool:
    return _pad(agreed) and not agreed.late and not agreed.placed


def pad_late(agreed: Agreement) -> bool:
    return _pad(agreed) and agreed.authorized and agreed.late and not agreed.placed


def _pad(agreed: Agreement) -> bool:
    return agreed.approach is Approach.PAD and agreed.begun


def joined_pad(agreed: Agreement) -> bool:
    return agreed.joined and agreed.transfer is Transfer.WPT


def selected_pad(agreed: Agreement) -> bool:
    return agreed.authorized and agreed.placed and agreed.transfer is Transfer.WPT


def finished_pad(agreed: Agreement) -> bool:
    return agreed.finished and agreed.transfer is Transfer.WPT


def placed_first(agreed: Agreement) -> bool:
    return agreed.placed and not agreed.late


def placed_late(agreed: Agreement) -> bool:
    return agreed.placed and agreed.late


def not_placed(agreed: Agreement) -> bool:
    return not agreed.placed


def pantograph_next(agreed: Agreement) -> bool:
    return agreed.finished and pantograph(agreed)


def connected(agreed: Agreement) -> bool:
    return agreed.finished and agreed.connected


def stopped_connected(agreed: Agreement) -> bool:
    return agreed.connected and agreed.progress is Progress.STOPPED


def tested_connected(agreed: Agreement) -> bool:
    """The welding detection is over."""
    return agreed.finished and agreed.connected


def free(agreed: Agreement) -> bool:
    """After energy flowed, who is still connected lets go first."""
    return not agreed.connected or Tolerance.STOP_CONNECTED in agreed.tolerated


def direct(agreed: Agreement) -> bool:
    """Direct current without a device that has to come down first."""
    return agreed.transfer is Transfer.DC and agreed.approach is not Approach.PANTOGRAPH
