"""ISO 15118-20 on the vehicle, AC: its limits, and the loop by the station's target.

Our charger loads all lines alike, so powers go out as sums [V2G20-1821]; what comes is read in
each form.
"""

from typing import Any, Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending
from bsw.chrgm.initiator import Go, Next
from bsw.chrgm.iso20.lines import Lines, lines
from bsw.chrgm.iso20.words import header, least, most, number
from bsw.chrgm.messages.iso20 import ac
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.display import Display, see_meter
from evcc.session.handlers.iso20.needs import departure, energy_needs, most_power
from evcc.session.handlers.iso20.schedule import Schedule
from evcc.session.handlers.iso20.status import Notifications

LEAST_CURRENT: Final = 6.0
"""A: below that no charger draws anything."""
INFINITE: Final = float("inf")


class AlternatingCurrent20:
    def __init__(
        self,
        context: VehicleContext,
        choosing: Choosing,
        status: Notifications,
        schedule: Schedule,
    ) -> None:
        self._context = context
        self._choosing = choosing
        self._status = status
        self._schedule = schedule
        self._display = Display(context)
        self._target: float | None = None  # A per line, by the station's target
        self._allowed = 0.0  # A, allowed last

    # Limits

    @property
    def _watts_per_amp(self) -> float:
        view, state = self._context.view, self._context.state
        volts = view.nominal_voltage or state.ac_max_voltage or 0.0
        return volts * self._choosing.mode.phases

    def ask_ac_charge_parameter_discovery(self) -> Said:
        known = self._own_limits()
        limits: ac.AnyACCPDReqEnergyTransferMode = ac.ACCPDReqEnergyTransferMode(**known)
        if self._choosing.made.both_ways:
            limits = ac.BPTACCPDReqEnergyTransferMode(
                **known,
                ev_maximum_discharge_power=most(0.0),
                ev_minimum_discharge_power=least(0.0),
            )
        return Said(
            ac.ACChargeParameterDiscoveryReq(
                header=header(self._context.calendar.unix()),
                ac_cpd_req_energy_transfer_mode=limits,
            )
        )

    def _own_limits(self) -> dict[str, Any]:
        lowest = (self._context.state.ac_min_current or 0.0) * self._watts_per_amp
        return {
            "ev_maximum_charge_power": most(most_power(self._context, self._choosing.made)),
            "ev_minimum_charge_power": least(lowest),
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
        context.told()
        return Go("ScheduleExchange")

    def _see_limit(self, power: Lines) -> None:
        self._context.note(max_power=power.total, max_current=self._amps(power))

    def _amps(self, power: Lines) -> float:
        phases = self._choosing.mode.phases
        volts = self._watts_per_amp / phases
        return 0.0 if volts <= 0 else power.least_line(phases) / volts

    # The loop

    def ask_ac_charge_loop(self) -> Said:
        context = self._context
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
            **self._own_limits(),
            "ev_target_energy_request": number(needs.target or 0.0),
            "ev_maximum_energy_request": number(needs.maximum or 0.0),
            "ev_minimum_energy_request": number(needs.minimum or 0.0),
            "ev_present_active_power": number(self._present_power()),
        }
        kind: Any
        if not selection.dynamic:
            kind = (
                ac.BPTScheduledACCLReqControlMode
                if selection.both_ways
                else ac.ScheduledACCLReqControlMode
            )
            return kind(**known)
        known["departure_time"] = departure(self._context.state)
        known["ev_present_reactive_power"] = number(0.0)
        if not selection.both_ways:
            return ac.DynamicACCLReqControlMode(**known)
        known["ev_maximum_discharge_power"] = most(0.0)
        known["ev_minimum_discharge_power"] = least(0.0)
        return ac.BPTDynamicACCLReqControlMode(**known)

    def _present_power(self) -> float:
        """What goes into the battery, where nobody measures before the charger."""
        state = self._context.state
        return (state.battery_voltage or 0.0) * (state.battery_current or 0.0)

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
        self._status.see(body.evse_status)
        see_meter(context, body.meter_info)
        target = lines(body.cl_res_control_mode, "evse_target_active_power")
        self._target = None if target is None else max(0.0, self._amps(target))
        context.note(target_power=None if target is None else target.total)
        context.told()

    def _allow_current(self) -> None:
        """Never more than the station's target, and nothing while energy is to end."""
        context = self._context
        running = context.record.agreed.progress is Progress.CHARGING
        ends = context.wants_to_stop() or self._status.leaves or not running
        most_now = self._allowed if context.judge.doubtful else INFINITE
        wanted = context.ac_current(self._choosing.mode)
        if self._target is not None:
            wanted = min(wanted, self._target)
        wanted = wanted if wanted >= LEAST_CURRENT else 0.0
        self._allowed = 0.0 if ends else min(most_now, wanted)
        context.actuators.allow_ac_current(self._allowed)

    def _in_standby(self) -> Next:
        context = self._context
        ends = context.wants_to_stop() or self._status.leaves
        if ends or self._status.leaves_standby or not context.standby_wanted:
            return Go("PowerDelivery")
        return Go("AC_ChargeLoop", after=context.profile.loop_pause)
