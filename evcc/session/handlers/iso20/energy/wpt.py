"""ISO 15118-20 on the vehicle, wireless transfer: limits, alignment check, and the loop.

What the pad detects - a foreign or a living object, heat, an anomaly - is a word at which nothing
is drawn any more, until it is taken back.
"""

from typing import Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header, most, number
from bsw.chrgm.messages.iso20 import wpt
from bsw.chrgm.messages.iso20.common_types import Processing
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.display import Display, see_meter
from evcc.session.handlers.iso20.needs import most_power
from evcc.session.handlers.iso20.schedule import Schedule
from evcc.session.handlers.iso20.status import Notifications
from evcc.session.receiver import Receiver

Result = wpt.WPTEVResult
Own = wpt.WPTEVPCChargeDiagnostics
Pad = wpt.WPTSPCChargeDiagnostics
FATAL: Final = frozenset(
    {
        Pad.SPC_TEMP_OVERHEAT_DETECTED,
        Pad.SPC_POWER_TRANSFER_ANOMALY_DETECTED,
        Pad.SPC_ANOMALY_DETECTED,
    }
)
"""What does not go away by itself, as an object does."""
_OVERHEATED: Final = "FAILED_RESSTemperatureInhibit"


class Wireless:
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
        self._aligned = False
        self._granted = 0.0  # W that the station gives
        self._asked = 0.0  # W

    @property
    def _receiver(self) -> Receiver:
        return self._context.profile.receiver

    # Limits

    def ask_wpt_charge_parameter_discovery(self) -> Said:
        receiver = self._receiver
        self._aligned = False
        return Said(
            wpt.WPTChargeParameterDiscoveryReq(
                header=header(self._context.calendar.unix()),
                evpc_max_receivable_power=most(most_power(self._context, self._choosing.made)),
                sd_max_ground_clearence=receiver.max_clearance,
                sd_min_ground_clearence=receiver.min_clearance,
                evpc_natural_frequency=number(receiver.natural_frequency),
                evpc_device_local_control=receiver.local_control,
            )
        )

    def hear_wpt_charge_parameter_discovery(self, heard: Heard) -> Next:
        context, body = self._context, heard.body
        context.judge.believe("max_power", body.sd_max_output_power)
        context.note(max_power=body.sd_max_output_power.si())
        context.told()
        problem = self._mismatch(body)
        if problem:
            return context.end(Ending.INCOMPATIBLE, "WPT_ChargeParameterDiscovery", problem)
        return Go("WPT_AlignmentCheck")

    def _mismatch(self, body: wpt.WPTChargeParameterDiscoveryRes) -> str:
        """Why this pad cannot serve this receiver; empty if it can."""
        receiver = self._receiver
        if body.sd_max_output_power.si() <= 0.0:
            return "the pad offers no power"
        low = max(receiver.min_clearance, body.sd_min_ground_clearance_support)
        high = min(receiver.max_clearance, body.sd_max_ground_clearance_support)
        if low > high:
            return f"no common ground clearance: from {low} mm, up to {high} mm"
        return ""

    # Alignment check

    def ask_wpt_alignment_check(self) -> Said:
        done = self._aligned
        return Said(
            wpt.WPTAlignmentCheckReq(
                header=header(self._context.calendar.unix()),
                ev_processing=Processing.FINISHED if done else Processing.ONGOING,
                target_coil_current=number(self._receiver.test_current),
                ev_result_code=Result.EV_RESULT_SUCCESS if done else Result.EV_RESULT_UNKNOWN,
            )
        )

    def hear_wpt_alignment_check(self, heard: Heard) -> Next:
        """WARNING_WPT: try again, until the time of the row is over."""
        context, body = self._context, heard.body
        context.note(processing=body.evse_processing.value)
        context.told()
        if context.record.agreed.finished:
            return Go("ScheduleExchange")
        good = body.response_code.value.startswith("OK")
        done = body.evse_processing is Processing.FINISHED
        self._aligned = good and done and self._arrives(body)
        after = 0 if self._aligned else context.profile.ongoing_pause
        return Go("WPT_AlignmentCheck", after=after)

    def _arrives(self, body: wpt.WPTAlignmentCheckRes) -> bool:
        """Enough of the test's power, where the receiver measures it."""
        measured = self._context.state.pad_power
        if body.power_transmitted is None or measured is None:
            return True
        return measured >= self._receiver.least_efficiency * body.power_transmitted.si()

    # The loop

    def ask_wpt_charge_loop(self) -> Said:
        context, state = self._context, self._context.state
        self._asked = 0.0 if self._ends else self._wanted()
        return Said(
            wpt.WPTChargeLoopReq(
                header=header(context.calendar.unix()),
                display_parameters=self._display.parameters(),
                meter_info_requested=self._display.meter_due(),
                evpc_power_request=most(self._asked),
                evpc_power_output=number(
                    max(0.0, (state.battery_voltage or 0.0) * (state.battery_current or 0.0))
                ),
                evpc_charge_diagnostics=self._diagnosis(),
            )
        )

    @property
    def _ends(self) -> bool:
        running = self._context.record.agreed.progress is Progress.CHARGING
        return self._context.wants_to_stop() or self._status.leaves or not running

    def _wanted(self) -> float:
        """The least of receiver, pad and schedule, as far as heat allows."""
        context = self._context
        told = (context.view.max_power, context.view.schedule_power)
        limits = [most_power(context, self._choosing.made)]
        limits += [one for one in told if one is not None]
        return max(0.0, min(limits)) * max(0.0, min(1.0, context.state.derating))

    def _diagnosis(self) -> wpt.WPTEVPCChargeDiagnostics:
        error = self._context.error
        if error == "NO_ERROR":
            return Own.EVPC_NO_ISSUE
        if error == _OVERHEATED:
            return Own.EVPC_TEMP_OVERHEAT_DETECTED
        return Own.EVPC_ANOMALY_DETECTED

    def hear_wpt_charge_loop(self, heard: Heard) -> Next:
        context = self._context
        self._see(heard.body)
        context.look_in_loop()
        self._draw()
        if context.record.agreed.progress is Progress.STANDBY:
            return self._in_standby()
        ends = context.wants_to_stop() or self._status.leaves
        if ends or self._schedule.renewed or context.standby_wanted:
            return Go("PowerDelivery")
        return self._schedule.renewing(Go("WPT_ChargeLoop", after=context.profile.loop_pause))

    def _see(self, body: wpt.WPTChargeLoopRes) -> None:
        context, found = self._context, body.spc_charge_diagnostics
        context.looped = True
        self._status.see(body.evse_status)
        see_meter(context, body.meter_info)
        limit = max(0.0, body.spc_max_output_power_limit.si())
        self._granted = min(limit, max(0.0, body.evpc_power_request.si()))
        if found is not Pad.SPC_NO_ISSUE:
            self._granted = 0.0
        if found in FATAL:
            context.stop(Ending.STATION_FAULT, found.value)
        issue = "" if found is Pad.SPC_NO_ISSUE else found.value
        if issue != context.view.pad_issue:
            context.log.warning("pad", says=found.value)
        context.note(max_power=limit, target_power=self._granted, pad_issue=issue)
        context.told()

    def _draw(self) -> None:
        """Through what draws in the vehicle, as a current at its nominal voltage."""
        context = self._context
        volts = context.state.ac_max_voltage or 0.0
        power = 0.0 if self._ends else min(self._asked, self._granted)
        context.actuators.allow_ac_current(power / volts if volts > 0.0 else 0.0)

    def _in_standby(self) -> Next:
        context = self._context
        ends = context.wants_to_stop() or self._status.leaves
        if ends or self._status.leaves_standby or not context.standby_wanted:
            return Go("PowerDelivery")
        return Go("WPT_ChargeLoop", after=context.profile.loop_pause)
