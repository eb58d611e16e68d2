"""ISO 15118-20 on the vehicle, who pays: authorization by external means.

A repeated request is the same but for its time [V2G20-1582].  A warning with Finished is the
station's no to this way of paying; there is no other one here.
"""

from bsw.chrgm.endings import Ending
from bsw.chrgm.initiator import Go, Next
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext

EIM = common.Authorization.EIM


class Authorization:
    def __init__(self, context: VehicleContext) -> None:
        self._context = context

    def ask_authorization_setup(self) -> Said:
        return Said(common.AuthorizationSetupReq(header=header(self._context.calendar.unix())))

    def hear_authorization_setup(self, heard: Heard) -> Next:
        context = self._context
        response: common.AuthorizationSetupRes = heard.body
        services = response.authorization_services
        context.note(offered_payments=tuple(one.value for one in services))
        if EIM not in services:
            names = ", ".join(one.value for one in services)
            return context.end(
                Ending.INCOMPATIBLE, "AuthorizationSetup", f"payment by {names} only"
            )
        context.note(payment=EIM.value)
        context.told()
        return Go("Authorization")

    def ask_authorization(self) -> Said:
        return Said(
            common.AuthorizationReq(
                header=header(self._context.calendar.unix()),
                selected_authorization_service=EIM,
                eim_a_req_authorization_mode=common.EIMAReqAuthorizationMode(),
            )
        )

    def hear_authorization(self, heard: Heard) -> Next:
        context = self._context
        response: common.AuthorizationRes = heard.body
        processing = response.evse_processing.value
        context.note(processing=processing, authorization=processing)
        context.told()
        if response.evse_processing is not Processing.FINISHED:
            return Go("Authorization", after=context.profile.ongoing_pause)
        if not context.record.agreed.authorized:
            code = response.response_code.value
            context.stop(Ending.REFUSED, f"authorization answered with {code}")
            return Go("SessionStop", when=context.in_b)
        return Go("ServiceDiscovery", when=context.limits_known)
