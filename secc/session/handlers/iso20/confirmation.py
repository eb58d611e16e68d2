"""ISO 15118-20, MeteringConfirmation: what the vehicle signs is a reading that it was shown."""

from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.record import Heard, Said, same_session
from secc.session.context import StationContext
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.words import stamp

Codes = ResponseCode


class Confirmation:
    def __init__(self, station: StationContext, status: Status) -> None:
        self._station = station
        self._status = status

    def answer_metering_confirmation(self, heard: Heard) -> Said:
        """Signed by the contract of this session, for this session, about what was shown."""
        station = self._station
        request: common.MeteringConfirmationReq = heard.body
        why = self._wrong(request)
        if why:
            station.log.warning("meter not confirmed", why=why)
        else:
            station.state.confirm_meter = False
            reading = request.signed_metering_data.meter_info.charged_energy_reading_wh
            station.publish("meter_confirmed", reading)
        return Said(
            common.MeteringConfirmationRes(
                header=stamp(station),
                response_code=Codes.FAILED_METERING_SIGNATURE_NOT_VALID if why else Codes.OK,
            )
        )

    def _wrong(self, request: common.MeteringConfirmationReq) -> str:
        station, data = self._station, request.signed_metering_data
        if station.newer_desk is None or not station.contract:
            return "no contract pays here"
        proven = station.newer_desk.verify(request, station.contract[0])
        if not proven.good:
            return proven.why
        if not same_session(data.session_id, station.record.session_id):
            return "another session"
        return "" if data.meter_info in self._status.shown else "a reading that was never shown"
