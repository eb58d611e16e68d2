"""ISO 15118-20, who pays: contracts and external means, and from one to the other.

A signature that does not hold is a failure [V2G20-461]; every other finding is a warning with
Finished, and the vehicle may try something else in the same session [V2G20-1583].  A refused
customer is told at once [V2G20-2219], [V2G20-2230] - the opposite of ISO 15118-2 - and may try
another card.
"""

from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.agreement import Payment
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import Processing, ResponseCode
from bsw.chrgm.record import Heard, Said
from secc.api.literals import CertificateStatus, PaymentOption
from secc.api.verdicts import Verdict as Answer
from secc.contract.token import contract_token
from secc.session.context import StationContext
from secc.session.handlers.authority import answer_of, ask, ask_anew, settle
from secc.session.handlers.iso20.words import stamp
from secc.session.ports import NewerDesk, Verdict

Codes = ResponseCode
EIM, PNC = common.Authorization.EIM, common.Authorization.PNC
SERVICES: Final = {Payment.EXTERNAL: EIM, Payment.CONTRACT: PNC}

_ANSWERS: Final = {
    CertificateStatus.SIGNATURE_ERROR: Codes.WARNING_CERTIFICATE_VALIDATION_ERROR,
    CertificateStatus.CERTIFICATE_EXPIRED: Codes.WARNING_CERTIFICATE_EXPIRED,
    CertificateStatus.CERTIFICATE_REVOKED: Codes.WARNING_CERTIFICATE_REVOKED,
    CertificateStatus.NO_CERTIFICATE_AVAILABLE: Codes.WARNING_NO_CERTIFICATE_AVAILABLE,
    CertificateStatus.CERT_CHAIN_ERROR: Codes.WARNING_CERTIFICATE_VALIDATION_ERROR,
}
"""What a back end says of a contract it refuses; without a reason it is a general refusal."""


@dataclass(frozen=True, slots=True)
class Ongoing:
    """A request that waits for its verdict, and what the chain alone came to."""

    request: tuple[Any, ...]
    good: ResponseCode = Codes.OK
    chain: tuple[bytes, ...] = ()
    emaid: str = ""


def content_of(request: common.AuthorizationReq) -> tuple[object, ...]:
    """All of a request but its time: a repeated one is the same [V2G20-1582]."""
    return (
        request.selected_authorization_service,
        request.eim_a_req_authorization_mode,
        request.pnc_a_req_authorization_mode,
        request.header.signature,
    )


