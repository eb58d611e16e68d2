"""DC charging as the protocols have it in common, from cable check to welding.

DIN 70121 and ISO 15118-2 name the same fields alike; what differs - message classes, words for
quantities - is handed in.  ISO 15118-20 has other messages and takes the judgement alone.  Order
is the table's affair, current the ramp's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.record import Heard, Said
from bsw.os.clock import S
from evcc.session.context import STATION_FAULTS, STATION_STOPS, VehicleContext
from evcc.session.current import offered_current, wanted_current, wanted_voltage
from evcc.vehicle import StationView


@dataclass(frozen=True, slots=True)
class Words:
    """One protocol's message module, and how it says state and quantities."""

    messages: Any
    status: Callable[[VehicleContext], Any]
    volts: Callable[[float], Any]
    amps: Callable[[float], Any]
    loop: str = "CurrentDemand"
    welding: str = "WeldingDetection"


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

STOP_WORDS: Final = frozenset({"StopCharging", "Terminate", "Pause", "ServiceRenegotiation"})
"""EVSENotification of all protocols that wants the energy to end."""
NOBODY_KNOWS: Final = float("inf")
FALLS: Final = 50.0
"""A/s at which the output is trusted to follow a request down; the norm wants 100."""


def see_offer(context: VehicleContext, offer: Any) -> None:  # noqa: ANN401 - of either protocol
    """What the station offers now; what it leaves out is not offered any more."""
    told: dict[str, Any] = {
        name: context.judge.believe(name, getattr(offer, field)) for name, field in OFFER.items()
    }
    status = offer.dc_evse_status
    context.see(
        context.view.but(
            status_code=status.evse_status_code._value_,
            notification=status.evse_notification._value_,
            notification_delay=status.notification_max_delay,
            **told,
        )
    )


def with_status(view: StationView, answer: Any, **more: Any) -> StationView:  # noqa: ANN401 - of either protocol
    """The view after an answer with a DC_EVSEStatus; ``more``: what else it said."""
    status = answer.dc_evse_status
    level = status.evse_isolation_status
    return view.but(
        status_code=status.evse_status_code._value_,
        isolation="" if level is None else level._value_,
        notification=status.evse_notification._value_,
        notification_delay=status.notification_max_delay,
        **more,
    )


