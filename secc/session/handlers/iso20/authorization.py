"""ISO 15118-20, who pays: authorization by external means.

A refusal is told at once, with Finished and a warning [V2G20-2219], [V2G20-2230] - the opposite
of ISO 15118-2 - and the customer may try another card: the next request waits anew.
"""

from bsw.chrgm.agreement import Payment
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.api.literals import PaymentOption
from secc.api.verdicts import Verdict
from secc.session.context import StationContext
from secc.session.handlers.authority import answer_of, ask, settle
from secc.session.handlers.iso20.words import stamp

Codes = ResponseCode
EIM = common.Authorization.EIM


class Authorization:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._told: Verdict | None = None  # the refusal that the vehicle knows of

    def answer_authorization_setup(self, _heard: Heard) -> Said:
        station = self._station
        offered = Payment.EXTERNAL in station.payments
        if not offered:
            station.log.warning("no authorization", why="no payment of this protocol is offered")
        return Said(
            common.AuthorizationSetupRes(
                header=stamp(station),
                response_code=Codes.OK if offered else Codes.FAILED,
                authorization_services=(EIM,),
                certificate_installation_service=False,
                eim_as_res_authorization_mode=common.EIMASResAuthorizationMode(),
            )
        )

    def answer_authorization(self, heard: Heard) -> Said:
        """What was granted stays granted."""
        station = self._station
        request: common.AuthorizationReq = heard.body
        if station.authorized:
            return self._said(Codes.OK, Processing.FINISHED)
        if request.selected_authorization_service is not EIM:
            code = Codes.WARNING_AUTHORIZATION_SELECTION_INVALID  # [V2G20-2226]
            return self._said(code, Processing.FINISHED)
        return self._external()

    def _external(self) -> Said:
        station = self._station
        station.publish_once("selected_payment_option", PaymentOption.EXTERNAL)
        ask(station)
        found = answer_of(station)
        if found is None or found is self._told:
            return self._said(Codes.OK, Processing.ONGOING_WAITING_FOR_CUSTOMER_INTERACTION)
        if not found.good:
            self._told = found
            code = Codes.WARNING_EIM_AUTHORIZATION_FAILURE
            return self._said(code, Processing.FINISHED)
        settle(station)
        station.authorized = True
        return self._said(Codes.OK, Processing.FINISHED)  # [V2G20-1200]

    def _said(self, code: ResponseCode, processing: Processing) -> Said:
        return Said(
            common.AuthorizationRes(
                header=stamp(self._station), response_code=code, evse_processing=processing
            )
        )
