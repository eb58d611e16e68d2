"""DC charging as DIN 70121 and ISO 15118-2 have it in common, from cable check to welding.

The two protocols name the same fields alike; what differs - message classes, words for
quantities - is handed in.  Order is the table's affair, current the ramp's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.initiator import Go, Next
from bsw.chrgm.record import Heard, Said
from bsw.os.clock import S
from evcc.car import STATION_FAULTS, STATION_STOPS, Car
from evcc.current import offered_current, wanted_current, wanted_voltage


@dataclass(frozen=True, slots=True)
class Words:
    """One protocol's message module, and how it says state and quantities."""

    messages: Any
    status: Callable[[Car], Any]
    volts: Callable[[float], Any]
    amps: Callable[[float], Any]


OFFER: Final = {
    "max_current": "evse_maximum_current_limit",
    "max_power": "evse_maximum_power_limit",
    "max_voltage": "evse_maximum_voltage_limit",
    "min_current": "evse_minimum_current_limit",
    "min_voltage": "evse_minimum_voltage_limit",
    "ripple": "evse_peak_current_ripple",
    "tolerance": "evse_current_regulation_tolerance",
    "energy_to_deliver": "evse_energy_to_be_delivered",
}
LOOP: Final = {
    "present_voltage": "evse_present_voltage",
    "present_current": "evse_present_current",
    "max_voltage": "evse_maximum_voltage_limit",
    "max_current": "evse_maximum_current_limit",
    "max_power": "evse_maximum_power_limit",
}
"""Where the values of ``evcc.plausible`` stand in a message."""

NOBODY_KNOWS: Final = float("inf")
FALLS: Final = 50.0
"""A/s at which the output is trusted to follow a request down; the norm wants 100."""


def see_limits(car: Car, offer: Any) -> None:  # noqa: ANN401 - of either protocol
    """What the station offers now; what it leaves out is not offered any more."""
    for name, field in OFFER.items():
        setattr(car.view, name, None)
        car.judge.take(name, getattr(offer, field))


