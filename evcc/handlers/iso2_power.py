"""ISO 15118-2 on the vehicle: PowerDelivery, the two loops, SessionStop."""

from typing import Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.initiator import End, Go, Next
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said
from evcc.car import Car
from evcc.handlers.dc import DirectCurrent
from evcc.handlers.iso2_contract import Contract
from evcc.handlers.iso2_setup import Setup
from evcc.handlers.iso2_words import charging_profile, dc_status
from evcc.memory import PausedSession
from evcc.wear import Renegotiations

Step = iso2.ChargeProgress
PROTOCOL = "iso2"
INFINITE: Final = float("inf")


class Power:
    def __init__(self, car: Car, setup: Setup, dc: DirectCurrent, contract: Contract) -> None:
        self._car = car
        self._setup = setup
        self._dc = dc
        self._contract = contract
        self._renegotiating = False
        self._pausing = False
        self._renegotiations = Renegotiations(car.worn, car.scheduler)
        self._allowed = 0.0  # A, AC: allowed last

    @property
    def _ac(self) -> bool:
        return self._setup.mode.startswith("AC")

    @property
    def _charging(self) -> bool:
        return self._car.record.agreed.progress is Progress.CHARGING

    # PowerDelivery

    def ask_power_delivery(self) -> Said:
        car = self._car
        step = self._step()
        assert car.plan is not None, "a schedule was chosen before PowerDelivery"
        if self._ac and step is not Step.RENEGOTIATE:
            if step is Step.STOP:
                car.actuators.allow_ac_current(0.0)
            if step is Step.START and car.pilot.state not in {"C", "D"}:
                car.worn.closed()
            car.pilot.set_ready(ready=step is Step.START)  # [V2G2-847], [V2G2-848]
        parameter = None
        if not self._ac:
            parameter = iso2.DCEVPowerDeliveryParameter(
                dc_ev_status=dc_status(car),
                bulk_charging_complete=car.state.bulk_complete,
                charging_complete=car.complete,
            )
        return Said(
            iso2.PowerDeliveryReq(
                charge_progress=step,
                sa_schedule_tuple_id=car.plan.number,
                charging_profile=charging_profile(car.plan) if step is Step.START else None,
                ev_power_delivery_parameter=parameter,
            )
        )

    def _step(self) -> iso2.ChargeProgress:
        if not self._charging:
            return Step.START
        return Step.RENEGOTIATE if self._renegotiating else Step.STOP

    def hear_power_delivery(self, _heard: Heard) -> Next:
        car = self._car
        progress = car.record.agreed.progress
        if progress is Progress.CHARGING:
            car.stopping_since = None
            return Go("ChargingStatus" if self._ac else "CurrentDemand")
        if progress is Progress.RENEGOTIATING:
            self._renegotiating = False
            self._renegotiations.done()
            car.state.renegotiate = False
            return self._renegotiate()
        if self._ac:
            return Go("SessionStop", when=car.in_b)
        return self._dc.after_stop()

    def _renegotiate(self) -> Next:
        """In DC the contactors open and, by the switch, the pilot goes back to B."""
        car = self._car
        if self._ac:
            return Go("ChargeParameterDiscovery")
        self._dc.begin_again()
        ready = car.opened_and_in_b if car.profile.renegotiate_in_state_b else car.opened
        return Go("ChargeParameterDiscovery", when=ready, within=car.profile.contactor_limit)

    # AC

    def ask_charging_status(self) -> Said:
        return Said(iso2.ChargingStatusReq())

    def hear_charging_status(self, heard: Heard) -> Next:
        car = self._car
        response: iso2.ChargingStatusRes = heard.body
        status = response.ac_evse_status
        car.looped = True
        car.view.rcd = status.rcd
        car.view.notification = str(status.evse_notification.value)
        car.view.notification_delay = status.notification_max_delay
        car.judge.take("max_current", response.evse_max_current)
        receipt = self._contract.see_meter(response)
        car.told()
        if status.rcd:
            car.stop(Ending.STATION_FAULT, "residual current")
        car.look_in_loop()
        self._allow_current()
        if receipt:
            return Go("MeteringReceipt")
        return self._next_ac()

    def _allow_current(self) -> None:
        car = self._car
        stop = car.wants_to_stop() or car.view.notification == "StopCharging"
        most = self._allowed if car.judge.doubtful else INFINITE
        self._allowed = 0.0 if stop else min(most, car.ac_current(self._setup.mode))
        car.actuators.allow_ac_current(self._allowed)

    def _next_ac(self) -> Next:
        car = self._car
        if car.wants_to_stop() or car.view.notification == "StopCharging":
            return Go("PowerDelivery")
        if self._wants_renegotiation():
            self._renegotiating = True
            return Go("PowerDelivery")
        if car.wants_to_stop():  # too many of them
            return Go("PowerDelivery")
        return Go("ChargingStatus", after=car.profile.loop_pause)

    def _wants_renegotiation(self) -> bool:
        """Whoever asks: not too soon, and not for ever."""
        car = self._car
        asked = car.view.notification == "ReNegotiation" or car.state.renegotiate
        if not asked or not self._renegotiations.due:
            return False
        why, fault = self._renegotiations.refused()
        if fault:
            car.stop(Ending.TOO_OFTEN, why, fault)
        return not fault

    # DC

    def ask_current_demand(self) -> Said:
        car = self._car
        voltage, current = self._dc.set_points()
        return Said(
            iso2.CurrentDemandReq(
                dc_ev_status=dc_status(car),
                ev_target_current=current,
                bulk_charging_complete=car.state.bulk_complete,
                charging_complete=car.complete,
                ev_target_voltage=voltage,
                **self._dc.limits(),
            )
        )

    def hear_current_demand(self, heard: Heard) -> Next:
        self._dc.see_loop(heard.body)
        receipt = self._contract.see_meter(heard.body)
        renegotiate = self._wants_renegotiation() and not self._car.wants_to_stop()
        follow = self._dc.next_in_loop(renegotiate=renegotiate)
        if receipt and not isinstance(follow, End):
            return Go("MeteringReceipt")
        self._renegotiating = renegotiate and not self._car.leaving
        return follow

    # Receipts

    def hear_metering_receipt(self, _heard: Heard) -> Next:
        if self._ac:
            return self._next_ac()
        return self._dc.next_in_loop()

    # SessionStop

    def ask_session_stop(self) -> Said:
        pausing = self._car.pausing()
        session = iso2.ChargingSession.PAUSE if pausing else iso2.ChargingSession.TERMINATE
        self._pausing = pausing
        return Said(iso2.SessionStopReq(charging_session=session))

    def hear_session_stop(self, _heard: Heard) -> Next:
        car = self._car
        stopped = car.stopped()
        if stopped is not None and not car.awaits_energy:
            return stopped
        if not self._pausing:
            car.memory.forget()
            return stopped or End(SessionResult(Ending.TERMINATED, "SessionStop"))
        car.memory.keep(
            PausedSession(
                protocol=PROTOCOL,
                session_id=car.record.session_id,
                payment=car.view.payment,
                since=car.calendar.unix(),
            )
        )
        return stopped or End(SessionResult(Ending.PAUSED, "SessionStop"))
