"""ISO 15118-2 on the vehicle, ChargeParameterDiscovery: our needs, their limits, the schedule."""

from typing import Final

from bsw.chrgm.agreement import Payment
from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said
from evcc.plan import choose
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import see_offer
from evcc.session.handlers.iso2.setup import Setup
from evcc.session.handlers.iso2.words import dc_status, offers, optional, percent, quantity

Unit = iso2.Unit
NO_LIMIT: Final = float("inf")


def see_ac(context: VehicleContext, status: iso2.ACEVSEStatus, told: object) -> None:
    """AC_EVSEStatus and the current per phase, in the offer and in each loop."""
    view = context.view
    context.see(
        view.but(
            rcd=status.rcd,
            notification=str(status.evse_notification.value),
            notification_delay=status.notification_max_delay,
            max_current=context.judge.believe("max_current", told, view.max_current),
        )
    )


class Parameters:
    def __init__(self, context: VehicleContext, setup: Setup) -> None:
        self._context = context
        self._setup = setup

    @property
    def _ac(self) -> bool:
        return self._setup.mode.ac

    def ask_charge_parameter_discovery(self) -> Said:
        return Said(
            iso2.ChargeParameterDiscoveryReq(
                max_entries_sa_schedule_tuple=self._context.profile.schedule_entries,
                requested_energy_transfer_mode=iso2.EnergyTransferMode(self._setup.word),
                ev_charge_parameter=self._ac_needs() if self._ac else self._dc_needs(),
            )
        )

    def _ac_needs(self) -> iso2.ACEVChargeParameter:
        state = self._context.state
        return iso2.ACEVChargeParameter(
            departure_time=state.departure,
            e_amount=quantity(state.energy_request or 0.0, Unit.WH),
            ev_max_voltage=quantity(state.ac_max_voltage or 0.0, Unit.V),
            ev_max_current=quantity(state.ac_max_current or 0.0, Unit.A),
            ev_min_current=quantity(state.ac_min_current or 0.0, Unit.A),
        )

    def _dc_needs(self) -> iso2.DCEVChargeParameter:
        state = self._context.state
        return iso2.DCEVChargeParameter(
            departure_time=state.departure,
            dc_ev_status=dc_status(self._context),
            ev_maximum_current_limit=quantity(state.max_current or 0.0, Unit.A),
            ev_maximum_power_limit=optional(state.max_power, Unit.W),
            ev_maximum_voltage_limit=quantity(state.max_voltage or 0.0, Unit.V),
            ev_energy_capacity=optional(state.energy_capacity, Unit.WH),
            ev_energy_request=optional(state.energy_request, Unit.WH),
            full_soc=None if state.full_soc is None else percent(state.full_soc),
            bulk_soc=None if state.bulk_soc is None else percent(state.bulk_soc),
        )

    def hear_charge_parameter_discovery(self, heard: Heard) -> Next:
        context = self._context
        response: iso2.ChargeParameterDiscoveryRes = heard.body
        processing = str(response.evse_processing.value)
        context.see(context.view.but(processing=processing))
        if response.evse_processing is not iso2.EVSEProcessing.FINISHED:
            context.told()
            return Go("ChargeParameterDiscovery", after=context.profile.ongoing_pause)
        problem = self._see_offer(response.evse_charge_parameter)
        if context.view.notification == "StopCharging":
            context.told()
            return context.leave_unpowered()
        finding = context.judge.offer()
        if finding is not None:
            return context.refuse(finding, "ChargeParameterDiscovery")
        schedules = response.sa_schedules
        if not isinstance(schedules, iso2.SAScheduleList):
            problem = problem or "no schedule with Finished"
            return context.end(Ending.INCOMPATIBLE, "ChargeParameterDiscovery", problem)
        if problem:
            return context.end(Ending.INCOMPATIBLE, "ChargeParameterDiscovery", problem)
        self._choose(schedules, heard)
        context.told()
        return self._go_on()

    def _go_on(self) -> Next:
        context = self._context
        if self._ac:
            return Go("PowerDelivery", when=context.ready_for_ac)
        return Go("CableCheck", when=context.ready_for_c, within=context.profile.condition_limit)

    def _see_offer(self, offer: iso2.ACEVSEChargeParameter | iso2.DCEVSEChargeParameter) -> str:
        """Show the limits to the vehicle; what does not fit is named."""
        context = self._context
        if isinstance(offer, iso2.ACEVSEChargeParameter):
            view, believe = context.view, context.judge.believe
            volts = believe("nominal_voltage", offer.evse_nominal_voltage, view.nominal_voltage)
            context.see(view.but(nominal_voltage=volts))
            see_ac(context, offer.ac_evse_status, offer.evse_max_current)
            return "" if self._ac else "AC limits for a DC request"
        if self._ac:
            return "DC limits for an AC request"
        see_offer(context, offer)
        return context.dc_mismatch()

    def _choose(self, schedules: iso2.SAScheduleList, heard: Heard) -> None:
        """Where a contract pays, prices count only if its mobility operator signed them.

        Without a contract there is nobody whose signature could be checked: what is not signed is
        the station's word.
        """
        context = self._context
        tariffs = tuple(
            one.sales_tariff for one in schedules.sa_schedule_tuple if one.sales_tariff is not None
        )
        if context.record.agreed.payment is Payment.CONTRACT:
            genuine = bool(
                tariffs
                and context.wallet is not None
                and heard.signature is not None
                and context.wallet.tariff_genuine(tariffs, heard.signature)
            )
        else:
            genuine = heard.signature is None
        context.adopt(
            choose(
                offers(schedules, priced=genuine),
                energy=context.state.energy_request,
                departure=context.state.departure,
                most_power=self._most_power(),
                entries=context.profile.schedule_entries,
            )
        )

    def _most_power(self) -> float:
        state, view = self._context.state, self._context.view
        if not self._ac:
            return NO_LIMIT if state.max_power is None else state.max_power
        phases = self._setup.mode.phases
        current = min(state.ac_max_current or 0.0, view.max_current or 0.0)
        return current * phases * (view.nominal_voltage or 0.0)
