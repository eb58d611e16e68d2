"""ISO 15118-2, who pays: certificate services, contract, authorization, metering receipts."""

from typing import Final

from bsw.chrgm.agreement import Payment
from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said, same_session
from secc.api.literals import CertificateStatus
from secc.contract.token import contract_token
from secc.session.context import StationContext
from secc.session.handlers.authority import answer_of, ask, settle
from secc.session.handlers.iso2.words import evse_status, meter_info
from secc.session.ports import ContractDesk, Verdict

OK: Final = iso2.ResponseCode.OK

_CERTIFICATE_CODES: Final = {
    CertificateStatus.SIGNATURE_ERROR: iso2.ResponseCode.FAILED_SIGNATURE_ERROR,
    CertificateStatus.CERTIFICATE_EXPIRED: iso2.ResponseCode.FAILED_CERTIFICATE_EXPIRED,
    CertificateStatus.CERTIFICATE_REVOKED: iso2.ResponseCode.FAILED_CERTIFICATE_REVOKED,
    CertificateStatus.NO_CERTIFICATE_AVAILABLE: (iso2.ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE),
    CertificateStatus.CERT_CHAIN_ERROR: iso2.ResponseCode.FAILED_CERT_CHAIN_ERROR,
    CertificateStatus.CONTRACT_CANCELLED: iso2.ResponseCode.FAILED_CONTRACT_CANCELED,
}


class Contract:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._proved = False  # the first AuthorizationReq was signed over our challenge
        self._sent_meter: iso2.MeterInfo | None = None

    @property
    def _desk(self) -> ContractDesk:
        desk = self._station.desk
        assert desk is not None, "Contract is offered only where a desk is wired"
        return desk

    def answer_certificate_installation(self, heard: Heard) -> Later[Said]:
        return self._desk.install(heard)

    def answer_certificate_update(self, heard: Heard) -> Later[Said]:
        return self._desk.update(heard)

    def answer_payment_details(self, heard: Heard) -> Said:
        station = self._station
        request: iso2.PaymentDetailsReq = heard.body
        chain = _octets(request.contract_signature_cert_chain)
        verdict = self._desk.judge_contract(chain, request.emaid)
        central = station.state.central_contract_validation
        elsewhere = central and verdict.elsewhere
        if elsewhere:
            station.log.info("contract judged elsewhere", why=verdict.why)
            verdict = Verdict("OK")
        if verdict.good and not self._pays_on(request.emaid):
            verdict = Verdict("FAILED", "another contract than before the pause")
        if verdict.good:
            station.contract = chain
            station.emaid = request.emaid
            station.challenge = station.chance.octets(16)
            token = contract_token(request.emaid, chain, verdict.root, whole=central)
            ask(station, token, judged=not elsewhere)
        else:
            station.log.warning("contract refused", code=verdict.code, why=verdict.why)
        return Said(
            iso2.PaymentDetailsRes(
                response_code=iso2.ResponseCode(verdict.code),
                gen_challenge=station.challenge or bytes(16),
                evse_time_stamp=station.calendar.unix(),
            )
        )

    def _pays_on(self, emaid: str) -> bool:
        """One session is paid by one contract, whatever lies in between."""
        resumed = self._station.resumed
        return resumed is None or _plain(resumed.emaid) == _plain(emaid)

    def answer_authorization(self, heard: Heard) -> Said:
        """What was granted stays granted: some cars ask again [V2G2-854]."""
        station = self._station
        if station.authorized:
            return _authorization(OK, "Finished")
        contract = station.payment is Payment.CONTRACT
        said = self._contract_answer(heard) if contract else self._external_answer()
        station.authorized = said.body == _GRANTED
        return said

    def _external_answer(self) -> Said:
        """A refused card is no FAILED: the customer may try another [V2G2-854]."""
        station = self._station
        resumed = station.resumed
        if resumed is not None and resumed.payment is Payment.EXTERNAL:  # accepted before the pause
            return _authorization(OK, "Finished")
        ask(station)
        found = answer_of(station)
        if found is not None and found.good:
            settle(station)
            return _authorization(OK, "Finished")
        return _authorization(OK, "Ongoing_WaitingForCustomerInteraction")

    def _contract_answer(self, heard: Heard) -> Said:
        if not self._proved:
            verdict = self._proof(heard)
            if not verdict.good:
                self._station.log.warning("authorization refused", code=verdict.code)
                return _authorization(iso2.ResponseCode(verdict.code), "Finished")
            self._proved = True
        found = answer_of(self._station)
        if found is None:
            return _authorization(OK, "Ongoing")
        settle(self._station)
        code = OK if found.good else iso2.ResponseCode.FAILED
        return _authorization(_CERTIFICATE_CODES.get(found.certificate, code), "Finished")

    def _proof(self, heard: Heard) -> Verdict:
        """The first request carries our challenge, signed with the contract key [V2G2-475]."""
        request: iso2.AuthorizationReq = heard.body
        if request.gen_challenge != self._station.challenge:
            return Verdict("FAILED_ChallengeInvalid", "not the challenge that was sent")
        if heard.signature is None or request.id is None:
            return Verdict("FAILED_SignatureError", "not signed")
        return self._desk.verify(request, heard.signature, self._station.contract[0])

    def meter(self) -> iso2.MeterInfo | None:
        """What the loop response shows; a receipt has to repeat it."""
        self._sent_meter = meter_info(self._station)
        return self._sent_meter

    def receipt_wanted(self) -> bool:
        """Asked once for each ``receipt_is_required``, never with external payment [V2G2-691]."""
        station = self._station
        contract = station.payment is Payment.CONTRACT
        return contract and station.state.receipt_required and self._sent_meter is not None

    def answer_metering_receipt(self, heard: Heard) -> Said:
        station = self._station
        verdict = self._receipt_verdict(heard)
        if verdict.good:
            station.state.receipt_required = False
        else:
            station.log.warning("receipt refused", why=verdict.why)
        return Said(
            iso2.MeteringReceiptRes(
                response_code=iso2.ResponseCode(verdict.code), evse_status=evse_status(station)
            )
        )

    def _receipt_verdict(self, heard: Heard) -> Verdict:
        request: iso2.MeteringReceiptReq = heard.body
        refused = "FAILED_MeteringSignatureNotValid"
        if not same_session(request.session_id, self._station.record.session_id):
            return Verdict(refused, "another session id")
        if request.sa_schedule_tuple_id not in {None, self._station.chosen}:
            return Verdict(refused, "another schedule tuple than the one that is charged by")
        if request.meter_info != self._sent_meter:
            return Verdict(refused, "not the meter data that was sent")
        if heard.signature is None:
            return Verdict(refused, "not signed")
        verdict = self._desk.verify(request, heard.signature, self._station.contract[0])
        return verdict if verdict.good else Verdict(refused, verdict.why)


def _plain(emaid: str) -> str:
    """Hyphens and case do not tell contracts apart, nor does the check digit."""
    return emaid.replace("-", "").upper()[:14]


def _octets(chain: iso2.CertificateChain) -> tuple[bytes, ...]:
    below = chain.sub_certificates.certificate if chain.sub_certificates is not None else ()
    return (chain.certificate, *below)


def _authorization(code: iso2.ResponseCode, processing: str) -> Said:
    return Said(
        iso2.AuthorizationRes(response_code=code, evse_processing=iso2.EVSEProcessing(processing))
    )


_GRANTED: Final = _authorization(OK, "Finished").body
