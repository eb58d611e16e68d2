"""ISO 15118-20, ScheduleExchange: what the vehicle needs, and the power that is there for it."""

from typing import Any, Final

from bsw.chrgm.iso20.words import most
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.modes import Approach
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from bsw.prices.iso20 import told, told_levels
from bsw.prices.tariff import Tariff
from secc.api.extensions import ChargingNeeds
from secc.api.literals import ControlMode, EnergyTransferMode, MobilityNeedsMode
from secc.session.context import StationContext
from secc.session.handlers.iso20.both_ways import available, with_energy
from secc.session.handlers.iso20.offers import Offers, told_needs
from secc.session.handlers.iso20.words import stamp
from secc.session.handlers.needs import departure_of
from secc.session.handlers.published import publish_departure
from secc.session.limits import (
    ac_discharge_power,
    ac_power,
    dc_discharge,
    dc_limits,
    hardware_power,
    pad_power,
)
from secc.session.schedules import Plan, Step

Codes = ResponseCode
NOTHING_YET: Final = Plan(1, (Step(0, 0.0),))
"""While nothing is decided the element has to be there all the same."""


class Schedule:
    """``anchor`` is when the plans that were sent begin, in UNIX time."""

    def __init__(self, station: StationContext, offers: Offers) -> None:
        self._station = station
        self._offers = offers
        self.anchor = 0
        self._points = 1024

    def answer_schedule_exchange(self, heard: Heard) -> Said:
        return self._answer(heard, again=True)

    def answer_schedule_renegotiation(self, heard: Heard) -> Said:
        """Beside the loop; the vehicle puts it in force with its next PowerDelivery."""
        return self._answer(heard, again=False)

    def _answer(self, heard: Heard, *, again: bool) -> Said:
        station = self._station
        request: common.ScheduleExchangeReq = heard.body
        dynamic = self._offers.made.dynamic
        asked = request.dynamic_se_req_control_mode
        if (asked is not None) is not dynamic or not self._possible(request):
            return self._refused()  # in kind [V2G20-1600]
        station.state.renegotiate = False
        self._publish(request)
        if not station.schedules.ready:
            return self._response(Processing.ONGOING)
        self._points = request.maximum_supporting_points
        if not dynamic:
            self._fix(request, again=again)
        return self._response(Processing.FINISHED)

    def _possible(self, request: common.ScheduleExchangeReq) -> bool:
        """[V2G20-1640], [V2G20-2681]."""
        asked = request.dynamic_se_req_control_mode
        if asked is None:
            return True
        low, high = asked.minimum_soc, asked.target_soc
        ordered = low is None or high is None or low <= high
        window = (asked.ev_maximum_v2x_energy_request, asked.ev_minimum_v2x_energy_request)
        return ordered and (None not in window or window == (None, None))

    def _fix(self, request: common.ScheduleExchangeReq, *, again: bool) -> None:
        station = self._station
        resumed = station.resumed
        points = request.maximum_supporting_points
        self.anchor = station.calendar.unix()
        if again and resumed is not None and resumed.schedule is not None and not station.looping:
            passed = max(0, self.anchor - resumed.since)
            station.schedules.offer_again(resumed.schedule.after(passed), entries=points)
            return
        asked = request.scheduled_se_req_control_mode
        departure = None if asked is None else asked.departure_time
        station.schedules.offer_priced(
            self.anchor,
            power=self._power(),
            back=self._power_back(),
            entries=points,
            departure=departure,
            ceiling=hardware_power(station.state, station.mode),
        )

    def _power(self) -> float:
        state, mode = self._station.state, self._station.mode
        if mode.approach is Approach.PAD:
            return pad_power(state)
        return ac_power(state, mode) if mode.ac else dc_limits(state).power

    def _power_back(self) -> float:
        """What the station takes back, in a service that knows it."""
        state, mode = self._station.state, self._station.mode
        if not mode.discharges:
            return 0.0
        return ac_discharge_power(state, mode) if mode.ac else dc_discharge(state).power

    def _response(self, processing: Processing) -> Said:
        dynamic = self._offers.made.dynamic
        plans = self._station.schedules.sent
        if processing is not Processing.FINISHED:
            plans = (NOTHING_YET,)
        tuples = tuple(self._tuple(plan) for plan in plans)
        return Said(
            common.ScheduleExchangeRes(
                header=stamp(self._station),
                response_code=Codes.OK,
                evse_processing=processing,
                dynamic_se_res_control_mode=self._dynamic(processing) if dynamic else None,
                scheduled_se_res_control_mode=None
                if dynamic
                else common.ScheduledSEResControlMode(schedule_tuple=tuples),
            )
        )

    def _dynamic(self, processing: Processing) -> common.DynamicSEResControlMode:
        """Prices, and what the station needs where the service lets it say that."""
        station = self._station
        if processing is not Processing.FINISHED:
            return common.DynamicSEResControlMode()
        self.anchor = station.calendar.unix()
        prices = station.schedules.prices_now(self.anchor, None)
        needs = told_needs(station, self._offers.made)
        return common.DynamicSEResControlMode(**needs, **self._told(prices, 1))

    def _told(self, prices: Tariff | None, number: int) -> dict[str, Any]:
        """In money or in levels; the message has room for one of them."""
        if prices is None:
            return {}
        anchor, most_entries = self.anchor, self._points
        if self._station.schedules.in_levels:
            levels = told_levels(prices, anchor=anchor, number=number, most_entries=most_entries)
            return {"price_level_schedule": levels}
        money = told(prices, anchor=anchor, number=number, most_stacks=most_entries)
        return {"absolute_price_schedule": money}

    def _tuple(self, plan: Plan) -> common.ScheduleTuple:
        back = None
        if plan.back:
            sign = -1.0 if self._station.profile.negative_discharge else 1.0
            signed = tuple(Step(step.start, sign * step.power) for step in plan.back)
            back = self._schedule(plan, signed, plan.back_prices, 2 * plan.number)
        return common.ScheduleTuple(
            schedule_tuple_id=plan.number,
            charging_schedule=self._schedule(plan, plan.steps, plan.prices, 2 * plan.number - 1),
            discharging_schedule=back,
        )

    def _schedule(
        self, plan: Plan, steps: tuple[Step, ...], prices: Tariff | None, number: int
    ) -> common.ChargingSchedule:
        starts = [*(step.start for step in steps[1:]), max(plan.until, steps[-1].start + 1)]
        entries = tuple(
            common.PowerScheduleEntry(duration=end - step.start, power=most(step.power))
            for step, end in zip(steps, starts, strict=True)
        )
        power = common.PowerSchedule(
            time_anchor=self.anchor,
            power_schedule_entries=common.PowerScheduleEntryList(power_schedule_entry=entries),
        )
        words = self._told(prices, number)
        if not words and self._station.profile.levels_without_prices:
            words = {"price_level_schedule": self._one_level(number, max(plan.until, 1))}
        return common.ChargingSchedule(power_schedule=power, **words)

    def _one_level(self, number: int, until: int) -> common.PriceLevelSchedule:
        """One level says nothing, but vehicles of the field cannot do without [V2G20-2176]."""
        entry = common.PriceLevelScheduleEntry(duration=until, price_level=0)
        return common.PriceLevelSchedule(
            time_anchor=self.anchor,
            price_schedule_id=number,
            number_of_price_levels=1,
            price_level_schedule_entries=common.PriceLevelScheduleEntryList(
                price_level_schedule_entry=(entry,)
            ),
        )

    def _refused(self) -> Said:
        return Said(
            smallest(
                common.ScheduleExchangeRes,
                header=stamp(self._station),
                response_code=Codes.FAILED,
            )
        )

    def _publish(self, request: common.ScheduleExchangeReq) -> None:
        station = self._station
        dynamic = request.dynamic_se_req_control_mode
        scheduled = request.scheduled_se_req_control_mode
        needs = dynamic or scheduled
        departure = None if needs is None else needs.departure_time
        publish_departure(station, departure)
        told = ChargingNeeds(
            requested_energy_transfer=EnergyTransferMode(station.mode.name),
            control_mode=ControlMode.SCHEDULED if dynamic is None else ControlMode.DYNAMIC,
            departure_time=departure_of(station, departure),
            max_schedule_tuples=request.maximum_supporting_points,
            v2x_charging_parameters=None if needs is None else with_energy(station.able, needs),
            mobility_needs_mode=MobilityNeedsMode.EVCC_SECC
            if self._offers.made.needs_of_station
            else MobilityNeedsMode.EVCC,
            available_energy_transfer=available(station),
        )
        if station.news("charging_needs", told):
            station.publish("charging_needs", told)
