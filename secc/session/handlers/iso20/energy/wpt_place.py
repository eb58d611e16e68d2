"""ISO 15118-20, wireless transfer: a vehicle over the pad, and whether it is the one that talks.

Where the vehicle is, and which code it must observe, the north side says.
"""

from typing import Final

from bsw.chrgm.messages.iso20 import wpt
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.api.devices import Association, EvPositioning
from secc.session.context import StationContext
from secc.session.handlers.iso20.words import stamp

Codes = ResponseCode
Result = wpt.WPTEVResult
CONFIRMED: Final = wpt.WPTPairingMethod.EXTERNAL_CONFIRMATION.value


class PadPlace:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._observes = False  # pairing is by a code that the vehicle observes

    def answer_wpt_fine_positioning_setup(self, heard: Heard) -> Said:
        station, setup = self._station, self._station.state.pad_setup
        theirs = heard.body.ev_device_pairing_method_list.wpt_pairing_method
        shared = [one.value for one in theirs if one.value in setup.pairing]
        self._observes = bool(shared) and shared[0] != CONFIRMED
        positioning = tuple(wpt.WPTFinePositioningMethod(one) for one in setup.positioning)
        pairing = tuple(wpt.WPTPairingMethod(one) for one in setup.pairing)
        alignment = tuple(wpt.WPTAlignmentCheckMethod(one) for one in setup.alignment)
        return Said(
            wpt.WPTFinePositioningSetupRes(
                header=stamp(station),
                response_code=Codes.OK,
                primary_device_fine_positioning_method_list=wpt.WPTFinePositioningMethodList(
                    wpt_fine_positioning_method=positioning
                ),
                primary_device_pairing_method_list=wpt.WPTPairingMethodList(
                    wpt_pairing_method=pairing
                ),
                primary_device_alignment_check_method_list=wpt.WPTAlignmentCheckMethodList(
                    wpt_alignment_check_method=alignment
                ),
                natural_offset=setup.natural_offset,
            )
        )

    def answer_wpt_fine_positioning(self, heard: Heard) -> Said:
        """A vehicle that gives up is told that this is a problem of positioning."""
        station = self._station
        moves = heard.body.ev_processing is not Processing.FINISHED
        told = EvPositioning(moves=moves, positions_itself=False)
        if station.news("vehicle_positioning", told):
            station.publish("vehicle_positioning", told)
        failed = heard.body.ev_result_code is Result.EV_RESULT_FAILED
        place = station.state.place
        there = place is not None and place.in_place
        return Said(
            wpt.WPTFinePositioningRes(
                header=stamp(station),
                response_code=Codes.WARNING_WPT if failed else Codes.OK,
                evse_processing=Processing.FINISHED if there else Processing.ONGOING,
            )
        )

    def answer_wpt_pairing(self, heard: Heard) -> Said:
        station = self._station
        code = station.state.pad.code
        seen = heard.body.observed_id_code
        wrong = self._observes and seen is not None and seen != code
        if wrong:
            station.log.warning("not the vehicle over this pad", observes=seen)
        if self._observes:
            paired = seen is not None and seen == code
        else:
            paired = station.state.association is Association.FOUND
        return Said(
            wpt.WPTPairingRes(
                header=stamp(station),
                response_code=Codes.FAILED_ASSOCIATION_ERROR if wrong else Codes.OK,
                evse_processing=Processing.FINISHED if paired else Processing.ONGOING,
                observed_id_code=code if self._observes else None,
            )
        )
