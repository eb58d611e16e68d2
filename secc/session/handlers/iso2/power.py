"""ISO 15118-2, PowerDelivery and SessionStop: energy on and off, and how the session closes."""

from typing import Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.modes import NONE, Transfer
from bsw.chrgm.record import Heard, Said
from bsw.os.clock import S
from secc.session.context import StationContext
from secc.session.handlers.iso2.words import evse_status
from secc.session.handlers.needs import publish_choice
from secc.session.memory import Paused
from secc.session.schedules import Plan
from secc.session.waiting import when

OK: Final = iso2.ResponseCode.OK
Codes = iso2.ResponseCode
KEEP_WITHIN: Final = 1 * S
"""How long a pause may take to reach the disk; the response is due after 1.5 s."""


class Power:
    def __init__(self, station: StationContext) -> None:
        self._station = station

    def answer_power_delivery(self, heard: Heard) -> Said | Later[Said]:
        request: iso2.PowerDeliveryReq = heard.body
        self._station.finish_setup()
        if request.charge_progress is iso2.ChargeProgress.START:
            return self._start(request)
        if request.charge_progress is iso2.ChargeProgress.RENEGOTIATE:
            return self._renegotiate()
        self._station.finish_loop()
        self._station.phase = "EVSE_Shutdown"
        return self._response(OK)

    def _renegotiate(self) -> Said:
        """In DC energy stops and the isolation is tested anew; in AC the contactor stays."""
        station = self._station
        if not station.charging:
            return self._response(Codes.FAILED)  # [V2G2-812]
        if station.record.agreed.transfer is Transfer.DC:
            station.finish_loop()
            station.begin_again()
        return self._response(OK)

    def _start(self, request: iso2.PowerDeliveryReq) -> Said | Later[Said]:
        station = self._station
        if station.charging:
            return self._response(Codes.FAILED)  # [V2G2-812]
        code = self._judge(request)
        if code is not OK:
            return self._response(code)
        station.chosen = request.sa_schedule_tuple_id
        profile = request.charging_profile
        entries = () if profile is None else profile.profile_entry
        course = [
            (entry.charging_profile_entry_start, entry.charging_profile_entry_max_power.si())
            for entry in entries
        ]
        publish_choice(station, station.chosen, course)
        if station.record.agreed.transfer is Transfer.AC:
            return self._close_contactor()
        return self._response(OK)

    def _judge(self, request: iso2.PowerDeliveryReq) -> Codes:
        station = self._station
        if station.record.agreed.transfer is Transfer.DC and (
            station.faulty or station.status_code != "EVSE_Ready"
        ):
            return Codes.FAILED_POWER_DELIVERY_NOT_APPLIED  # [V2G2-480]
        plan = station.schedules.numbered(request.sa_schedule_tuple_id)
        if plan is None:
            return Codes.FAILED_TARIFF_SELECTION_INVALID  # [V2G2-479]
        profile = request.charging_profile
        if profile is not None and not self._fits(profile, plan):
            return Codes.FAILED_CHARGING_PROFILE_INVALID  # [V2G2-478]
        return OK

    def _fits(self, profile: iso2.ChargingProfile, plan: Plan) -> bool:
        """Starts ascend from 0, phases are 1 or 3, power stays under PMax throughout."""
        entries = profile.profile_entry
        starts = [entry.charging_profile_entry_start for entry in entries]
        if starts[0] != 0 or starts != sorted(set(starts)):
            return False
        ends = [*starts[1:], max(plan.until, starts[-1] + 1)]
        allowance = 1.0 + self._station.profile.profile_tolerance
        for entry, begin, end in zip(entries, starts, ends, strict=True):
            power = entry.charging_profile_entry_max_power.si()
            if entry.charging_profile_entry_max_number_of_phases_in_use == 2:
                return False
            if power < 0 or power > plan.lowest_between(begin, end) * allowance:
                return False
        return True

    def _close_contactor(self) -> Said | Later[Said]:
        """State C or D first, then the contactor, which is a level and may be closed already."""
        station = self._station
        if station.faulty:
            return self._response(Codes.FAILED_CONTACTOR_ERROR)
        asked = [False]

        def closed() -> bool:
            ready = station.pilot.state in {"C", "D"} or not station.profile.demand_pilot_states
            if ready and not asked[0]:
                asked[0] = True
                station.published.add("ac_close_contactor")
                station.publish("ac_close_contactor")
            return ready and station.state.ac_contactor_closed

        def answer(good: bool) -> Said:  # noqa: FBT001 - one of two outcomes
            return self._response(OK if good else Codes.FAILED_CONTACTOR_ERROR)

        return when(station.scheduler, closed, station.profile.contactor_wait, answer)

    def _response(self, code: Codes) -> Said:
        if code is Codes.FAILED_CONTACTOR_ERROR:
            self._station.contactor_failed = True
        return Said(
            iso2.PowerDeliveryRes(response_code=code, evse_status=evse_status(self._station))
        )


