"""DIN 70121, from SessionSetup to ChargeParameterDiscovery: one service, external payment."""

from typing import Final

from bsw.chrgm.agreement import Payment
from bsw.chrgm.messages import din
from bsw.chrgm.modes import mode_of
from bsw.chrgm.record import Heard, Said
from secc.api.literals import EnergyTransferMode, PaymentOption
from secc.session.context import StationContext
from secc.session.handlers.authority import answer_of, ask, settle
from secc.session.handlers.din.words import amps, evse_id, least, most, status
from secc.session.handlers.needs import publish_charging_needs, publish_ev_info
from secc.session.handlers.published import publish_dc_needs
from secc.session.limits import dc_limits, hardware_power, regulation_tolerance
from secc.session.memory import Visitor
from secc.session.schedules import DAY

OK: Final = din.ResponseCode.OK
Codes = din.ResponseCode
CHARGE_SERVICE: Final = 1
MOST_PMAX: Final = 32_767
"""PMax is a plain 16-bit number of watts here; the real limit stands in the charge parameters."""

_MODES: Final = (EnergyTransferMode.DC_EXTENDED, EnergyTransferMode.DC_CORE)


class Setup:
    def __init__(self, station: StationContext) -> None:
        self._station = station

    def answer_session_setup(self, heard: Heard) -> Said:
        """Always a fresh id: there is no pause in DIN."""
        station = self._station
        evccid: bytes = heard.body.evccid
        station.open_session(heard.session_id, Visitor(evccid, station.record.agreed.secure, "din"))
        identity = evccid[:6].hex(":").upper()
        station.publish("evcc_id", identity)
        publish_ev_info(station, evcc_id=identity)
        return Said(
            din.SessionSetupRes(
                response_code=Codes.OK_NEW_SESSION_ESTABLISHED,
                evseid=evse_id(station),
                date_time_now=station.calendar.unix(),
            )
        )

    def answer_service_discovery(self, _heard: Heard) -> Said:
        """No name, no scope, no list of other services [V2G-DC-628], [V2G-DC-629]."""
        return Said(
            din.ServiceDiscoveryRes(
                response_code=OK if self._payable else Codes.FAILED,
                payment_options=din.PaymentOptions(
                    payment_option=(din.PaymentOption.EXTERNAL_PAYMENT,)
                ),
                charge_service=din.ServiceCharge(
                    service_tag=din.ServiceTag(
                        service_id=CHARGE_SERVICE,
                        service_category=din.ServiceCategory.EV_CHARGING,
                    ),
                    free_service=False,
                    energy_transfer_type=din.EVSESupportedEnergyTransfer(self.mode()),
                ),
            )
        )

    def answer_service_payment_selection(self, heard: Heard) -> Said:
        request: din.ServicePaymentSelectionReq = heard.body
        code = OK
        chosen = [one.service_id for one in request.selected_service_list.selected_service]
        external = request.selected_payment_option is din.PaymentOption.EXTERNAL_PAYMENT
        if not (external and self._payable):
            code = Codes.FAILED_PAYMENT_SELECTION_INVALID
        elif chosen != [CHARGE_SERVICE]:
            code = Codes.FAILED_SERVICE_SELECTION_INVALID
        else:
            self._station.publish("selected_payment_option", PaymentOption.EXTERNAL)
        return Said(din.ServicePaymentSelectionRes(response_code=code))

    @property
    def _payable(self) -> bool:
        """DIN knows external payment only; an outlet for contracts alone does not serve it."""
        return Payment.EXTERNAL in self._station.payments

    def answer_contract_authentication(self, _heard: Heard) -> Said:
        station = self._station
        if not station.authorized:
            ask(station)
            found = answer_of(station)
            station.authorized = found is not None and found.good
            if station.authorized:
                settle(station)
        finished = station.authorized
        processing = din.EVSEProcessing.FINISHED if finished else din.EVSEProcessing.ONGOING
        return Said(din.ContractAuthenticationRes(response_code=OK, evse_processing=processing))

    def answer_charge_parameter_discovery(self, heard: Heard) -> Said:
        station = self._station
        request: din.ChargeParameterDiscoveryReq = heard.body
        code = self._judge(request)
        if code is OK:
            station.mode = mode_of(request.ev_requested_energy_transfer_type.value)
            mode = EnergyTransferMode(station.mode.name)
            station.publish("requested_energy_transfer_mode", mode)
            needs = request.ev_charge_parameter
            assert isinstance(needs, din.DCEVChargeParameter)  # else it was refused
            publish_dc_needs(station, needs)
            publish_charging_needs(station, needs)
            power = dc_limits(station.state).power
            most = min(hardware_power(station.state, station.mode), MOST_PMAX)
            offer = station.schedules.offer
            offer(min(power, MOST_PMAX), entries=None, departure=None, ceiling=most)
        finished = station.schedules.ready or code is not OK
        return Said(
            din.ChargeParameterDiscoveryRes(
                response_code=code,
                evse_processing=din.EVSEProcessing("Finished" if finished else "Ongoing"),
                sa_schedules=self.schedules(),
                evse_charge_parameter=self.offer(),
            )
        )

    def mode(self) -> str:
        """One of the two kinds of DC that DIN knows in operation [V2G-DC-625]."""
        offered = self._station.state.modes or ()
        return str(next((mode for mode in _MODES if mode in offered), _MODES[0]).value)

    def _judge(self, request: din.ChargeParameterDiscoveryReq) -> din.ResponseCode:
        if request.ev_requested_energy_transfer_type.value != self.mode():
            return Codes.FAILED_WRONG_ENERGY_TRANSFER_TYPE
        needs = request.ev_charge_parameter
        if not isinstance(needs, din.DCEVChargeParameter):
            return Codes.FAILED_WRONG_CHARGE_PARAMETER
        limits = dc_limits(self._station.state)
        current, voltage = needs.ev_maximum_current_limit.si(), needs.ev_maximum_voltage_limit.si()
        possible = (
            current > 0
            and voltage > 0
            and current >= limits.minimum_current
            and voltage >= limits.minimum_voltage
        )
        return OK if possible else Codes.FAILED_WRONG_CHARGE_PARAMETER

    def schedules(self) -> din.SAScheduleList:
        """One tuple over one day [V2G-DC-554]."""
        sent = self._station.schedules.sent
        steps = sent[0].steps if sent else ()
        entries = tuple(
            din.PMaxScheduleEntry(
                time_interval=din.RelativeTimeInterval(
                    start=step.start,
                    duration=DAY - step.start if place == len(steps) - 1 else None,
                ),
                p_max=min(MOST_PMAX, max(0, int(step.power))),
            )
            for place, step in enumerate(steps)
            if step.start < DAY
        ) or (
            din.PMaxScheduleEntry(
                time_interval=din.RelativeTimeInterval(start=0, duration=DAY), p_max=0
            ),
        )
        number = sent[0].number if sent else 1
        return din.SAScheduleList(
            sa_schedule_tuple=(
                din.SAScheduleTuple(
                    sa_schedule_tuple_id=number,
                    p_max_schedule=din.PMaxSchedule(
                        p_max_schedule_id=number, p_max_schedule_entry=entries
                    ),
                ),
            )
        )

    def offer(self) -> din.DCEVSEChargeParameter:
        station = self._station
        limits = dc_limits(station.state)
        tolerance = regulation_tolerance(station.state)
        energy = station.state.physical.dc_energy_to_be_delivered
        return din.DCEVSEChargeParameter(
            dc_evse_status=status(station),
            evse_maximum_current_limit=most(limits.current, din.Unit.A),
            evse_maximum_power_limit=most(limits.power, din.Unit.W),
            evse_maximum_voltage_limit=most(limits.voltage, din.Unit.V),
            evse_minimum_current_limit=least(limits.minimum_current, din.Unit.A),
            evse_minimum_voltage_limit=least(limits.minimum_voltage, din.Unit.V),
            evse_current_regulation_tolerance=None if tolerance is None else amps(tolerance),
            evse_peak_current_ripple=amps(limits.ripple),
            evse_energy_to_be_delivered=None if energy is None else most(energy, din.Unit.WH),
        )
