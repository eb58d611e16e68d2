"""ISO 15118-20, SessionStop: the end, a pause, or another service on the same connection."""

from dataclasses import replace

from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.api.objects import EvTermination
from secc.session.context import StationContext
from secc.session.handlers.iso2.power import Stop as PausingStop
from secc.session.handlers.iso20.offers import Offers
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.words import stamp
from secc.session.memory import Paused

Codes = ResponseCode
Way = common.ChargingSession


class Stop(PausingStop):
    def __init__(self, station: StationContext, offers: Offers, status: Status) -> None:
        super().__init__(station)
        self._offers = offers
        self._status = status

    def answer_session_stop(self, heard: Heard) -> Said | Later[Said]:
        request: common.SessionStopReq = heard.body
        self._publish(request)
        way = request.charging_session
        if way is Way.SERVICE_RENEGOTIATION:
            return self._other_service()
        if way is Way.PAUSE and (why := self.why_no_pause()):
            self._station.log.warning("no pause", why=why)
            return self._said(Codes.FAILED_PAUSE_NOT_ALLOWED)
        self._station.cut_energy()  # whoever leaves out of the loop
        return self.in_state_b(pause=way is Way.PAUSE)

    def _publish(self, request: common.SessionStopReq) -> None:
        told = (request.ev_termination_code, request.ev_termination_explanation)
        if told != (None, None):
            code, words = told
            self._station.publish(
                "ev_termination",
                EvTermination(ev_termination_code=code, ev_termination_explanation=words),
            )

    def _other_service(self) -> Said:
        """Only of a service that was chosen and paid for, and without energy on."""
        station = self._station
        if not station.profile.service_renegotiation:
            return self._said(Codes.FAILED_NO_SERVICE_RENEGOTIATION_SUPPORTED)
        chosen = self._offers.selection is not None and station.authorized
        if not chosen or station.charging or station.looping:
            return self._said(Codes.FAILED_SEQUENCE_ERROR)
        station.begin_again()
        station.state.other_service = False
        station.chosen = 0
        station.resumed = None
        self._offers.forget()
        self._status.begin_service()
        return self._said(Codes.OK)

    def why_no_pause(self) -> str:
        """In dynamic mode only the station begins a pause [V2G20-1195], [V2G20-1850]."""
        selection = self._offers.selection
        if selection is None:
            return "no energy service is selected"
        allowed = self._station.profile.vehicle_pauses_in_dynamic or self._status.paused
        if selection.dynamic and not allowed:
            return "the station did not ask for it"
        return super().why_no_pause()

    def record(self) -> Paused:
        record = super().record()
        return replace(record, mode="", selection=self._offers.made.kept())

    def stopped(self, *, good: bool) -> Said:
        return self._said(Codes.OK if good else Codes.FAILED)

    def _said(self, code: ResponseCode) -> Said:
        return Said(common.SessionStopRes(header=stamp(self._station), response_code=code))
