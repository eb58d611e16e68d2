"""ISO 15118-20 on the vehicle, ScheduleExchange: in the row, and beside the loop.

What the vehicle needs goes out; what it makes of the station's schedules, it asks
``evcc.schedules.choosing``.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header, maybe, most, number, percent
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing
from bsw.chrgm.modes import Approach
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.signature.iso20 import signed_elements
from bsw.os.clock import S
from evcc.plan import Choice
from evcc.plan import Offered as Prices
from evcc.planning.optimum import Work
from evcc.schedules import Limits, choosing
from evcc.schedules import Schedule as Offered
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.needs import (
    cycled,
    departure,
    energy_needs,
    minimum_soc,
    most_back,
    most_power,
    needed,
    see_needs,
)
from evcc.session.handlers.iso20.status import Notifications
from evcc.session.handlers.iso20.tuples import priced_pieces, profile_entries, schedule_of

FEWEST_POINTS: Final = 12
"""The schema has no fewer."""
LONGEST_ASIDE: Final = 60 * S
"""For an answer that is not Ongoing beside the loop: as long as in the row."""
STEPS_AT_ONCE: Final = 64
"""Of choosing a schedule: some milliseconds of a slow processor."""


class Schedule:
    """``current`` is what PowerDelivery names; ``renewed``: it came beside the loop."""

    def __init__(self, context: VehicleContext, choosing: Choosing, status: Notifications) -> None:
        self._context = context
        self._choosing = choosing
        self._status = status
        self._offered: tuple[Offered, ...] = ()
        self._work: Work[Choice] | None = None
        self._station_now = 0
        self._since = 0
        self._asking_since: int | None = None  # beside the loop, the first time
        self.renewed = False

    # In the row

    def ask_schedule_exchange(self) -> Said:
        return self._request()

    def hear_schedule_exchange(self, heard: Heard) -> Next:
        context = self._context
        response: common.ScheduleExchangeRes = heard.body
        context.note(processing=response.evse_processing.value)
        if response.evse_processing is not Processing.FINISHED:
            context.told()
            return Go("ScheduleExchange", after=context.profile.ongoing_pause)
        problem = self._take(heard)
        context.told()
        if response.go_to_pause:
            context.sent_away = True
            return Go("SessionStop", when=context.in_b)
        if problem:
            return context.end(Ending.INCOMPATIBLE, "ScheduleExchange", problem)
        return self._prepare()

    def _prepare(self) -> Next:
        """What comes before the energy, by the way the vehicle gets to it."""
        context = self._context
        if self._choosing.mode.ac:
            return Go("PowerDelivery", when=lambda: context.ready_for_ac() and self._decided())
        within = context.profile.condition_limit
        if context.record.agreed.approach is Approach.PAD:
            return Go("PowerDelivery", when=self._ready_over_pad, within=within)
        if context.record.agreed.approach is Approach.PANTOGRAPH:
            return Go("ACDP_Connect", when=self._decided, within=within)
        ready = context.ready_for_c
        return Go("DC_CableCheck", when=lambda: ready() and self._decided(), within=within)

    def _ready_over_pad(self) -> bool:
        """Permission, and nobody drives off; there is no plug to lock."""
        state = self._context.state
        return state.permission and state.immobilized is not False and self._decided()

    # Beside the loop

    def renewing(self, follow: Next) -> Next:
        """Beside the loop a meter reading is confirmed, or other schedules are asked for."""
        if isinstance(follow, Go) and self._status.wants_confirmation:
            return replace(follow, aside="MeteringConfirmation")
        if self._work is not None:
            self.renewed = self._decided()
            return follow
        stays = not (self._context.wants_to_stop() or self.renewed)
        if not isinstance(follow, Go) or not (stays and self._status.wants_schedule):
            return follow
        return replace(follow, aside="ScheduleRenegotiation")

    def ask_schedule_renegotiation(self) -> Said:
        if self._asking_since is None:
            self._asking_since = self._context.scheduler.now
        return self._request()

    def hear_schedule_renegotiation(self, heard: Heard) -> None:
        """A warning, or a station that is at it for too long, leaves the old schedule in force."""
        response: common.ScheduleExchangeRes = heard.body
        code = response.response_code.value
        if code.startswith("WARNING"):
            self._keep(code)
        elif response.evse_processing is not Processing.FINISHED:
            if self._context.scheduler.now - (self._asking_since or 0) >= LONGEST_ASIDE:
                self._keep("the station is at it for too long")
        elif not self._take(heard):
            self._asking_since = None
            self._context.told()
            self.renewed = self._decided()

    def _keep(self, why: str) -> None:
        self._asking_since = None
        self._context.log.warning("schedule kept", why=why)
        self._status.schedule_done()

    # The request

    def _request(self) -> Said:
        context = self._context
        points = max(FEWEST_POINTS, context.profile.supporting_points)
        dynamic = self._choosing.made.dynamic
        return Said(
            common.ScheduleExchangeReq(
                header=header(context.calendar.unix()),
                maximum_supporting_points=points,
                dynamic_se_req_control_mode=self._dynamic() if dynamic else None,
                scheduled_se_req_control_mode=None if dynamic else self._scheduled(),
            )
        )

    def _scheduled(self) -> common.ScheduledSEReqControlMode:
        state = self._context.state
        needs = energy_needs(state)
        return common.ScheduledSEReqControlMode(
            departure_time=state.departure,
            ev_target_energy_request=maybe(needs.target),
            ev_maximum_energy_request=maybe(needs.maximum),
            ev_minimum_energy_request=maybe(needs.minimum),
        )

    def _dynamic(self) -> common.DynamicSEReqControlMode:
        state = self._context.state
        needs = energy_needs(state)
        return common.DynamicSEReqControlMode(
            departure_time=departure(state),
            minimum_soc=minimum_soc(state),
            target_soc=percent(state.full_soc),
            ev_target_energy_request=number(needs.target or 0.0),
            ev_maximum_energy_request=number(needs.maximum or 0.0),
            ev_minimum_energy_request=number(needs.minimum or 0.0),
            **(cycled(state) if self._choosing.made.both_ways else {}),
        )

    # The answer

    def _take(self, heard: Heard) -> str:
        """Choose from what came; what does not fit is named."""
        response: common.ScheduleExchangeRes = heard.body
        dynamic = response.dynamic_se_res_control_mode
        if self._choosing.made.dynamic:
            self._offered = ()
            self._context.plan = None
            if dynamic is None:
                return "schedules of the other control mode"
            see_needs(self._context, dynamic)
            pieces = priced_pieces(dynamic, heard.body.header.time_stamp)
            self._context.note(offered=Prices(pieces=pieces))
            return ""
        scheduled = response.scheduled_se_res_control_mode
        if scheduled is None:
            return "schedules of the other control mode"
        priced = self._prices_count(response)
        offered = tuple(schedule_of(one, priced=priced) for one in scheduled.schedule_tuple)
        if len({one.number for one in offered}) != len(offered):
            return "two schedules of one number"
        if not all(one.charge for one in offered):
            return "a schedule that lasts no time"
        self._offered = offered
        context = self._context
        selection = self._choosing.made
        giving = context.profile.giving
        limits = Limits(
            charge=most_power(context, selection),
            discharge=most_back(context, selection) if giving.sells else 0.0,
            entries=context.profile.supporting_points,
            efficiency=giving.efficiency,
            wear=giving.wear,
        )
        self._station_now = heard.body.header.time_stamp
        self._since = context.scheduler.now
        self._work = Work(choosing(offered, needed(context.state), limits))
        return ""

    def _prices_count(self, response: common.ScheduleExchangeRes) -> bool:
        """Prices that are said to be signed count if the contract's operator signed them.

        Nothing demands a signature: without one they are the station's word, as they are where no
        contract pays and nobody is known who could have signed.
        """
        context = self._context
        wallet, contract = context.newer_wallet, context.paid_by
        signed = response.header.signature is not None or bool(signed_elements(response))
        if not signed or wallet is None or contract is None:
            return True
        return wallet.prices_genuine(response, contract)

    def _decided(self) -> bool:
        """Think some steps on: a long schedule shall keep neither bus nor session waiting."""
        work = self._work
        if work is None:
            return True
        if not work.go_on(STEPS_AT_ONCE) or work.result is None:
            return False
        self._work = None
        self._adopt(work.result)
        return True

    def _adopt(self, chosen: Choice) -> None:
        context = self._context
        context.adopt(chosen)
        passed = max(0, self._station_now - self._chosen(chosen).anchor) * S
        context.plan_since = self._since - passed
        context.follow_plan()

    def _chosen(self, plan: Choice) -> Offered:
        return next(one for one in self._offered if one.number == plan.number)

    # For PowerDelivery

    def profile(self) -> common.EVPowerProfile:
        """What we mean to take; in dynamic mode a promise of nothing but our limit."""
        context, selection = self._context, self._choosing.made
        plan = context.plan
        if selection.dynamic or plan is None:
            entry = common.PowerScheduleEntry(
                duration=departure(context.state), power=most(most_power(context, selection))
            )
            return common.EVPowerProfile(
                time_anchor=context.calendar.unix(),
                dynamic_evppt_control_mode=common.DynamicEVPPTControlMode(),
                ev_power_profile_entries=common.EVPowerProfileEntryList(
                    ev_power_profile_entry=(entry,)
                ),
            )
        chosen = self._chosen(plan)
        tolerance = None
        if chosen.tolerance is not None:
            tolerance = common.PowerToleranceAcceptance.POWER_TOLERANCE_CONFIRMED
        return common.EVPowerProfile(
            time_anchor=chosen.anchor,
            scheduled_evppt_control_mode=common.ScheduledEVPPTControlMode(
                selected_schedule_tuple_id=plan.number, power_tolerance_acceptance=tolerance
            ),
            ev_power_profile_entries=common.EVPowerProfileEntryList(
                ev_power_profile_entry=profile_entries(plan, chosen)
            ),
        )

    @property
    def schedules(self) -> Sequence[Offered]:
        return self._offered
