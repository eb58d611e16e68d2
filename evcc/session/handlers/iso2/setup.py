"""ISO 15118-2 on the vehicle, from SessionSetup to PaymentServiceSelection."""

from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.messages import iso2
from bsw.chrgm.modes import NONE
from bsw.chrgm.record import Heard, Said, same_session
from bsw.chrgm.services import energy_by_mode
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso2.value_added import ValueAdded
from evcc.session.handlers.modes import usable_mode

CERTIFICATES: Final = iso2.ServiceCategory.CONTRACT_CERTIFICATE
INSTALLATION, UPDATE = "Installation", "Update"


class Setup:
    """Finds out what is offered and chooses from it; the choice stands in these fields."""

    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self.mode = NONE
        self.payment = iso2.PaymentOption.EXTERNAL_PAYMENT
        self.charge_service = 0
        self.certificate_service: int | None = None
        self.certificate_set: int | None = None
        self.certificate_wish = ""
        self._value_added = ValueAdded(context)

    @property
    def word(self) -> str:
        """What the message calls the mode."""
        return energy_by_mode("iso2")[self.mode.name].word

    @property
    def service_place(self) -> str:
        """Where the energy service has words of its own; empty before the choice."""
        return "" if self.mode is NONE else energy_by_mode("iso2")[self.mode.name].vehicle

    def ask_session_setup(self) -> Said:
        return Said(iso2.SessionSetupReq(evccid=self._context.evccid))

    def hear_session_setup(self, heard: Heard) -> Next:
        context = self._context
        response: iso2.SessionSetupRes = heard.body
        asked = context.record.resumed
        joined = response.response_code is iso2.ResponseCode.OK_OLD_SESSION_JOINED
        if joined and (asked is None or not same_session(asked, heard.session_id)):
            return context.end(
                Ending.UNKNOWN_SESSION, "SessionSetup", "joined a session never asked for"
            )
        if not joined:
            context.record.resumed = None
            context.memory.forget()
        context.see(
            context.view.but(
                evse_id=response.evseid,
                evse_time=response.evse_time_stamp,
                session_id=heard.session_id.hex().upper(),
            )
        )
        context.told()
        return Go("ServiceDiscovery")

    def ask_service_discovery(self) -> Said:
        return Said(iso2.ServiceDiscoveryReq())

    def hear_service_discovery(self, heard: Heard) -> Next:
        context = self._context
        response: iso2.ServiceDiscoveryRes = heard.body
        service = response.charge_service
        modes = service.supported_energy_transfer_mode.energy_transfer_mode
        options = response.payment_option_list.payment_option
        context.see(
            context.view.but(
                offered_payments=tuple(str(option.value) for option in options),
                offered_modes=tuple(str(mode.value) for mode in modes),
            )
        )
        self.mode = usable_mode(context.state.mode, context.view.offered_modes)
        if self.mode is NONE:
            offered = ", ".join(context.view.offered_modes)
            return context.end(Ending.INCOMPATIBLE, "ServiceDiscovery", f"offers {offered}")
        self.charge_service = service.service_id
        self._note_certificate_service(response.service_list)
        options = response.payment_option_list.payment_option
        if not self._choose_payment(options):
            names = ", ".join(str(option.value) for option in options)
            return context.end(Ending.INCOMPATIBLE, "ServiceDiscovery", f"payment by {names} only")
        context.see(context.view.but(payment=str(self.payment.value)))
        self._value_added.note(response.service_list)
        context.told()
        return self._next_detail()

    def _next_detail(self) -> Go:
        """One service after the other, the certificates' first."""
        asks = self._certificates_asked or self._value_added.open
        return Go("ServiceDetail" if asks else "PaymentServiceSelection")

    def _note_certificate_service(self, services: iso2.ServiceList | None) -> None:
        for service in services.service if services is not None else ():
            if service.service_category is CERTIFICATES and service.free_service:
                self.certificate_service = service.service_id

    def _choose_payment(self, options: tuple[iso2.PaymentOption, ...]) -> bool:
        """Contract only over TLS and only with a contract, or with a way to get one."""
        if self._contract_possible() and iso2.PaymentOption.CONTRACT in options:
            self.payment = iso2.PaymentOption.CONTRACT
            return True
        self.certificate_wish = ""
        return iso2.PaymentOption.EXTERNAL_PAYMENT in options

    def _contract_possible(self) -> bool:
        context = self._context
        if (
            not (context.state.prefer_contract and context.record.agreed.secure)
            or context.wallet is None
        ):
            return False
        service = self.certificate_service is not None
        contract = context.wallet.contract()
        installable = service and context.wallet.can_install()
        if contract is None or (context.asked.contract.asked and installable):
            self.certificate_wish = INSTALLATION
            return installable
        if service and contract.expires - context.calendar.unix() < context.profile.update_before:
            self.certificate_wish = UPDATE
        return True

    def ask_service_detail(self) -> Said:
        number = self.certificate_service if self._certificates_asked else self._value_added.open
        assert number, "asked only for a service that was offered"
        return Said(iso2.ServiceDetailReq(service_id=number))

    @property
    def _certificates_asked(self) -> bool:
        return bool(self.certificate_wish) and self.certificate_set is None

    def hear_service_detail(self, heard: Heard) -> Next:
        """Take the parameter set that is named for what we want."""
        response: iso2.ServiceDetailRes = heard.body
        if not self._certificates_asked:
            self._value_added.detail(response)
            return self._next_detail()
        listed = response.service_parameter_list
        for one in listed.parameter_set if listed is not None else ():
            values = {parameter.string_value for parameter in one.parameter}
            if self.certificate_wish in values:
                self.certificate_set = one.parameter_set_id
                return self._next_detail()
        self._give_up_certificates()
        return self._next_detail()

    def _give_up_certificates(self) -> None:
        if self.certificate_wish == INSTALLATION:
            self.payment = iso2.PaymentOption.EXTERNAL_PAYMENT
        self.certificate_wish = ""

    def ask_payment_service_selection(self) -> Said:
        services = [iso2.SelectedService(service_id=self.charge_service)]
        if self.certificate_wish and self.certificate_service is not None:
            services.append(
                iso2.SelectedService(
                    service_id=self.certificate_service, parameter_set_id=self.certificate_set
                )
            )
        services += self._value_added.selected()
        return Said(
            iso2.PaymentServiceSelectionReq(
                selected_payment_option=self.payment,
                selected_service_list=iso2.SelectedServiceList(selected_service=tuple(services)),
            )
        )

    def hear_payment_service_selection(self, _heard: Heard) -> Next:
        if self.payment is iso2.PaymentOption.EXTERNAL_PAYMENT:
            return Go("Authorization")
        follow = {INSTALLATION: "CertificateInstallation", UPDATE: "CertificateUpdate"}
        return Go(follow.get(self.certificate_wish, "PaymentDetails"))
