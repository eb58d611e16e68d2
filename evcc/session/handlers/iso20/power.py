"""ISO 15118-20 on the vehicle: PowerDelivery in its four ways, and SessionStop in its three."""

from typing import Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import End, Go, Next
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.energy.dc import DirectCurrent20
from evcc.session.handlers.iso20.energy.giving import planned_out
from evcc.session.handlers.iso20.joining import letting_go, loop
from evcc.session.handlers.iso20.schedule import Schedule
from evcc.session.handlers.iso20.status import Notifications
from evcc.session.memory import PausedSession

Step = common.ChargeProgress
Way = common.ChargingSession
PROTOCOL: Final = "iso20"


class Power:
    def __init__(
        self,
        context: VehicleContext,
        choosing: Choosing,
        schedule: Schedule,
        status: Notifications,
        dc: DirectCurrent20,
    ) -> None:
        self._context = context
        self._choosing = choosing
        self._schedule = schedule
        self._status = status
        self._dc = dc
        self._parking = dc.parking
        self._way = Way.TERMINATE
        self._other_service = False

    # PowerDelivery

    def ask_power_delivery(self) -> Said:
        context = self._context
        step = self._step()
        if self._choosing.mode.ac:
            self._set_pilot(step)
        named = step in {Step.START, Step.SCHEDULE_RENEGOTIATION}
        return Said(
            common.PowerDeliveryReq(
                header=header(context.calendar.unix()),
                ev_processing=Processing.FINISHED,
                charge_progress=step,
                ev_power_profile=self._schedule.profile() if named else None,
                bpt_channel_selection=self._channel() if step is Step.START else None,
            )
        )

    def _channel(self) -> common.ChannelSelection | None:
        """Where charging and discharging have channels of their own, which one [V2G20-2123]."""
        selection = self._choosing.made
        if not (selection.both_ways and selection.separated):
            return None
        out = planned_out(self._context) > 0.0
        return common.ChannelSelection.DISCHARGE if out else common.ChannelSelection.CHARGE

    def _step(self) -> common.ChargeProgress:
        context = self._context
        progress = context.record.agreed.progress
        if progress is Progress.STANDBY:
            return Step.STOP if self._ends() else Step.START
        if progress is not Progress.CHARGING:
            return Step.START
        if self._ends():
            return Step.STOP
        if self._schedule.renewed:
            return Step.SCHEDULE_RENEGOTIATION
        return Step.STANDBY if context.standby_wanted else Step.STOP

    def _ends(self) -> bool:
        return self._context.wants_to_stop() or self._context.leaving or self._status.leaves

    def _set_pilot(self, step: common.ChargeProgress) -> None:
        """AC: state C with Start, B with all that ends the energy [V2G20-847]."""
        context = self._context
        if step is Step.SCHEDULE_RENEGOTIATION:
            return
        if step is not Step.START:
            context.actuators.allow_ac_current(0.0)
        elif context.pilot.state not in {"C", "D"}:
            context.worn.closed()
        context.pilot.set_ready(ready=step is Step.START)

    def hear_power_delivery(self, heard: Heard) -> Next:
        context = self._context
        response: common.PowerDeliveryRes = heard.body
        self._status.see(response.evse_status)
        progress = context.record.agreed.progress
        if response.response_code is ResponseCode.WARNING_STANDBY_NOT_ALLOWED:
            context.log.warning("no standby", why="the station does not grant it")
            context.standby_refused = True
        if progress in {Progress.CHARGING, Progress.STANDBY}:
            if self._schedule.renewed:
                self._schedule.renewed = False
                self._status.schedule_done()
            elif progress is Progress.CHARGING:
                self._dc.direct.begin_again()
            context.stopping_since = None
            return Go(loop(self._choosing.made))
        self._other_service = self._status.other_service and not context.wants_to_stop()
        if self._choosing.mode.on_mains:
            return self._parking.leaving(Go("SessionStop", when=context.in_b))
        return self._parking.leaving(letting_go(context, self._dc.direct.after_stop()))

    # SessionStop

    def ask_session_stop(self) -> Said:
        context = self._context
        self._way = self._leaving()
        code = context.error if context.error != "NO_ERROR" else None
        return Said(
            common.SessionStopReq(
                header=header(context.calendar.unix()),
                charging_session=self._way,
                ev_termination_code=code,
            )
        )

    def _leaving(self) -> common.ChargingSession:
        """In dynamic mode a pause is the station's to ask for [V2G20-1195]."""
        context = self._context
        if self._other_service:
            return Way.SERVICE_RENEGOTIATION
        healthy = context.stop_reason is None and context.error == "NO_ERROR"
        if context.sent_away and healthy:
            return Way.PAUSE
        selection = self._choosing.selection
        may = selection is None or not selection.dynamic or context.profile.pauses_in_dynamic
        return Way.PAUSE if selection is not None and may and context.pausing() else Way.TERMINATE

    def hear_session_stop(self, _heard: Heard) -> Next:
        context = self._context
        if self._way is Way.SERVICE_RENEGOTIATION:
            self._other_service = context.leaving = False
            context.note(notification="None")
            return Go("ServiceDiscovery")
        stopped = context.stopped()
        if stopped is not None and self._way is not Way.PAUSE:
            context.memory.forget()
            return stopped
        if self._way is not Way.PAUSE:
            context.memory.forget()
            return End(SessionResult(Ending.TERMINATED, "SessionStop"))
        self._keep()
        return End(SessionResult(Ending.PAUSED, "SessionStop"))

    def _keep(self) -> None:
        context, selection = self._context, self._choosing.selection
        context.memory.keep(
            PausedSession(
                protocol=PROTOCOL,
                session_id=context.record.session_id,
                payment=context.view.payment,
                since=context.calendar.unix(),
                selection=None if selection is None else selection.kept(),
                station=context.station_leaf,
            )
        )
