"""ISO 15118-20 on the vehicle, MeteringConfirmation: a reading signed by the contract that pays.

Beside the loop, and whatever comes of it: the energy does not wait for it.
"""

from bsw.chrgm.iso20.words import header
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.status import Notifications


class Confirming:
    def __init__(self, context: VehicleContext, choosing: Choosing, status: Notifications) -> None:
        self._context = context
        self._choosing = choosing
        self._status = status

    def ask_metering_confirmation(self) -> Said | Later[Said]:
        context, meter = self._context, self._status.meter
        wallet, contract = context.newer_wallet, context.paid_by
        assert wallet is not None, "a contract pays"
        assert contract is not None, "a contract pays"
        assert meter is not None, "a reading was shown"
        plan = context.plan
        scheduled = None
        if not self._choosing.made.dynamic:
            number = 1 if plan is None else plan.number
            scheduled = common.ScheduledSMDTControlMode(selected_schedule_tuple_id=number)
        data = common.SignedMeteringData(
            id="id1",
            session_id=context.record.session_id,
            meter_info=meter,
            dynamic_smdt_control_mode=None if scheduled else common.DynamicSMDTControlMode(),
            scheduled_smdt_control_mode=scheduled,
        )
        now = header(context.calendar.unix())
        request = common.MeteringConfirmationReq(header=now, signed_metering_data=data)
        return wallet.signed(request, contract)

    def hear_metering_confirmation(self, heard: Heard) -> None:
        self._context.log.info("meter confirmed", answer=heard.body.response_code.value)
