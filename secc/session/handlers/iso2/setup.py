"""ISO 15118-2, from SessionSetup to PaymentServiceSelection: who we are and what we offer."""

from typing import Final

from bsw.chrgm.messages import iso2
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.services import energy_by_mode
from secc.api.literals import EnergyTransferMode, PaymentOption
from secc.session.context import StationContext
from secc.session.handlers.iso2.value_added import ValueAdded
from secc.session.handlers.iso2.words import evse_id
from secc.session.handlers.needs import publish_ev_info
from secc.session.memory import Visitor

OK: Final = iso2.ResponseCode.OK
CHARGE_SERVICE: Final = 1


class Setup:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._value_added = ValueAdded(station)

    def answer_session_setup(self, heard: Heard) -> Said:
        station = self._station
        request: iso2.SessionSetupReq = heard.body
        visitor = Visitor(request.evccid, station.record.agreed.secure, "iso2")
        joined = station.open_session(heard.session_id, visitor)
        code = iso2.ResponseCode.OK_OLD_SESSION_JOINED
        if not joined:
            code = iso2.ResponseCode.OK_NEW_SESSION_ESTABLISHED
        identity = request.evccid.hex(":").upper()
        station.publish("evcc_id", identity)
        publish_ev_info(station, evcc_id=identity)
        return Said(
            iso2.SessionSetupRes(
                response_code=code,
                evseid=evse_id(station),
                evse_time_stamp=station.calendar.unix(),
            )
        )

    def answer_service_discovery(self, heard: Heard) -> Said:
        request: iso2.ServiceDiscoveryReq = heard.body
        if not self._options() or not self.modes():
            lacking = "mode of this protocol" if self._options() else "payment"
            why = f"no {lacking} is offered on this connection"
            self._station.log.warning("no service", why=why)
            return Said(smallest(iso2.ServiceDiscoveryRes, response_code=iso2.ResponseCode.FAILED))
        options = iso2.PaymentOptionList(
            payment_option=tuple(iso2.PaymentOption(option) for option in self._options())
        )
        services = tuple(
            service
            for service in self._value_added.offered()
            if request.service_category in {None, service.service_category}
            and request.service_scope in {None, "", service.service_scope}
        )
        return Said(
            iso2.ServiceDiscoveryRes(
                response_code=OK,
                payment_option_list=options,
                charge_service=iso2.ChargeService(
                    service_id=CHARGE_SERVICE,
                    service_category=iso2.ServiceCategory.EV_CHARGING,
                    free_service=False,
                    supported_energy_transfer_mode=iso2.SupportedEnergyTransferMode(
                        energy_transfer_mode=self.modes()
                    ),
                ),
                service_list=iso2.ServiceList(service=services) if services else None,
            )
        )

    def answer_service_detail(self, heard: Heard) -> Said:
        number: int = heard.body.service_id
        sets = self._value_added.parameter_sets().get(number)
        if sets is None:
            code = iso2.ResponseCode.FAILED_SERVICE_ID_INVALID  # [V2G2-425]
            return Said(iso2.ServiceDetailRes(response_code=code, service_id=number))
        return Said(
            iso2.ServiceDetailRes(
                response_code=OK,
                service_id=number,
                service_parameter_list=iso2.ServiceParameterList(parameter_set=sets)
                if sets
                else None,
            )
        )

    def answer_payment_service_selection(self, heard: Heard) -> Said:
        request: iso2.PaymentServiceSelectionReq = heard.body
        option = str(request.selected_payment_option.value)
        code = self._selection_code(option, request.selected_service_list.selected_service)
        if code is OK:
            self._station.publish("selected_payment_option", PaymentOption(option))
            self._value_added.select(request.selected_service_list.selected_service)
        return Said(iso2.PaymentServiceSelectionRes(response_code=code))

    def modes(self) -> tuple[iso2.EnergyTransferMode, ...]:
        """What the hardware offers now; after a pause the mode chosen before it [V2G2-741]."""
        station = self._station
        known = energy_by_mode("iso2")
        if station.resumed is not None and station.resumed.mode in known:
            return (iso2.EnergyTransferMode(known[station.resumed.mode].word),)
        offered = station.state.modes or (EnergyTransferMode.DC_EXTENDED,)
        words = dict.fromkeys(known[mode.value].word for mode in offered if mode.value in known)
        return tuple(iso2.EnergyTransferMode(word) for word in words)[:6]

    def _options(self) -> tuple[str, ...]:
        """After a pause the option chosen before it, and no other."""
        station = self._station
        offered = station.payments
        if station.resumed is not None:
            offered = tuple(one for one in offered if one is station.resumed.payment)
        return tuple(str(one.value) for one in offered)

    def _selection_code(
        self, option: str, services: tuple[iso2.SelectedService, ...]
    ) -> iso2.ResponseCode:
        codes = iso2.ResponseCode
        if option not in self._options():
            return codes.FAILED_PAYMENT_SELECTION_INVALID  # [V2G2-465]
        sets = self._value_added.parameter_sets()
        for service in services:
            if service.service_id not in {CHARGE_SERVICE, *sets}:
                return codes.FAILED_SERVICE_SELECTION_INVALID  # [V2G2-467]
            known = {None, *(one.parameter_set_id for one in sets.get(service.service_id, ()))}
            if service.service_id in sets and service.parameter_set_id not in known:
                return codes.FAILED_SERVICE_SELECTION_INVALID
        if CHARGE_SERVICE not in {service.service_id for service in services}:
            return codes.FAILED_NO_CHARGE_SERVICE_SELECTED  # [V2G2-804]
        return OK
