"""DIN 70121 on the vehicle, from SessionSetup to ChargeParameterDiscovery."""

from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.messages import din
from bsw.chrgm.record import Heard, Said
from evcc.plan import DAY, Offer, Piece, choose
from evcc.session.context import VehicleContext
from evcc.session.handlers.dc import see_offer
from evcc.session.handlers.din.words import dc_status, optional, quantity
from evcc.session.handlers.iso2.words import percent
from evcc.session.handlers.modes import older

Unit = din.Unit
USABLE: Final = {
    "DC_extended": frozenset(
        {
            "DC_extended",
            "AC_core1p_DC_extended",
            "AC_single_phase_three_phase_core_DC_extended",
            "AC_core3p_DC_extended",
        }
    ),
    "DC_core": frozenset({"DC_core", "DC_dual", "AC_single_DC_core"}),
}
"""The station's kinds that serve each of the two kinds a DIN vehicle may ask for."""


class Setup:
    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self._service = 0

    def ask_session_setup(self) -> Said:
        return Said(din.SessionSetupReq(evccid=self._context.evccid))

    def hear_session_setup(self, heard: Heard) -> Next:
        context = self._context
        response: din.SessionSetupRes = heard.body
        context.record.resumed = None  # there is no pause in DIN
        context.memory.forget()
        context.see(
            context.view.but(
                evse_id=_readable(response.evseid),
                evse_time=response.date_time_now,
                session_id=heard.session_id.hex().upper(),
            )
        )
        context.told()
        return Go("ServiceDiscovery")

    def ask_service_discovery(self) -> Said:
        return Said(din.ServiceDiscoveryReq(service_category=din.ServiceCategory.EV_CHARGING))

    def hear_service_discovery(self, heard: Heard) -> Next:
        context = self._context
        response: din.ServiceDiscoveryRes = heard.body
        offered = str(response.charge_service.energy_transfer_type.value)
        context.see(context.view.but(offered_modes=(offered,)))
        if offered not in USABLE.get(older(context.state.mode), ()):
            return context.end(Ending.INCOMPATIBLE, "ServiceDiscovery", f"offers {offered}")
        options = response.payment_options.payment_option
        payments = tuple(str(option.value) for option in options)
        context.see(context.view.but(offered_payments=payments))
        if din.PaymentOption.EXTERNAL_PAYMENT not in options:
            return context.end(Ending.INCOMPATIBLE, "ServiceDiscovery", "no external payment")
        self._service = response.charge_service.service_tag.service_id
        payment = str(din.PaymentOption.EXTERNAL_PAYMENT.value)
        context.see(context.view.but(payment=payment))
        context.told()
        return Go("ServicePaymentSelection")

    def ask_service_payment_selection(self) -> Said:
        return Said(
            din.ServicePaymentSelectionReq(
                selected_payment_option=din.PaymentOption.EXTERNAL_PAYMENT,
                selected_service_list=din.SelectedServiceList(
                    selected_service=(din.SelectedService(service_id=self._service),)
                ),
            )
        )

    def hear_service_payment_selection(self, _heard: Heard) -> Next:
        return Go("ContractAuthentication")

    def ask_contract_authentication(self) -> Said:
        return Said(din.ContractAuthenticationReq())

    def hear_contract_authentication(self, heard: Heard) -> Next:
        context = self._context
        response: din.ContractAuthenticationRes = heard.body
        processing = str(response.evse_processing.value)
        context.see(context.view.but(processing=processing, authorization=processing))
        context.told()
        if response.evse_processing is din.EVSEProcessing.FINISHED:
            return Go("ChargeParameterDiscovery", when=context.limits_known)
        return Go("ContractAuthentication", after=context.profile.ongoing_pause)

    def ask_charge_parameter_discovery(self) -> Said:
        state = self._context.state
        return Said(
            din.ChargeParameterDiscoveryReq(
                ev_requested_energy_transfer_type=din.EVRequestedEnergyTransfer(older(state.mode)),
                ev_charge_parameter=din.DCEVChargeParameter(
                    dc_ev_status=dc_status(self._context),
                    ev_maximum_current_limit=quantity(state.max_current or 0.0, Unit.A),
                    ev_maximum_power_limit=optional(state.max_power, Unit.W),
                    ev_maximum_voltage_limit=quantity(state.max_voltage or 0.0, Unit.V),
                    ev_energy_capacity=optional(state.energy_capacity, Unit.WH),
                    ev_energy_request=optional(state.energy_request, Unit.WH),
                    full_soc=None if state.full_soc is None else percent(state.full_soc),
                    bulk_soc=None if state.bulk_soc is None else percent(state.bulk_soc),
                ),
            )
        )

    def hear_charge_parameter_discovery(self, heard: Heard) -> Next:
        context = self._context
        response: din.ChargeParameterDiscoveryRes = heard.body
        processing = str(response.evse_processing.value)
        context.see(context.view.but(processing=processing))
        offer = response.evse_charge_parameter
        if not isinstance(offer, din.DCEVSEChargeParameter):
            return context.end(Ending.INCOMPATIBLE, "ChargeParameterDiscovery", "AC limits")
        see_offer(context, offer)
        if response.evse_processing is not din.EVSEProcessing.FINISHED:
            context.told()
            return Go("ChargeParameterDiscovery", after=context.profile.ongoing_pause)
        if context.view.notification == "StopCharging":
            context.told()
            return context.leave_unpowered()
        finding = context.judge.offer()
        if finding is not None:
            return context.refuse(finding, "ChargeParameterDiscovery")
        problem = context.dc_mismatch()
        if problem:
            return context.end(Ending.INCOMPATIBLE, "ChargeParameterDiscovery", problem)
        if isinstance(response.sa_schedules, din.SAScheduleList):
            self._choose(response.sa_schedules)
        context.told()
        return Go("CableCheck", when=context.ready_for_c, within=context.profile.condition_limit)

    def _choose(self, schedules: din.SAScheduleList) -> None:
        """PMax has 16 bits here: at its end it says "at least so much" and limits nothing."""
        context = self._context
        highest = 32_767
        entries = schedules.sa_schedule_tuple[0].p_max_schedule.p_max_schedule_entry
        starts = [entry.time_interval.start for entry in entries]
        ends = [*starts[1:], max(DAY, starts[-1] + 1)]
        pieces = tuple(
            Piece(begin, end, float("inf") if entry.p_max >= highest else float(entry.p_max))
            for entry, begin, end in zip(entries, starts, ends, strict=True)
        )
        most = context.state.max_power
        context.adopt(
            choose(
                [Offer(schedules.sa_schedule_tuple[0].sa_schedule_tuple_id, pieces)],
                energy=None,
                departure=None,
                most_power=float("inf") if most is None else most,
            )
        )


def _readable(octets: bytes) -> str:
    """Stations send ASCII of an id, or octets of their own; both are shown as text."""
    text = octets.decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text else octets.hex().upper()