class DirectCurrent:
    def __init__(self, car: Car, words: Words) -> None:
        self._car = car
        self._words = words
        self._welding_since: int | None = None
        self._contradicted_since: int | None = None
        self._expected_at: int | None = None
        self._coming_down = False
        self._station_stopped = False

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
        car.judge.take("present_voltage", heard.body.evse_present_voltage)
        car.told()
        if car.view.status_code in STATION_STOPS:
            return car.end(Ending.STATION_FAULT, "PreCharge", car.view.status_code)
        finding = car.look(flowing=False)
        if finding is not None:
            return car.refuse(finding, "PreCharge")
        if car.voltages_match(car.view.present_voltage):
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
        present = self._present_voltage() or voltage
        down = self._down()
        steady = 0.0 if down else wanted_current(car.state, car.view, present)
        most = offered_current(car.state, car.view, present)
        if car.judge.doubtful:
            most = min(most, car.ramp.amps)  # nothing rises on what cannot be believed
        current = car.ramp.next(steady, car.scheduler.now, most)
        self._expect(current)
        car.actuators.request_current(current)
        car.actuators.allow_dc_current(0.0 if down else most)
        return self._words.volts(voltage), self._words.amps(current)

    def _present_voltage(self) -> float:
        """What power is divided by: the highest that anybody measures, so the least current."""
        state, view = self._car.state, self._car.view
        told = (view.present_voltage, state.inlet_voltage, state.battery_voltage)
        return max((one for one in told if one is not None), default=0.0)

    def _expect(self, current: float) -> None:
        """A station follows a falling request, but not at once."""
        car, now = self._car, self._car.scheduler.now
        passed = 0.0 if self._expected_at is None else (now - self._expected_at) / S
        self._expected_at = now
        car.expected = max(current, car.expected - FALLS * passed)

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
        self._car.looped = True
        self._see_status(body.dc_evse_status)
        for name, field in LOOP.items():
            self._car.judge.take(name, getattr(body, field))
        view.current_limit_achieved = body.evse_current_limit_achieved
        view.voltage_limit_achieved = body.evse_voltage_limit_achieved
        view.power_limit_achieved = body.evse_power_limit_achieved
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
        flowing = car.view.present_current
        if flowing is None:  # not believed: our own measurement
            flowing = car.state.battery_current
        low = abs(flowing or 0.0) < car.profile.low_current
        patient = {None, Ending.TOO_OFTEN}
        urgent = car.stop_reason not in patient or car.error != "NO_ERROR"
        late = now - car.stopping_since >= car.profile.ramp_limit
        if urgent:
            car.ramp.reset()
        if (low and car.ramp.amps == 0.0) or late or urgent:
            return Go("PowerDelivery")
        return Go("CurrentDemand", after=car.profile.loop_pause)

    def _station_stops(self) -> bool:
        """Once said it holds until the current is gone: it shall not go up and down by a word."""
        view = self._car.view
        said = view.notification == "StopCharging" or view.status_code in STATION_STOPS
        self._station_stopped = self._station_stopped or said
        return self._station_stopped

    def _note_reasons(self) -> None:
        car = self._car
        if car.view.status_code == "EVSE_Malfunction":
            car.stop(Ending.STATION_FAULT, car.view.status_code)
        if car.view.isolation == "Fault":
            car.stop(Ending.ISOLATION_FAULT, f"isolation {car.view.isolation}")
        car.look_in_loop()

    def _overvoltage(self) -> bool:
        car = self._car
        inlet, highest = car.state.inlet_voltage, car.state.max_voltage
        if inlet is None or highest is None or inlet <= highest * car.profile.overvoltage:
            car.overvoltage_since = None
            return False
        if car.overvoltage_since is None:
            car.overvoltage_since = car.scheduler.now
        return car.scheduler.now - car.overvoltage_since >= car.profile.overvoltage_time

    def begin_again(self) -> None:
        """Energy has ended; if it comes back, it ramps up from zero."""
        self._coming_down = self._station_stopped = False
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
        car.judge.take("present_voltage", heard.body.evse_present_voltage)
        car.told()
        told, measured = self._after_opening()
        live = max((one for one in (told, measured) if one is not None), default=NOBODY_KNOWS)
        if live < car.profile.safe_voltage:
            return Go("SessionStop")
        waited = car.scheduler.now - self._welding_since
        if self._only_station_live(told, measured):
            text = f"after opening {told} V by the station, {measured} V by the vehicle"
            car.stop(Ending.VOLTAGE_MISMATCH, text, "STATION_VOLTAGE")
            return Go("SessionStop")
        if waited >= car.profile.welding_limit:
            text = f"after opening {measured} V by the vehicle, {told} V by the station"
            car.stop(Ending.CONTACTOR_FAULT, text, "CONTACTOR_WELDED")
            return Go("SessionStop")
        return Go("WeldingDetection", after=car.profile.welding_pause)

    def _after_opening(self) -> tuple[float | None, float | None]:
        """What station and vehicle measure; a simulated station's word counts where alone."""
        told, measured = self._car.view.present_voltage, self._car.state.inlet_voltage
        if self._car.profile.lab_station_without_power and measured is not None:
            return None, measured
        return told, measured

    def _only_station_live(self, told: float | None, measured: float | None) -> bool:
        """For longer than an output needs to fall.  The reverse is a contactor that sticks."""
        car, safe = self._car, self._car.profile.safe_voltage
        if told is None or measured is None or told < safe or measured >= safe:
            self._contradicted_since = None
            return False
        if self._contradicted_since is None:
            self._contradicted_since = car.scheduler.now
        waited = car.scheduler.now - self._contradicted_since
        return waited >= car.profile.welding_contradiction

    def _see_status(self, status: Any) -> None:  # noqa: ANN401 - of either protocol
        view = self._car.view
        view.status_code = str(status.evse_status_code.value)
        level = status.evse_isolation_status
        view.isolation = "" if level is None else str(level.value)
        view.notification = str(status.evse_notification.value)
        view.notification_delay = status.notification_max_delay
