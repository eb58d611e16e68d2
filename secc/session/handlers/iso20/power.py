"""ISO 15118-20, PowerDelivery: energy on and off, standby, and a new schedule in force."""

from itertools import accumulate

from bsw.chrgm.agreement import Progress
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.modes import Approach
from bsw.chrgm.record import Heard, Said
from secc.api.devices import PadIssue
from secc.session.context import StationContext
from secc.session.handlers.iso20.keeping import Keeping
from secc.session.handlers.iso20.offers import Offers
from secc.session.handlers.iso20.schedule import Schedule
from secc.session.handlers.iso20.status import Status
from secc.session.handlers.iso20.words import stamp
from secc.session.handlers.needs import publish_choice
from secc.session.schedules import Plan
from secc.session.waiting import when

Codes = ResponseCode
Step = common.ChargeProgress


class Power:
    def __init__(
        self,
        station: StationContext,
        offers: Offers,
        schedule: Schedule,
        status: Status,
        keeping: Keeping,
    ) -> None:
        self._station = station
        self._offers = offers
        self._schedule = schedule
        self._status = status
        self._keeping = keeping
        self._standbys = 0

    def answer_power_delivery(self, heard: Heard) -> Said | Later[Said]:
        station = self._station
        request: common.PowerDeliveryReq = heard.body
        station.finish_setup()
        step = request.charge_progress
        if request.ev_processing is not Processing.FINISHED:
            return self._response(Codes.OK)
        if step is Step.START:
            return self._start(request)
        if step is Step.SCHEDULE_RENEGOTIATION:
            return self._renew(request)
        if step is Step.STANDBY:
            return self._stand_by()
        station.finish_loop()
        station.phase = "EVSE_Shutdown"
        return self._response(Codes.OK)

    # Start

    def _start(self, request: common.PowerDeliveryReq) -> Said | Later[Said]:
        """Nothing flows that nobody pays for, whatever way a session came here."""
        station = self._station
        if not (station.authorized and station.record.agreed.authorized):
            return self._response(Codes.FAILED_POWER_DELIVERY_NOT_APPLIED)
        if station.charging:
            return self._response(Codes.FAILED)
        code = self._judge(request)
        if code is not Codes.OK:
            return self._response(code)
        return self._close_contactor() if station.mode.on_mains else self._response(Codes.OK)

    def _judge(self, request: common.PowerDeliveryReq) -> ResponseCode:
        station = self._station
        unready = station.mode.dc and station.status_code != "EVSE_Ready"
        found = station.state.pad.issue is not PadIssue.NOTHING
        if station.faulty or unready or found:
            return Codes.FAILED_POWER_DELIVERY_NOT_APPLIED
        if self._offers.made.dynamic:
            return Codes.OK
        profile = request.ev_power_profile
        chosen = None if profile is None else profile.scheduled_evppt_control_mode
        if profile is None or chosen is None:
            return Codes.FAILED_EV_POWER_PROFILE_INVALID
        plan = station.schedules.numbered(chosen.selected_schedule_tuple_id)
        if plan is None:
            return Codes.FAILED_SCHEDULE_SELECTION_INVALID
        if not self._fits(profile, plan):
            return Codes.FAILED_EV_POWER_PROFILE_INVALID
        station.chosen = plan.number
        course = self._course(profile)
        self._keeping.adopt(course)
        publish_choice(station, plan.number, course)
        return Codes.OK

    def _course(self, profile: common.EVPowerProfile) -> list[tuple[int, float]]:
        """From now on; of what lies behind only what still holds."""
        entries = profile.ev_power_profile_entries.ev_power_profile_entry
        begin = profile.time_anchor - self._station.calendar.unix()
        bounds = list(accumulate((entry.duration for entry in entries), initial=begin))
        return [
            (max(0, start), _sum(entry))
            for entry, start, end in zip(entries, bounds, bounds[1:], strict=False)
            if end > 0
        ]

    def _fits(self, profile: common.EVPowerProfile, plan: Plan) -> bool:
        """Power stays under the schedule in each interval, wherever the profile begins."""
        entries = profile.ev_power_profile_entries.ev_power_profile_entry
        begin = profile.time_anchor - self._schedule.anchor
        bounds = list(accumulate((entry.duration for entry in entries), initial=begin))
        allowance = 1.0 + self._station.profile.profile_tolerance
        for entry, start, end in zip(entries, bounds, bounds[1:], strict=False):
            if _sum(entry) > plan.lowest_between(max(0, start), max(1, end)) * allowance:
                return False
        return True

    def _close_contactor(self) -> Said | Later[Said]:
        """State C or D first, then the contactor, which is a level and may be closed already."""
        station = self._station
        asked = [False]

        def closed() -> bool:
            shown = station.pilot.state in {"C", "D"} or station.mode.approach is Approach.PAD
            ready = shown or not station.profile.demand_pilot_states
            if ready and not asked[0]:
                asked[0] = True
                station.published.add("ac_close_contactor")
                station.publish("ac_close_contactor")
            return ready and station.state.ac_contactor_closed

        def answer(good: bool) -> Said:  # noqa: FBT001 - one of two outcomes
            return self._response(Codes.OK if good else Codes.FAILED_CONTACTOR_ERROR)

        return when(station.scheduler, closed, station.profile.contactor_wait_iso20, answer)

    # In between

    def _renew(self, request: common.PowerDeliveryReq) -> Said | Later[Said]:
        """A schedule that does not fit leaves everything as it is, but ends the session."""
        station = self._station
        running = station.charging or self._standing_by
        code = self._judge(request) if running else Codes.FAILED_SCHEDULE_RENEGOTIATION
        if code is Codes.OK and self._standing_by and station.mode.on_mains:
            return self._close_contactor()
        return self._response(code)

    @property
    def _standing_by(self) -> bool:
        return self._station.record.agreed.progress is Progress.STANDBY

    def _stand_by(self) -> Said:
        """The session lives on; in AC the contactor opens, in DC the source goes to zero.

        Not as often as a vehicle likes: a contactor does not close without end.
        """
        station = self._station
        granted = station.profile.standby and (station.charging or self._standing_by)
        if station.charging and granted:
            granted = self._standbys < station.profile.standbys
            self._standbys += granted
        if not granted:
            return self._response(Codes.WARNING_STANDBY_NOT_ALLOWED)
        if station.mode.on_mains:
            station.finish_loop()
        return self._response(Codes.OK)

    def _response(self, code: ResponseCode) -> Said:
        station = self._station
        if code is Codes.FAILED_CONTACTOR_ERROR:
            station.contactor_failed = True
        return Said(
            common.PowerDeliveryRes(
                header=stamp(station), response_code=code, evse_status=self._status.told()
            )
        )


def _sum(entry: common.PowerScheduleEntry) -> float:
    """Of all phases."""
    lines = (entry.power, entry.power_l2, entry.power_l3)
    return sum(line.si() for line in lines if line is not None)
