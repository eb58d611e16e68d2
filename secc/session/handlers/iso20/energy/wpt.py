"""ISO 15118-20, wireless transfer: limits, alignment check, and the loop over a pad.

What the pad detects is acted on by ``StationContext.watch_pad`` the moment it is told; here the
vehicle hears of it.
"""

from typing import Final

from bsw.chrgm.iso20.words import least, maybe, most
from bsw.chrgm.messages.iso20 import wpt
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.api.devices import EvPadStatus, PadIssue
from secc.session.context import StationContext
from secc.session.handlers.iso20.display import publish_display
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.words import stamp
from secc.session.limits import pad_power

Codes = ResponseCode
Pad = wpt.WPTSPCChargeDiagnostics
_ISSUES: Final = {
    PadIssue.NOTHING: Pad.SPC_NO_ISSUE,
    PadIssue.FOREIGN_OBJECT: Pad.SPCFOD_DETECTED,
    PadIssue.LIVING_OBJECT: Pad.SPCLOP_DETECTED,
    PadIssue.OVERHEATED: Pad.SPC_TEMP_OVERHEAT_DETECTED,
    PadIssue.TRANSFER_ANOMALY: Pad.SPC_POWER_TRANSFER_ANOMALY_DETECTED,
    PadIssue.ANOMALY: Pad.SPC_ANOMALY_DETECTED,
}


class Wireless:
    def __init__(self, station: StationContext, status: Status) -> None:
        self._station = station
        self._status = status

    def answer_wpt_charge_parameter_discovery(self, heard: Heard) -> Said:
        station, setup = self._station, self._station.state.pad_setup
        needs: wpt.WPTChargeParameterDiscoveryReq = heard.body
        low = max(needs.sd_min_ground_clearence, setup.min_clearance)
        high = min(needs.sd_max_ground_clearence, setup.max_clearance)
        fits = low <= high and needs.evpc_max_receivable_power.si() > 0.0
        return Said(
            wpt.WPTChargeParameterDiscoveryRes(
                header=stamp(station),
                response_code=Codes.OK if fits else Codes.FAILED_WRONG_CHARGE_PARAMETER,
                pd_input_power_class=wpt.WPTPowerClass(setup.power_class.value),
                sd_min_output_power=least(setup.min_power),
                sd_max_output_power=most(pad_power(station.state)),
                sd_max_ground_clearance_support=setup.max_clearance,
                sd_min_ground_clearance_support=setup.min_clearance,
                pd_min_coil_current=least(setup.min_coil_current),
                pd_max_coil_current=most(setup.max_coil_current),
            )
        )

    def answer_wpt_alignment_check(self, _heard: Heard) -> Said:
        """Not aligned is a warning: the vehicle may be moved, and tries again."""
        station, pad = self._station, self._station.state.pad
        clear = pad.issue is PadIssue.NOTHING
        if clear:
            station.publish_once("pad_alignment_check")
        wrong = pad.aligned is False or not clear
        done = pad.aligned is True and clear
        return Said(
            wpt.WPTAlignmentCheckRes(
                header=stamp(station),
                response_code=Codes.WARNING_WPT if wrong else Codes.OK,
                evse_processing=Processing.FINISHED if done else Processing.ONGOING,
                power_transmitted=maybe(pad.test_power),
                supply_device_current=maybe(pad.coil_current),
            )
        )

    def answer_wpt_charge_loop(self, heard: Heard) -> Said:
        station = self._station
        request: wpt.WPTChargeLoopReq = heard.body
        if station.charging:
            station.start_loop()
        publish_display(station, request.display_parameters)
        self._publish(request)
        limit = self._limit()
        granted = min(limit, max(0.0, request.evpc_power_request.si()))
        pad, setup = station.state.pad, station.state.pad_setup
        return Said(
            wpt.WPTChargeLoopRes(
                header=stamp(station),
                response_code=Codes.OK,
                evse_status=self._status.told(),
                meter_info=self._status.meter(asked=request.meter_info_requested),
                evpc_power_request=most(granted),
                sd_power_input=maybe(pad.input_power),
                spc_max_output_power_limit=most(limit),
                spc_min_output_power_limit=least(min(limit, setup.min_power)),
                spc_charge_diagnostics=_ISSUES[pad.issue],
            )
        )

    def _limit(self) -> float:
        station = self._station
        on = station.charging and station.state.pad.issue is PadIssue.NOTHING
        return pad_power(station.state) if on and station.state.no_energy is None else 0.0

    def _publish(self, request: wpt.WPTChargeLoopReq) -> None:
        told = EvPadStatus(
            power_request=request.evpc_power_request.si(),
            power_output=request.evpc_power_output.si(),
            issue=request.evpc_charge_diagnostics.value,
        )
        if self._station.news("ev_pad_status", told):
            self._station.publish("ev_pad_status", told)
