"""ISO 15118-20 on the vehicle, the DC loop: what is asked for, and what the station says to it.

Scheduled: the vehicle names the set point.  Dynamic: it names the limits, the station the set
point; the most current that the battery takes now, ramped like a set point, is such a limit.
"""

from typing import Any, Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header, least, most, number
from bsw.chrgm.messages.iso20 import dc
from bsw.chrgm.messages.iso20.common_types import RationalNumber
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import DirectCurrent
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.display import Display, see_meter
from evcc.session.handlers.iso20.energy.giving import Giving, most_amps, most_watts
from evcc.session.handlers.iso20.needs import NO_LIMIT, cycled, departure, energy_needs, see_needs
from evcc.session.handlers.iso20.schedule import Schedule
from evcc.session.handlers.iso20.status import Notifications

LIMITS: Final = {
    "max_voltage": "evse_maximum_voltage",
    "max_current": "evse_maximum_charge_current",
    "max_power": "evse_maximum_charge_power",
}


FALLS: Final = 50.0
TURN: Final = 0.1
"""A/s at which a station is trusted to follow down, and seconds of a turn at least."""


class DirectLoop:
    def __init__(
        self,
        context: VehicleContext,
        choosing: Choosing,
        status: Notifications,
        schedule: Schedule,
        direct: DirectCurrent,
    ) -> None:
        self._context = context
        self._choosing = choosing
        self._status = status
        self._schedule = schedule
        self._direct = direct
        self._display = Display(context)
        self._giving = Giving(context)
        self.ceilings: dict[str, float | None] = {}  # what the parameter discovery told

    def ask(self) -> Said:
        context = self._context
        voltage, current = self._direct.set_points()
        state = context.state
        if self._choosing.made.both_ways and not self._choosing.made.dynamic:
            current = self._both_ways(current)
        inlet = state.battery_voltage if state.inlet_voltage is None else state.inlet_voltage
        return Said(
            dc.DCChargeLoopReq(
                header=header(context.calendar.unix()),
                display_parameters=self._display.parameters(),
                meter_info_requested=self._display.meter_due(),
                ev_present_voltage=number(inlet or 0.0),
                cl_req_control_mode=self._control(voltage, current),
            )
        )

    def _both_ways(self, charging: RationalNumber) -> RationalNumber:
        """Below zero where the schedule takes energy out of the battery."""
        context = self._context
        volts = context.view.present_voltage or context.state.battery_voltage or 0.0
        back = self._giving.amps(charging.si(), volts, down=self._direct.down)
        context.given = max(back, context.given - FALLS * TURN)
        if back > 0.0:
            context.actuators.request_current(-back)
        return number(-back) if back > 0.0 else charging

    def _control(self, voltage: RationalNumber, current: RationalNumber) -> Any:  # noqa: ANN401
        selection = self._choosing.made
        if selection.dynamic:
            return self._dynamic(voltage, current)
        kind = (
            dc.BPTScheduledDCCLReqControlMode
            if selection.both_ways
            else dc.ScheduledDCCLReqControlMode
        )
        state = self._context.state
        needs = energy_needs(state)
        known = {
            "ev_target_energy_request": needs.target,
            "ev_maximum_energy_request": needs.maximum,
            "ev_maximum_charge_power": state.max_power,
            "ev_maximum_charge_current": state.max_current,
            "ev_maximum_voltage": state.max_voltage,
        }
        limits = {name: most(value) for name, value in known.items() if value is not None}
        return kind(ev_target_current=current, ev_target_voltage=voltage, **limits)

    def _dynamic(
        self, voltage: RationalNumber, current: RationalNumber
    ) -> dc.BPTDynamicDCCLReqControlMode | dc.DynamicDCCLReqControlMode:
        state = self._context.state
        needs = energy_needs(state)
        power = NO_LIMIT if state.max_power is None else state.max_power
        known: dict[str, Any] = {
            "departure_time": departure(state),
            "ev_target_energy_request": number(needs.target or 0.0),
            "ev_maximum_energy_request": number(needs.maximum or 0.0),
            "ev_minimum_energy_request": number(needs.minimum or 0.0),
            "ev_maximum_charge_power": most(power),
            "ev_minimum_charge_power": least(0.0),
            "ev_maximum_charge_current": current,
            "ev_maximum_voltage": voltage,
            "ev_minimum_voltage": least(0.0),
        }
        if not self._choosing.made.both_ways:
            return dc.DynamicDCCLReqControlMode(**known)
        return dc.BPTDynamicDCCLReqControlMode(
            **known,
            ev_maximum_discharge_power=most(0.0 if self._direct.down else most_watts(state)),
            ev_minimum_discharge_power=least(0.0),
            ev_maximum_discharge_current=most(self._out()),
            **cycled(state),
        )

    def _out(self) -> float:
        """A limit of the dynamic mode, in which the station decides; nothing on the way out."""
        context = self._context
        amps = 0.0 if self._direct.down else most_amps(context.state)
        context.given = max(amps, context.given - FALLS * TURN)
        return amps

    def hear(self, heard: Heard) -> Next:
        context = self._context
        self._see(heard.body)
        if context.record.agreed.progress is Progress.STANDBY:
            return self._in_standby()
        ready = self._schedule.renewed and not (context.wants_to_stop() or self._status.leaves)
        if ready:
            return Go("PowerDelivery")
        follow = self._direct.next_in_loop(renegotiate=context.standby_wanted)
        return self._schedule.renewing(follow)

    def _in_standby(self) -> Next:
        """Nothing flows; what leaves the standby goes by PowerDelivery."""
        context = self._context
        ends = context.wants_to_stop() or self._status.leaves
        if ends or self._status.leaves_standby or not context.standby_wanted:
            return Go("PowerDelivery")
        return Go("DC_ChargeLoop", after=context.profile.loop_pause)

    def _within(self, name: str, told: float | None) -> float | None:
        """The loop may take back from the discovery, and never add to it [V2G20-2655]."""
        ceiling = self.ceilings.get(name)
        return told if told is None or ceiling is None else min(told, ceiling)

    def _see(self, body: dc.DCChargeLoopRes) -> None:
        context, view = self._context, self._context.view
        context.looped = True
        self._status.see(body.evse_status, body.meter_info)
        see_meter(context, body.meter_info)
        believe, control = context.judge.believe, body.cl_res_control_mode
        if self._choosing.foreign("DC_ChargeLoop", control):
            return
        if self._choosing.made.dynamic:
            see_needs(context, control)
        context.note(
            present_voltage=believe(
                "present_voltage", body.evse_present_voltage, view.present_voltage
            ),
            present_current=believe(
                "present_current", body.evse_present_current, view.present_current
            ),
            current_limit_achieved=body.evse_current_limit_achieved,
            voltage_limit_achieved=body.evse_voltage_limit_achieved,
            power_limit_achieved=body.evse_power_limit_achieved,
            **{
                name: self._within(
                    name, believe(name, getattr(control, field), getattr(view, name))
                )
                for name, field in LIMITS.items()
            },
        )
        context.told()
