"""ISO 15118-2 on the vehicle: PowerDelivery, the two loops, SessionStop."""

from typing import Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import End, Go, Next
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said
from evcc.plug.wear import Renegotiations
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import DirectCurrent
from evcc.session.handlers.iso2.contract import Contract
from evcc.session.handlers.iso2.parameters import see_ac
from evcc.session.handlers.iso2.setup import Setup
from evcc.session.handlers.iso2.words import charging_profile, dc_status
from evcc.session.memory import PausedSession

Step = iso2.ChargeProgress
PROTOCOL = "iso2"
INFINITE: Final = float("inf")


class Power:
    def __init__(
        self, context: VehicleContext, setup: Setup, dc: DirectCurrent, contract: Contract
    ) -> None:
        self._context = context
        self._setup = setup
        self._dc = dc
        self._contract = contract
        self._renegotiating = False
        self._pausing = False
        self._renegotiations = Renegotiations(context.worn, context.scheduler)
        self._allowed = 0.0  # A, AC: allowed last

    @property
    def _ac(self) -> bool:
        return self._setup.mode.ac

    @property
    def _charging(self) -> bool:
        return self._context.record.agreed.progress is Progress.CHARGING

    # PowerDelivery

    def ask_power_delivery(self) -> Said:
        context = self._context
        step = self._step()
        assert context.plan is not None, "a schedule was chosen before PowerDelivery"
        if self._ac and step is not Step.RENEGOTIATE:
            if step is Step.STOP:
                context.actuators.allow_ac_current(0.0)
            if step is Step.START and context.pilot.state not in {"C", "D"}:
                context.worn.closed()
            context.pilot.set_ready(ready=step is Step.START)  # [V2G2-847], [V2G2-848]
        parameter = None
        if not self._ac:
            parameter = iso2.DCEVPowerDeliveryParameter(
                dc_ev_status=dc_status(context),
                bulk_charging_complete=context.state.bulk_complete,
                charging_complete=context.complete,
            )
        return Said(
            iso2.PowerDeliveryReq(
                charge_progress=step,
                sa_schedule_tuple_id=context.plan.number,
                charging_profile=charging_profile(context.plan) if step is Step.START else None,
                ev_power_delivery_parameter=parameter,
            )
        )

    def _step(self) -> iso2.ChargeProgress:
        if not self._charging:
            return Step.START
        return Step.RENEGOTIATE if self._renegotiating else Step.STOP

    def hear_power_delivery(self, _heard: Heard) -> Next:
        context = self._context
        progress = context.record.agreed.progress
        if progress is Progress.CHARGING:
            context.stopping_since = None
            return Go("ChargingStatus" if self._ac else "CurrentDemand")
        if progress is Progress.RENEGOTIATING:
            self._renegotiating = False
            self._renegotiations.done()
            context.asked.renegotiation.done()
            return self._renegotiate()
        if self._ac:
            return Go("SessionStop", when=context.in_b)
        return self._dc.after_stop()

    def _renegotiate(self) -> Next:
        """In DC the contactors open and, by the switch, the pilot goes back to B."""
        context = self._context
        if self._ac:
            return Go("ChargeParameterDiscovery")
        self._dc.begin_again()
        ready = (
            context.opened_and_in_b if context.profile.renegotiate_in_state_b else context.opened
        )
        return Go("ChargeParameterDiscovery", when=ready, within=context.profile.contactor_limit)

    # AC

    def ask_charging_status(self) -> Said:
        return Said(iso2.ChargingStatusReq())

    def hear_charging_status(self, heard: Heard) -> Next:
        context = self._context
        response: iso2.ChargingStatusRes = heard.body
        status = response.ac_evse_status
        context.looped = True
        see_ac(context, status, response.evse_max_current)
        receipt = self._contract.see_meter(response)
        context.told()
        if status.rcd:
            context.stop(Ending.STATION_FAULT, "residual current")
        context.look_in_loop()
        self._allow_current()
        if receipt:
            return Go("MeteringReceipt")
        return self._next_ac()

    def _allow_current(self) -> None:
        context = self._context
        stop = context.wants_to_stop() or context.view.notification == "StopCharging"
        most = self._allowed if context.judge.doubtful else INFINITE
        self._allowed = 0.0 if stop else min(most, context.ac_current(self._setup.mode))
        context.actuators.allow_ac_current(self._allowed)

    def _next_ac(self) -> Next:
        context = self._context
        if context.wants_to_stop() or context.view.notification == "StopCharging":
            return Go("PowerDelivery")
        if self._wants_renegotiation():
            self._renegotiating = True
            return Go("PowerDelivery")
        if context.wants_to_stop():  # too many of them
            return Go("PowerDelivery")
        return Go("ChargingStatus", after=context.profile.loop_pause)

    def _wants_renegotiation(self) -> bool:
        """Whoever asks: not too soon, and not for ever."""
        context = self._context
        asked = context.view.notification == "ReNegotiation" or context.asked.renegotiation.asked
        if not asked or not self._renegotiations.due:
            return False
        why, fault = self._renegotiations.refused()
        if fault:
            context.stop(Ending.TOO_OFTEN, why, fault)
        return not fault

    # DC

    def ask_current_demand(self) -> Said:
        context = self._context
        voltage, current = self._dc.set_points()
        return Said(
            iso2.CurrentDemandReq(
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
        receipt = self._contract.see_meter(heard.body)
        renegotiate = self._wants_renegotiation() and not self._context.wants_to_stop()
        follow = self._dc.next_in_loop(renegotiate=renegotiate)
        if receipt and not isinstance(follow, End):
            return Go("MeteringReceipt")
        self._renegotiating = renegotiate and not self._context.leaving
        return follow

    # Receipts

    def hear_metering_receipt(self, _heard: Heard) -> Next:
        if self._ac:
            return self._next_ac()
        return self._dc.next_in_loop()

    # SessionStop

    def ask_session_stop(self) -> Said:
        pausing = self._context.pausing()
        session = iso2.ChargingSession.PAUSE if pausing else iso2.ChargingSession.TERMINATE
        self._pausing = pausing
        return Said(iso2.SessionStopReq(charging_session=session))

    def hear_session_stop(self, _heard: Heard) -> Next:
        context = self._context
        stopped = context.stopped()
        if stopped is not None and not context.awaits_energy:
            return stopped
        if not self._pausing:
            context.memory.forget()
            return stopped or End(SessionResult(Ending.TERMINATED, "SessionStop"))
        context.memory.keep(
            PausedSession(
                protocol=PROTOCOL,
                session_id=context.record.session_id,
                payment=context.view.payment,
                since=context.calendar.unix(),
            )
        )
        return stopped or End(SessionResult(Ending.PAUSED, "SessionStop"))
