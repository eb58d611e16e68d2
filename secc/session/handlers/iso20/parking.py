"""ISO 15118-20 at a parking place: a vehicle checks in and out.

The outlet guides nobody and knows no space, so it only hears where the vehicle says it is; whoever
runs the place hears it as well.
"""

from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.session.context import StationContext
from secc.session.handlers.iso20.words import stamp

Out = common.EvCheckOutStatus


class Parking:
    def __init__(self, station: StationContext) -> None:
        self._station = station

    def answer_vehicle_check_in(self, heard: Heard) -> Said:
        self._station.publish("parking_status", heard.body.ev_check_in_status.value)
        return Said(
            common.VehicleCheckInRes(header=stamp(self._station), response_code=ResponseCode.OK)
        )

    def answer_vehicle_check_out(self, heard: Heard) -> Said:
        """Scheduled until the vehicle says that it goes."""
        told = heard.body.ev_check_out_status
        self._station.publish("parking_status", told.value)
        done = told is Out.COMPLETED
        status = common.EvseCheckOutStatus
        return Said(
            common.VehicleCheckOutRes(
                header=stamp(self._station),
                response_code=ResponseCode.OK,
                evse_check_out_status=status.COMPLETED if done else status.SCHEDULED,
            )
        )
