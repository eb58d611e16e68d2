"""ISO 15118-20 on the vehicle, who pays: contracts first, then external means, in one session.

A repeated request is the same but for its time, signature included [V2G20-1582].  A warning with
Finished is the station's no to this way of paying; ``evcc.session.paying`` says what is next.
"""

from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.paying import Offer, Paying, Step
from evcc.session.ports import ContractFacts

EIM, PNC = common.Authorization.EIM, common.Authorization.PNC
WORDS: Final = {EIM: "ExternalPayment", PNC: "Contract"}
"""What bus and north side call them."""

NOTHING_OFFERED: Final = Offer()


class Authorization:
    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self._challenge = b""
        self._tried: ContractFacts | None = None  # the contract of the open request
        self._open: Said | None = None  # to be repeated while it is ongoing
        self.paying = Paying(NOTHING_OFFERED, tuple, lambda _one: False, lambda: False)

    def ask_authorization_setup(self) -> Said:
        return Said(common.AuthorizationSetupReq(header=header(self._context.calendar.unix())))

    def hear_authorization_setup(self, heard: Heard) -> Next:
        context = self._context
        response: common.AuthorizationSetupRes = heard.body
        services = response.authorization_services
        context.note(offered_payments=tuple(WORDS[one] for one in services))
        self.paying = self._paying(response)
        if self.paying.next()[0] is Step.NOTHING:
            names = ", ".join(one.value for one in services)
            why = f"payment by {names} only"
            return context.end(Ending.INCOMPATIBLE, "AuthorizationSetup", why)
        return self.go_on("")

    def _paying(self, response: common.AuthorizationSetupRes) -> Paying:
        """A contract pays where it is wanted, and where there is something to sign."""
        context, wallet = self._context, self._context.newer_wallet
        services, pnc = response.authorization_services, response.pnc_as_res_authorization_mode
        external = EIM in services
        if wallet is None or pnc is None or PNC not in services or not self._wanted(external):
            return Paying(Offer(external=external), tuple, lambda _one: False, lambda: False)
        self._challenge = pnc.gen_challenge
        listed = pnc.supported_providers
        providers = None if listed is None else listed.provider_id
        installs = response.certificate_installation_service and wallet.can_install()
        return Paying(
            Offer(contract=True, external=external, installation=installs),
            lambda: wallet.contracts(providers),
            wallet.ends_soon,
            lambda: context.asked.contract.asked,
        )

    def _wanted(self, external: bool) -> bool:  # noqa: FBT001 - whether it is offered
        """Whoever would rather pay otherwise pays by contract only where nothing else is taken."""
        return self._context.state.prefer_contract or not external

    def go_on(self, why: str) -> Next:
        """The next way of paying, or the end; ``why`` the last one was refused."""
        context = self._context
        self._open = None
        step, _ = self.paying.next()
        if step is Step.INSTALL:
            self.paying.asked_for_contracts()
            return Go("CertificateInstallation")
        if step is Step.NOTHING:
            context.stop(Ending.REFUSED, why)
            return Go("SessionStop", when=context.in_b)
        return Go("Authorization")

    def ask_authorization(self) -> Said | Later[Said]:
        now = header(self._context.calendar.unix())
        if self._open is not None:
            return Said(self._open.body.replace(header=now), self._open.signature)
        step, self._tried = self.paying.next()
        self._context.note(payment=WORDS[PNC if step is Step.CONTRACT else EIM])
        self._context.told()
        if self._tried is None:
            self._open = Said(
                common.AuthorizationReq(
                    header=now,
                    selected_authorization_service=EIM,
                    eim_a_req_authorization_mode=common.EIMAReqAuthorizationMode(),
                )
            )
            return self._open
        return self._signed(self._tried)

    def _signed(self, contract: ContractFacts) -> Later[Said]:
        wallet = self._context.newer_wallet
        assert wallet is not None, "a contract is tried only with a wallet"
        promise: Later[Said] = Later()

        def signed(said: Said) -> None:
            self._open = said
            promise.resolve(said)

        wallet.signed(self._request(contract), contract).then(signed)
        return promise

    def _request(self, contract: ContractFacts) -> common.AuthorizationReq:
        leaf, *above = contract.chain
        return common.AuthorizationReq(
            header=header(self._context.calendar.unix()),
            selected_authorization_service=PNC,
            pnc_a_req_authorization_mode=common.PnCAReqAuthorizationMode(
                id="id1",
                gen_challenge=self._challenge,
                contract_certificate_chain=common.ContractCertificateChain(
                    certificate=leaf,
                    sub_certificates=common.SubCertificates(certificate=tuple(above)),
                ),
            ),
        )

    def hear_authorization(self, heard: Heard) -> Next:
        context = self._context
        response: common.AuthorizationRes = heard.body
        processing, code = response.evse_processing.value, response.response_code
        context.note(processing=processing, authorization=processing)
        context.told()
        if response.evse_processing is not Processing.FINISHED:
            return Go("Authorization", after=context.profile.ongoing_pause)
        if context.record.agreed.authorized:
            if code is ResponseCode.OK_CERTIFICATE_EXPIRES_SOON:
                context.log.warning("contract ends soon", remedy="have another one installed")
            context.paid_by = self._tried
            return Go("ServiceDiscovery", when=context.limits_known)
        context.log.warning("payment refused", by=code.value)
        if self._tried is None:
            self.paying.external_refused()
        else:
            self.paying.contract_refused(self._tried, code.value)
        return self.go_on(f"authorization answered with {code.value}")
