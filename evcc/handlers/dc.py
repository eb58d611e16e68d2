"""DC charging as DIN 70121 and ISO 15118-2 have it in common, from cable check to welding.

The two protocols name the same fields alike; what differs - message classes, words for
quantities - is handed in.  Order is the table's affair, current the ramp's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bsw.chrgm.endings import Ending
from bsw.chrgm.initiator import Go, Next
from bsw.chrgm.record import Heard, Said
from evcc.car import STATION_FAULTS, STATION_STOPS, Car
from evcc.current import offered_current, wanted_current, wanted_voltage


@dataclass(frozen=True, slots=True)
class Words:
    """One protocol's message module, and how it says state and quantities."""

    messages: Any
    status: Callable[[Car], Any]
    volts: Callable[[float], Any]
    amps: Callable[[float], Any]


class DirectCurrent:
    def __init__(self, car: Car, words: Words) -> None:
        self._car = car
        self._words = words
        self._welding_since: int | None = None
        self._coming_down = False

    # Cable check

    def ask_cable_check(self) -> Said:
        return Said(self._words.messages.CableCheckReq(dc_ev_status=self._words.status(self._car)))

    def hear_cable_check(self, heard: Heard) -> Next:
        car = self._car
        self._see_status(heard.body.dc_evse_status)
        car.view.processing = str(heard.body.evse_processing.value)
        car.told()
        if car.view.status_code in STATION_FAULTS:
            return car.end(Ending.STATION_FAULT, "CableCheck", car.view.status_code)
        if heard.body.evse_processing.value != "Finished":
            return Go("CableCheck", after=car.profile.ongoing_pause)
        if not self._isolation_good():
            return car.end(Ending.ISOLATION_FAULT, "CableCheck", f"isolation {car.view.isolation}")
        if car.view.status_code != "EVSE_Ready":
            return car.end(Ending.STATION_FAULT, "CableCheck", car.view.status_code)
        car.matched_since = None
        return Go("PreCharge", when=self._battery_voltage_known)

    def _isolation_good(self) -> bool:
        profile = self._car.profile
        accepted = {
            "": True,  # DIN may leave it out
            "Valid": True,
            "Warning": profile.accept_isolation_warning,
            "No_IMD": profile.accept_no_imd,
        }
        return accepted.get(self._car.view.isolation, False)

    def _battery_voltage_known(self) -> bool:
        battery, highest = self._car.state.battery_voltage, self._car.state.max_voltage
        return battery is not None and battery > 0 and (highest is None or battery <= highest)

    # Pre-charge

    def ask_pre_charge(self) -> Said:
        words, car = self._words, self._car
        return Said(
            words.messages.PreChargeReq(
                dc_ev_status=words.status(car),
                ev_target_voltage=words.volts(car.state.battery_voltage or 0.0),
                ev_target_current=words.amps(car.profile.precharge_current),
            )
        )

    def hear_pre_charge(self, heard: Heard) -> Next:
        car = self._car
        self._see_status(heard.body.dc_evse_status)
        voltage: float = heard.body.evse_present_voltage.si()
        car.view.present_voltage = voltage
        car.told()
        if car.view.status_code in STATION_STOPS:
            return car.end(Ending.STATION_FAULT, "PreCharge", car.view.status_code)
        if car.voltages_match(voltage):
            return Go(
                "PowerDelivery",
                when=car.contactors_closed,
                within=car.profile.contactor_limit,
                otherwise=Ending.CONTACTOR_FAULT,
            )
        return Go("PreCharge", after=car.profile.precharge_pause)

    # Charge loop

    def set_points(self) -> tuple[Any, Any]:
        """Voltage and current for the request that leaves now."""
        car = self._car
        voltage = wanted_voltage(car.state, car.view)
        present = car.view.present_voltage or voltage
        down = self._down()
        steady = 0.0 if down else wanted_current(car.state, car.view, present)
        most = offered_current(car.state, car.view, present)
        current = car.ramp.next(steady, car.scheduler.now, most)
        car.actuators.request_current(current)
        car.actuators.allow_dc_current(0.0 if down else most)
        return self._words.volts(voltage), self._words.amps(current)

    def limits(self) -> dict[str, Any]:
        """The optional limits, for those the vehicle knows."""
        state, words = self._car.state, self._words
        unit = words.messages.Unit
        value = words.messages.PhysicalValue.of
        known = {
            "ev_maximum_voltage_limit": (state.max_voltage, unit.V),
            "ev_maximum_current_limit": (state.max_current, unit.A),
            "ev_maximum_power_limit": (state.max_power, unit.W),
            "remaining_time_to_full_soc": (state.remaining_to_full, unit.S),
            "remaining_time_to_bulk_soc": (state.remaining_to_bulk, unit.S),
        }
        return {
            name: value(amount, of) for name, (amount, of) in known.items() if amount is not None
        }

    def see_loop(self, body: Any) -> None:  # noqa: ANN401 - CurrentDemandRes of either protocol
        view = self._car.view
        self._see_status(body.dc_evse_status)
        view.present_voltage = body.evse_present_voltage.si()
        view.present_current = body.evse_present_current.si()
        view.current_limit_achieved = body.evse_current_limit_achieved
        view.voltage_limit_achieved = body.evse_voltage_limit_achieved
        view.power_limit_achieved = body.evse_power_limit_achieved
        if body.evse_maximum_voltage_limit is not None:
            view.max_voltage = body.evse_maximum_voltage_limit.si()
        if body.evse_maximum_current_limit is not None:
            view.max_current = body.evse_maximum_current_limit.si()
        if body.evse_maximum_power_limit is not None:
            view.max_power = body.evse_maximum_power_limit.si()
        self._car.told()

    def next_in_loop(self, *, renegotiate: bool = False) -> Next:
        """Go on, come down, or break off, by what station, vehicle and measurements say."""
        car = self._car
        if car.view.status_code == "EVSE_EmergencyShutdown":
            return car.end(Ending.STATION_FAULT, "CurrentDemand", car.view.status_code)
        if self._overvoltage():
            return car.end(Ending.VOLTAGE_MISMATCH, "CurrentDemand", "over-voltage at the inlet")
        self._note_reasons()
        car.leaving = car.wants_to_stop() or self._station_stops()
        self._coming_down = car.leaving or renegotiate
        if self._coming_down:
            return self._come_down()
        car.stopping_since = None
        return Go("CurrentDemand", after=car.profile.loop_pause)

    def _down(self) -> bool:
        return self._coming_down or self._car.wants_to_stop()

    def _come_down(self) -> Go:
        """Bring the current to zero, but wait no longer than the stop class allows."""
        car = self._car
        now = car.scheduler.now
        if car.stopping_since is None:
            car.stopping_since = now
        low = abs(car.view.present_current or 0.0) < car.profile.low_current
        urgent = car.stop_reason is not None or car.error != "NO_ERROR"
        late = now - car.stopping_since >= car.profile.ramp_limit
        if urgent:
            car.ramp.reset()
        if (low and car.ramp.amps == 0.0) or late or urgent:
            return Go("PowerDelivery")
        return Go("CurrentDemand", after=car.profile.loop_pause)

    def _station_stops(self) -> bool:
        view = self._car.view
        return view.notification == "StopCharging" or view.status_code in STATION_STOPS

    def _note_reasons(self) -> None:
        car = self._car
        if car.view.status_code == "EVSE_Malfunction":
            car.stop_reason = car.stop_reason or Ending.STATION_FAULT
        if car.view.isolation == "Fault":
            car.stop_reason = car.stop_reason or Ending.ISOLATION_FAULT
        if self._currents_differ():
            car.stop_reason = car.stop_reason or Ending.VEHICLE_FAULT
            car.own_error = "FAILED_ChargingCurrentdifferential"

    def _overvoltage(self) -> bool:
        car = self._car
        inlet, highest = car.state.inlet_voltage, car.state.max_voltage
        if inlet is None or highest is None or inlet <= highest * car.profile.overvoltage:
            car.overvoltage_since = None
            return False
        if car.overvoltage_since is None:
            car.overvoltage_since = car.scheduler.now
        return car.scheduler.now - car.overvoltage_since >= car.profile.overvoltage_time

    def _currents_differ(self) -> bool:
        car = self._car
        told, measured = car.view.present_current, car.state.battery_current
        if told is None or measured is None:
            return False
        if abs(told - measured) <= car.profile.mismatch_current + 0.05 * abs(told):
            car.mismatch_since = None
            return False
        if car.mismatch_since is None:
            car.mismatch_since = car.scheduler.now
        return car.scheduler.now - car.mismatch_since >= car.profile.mismatch_time

    def begin_again(self) -> None:
        """Energy has ended; if it comes back, it ramps up from zero."""
        self._coming_down = False
        self._car.ramp.reset()
        self._car.stopping_since = None

    # After the stop

    def after_stop(self) -> Next:
        """Contactors open, state B, then the weld test if the vehicle makes one."""
        car = self._car
        self.begin_again()
        car.actuators.request_current(0.0)
        to = "WeldingDetection" if car.profile.welding_detection else "SessionStop"
        return Go(
            to,
            when=car.opened_and_in_b,
            within=car.profile.contactor_limit,
            otherwise=Ending.CONTACTOR_FAULT,
        )

    def ask_welding_detection(self) -> Said:
        if self._welding_since is None:
            self._welding_since = self._car.scheduler.now
        words = self._words
        return Said(words.messages.WeldingDetectionReq(dc_ev_status=words.status(self._car)))

    def hear_welding_detection(self, heard: Heard) -> Next:
        car = self._car
        assert self._welding_since is not None, "heard only after it was asked"
        self._see_status(heard.body.dc_evse_status)
        car.view.present_voltage = heard.body.evse_present_voltage.si()
        car.told()
        measured = car.state.inlet_voltage
        voltage = car.view.present_voltage if measured is None else measured
        if voltage is not None and voltage < car.profile.safe_voltage:
            return Go("SessionStop")
        if car.scheduler.now - self._welding_since >= car.profile.welding_limit:
            car.log.error("contactor welded", volts=voltage)
            car.stop_reason = Ending.CONTACTOR_FAULT
            return Go("SessionStop")
        return Go("WeldingDetection", after=car.profile.welding_pause)

    def _see_status(self, status: Any) -> None:  # noqa: ANN401 - of either protocol
        view = self._car.view
        view.status_code = str(status.evse_status_code.value)
        level = status.evse_isolation_status
        view.isolation = "" if level is None else str(level.value)
        view.notification = str(status.evse_notification.value)
        view.notification_delay = status.notification_max_delay