class Stop:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._pausing = False

    def answer_session_stop(self, heard: Heard) -> Said | Later[Said]:
        """In DC the car must have gone back to state B [V2G2-920]."""
        station = self._station
        request: iso2.SessionStopReq = heard.body
        pause = request.charging_session is iso2.ChargingSession.PAUSE
        if pause and (why := self.why_no_pause()):
            station.log.warning("no pause", why=why)
            return self.stopped(good=False)  # for the car the session is over then

        return self.in_state_b(pause=pause)

    def in_state_b(self, *, pause: bool) -> Later[Said]:
        """Answered when the vehicle has gone back there, and a pause is kept."""
        station = self._station
        promise: Later[Said] = Later()

        def answer(good: bool) -> None:  # noqa: FBT001 - one of two outcomes
            if good and pause:
                self.keep(promise)
            else:
                promise.resolve(self.stopped(good=good))

        stopped_dc = (
            station.record.agreed.transfer is Transfer.DC
            and station.record.agreed.progress is not Progress.IDLE
        )
        leaves = stopped_dc and station.profile.demand_pilot_states
        when(
            station.scheduler,
            lambda: station.pilot.state not in {"C", "D"} or not leaves,
            station.profile.pilot_wait,
            answer,
        )
        return promise

    def keep(self, promise: Later[Said]) -> None:
        """A pause is promised when it is on the disk, and not promised if that takes too long."""
        station, record = self._station, self.record()

        def late() -> None:
            station.log.warning("no pause", why="it could not be kept in time; see nvm")
            if station.memory.paused is record:
                station.memory.forget()
            promise.resolve(self.stopped(good=False))

        def kept() -> None:
            if alarm.armed and not promise.dropped:
                alarm.cancel()
                self._pausing = True
                promise.resolve(self.stopped(good=True))

        alarm = station.scheduler.after(KEEP_WITHIN, late, name="keep the pause")
        station.memory.keep(record, kept)

    def record(self) -> Paused:
        """A session that sleeps again before it has a mode keeps what it had."""
        station = self._station
        if station.resumed is not None and station.mode is NONE:
            return station.resumed
        visitor, payment = station.visitor, station.payment
        assert visitor is not None, "no SessionStop before SessionSetup"
        assert payment is not None, "no authorization before the payment selection"
        return Paused(
            session_id=station.record.session_id,
            visitor=visitor,
            payment=payment,
            mode=station.mode.name,
            schedule=station.schedules.numbered(station.chosen),
            since=station.calendar.unix(),
            emaid=station.emaid,
        )

    def why_no_pause(self) -> str:
        """A pause is kept of a session that may charge, and does not any more."""
        if not self._station.authorized:
            return "the session is not authorized"
        return "energy is on" if self._station.energised else ""

    def stopped(self, *, good: bool) -> Said:
        return Said(iso2.SessionStopRes(response_code=OK if good else Codes.FAILED))

    def conclude(self) -> SessionResult:
        station = self._station
        if not self._pausing:
            station.memory.forget()
            return SessionResult(Ending.TERMINATED, "SessionStop")
        return SessionResult(Ending.PAUSED, "SessionStop")
