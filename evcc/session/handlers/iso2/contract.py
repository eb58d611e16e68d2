"""ISO 15118-2 on the vehicle, who pays: certificates, contract, authorization, receipts."""

from typing import Any

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso2.setup import Setup
from evcc.session.ports import Wallet


class Contract:
    def __init__(self, context: VehicleContext, setup: Setup) -> None:
        self._context = context
        self._setup = setup
        self._challenge: bytes | None = None
        self._installed: str | None = None
        self.meter: iso2.MeterInfo | None = None

    @property
    def _wallet(self) -> Wallet:
        wallet = self._context.wallet
        assert wallet is not None, "Contract is chosen only with a wallet"
        return wallet

    def ask_certificate_installation(self) -> Later[Said]:
        return self._wallet.installation()

    def hear_certificate_installation(self, heard: Heard) -> Next:
        return self._store(heard)

    def ask_certificate_update(self) -> Later[Said]:
        return self._wallet.update()

    def hear_certificate_update(self, heard: Heard) -> Next:
        return self._store(heard)

    def _store(self, heard: Heard) -> Next:
        """Check, decrypt and store; the next request waits for it."""
        self._installed = None
        self._wallet.install(heard.body, heard.signature).then(self._stored)
        return Go(
            "PaymentDetails",
            when=lambda: self._installed == "",
            otherwise=Ending.SIGNATURE_FAULT,
        )

    def _stored(self, problem: str) -> None:
        self._installed = problem
        self._context.asked.contract.done()
        if problem:
            self._context.log.error("contract refused", why=problem)
            self._context.fail(Ending.SIGNATURE_FAULT, problem)

    def ask_payment_details(self) -> Said:
        contract = self._wallet.contract()
        assert contract is not None, "PaymentDetails is asked only with a contract"
        leaf, *below = contract.chain
        return Said(
            iso2.PaymentDetailsReq(
                emaid=contract.emaid,
                contract_signature_cert_chain=iso2.CertificateChain(
                    certificate=leaf,
                    sub_certificates=(
                        iso2.SubCertificates(certificate=tuple(below)) if below else None
                    ),
                ),
            )
        )

    def hear_payment_details(self, heard: Heard) -> Next:
        response: iso2.PaymentDetailsRes = heard.body
        self._challenge = response.gen_challenge
        return Go("Authorization")

    def ask_authorization(self) -> Said | Later[Said]:
        """Signed once with the challenge, then empty while it is ongoing [V2G2-684]."""
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            return Said(iso2.AuthorizationReq())
        return self._wallet.signed(iso2.AuthorizationReq(id="id1", gen_challenge=challenge))

    def hear_authorization(self, heard: Heard) -> Next:
        context = self._context
        response: iso2.AuthorizationRes = heard.body
        processing = str(response.evse_processing.value)
        context.see(context.view.but(processing=processing, authorization=processing))
        context.told()
        if response.evse_processing is iso2.EVSEProcessing.FINISHED:
            return Go("ChargeParameterDiscovery", when=context.limits_known)
        return Go("Authorization", after=context.profile.ongoing_pause)

    def see_meter(self, response: Any) -> bool:  # noqa: ANN401 - either loop's response
        """Take in the meter; true if a receipt is due now."""
        context, meter = self._context, response.meter_info
        view = context.view.but(receipt_required=response.receipt_required)
        if meter is not None:
            self.meter = meter
            view = view.but(
                meter_id=meter.meter_id,
                meter_reading=meter.meter_reading,
                meter_time=meter.t_meter,
            )
        context.see(view)
        return context.record.agreed.receipt

    def ask_metering_receipt(self) -> Later[Said]:
        assert self.meter is not None, "a receipt repeats meter data that was heard"
        plan = self._context.plan
        return self._wallet.signed(
            iso2.MeteringReceiptReq(
                id="id1",
                session_id=self._context.record.session_id,
                sa_schedule_tuple_id=None if plan is None else plan.number,
                meter_info=self.meter,
            )
        )