class Authorization:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._ongoing: Ongoing | None = None
        self._looked_up: Verdict | None = None  # what responders said of its chain
        self._refused: Answer | None = None  # the refused customer that the vehicle knows of

    @property
    def _offered(self) -> tuple[common.Authorization, ...]:
        with_desk = self._station.newer_desk is not None
        payments = (one for one in self._station.payments if with_desk or one is Payment.EXTERNAL)
        return tuple(SERVICES[one] for one in payments)

    def answer_authorization_setup(self, _heard: Heard) -> Said:
        station, offered = self._station, self._offered
        if not offered:
            station.log.warning("no authorization", why="no payment of this protocol is offered")
        station.challenge = station.chance.octets(16)  # [V2G20-698], [V2G20-2608]
        pnc = self._pnc() if PNC in offered else None
        return Said(
            common.AuthorizationSetupRes(
                header=stamp(station),
                response_code=Codes.OK if offered else Codes.FAILED,
                authorization_services=offered or (EIM,),
                certificate_installation_service=(
                    pnc is not None and station.state.certificate_service
                ),
                eim_as_res_authorization_mode=(
                    common.EIMASResAuthorizationMode() if pnc is None else None
                ),
                pnc_as_res_authorization_mode=pnc,
            )
        )

    def _pnc(self) -> common.PnCASResAuthorizationMode:
        providers = self._desk.providers
        return common.PnCASResAuthorizationMode(
            gen_challenge=self._station.challenge,
            supported_providers=(
                common.SupportedProvidersList(provider_id=providers) if providers else None
            ),
        )

    @property
    def _desk(self) -> NewerDesk:
        desk = self._station.newer_desk
        assert desk is not None, "contracts are offered only where a desk is wired"
        return desk

    def answer_authorization(self, heard: Heard) -> Said:
        """A verdict counts for the request it was asked for: one that changes is out of order."""
        request: common.AuthorizationReq = heard.body
        if self._ongoing is not None and content_of(request) != self._ongoing.request:
            return self._said(Codes.FAILED_SEQUENCE_ERROR)
        if self._station.authorized:
            return self._said(self._again(request))
        if not self._selected_as_offered(request):
            return self._said(Codes.WARNING_AUTHORIZATION_SELECTION_INVALID)  # [V2G20-2226]
        external = request.selected_authorization_service is EIM
        return self._external(request) if external else self._contract(request)

    def _selected_as_offered(self, request: common.AuthorizationReq) -> bool:
        """Offered, and with the elements that belong to it [V2G20-2560]."""
        selected = request.selected_authorization_service
        fits = {
            EIM: request.eim_a_req_authorization_mode,
            PNC: request.pnc_a_req_authorization_mode,
        }
        return selected in self._offered and fits[selected] is not None

    def _again(self, request: common.AuthorizationReq) -> ResponseCode:
        """What was granted stays granted, and its contract is the session's [V2G20-2702]."""
        contract = request.selected_authorization_service is PNC
        if contract is not (self._station.payment is Payment.CONTRACT):
            return Codes.WARNING_AUTHORIZATION_SELECTION_INVALID
        if not contract or self._desk.chain_of(request) == self._station.contract:
            return Codes.OK
        return Codes.WARNING_GENERAL_PNC_AUTHORIZATION_ERROR

    # External means

    def _external(self, request: common.AuthorizationReq) -> Said:
        station = self._station
        if station.question is not None and station.question.payment is not PaymentOption.EXTERNAL:
            ask_anew(station)
        if self._ongoing is None:
            station.publish("selected_payment_option", PaymentOption.EXTERNAL)
        ask(station)
        found = answer_of(station)
        if found is None or found is self._refused:
            self._ongoing = Ongoing(content_of(request))
            return self._said(Codes.OK, Processing.ONGOING_WAITING_FOR_CUSTOMER_INTERACTION)
        self._ongoing = None
        if not found.good:
            self._refused = found
            return self._said(Codes.WARNING_EIM_AUTHORIZATION_FAILURE)
        return self._granted(Codes.OK)  # [V2G20-1200]

    # Contracts

    def _contract(self, request: common.AuthorizationReq) -> Said:
        if self._ongoing is None:
            code = self._begun(request)
            if code is not None:
                return self._said(code)
        ongoing, found = self._ongoing, answer_of(self._station)
        assert ongoing is not None, "begun above, or before"
        if self._looked_up is not None and not self._stands(self._looked_up):
            self._ongoing = None
            settle(self._station)
            return self._said(Codes(self._looked_up.code))
        if found is None or self._looked_up is None:
            return self._said(Codes.OK, Processing.ONGOING)
        self._ongoing = None
        if found.good:
            self._station.contract, self._station.emaid = ongoing.chain, ongoing.emaid
            return self._granted(ongoing.good)
        settle(self._station)
        code = _ANSWERS.get(found.certificate, Codes.WARNING_GENERAL_PNC_AUTHORIZATION_ERROR)
        self._station.log.warning("contract refused", code=code.value, by="back end")
        return self._said(code)

    def _begun(self, request: common.AuthorizationReq) -> ResponseCode | None:
        """Signature, challenge and chain; then the back end is asked.  A code refuses it."""
        station, desk = self._station, self._desk
        chain = desk.chain_of(request)
        proven = desk.verify(request, chain[0])
        if not proven.good:
            station.log.warning("contract refused", code=proven.code, why=proven.why)
            return Codes(proven.code)
        mode = request.pnc_a_req_authorization_mode
        if mode is None or mode.gen_challenge != station.challenge:
            return Codes.WARNING_CHALLENGE_INVALID  # [V2G20-2216]
        verdict = desk.judge_contract(chain)
        central = station.state.central_contract_validation
        if not self._stands(verdict):
            return Codes(verdict.code)
        self._looked_up = None
        desk.look_up(chain).then(self._take_note)
        emaid = desk.emaid_of(chain)
        station.publish("selected_payment_option", PaymentOption.CONTRACT)
        token = contract_token(emaid, chain, verdict.root, whole=central)
        ask_anew(station, token, judged=verdict.good)
        good = Codes(verdict.code) if verdict.good else Codes.OK
        self._ongoing = Ongoing(content_of(request), good, chain, emaid)
        return None

    def _take_note(self, verdict: Verdict) -> None:
        self._looked_up = verdict

    def _stands(self, verdict: Verdict) -> bool:
        """A chain that is good, or that somebody else may know more of."""
        central = self._station.state.central_contract_validation
        stands = verdict.good or (central and verdict.elsewhere)
        if not stands:
            self._station.log.warning("contract refused", code=verdict.code, why=verdict.why)
        return stands

    # Both

    def _granted(self, code: ResponseCode) -> Said:
        settle(self._station)
        self._station.authorized = True
        return self._said(code)

    def _said(self, code: ResponseCode, processing: Processing = Processing.FINISHED) -> Said:
        return Said(
            common.AuthorizationRes(
                header=stamp(self._station), response_code=code, evse_processing=processing
            )
        )
