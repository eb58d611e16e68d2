"""ISO 15118-20 on the vehicle, AC: its limits, and the loop by the station's target.

What the charger on board can stands in ``onboard``; what comes of the station is read in each form.
"""

from typing import Any, Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.lines import Lines, lines
from bsw.chrgm.iso20.words import header, least, most, number
from bsw.chrgm.messages.iso20 import ac
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.display import Display, see_meter
from evcc.session.handlers.iso20.energy.giving import planned_out
from evcc.session.handlers.iso20.energy.onboard import Onboard, spread, watts_per_amp
from evcc.session.handlers.iso20.needs import cycled, departure, energy_needs, see_needs
from evcc.session.handlers.iso20.parking import Parking
from evcc.session.handlers.iso20.schedule import Schedule
from evcc.session.handlers.iso20.status import Notifications

LEAST_CURRENT: Final = 6.0
"""A: below that no charger draws anything."""


class AlternatingCurrent20:
    def __init__(
        self,
        context: VehicleContext,
        choosing: Choosing,
        status: Notifications,
        schedule: Schedule,
        parking: Parking,
    ) -> None:
        self._context = context
        self._choosing = choosing
        self._status = status
        self._schedule = schedule
        self._parking = parking
        self._display = Display(context)
        self._onboard = Onboard(context, lambda: choosing.mode)
        self._target: float | None = None  # A per line, by the station's target
        self._allowed = 0.0  # A, allowed last; below zero out of the battery

    # Limits

    def ask_ac_charge_parameter_discovery(self) -> Said:
        limits: ac.AnyACCPDReqEnergyTransferMode
        if self._choosing.made.both_ways:
            limits = ac.BPTACCPDReqEnergyTransferMode(**self._limits_in(), **self._limits_out())
        else:
            limits = ac.ACCPDReqEnergyTransferMode(**self._limits_in())
        return Said(
            ac.ACChargeParameterDiscoveryReq(
                header=header(self._context.calendar.unix()),
                ac_cpd_req_energy_transfer_mode=limits,
            )
        )

    def _limits_in(self) -> dict[str, Any]:
        onboard = self._onboard
        lowest = (self._context.state.ac_min_current or 0.0) * watts_per_amp(self._context, 1)
        each = (lowest,) * onboard.phases if onboard.by_line else ()
        return {
            **spread("ev_maximum_charge_power", onboard.most_in, most),
            **spread("ev_minimum_charge_power", Lines(lowest * onboard.phases, each), least),
        }

    def _limits_out(self) -> dict[str, Any]:
        """What it could give now: nothing without permission."""
        onboard = self._onboard
        nothing = (0.0,) * onboard.phases if onboard.by_line else ()
        return {
            **spread("ev_maximum_discharge_power", onboard.most_out, most),
            **spread("ev_minimum_discharge_power", Lines(0.0, nothing), least),
        }

    def hear_ac_charge_parameter_discovery(self, heard: Heard) -> Next:
        context, name = self._context, "AC_ChargeParameterDiscovery"
        offer = heard.body.ac_cpd_res_energy_transfer_mode
        both_ways = isinstance(offer, ac.BPTACCPDResEnergyTransferMode)
        if both_ways is not self._choosing.made.both_ways:
            return context.end(Ending.INCOMPATIBLE, name, "limits of the other direction")
        context.judge.believe("max_power", offer.evse_maximum_charge_power)
        finding = context.judge.offer()
        if finding is not None:
            return context.refuse(finding, name)
        power = lines(offer, "evse_maximum_charge_power")
        assert power is not None, "a mandatory element"
        self._see_limit(power)
        back = lines(offer, "evse_maximum_discharge_power")
        context.note(max_discharge_power=None if back is None else abs(back.total))
        context.told()
        return self._parking.arrived(Go("ScheduleExchange"))

    def _see_limit(self, power: Lines) -> None:
        self._context.note(max_power=power.total, max_current=self._amps(power))

    def _amps(self, power: Lines) -> float:
        volts = watts_per_amp(self._context, 1)
        return 0.0 if volts <= 0 else power.least_line(self._onboard.phases) / volts

    # The loop

    def ask_ac_charge_loop(self) -> Said:
        """What was withdrawn meanwhile is gone before the request says so."""
        context = self._context
        self._allow_current()
        return Said(
            ac.ACChargeLoopReq(
                header=header(context.calendar.unix()),
                display_parameters=self._display.parameters(),
                meter_info_requested=self._display.meter_due(),
                cl_req_control_mode=self._control(),
            )
        )

    def _control(self) -> Any:  # noqa: ANN401 - one of the four control modes
        selection = self._choosing.made
        needs = energy_needs(self._context.state)
        known: dict[str, Any] = {
            **self._limits_in(),
            **(self._limits_out() if selection.both_ways else {}),
            "ev_target_energy_request": number(needs.target or 0.0),
            "ev_maximum_energy_request": number(needs.maximum or 0.0),
            "ev_minimum_energy_request": number(needs.minimum or 0.0),
            **spread("ev_present_active_power", self._onboard.present, number),
        }
        if not selection.dynamic:
            if selection.both_ways:
                return ac.BPTScheduledACCLReqControlMode(**known)
            return ac.ScheduledACCLReqControlMode(**known)
        known["departure_time"] = departure(self._context.state)
        known["ev_present_reactive_power"] = number(0.0)
        if not selection.both_ways:
            return ac.DynamicACCLReqControlMode(**known)
        return ac.BPTDynamicACCLReqControlMode(**known, **cycled(self._context.state))

    def hear_ac_charge_loop(self, heard: Heard) -> Next:
        context = self._context
        self._see(heard.body)
        context.look_in_loop()
        self._allow_current()
        if context.record.agreed.progress is Progress.STANDBY:
            return self._in_standby()
        ends = context.wants_to_stop() or self._status.leaves
        if ends or self._schedule.renewed or context.standby_wanted:
            return Go("PowerDelivery")
        follow = Go("AC_ChargeLoop", after=context.profile.loop_pause)
        return self._schedule.renewing(follow)

    def _see(self, body: ac.ACChargeLoopRes) -> None:
        context = self._context
        context.looped = True
        self._status.see(body.evse_status, body.meter_info)
        see_meter(context, body.meter_info)
        control = body.cl_res_control_mode
        if self._choosing.foreign("AC_ChargeLoop", control):
            return
        target = lines(control, "evse_target_active_power")
        if self._choosing.made.dynamic:
            see_needs(context, control)
        self._target = None if target is None else self._amps(target)
        context.note(
            target_power=None if target is None else target.total,
            target_lines=() if target is None else target.each,
        )
        context.told()

    def _allow_current(self) -> None:
        """Never more than the station's target, and nothing while energy is to end."""
        context = self._context
        running = context.record.agreed.progress is Progress.CHARGING
        ends = context.wants_to_stop() or self._status.leaves or not running
        wanted = 0.0 if ends else self._out() or self._in()
        if context.judge.doubtful:  # no more than before, whichever way
            wanted = max(min(0.0, self._allowed), min(max(0.0, self._allowed), wanted))
        self._allowed = wanted
        context.actuators.allow_ac_current(wanted)

    def _in(self) -> float:
        wanted = self._context.ac_current(self._choosing.mode)
        if self._target is not None:
            wanted = min(wanted, self._target)
        return wanted if wanted >= LEAST_CURRENT else 0.0

    def _out(self) -> float:
        """A below zero: what the station sets, else what the schedule says, within all limits.

        A schedule gives nothing where the station wants nothing to flow.
        """
        context, target = self._context, self._target
        volts = watts_per_amp(context, 1)
        if not self._choosing.made.both_ways or volts <= 0.0 or target == 0.0:
            return 0.0
        phases = self._onboard.phases
        asked = -target if target is not None and target < 0.0 else 0.0
        if not asked and not self._choosing.made.dynamic:
            asked = max(0.0, planned_out(context)) / (volts * phases)
        limits = (
            self._onboard.most_out.least_line(phases) / volts,
            (context.view.max_discharge_power or 0.0) / (volts * phases),
            context.state.cable_current,
        )
        return -min(asked, *(limit for limit in limits if limit is not None))

    def _in_standby(self) -> Next:
        context = self._context
        ends = context.wants_to_stop() or self._status.leaves
        if ends or self._status.leaves_standby or not context.standby_wanted:
            return Go("PowerDelivery")
        return Go("AC_ChargeLoop", after=context.profile.loop_pause)
