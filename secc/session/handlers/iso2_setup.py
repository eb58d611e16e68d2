"""ISO 15118-2, from SessionSetup to PaymentServiceSelection: who we are and what we offer."""

from typing import Final

from bsw.chrgm.messages import iso2
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from secc.api.literals import EnergyTransferMode, PaymentOption
from secc.session.context import StationContext
from secc.session.handlers.iso2_words import evse_id
from secc.session.handlers.needs import publish_ev_info
from secc.session.memory import Visitor

OK: Final = iso2.ResponseCode.OK
CHARGE_SERVICE: Final = 1
CERTIFICATE_SERVICE: Final = 2
INTERNET_SERVICE: Final = 3
INSTALLATION, UPDATE = 1, 2
"""The parameter sets of the certificate service."""

_PROTOCOLS: Final = (("ftp", 20), ("ftp", 21), ("http", 80), ("https", 443))
"""The parameter sets of the Internet service, from number 1 on."""

_MODES: Final = {mode.value: mode for mode in iso2.EnergyTransferMode}


class Setup:
    def __init__(self, station: StationContext) -> None:
        self._station = station

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
        if not self._options():
            self._station.log.warning("no service", why="no payment is offered on this connection")
            return Said(smallest(iso2.ServiceDiscoveryRes, response_code=iso2.ResponseCode.FAILED))
        options = iso2.PaymentOptionList(
            payment_option=tuple(iso2.PaymentOption(option) for option in self._options())
        )
        services = tuple(
            service
            for service in self._value_added()
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
        sets = self._parameter_sets().get(number)
        if sets is None:
            code = iso2.ResponseCode.FAILED_SERVICE_ID_INVALID  # [V2G2-425]
            return Said(iso2.ServiceDetailRes(response_code=code, service_id=number))
        return Said(
            iso2.ServiceDetailRes(
                response_code=OK,
                service_id=number,
                service_parameter_list=iso2.ServiceParameterList(parameter_set=sets),
            )
        )

    def answer_payment_service_selection(self, heard: Heard) -> Said:
        request: iso2.PaymentServiceSelectionReq = heard.body
        option = str(request.selected_payment_option.value)
        code = self._selection_code(option, request.selected_service_list.selected_service)
        if code is OK:
            self._station.publish("selected_payment_option", PaymentOption(option))
        return Said(iso2.PaymentServiceSelectionRes(response_code=code))

    def modes(self) -> tuple[iso2.EnergyTransferMode, ...]:
        """What the hardware offers now; after a pause the mode chosen before it [V2G2-741]."""
        station = self._station
        if station.resumed is not None and station.resumed.mode in _MODES:
            return (_MODES[station.resumed.mode],)
        offered = station.state.modes or (EnergyTransferMode.DC_EXTENDED,)
        return tuple(_MODES[mode.value] for mode in offered if mode.value in _MODES)[:6]

    def _options(self) -> tuple[str, ...]:
        """After a pause the option chosen before it, and no other."""
        station = self._station
        offered = station.payments
        if station.resumed is not None:
            offered = tuple(one for one in offered if one is station.resumed.payment)
        return tuple(str(one.value) for one in offered)

    def _value_added(self) -> tuple[iso2.Service, ...]:
        """Value-added services exist over TLS only."""
        station = self._station
        if not station.record.agreed.secure:
            return ()
        offered = (
            (station.state.certificate_service, _CERTIFICATES),
            (station.state.internet_service, _INTERNET),
        )
        return tuple(service for wanted, service in offered if wanted)

    def _parameter_sets(self) -> dict[int, tuple[iso2.ParameterSet, ...]]:
        """Of each service on offer."""
        return {service.service_id: _SETS[service.service_id] for service in self._value_added()}

    def _selection_code(
        self, option: str, services: tuple[iso2.SelectedService, ...]
    ) -> iso2.ResponseCode:
        codes = iso2.ResponseCode
        if option not in self._options():
            return codes.FAILED_PAYMENT_SELECTION_INVALID  # [V2G2-465]
        sets = self._parameter_sets()
        for service in services:
            if service.service_id not in {CHARGE_SERVICE, *sets}:
                return codes.FAILED_SERVICE_SELECTION_INVALID  # [V2G2-467]
            known = {None, *(one.parameter_set_id for one in sets.get(service.service_id, ()))}
            if service.service_id in sets and service.parameter_set_id not in known:
                return codes.FAILED_SERVICE_SELECTION_INVALID
        if CHARGE_SERVICE not in {service.service_id for service in services}:
            return codes.FAILED_NO_CHARGE_SERVICE_SELECTED  # [V2G2-804]
        return OK


def _certificate_set(number: int, text: str) -> iso2.ParameterSet:
    return iso2.ParameterSet(
        parameter_set_id=number,
        parameter=(iso2.Parameter(name="Service", string_value=text),),
    )


def _internet_set(number: int, name: str, port: int) -> iso2.ParameterSet:
    return iso2.ParameterSet(
        parameter_set_id=number,
        parameter=(
            iso2.Parameter(name="Protocol", string_value=name),
            iso2.Parameter(name="Port", int_value=port),
        ),
    )


_CERTIFICATES: Final = iso2.Service(
    service_id=CERTIFICATE_SERVICE,
    service_name="Certificate",
    service_category=iso2.ServiceCategory.CONTRACT_CERTIFICATE,
    free_service=True,
)
_INTERNET: Final = iso2.Service(
    service_id=INTERNET_SERVICE,
    service_name="InternetAccess",
    service_category=iso2.ServiceCategory.INTERNET,
    free_service=True,
)
_SETS: Final = {
    CERTIFICATE_SERVICE: (
        _certificate_set(INSTALLATION, "Installation"),
        _certificate_set(UPDATE, "Update"),
    ),
    INTERNET_SERVICE: tuple(
        _internet_set(number, name, port) for number, (name, port) in enumerate(_PROTOCOLS, start=1)
    ),
}