class DirectCurrent:
    def __init__(self, context: VehicleContext, words: Words) -> None:
        self._context = context
        self._words = words
        self._welding_since: int | None = None
        self._contradicted_since: int | None = None
        self._expected_at: int | None = None
        self._coming_down = False
        self._station_stopped = False

    # Cable check

    def ask_cable_check(self) -> Said:
        return Said(
            self._words.messages.CableCheckReq(dc_ev_status=self._words.status(self._context))
        )

    def hear_cable_check(self, heard: Heard) -> Next:
        context = self._context
        processing = str(heard.body.evse_processing.value)
        context.see(with_status(context.view, heard.body, processing=processing))
        context.told()
        if context.view.status_code in STATION_FAULTS:
            return context.end(Ending.STATION_FAULT, "CableCheck", context.view.status_code)
        if heard.body.evse_processing.value != "Finished":
            return Go("CableCheck", after=context.profile.ongoing_pause)
        if not self._isolation_good():
            return context.end(
                Ending.ISOLATION_FAULT, "CableCheck", f"isolation {context.view.isolation}"
            )
        if context.view.status_code != "EVSE_Ready":
            return context.end(Ending.STATION_FAULT, "CableCheck", context.view.status_code)
        context.matched_since = None
        return Go("PreCharge", when=self.battery_voltage_known)

    def _isolation_good(self) -> bool:
        profile = self._context.profile
        accepted = {
            "": True,  # DIN may leave it out
            "Valid": True,
            "Warning": profile.accept_isolation_warning,
            "No_IMD": profile.accept_no_imd,
        }
        return accepted.get(self._context.view.isolation, False)

    def battery_voltage_known(self) -> bool:
        battery, highest = self._context.state.battery_voltage, self._context.state.max_voltage
        return battery is not None and battery > 0 and (highest is None or battery <= highest)

    # Pre-charge

    def ask_pre_charge(self) -> Said:
        words, context = self._words, self._context
        return Said(
            words.messages.PreChargeReq(
                dc_ev_status=words.status(context),
                ev_target_voltage=words.volts(context.state.battery_voltage or 0.0),
                ev_target_current=words.amps(context.profile.precharge_current),
            )
        )

    def hear_pre_charge(self, heard: Heard) -> Next:
        context = self._context
        self._see_voltage(heard.body)
        if context.view.status_code in STATION_STOPS:
            return context.end(Ending.STATION_FAULT, "PreCharge", context.view.status_code)
        finding = context.look(flowing=False)
        if finding is not None:
            return context.refuse(finding, "PreCharge")
        if context.voltages_match(context.view.present_voltage):
            return Go(
                "PowerDelivery",
                when=context.contactors_closed,
                within=context.profile.contactor_limit,
                otherwise=Ending.CONTACTOR_FAULT,
            )
        return Go("PreCharge", after=context.profile.precharge_pause)

    # Charge loop

    def set_points(self) -> tuple[Any, Any]:
        """Voltage and current for the request that leaves now."""
        context = self._context
        state, view = context.state, context.view
        voltage = wanted_voltage(state, view)
        down = self.down
        most = offered_current(state, view, self._present_voltage() or voltage)
        steady = 0.0 if down else wanted_current(state, most)
        if context.judge.doubtful:
            most = min(most, context.ramp.amps)  # nothing rises on what cannot be believed
        current = context.ramp.next(steady, context.scheduler.now, most)
        self._expect(current)
        context.actuators.request_current(current)
        context.actuators.allow_dc_current(0.0 if down else most)
        return self._words.volts(voltage), self._words.amps(current)

    def _present_voltage(self) -> float:
        """What power is divided by: the highest that anybody measures, so the least current."""
        state, view = self._context.state, self._context.view
        told = (view.present_voltage, state.inlet_voltage, state.battery_voltage)
        return max((one for one in told if one is not None), default=0.0)

    def _expect(self, current: float) -> None:
        """A station follows a falling request, but not at once."""
        context, now = self._context, self._context.scheduler.now
        passed = 0.0 if self._expected_at is None else (now - self._expected_at) / S
        self._expected_at = now
        context.expected = max(current, context.expected - FALLS * passed)

    def limits(self) -> dict[str, Any]:
        """The optional limits, for those the vehicle knows."""
        state, words = self._context.state, self._words
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
        context = self._context
        context.looped = True
        view, believe = context.view, context.judge.believe
        told = {
            name: believe(name, getattr(body, field), getattr(view, name))
            for name, field in LOOP.items()
        }
        context.see(
            with_status(
                view,
                body,
                current_limit_achieved=body.evse_current_limit_achieved,
                voltage_limit_achieved=body.evse_voltage_limit_achieved,
                power_limit_achieved=body.evse_power_limit_achieved,
                **told,
            )
        )
        context.told()

    def next_in_loop(self, *, renegotiate: bool = False) -> Next:
        """Go on, come down, or break off, by what station, vehicle and measurements say."""
        context = self._context
        if context.view.status_code == "EVSE_EmergencyShutdown":
            return context.end(Ending.STATION_FAULT, self._words.loop, context.view.status_code)
        if self._overvoltage():
            return context.end(
                Ending.VOLTAGE_MISMATCH, self._words.loop, "over-voltage at the inlet"
            )
        self._note_reasons()
        context.leaving = context.wants_to_stop() or self._station_stops()
        self._coming_down = context.leaving or renegotiate
        if self._coming_down:
            return self._come_down()
        context.stopping_since = None
        return Go(self._words.loop, after=context.profile.loop_pause)

    @property
    def down(self) -> bool:
        """The current has to end."""
        return self._coming_down or self._context.wants_to_stop()

    def _come_down(self) -> Go:
        """Bring the current to zero, but wait no longer than the stop class allows."""
        context = self._context
        now = context.scheduler.now
        if context.stopping_since is None:
            context.stopping_since = now
        flowing = context.view.present_current
        if flowing is None:  # not believed: our own measurement
            flowing = context.state.battery_current
        low = abs(flowing or 0.0) < context.profile.low_current
        patient = {None, Ending.TOO_OFTEN}
        urgent = context.stop_reason not in patient or context.error != "NO_ERROR"
        late = now - context.stopping_since >= context.profile.ramp_limit
        if urgent:
            context.ramp.reset()
        if (low and context.ramp.amps == 0.0) or late or urgent:
            return Go("PowerDelivery")
        return Go(self._words.loop, after=context.profile.loop_pause)

    def _station_stops(self) -> bool:
        """Once said it holds until the current is gone: it shall not go up and down by a word."""
        view = self._context.view
        said = view.notification in STOP_WORDS or view.status_code in STATION_STOPS
        self._station_stopped = self._station_stopped or said
        return self._station_stopped

    def _note_reasons(self) -> None:
        context = self._context
        if context.view.status_code == "EVSE_Malfunction":
            context.stop(Ending.STATION_FAULT, context.view.status_code)
        if context.view.isolation == "Fault":
            context.stop(Ending.ISOLATION_FAULT, f"isolation {context.view.isolation}")
        context.look_in_loop()

    def _overvoltage(self) -> bool:
        context = self._context
        inlet, highest = context.state.inlet_voltage, context.state.max_voltage
        if inlet is None or highest is None or inlet <= highest * context.profile.overvoltage:
            context.overvoltage_since = None
            return False
        if context.overvoltage_since is None:
            context.overvoltage_since = context.scheduler.now
        return context.scheduler.now - context.overvoltage_since >= context.profile.overvoltage_time

    def begin_again(self) -> None:
        """Energy has ended; if it comes back, it ramps up from zero.  A weld test counts anew."""
        self._welding_since = self._contradicted_since = None
        self._coming_down = self._station_stopped = False
        self._context.ramp.reset()
        self._context.stopping_since = None

    # After the stop

    def after_stop(self) -> Next:
        """Contactors open, state B, then the weld test if the vehicle makes one."""
        context = self._context
        self.begin_again()
        context.actuators.request_current(0.0)
        to = self._words.welding if context.profile.welding_detection else "SessionStop"
        return Go(
            to,
            when=context.opened_and_in_b,
            within=context.profile.contactor_limit,
            otherwise=Ending.CONTACTOR_FAULT,
        )

    def begin_welding(self) -> None:
        if self._welding_since is None:
            self._welding_since = self._context.scheduler.now

    def ask_welding_detection(self) -> Said:
        self.begin_welding()
        words = self._words
        return Said(words.messages.WeldingDetectionReq(dc_ev_status=words.status(self._context)))

    def hear_welding_detection(self, heard: Heard) -> Next:
        self._see_voltage(heard.body)
        return self.judge_welding()

    def judge_welding(self) -> Next:
        """Whether all is without voltage, by what both sides measure after the opening."""
        context = self._context
        assert self._welding_since is not None, "heard only after it was asked"
        told, measured = self._after_opening()
        live = max((one for one in (told, measured) if one is not None), default=NOBODY_KNOWS)
        if live < context.profile.safe_voltage:
            return Go("SessionStop")
        waited = context.scheduler.now - self._welding_since
        if self._only_station_live(told, measured):
            text = f"after opening {told} V by the station, {measured} V by the vehicle"
            context.stop(Ending.VOLTAGE_MISMATCH, text, "STATION_VOLTAGE")
            return Go("SessionStop")
        if waited >= context.profile.welding_limit:
            text = f"after opening {measured} V by the vehicle, {told} V by the station"
            context.stop(Ending.CONTACTOR_FAULT, text, "CONTACTOR_WELDED")
            return Go("SessionStop")
        return Go(self._words.welding, after=context.profile.welding_pause)

    def _after_opening(self) -> tuple[float | None, float | None]:
        """What station and vehicle measure; a simulated station's word counts where alone."""
        told, measured = self._context.view.present_voltage, self._context.state.inlet_voltage
        if self._context.profile.lab_station_without_power and measured is not None:
            return None, measured
        return told, measured

    def _only_station_live(self, told: float | None, measured: float | None) -> bool:
        """For longer than an output needs to fall.  The reverse is a contactor that sticks."""
        context, safe = self._context, self._context.profile.safe_voltage
        if told is None or measured is None or told < safe or measured >= safe:
            self._contradicted_since = None
            return False
        if self._contradicted_since is None:
            self._contradicted_since = context.scheduler.now
        waited = context.scheduler.now - self._contradicted_since
        return waited >= context.profile.welding_contradiction

    def _see_voltage(self, body: Any) -> None:  # noqa: ANN401 - of either protocol
        context = self._context
        view, told = context.view, body.evse_present_voltage
        volts = context.judge.believe("present_voltage", told, view.present_voltage)
        context.see(with_status(view, body, present_voltage=volts))
        context.told()
