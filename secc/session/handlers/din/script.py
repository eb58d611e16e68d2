"""The station's DIN 70121 voice: energy on and off, the loop, the stop, and the parts together."""

from typing import Any, Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.later import Later
from bsw.chrgm.messages import din
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.din import TABLE
from secc.session.context import StationContext
from secc.session.handlers.dc import DirectCurrent, Words
from secc.session.handlers.din.setup import Setup
from secc.session.handlers.din.words import amps, evse_id, most, status, volts
from secc.session.handlers.published import publish_dc_loop
from secc.session.handlers.script import StationScript
from secc.session.limits import loop_limits
from secc.session.schedules import Plan
from secc.session.waiting import when

OK: Final = din.ResponseCode.OK
Codes = din.ResponseCode


class Energy:
    def __init__(self, station: StationContext) -> None:
        self._station = station

    def answer_power_delivery(self, heard: Heard) -> Said:
        station = self._station
        request: din.PowerDeliveryReq = heard.body
        station.finish_setup()
        code = OK
        if request.ready_to_charge_state:
            code = self._judge(request)
        else:
            station.finish_loop()
            station.phase = "EVSE_Shutdown"
        return Said(din.PowerDeliveryRes(response_code=code, evse_status=status(station)))

    def _judge(self, request: din.PowerDeliveryReq) -> din.ResponseCode:
        station = self._station
        if station.charging:
            return Codes.FAILED
        if station.faulty or station.status_code != "EVSE_Ready":
            return Codes.FAILED_POWER_DELIVERY_NOT_APPLIED
        profile = request.charging_profile
        if profile is None:
            return OK
        plan = station.schedules.numbered(profile.sa_schedule_tuple_id)
        if plan is None:
            return Codes.FAILED_TARIFF_SELECTION_INVALID
        station.chosen = plan.number
        return OK if self._fits(profile, plan) else Codes.FAILED_CHARGING_PROFILE_INVALID

    def _fits(self, profile: din.ChargingProfile, plan: Plan) -> bool:
        allowance = 1.0 + self._station.profile.profile_tolerance
        return all(
            entry.charging_profile_entry_max_power
            <= plan.power_at(entry.charging_profile_entry_start) * allowance
            for entry in profile.profile_entry
        )

    def answer_current_demand(self, heard: Heard) -> Said:
        station = self._station
        request: din.CurrentDemandReq = heard.body
        station.start_loop()
        publish_dc_loop(station, request)
        limits = loop_limits(station.state)
        voltage, current = request.ev_target_voltage.si(), request.ev_target_current.si()
        return Said(
            din.CurrentDemandRes(
                response_code=OK,
                dc_evse_status=status(station),
                evse_present_voltage=volts(station.present_voltage()),
                evse_present_current=amps(station.present_current()),
                evse_current_limit_achieved=current >= limits.current,
                evse_voltage_limit_achieved=voltage >= limits.voltage,
                evse_power_limit_achieved=station.present_voltage() * current >= limits.power,
                evse_maximum_voltage_limit=most(limits.voltage, din.Unit.V),
                evse_maximum_current_limit=most(limits.current, din.Unit.A),
                evse_maximum_power_limit=most(limits.power, din.Unit.W),
            )
        )

    def answer_session_stop(self, _heard: Heard) -> Said | Later[Said]:
        station = self._station

        def answer(good: bool) -> Said:  # noqa: FBT001 - one of two outcomes
            return Said(din.SessionStopRes(response_code=OK if good else Codes.FAILED))

        charged = station.record.agreed.progress is not Progress.IDLE
        if not (charged and station.profile.demand_pilot_states):
            return answer(True)
        return when(
            station.scheduler,
            lambda: station.pilot.state not in {"C", "D"},
            station.profile.pilot_wait_din,
            answer,
        )


class Ends:
    """A refusal, and the end: with values the car has to ignore, but valid ones."""

    def __init__(self, station: StationContext, setup: Setup) -> None:
        self._station = station
        self._setup = setup

    def refuse(self, name: str, code: str, heard: Heard) -> Said:
        """True values where we know them."""
        response: Any = TABLE.exchanges[name].response
        return Said(
            smallest(
                response,
                response_code=din.ResponseCode(code),
                evseid=evse_id(self._station),
                service_id=getattr(heard.body, "service_id", 1),
                dc_evse_status=status(self._station),
                evse_status=status(self._station),
                sa_schedules=self._setup.schedules(),
                evse_charge_parameter=self._setup.offer(),
            )
        )

    def conclude(self) -> SessionResult:
        return SessionResult(Ending.TERMINATED, "SessionStop")


def script(station: StationContext) -> StationScript:
    setup = Setup(station)
    words = Words(din, status, volts, station.profile.pilot_wait_din)
    parts = (setup, DirectCurrent(station, words), Energy(station))
    return StationScript(station, TABLE, parts, Ends(station, setup))


SCRIPT = script
