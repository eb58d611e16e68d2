"""ISO 15118-20, SessionSetup: a new session, or the one that this vehicle had paused."""

from dataclasses import replace

from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.session.context import StationContext
from secc.session.handlers.iso20.offers import Offers
from secc.session.handlers.iso20.words import evse_id, stamp
from secc.session.handlers.needs import publish_ev_info
from secc.session.memory import Paused, Visitor

PROTOCOL = "iso20"


class Setup:
    def __init__(self, station: StationContext, offers: Offers) -> None:
        self._station = station
        self._offers = offers

    def answer_session_setup(self, heard: Heard) -> Said:
        """The same vehicle is the one with the same certificate [V2G20-2545], [V2G20-2626]."""
        station = self._station
        request: common.SessionSetupReq = heard.body
        visitor = Visitor(
            request.evccid.encode(),
            station.record.agreed.secure,
            PROTOCOL,
            station.vehicle_leaf,
        )
        joined = station.open_session(heard.session_id, visitor, self._fits)
        if joined:
            self._join()
        station.publish("evcc_id", request.evccid)
        publish_ev_info(station, evcc_id=request.evccid)
        code = ResponseCode.OK_OLD_SESSION_JOINED
        if not joined:
            code = ResponseCode.OK_NEW_SESSION_ESTABLISHED
        return Said(
            common.SessionSetupRes(
                header=stamp(station), response_code=code, evseid=evse_id(station)
            )
        )

    def _fits(self, paused: Paused) -> bool:
        """Without a certificate anybody could be the vehicle that paused."""
        station = self._station
        bound = bool(station.vehicle_leaf) or station.profile.lab_resume_without_certificate
        return bound and self._offers.again(paused) is not None

    def _join(self) -> None:
        station, paused = self._station, self._station.resumed
        assert paused is not None, "joined is what was paused"
        selection = self._offers.again(paused)
        assert selection is not None, "looked at before it was joined"
        self._offers.selection = selection
        station.mode = selection.mode
        station.authorized = True
        station.emaid = paused.emaid
        station.record.agreed = replace(
            station.record.agreed,
            payment=paused.payment,
            service=selection.service.word,
            transfer=selection.service.mode.transfer,
        )
