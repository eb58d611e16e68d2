"""The vehicle's DIN 70121 voice: energy on and off, the loop, the stop, and the parts together."""

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import End, Go, Next
from bsw.chrgm.messages import din
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.din import TABLE
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import DirectCurrent, Words
from evcc.session.handlers.din.setup import Setup
from evcc.session.handlers.din.words import amps, dc_status, volts
from evcc.session.handlers.script import VehicleScript


class Energy:
    def __init__(self, context: VehicleContext, dc: DirectCurrent) -> None:
        self._context = context
        self._dc = dc

    @property
    def _charging(self) -> bool:
        return self._context.record.agreed.progress is Progress.CHARGING

    def ask_power_delivery(self) -> Said:
        context = self._context
        return Said(
            din.PowerDeliveryReq(
                ready_to_charge_state=not self._charging,
                ev_power_delivery_parameter=din.DCEVPowerDeliveryParameter(
                    dc_ev_status=dc_status(context),
                    bulk_charging_complete=context.state.bulk_complete,
                    charging_complete=context.complete,
                ),
            )
        )

    def hear_power_delivery(self, _heard: Heard) -> Next:
        if self._charging:
            self._context.stopping_since = None
            return Go("CurrentDemand")
        return self._dc.after_stop()

    def ask_current_demand(self) -> Said:
        context = self._context
        voltage, current = self._dc.set_points()
        return Said(
            din.CurrentDemandReq(
                dc_ev_status=dc_status(context),
                ev_target_current=current,
                bulk_charging_complete=context.state.bulk_complete,
                charging_complete=context.complete,
                ev_target_voltage=voltage,
                **self._dc.limits(),
            )
        )

    def hear_current_demand(self, heard: Heard) -> Next:
        self._dc.see_loop(heard.body)
        return self._dc.next_in_loop()

    def ask_session_stop(self) -> Said:
        return Said(din.SessionStopReq())

    def hear_session_stop(self, _heard: Heard) -> Next:
        return self._context.stopped() or End(SessionResult(Ending.TERMINATED, "SessionStop"))


def script(context: VehicleContext) -> VehicleScript:
    dc = DirectCurrent(context, Words(din, dc_status, volts, amps))
    return VehicleScript(context, TABLE, (Setup(context), dc, Energy(context, dc)))


SCRIPT = script
