"""The station's Plug & Charge of ISO 15118-20: contracts judged, signatures checked, delivered.

A finding about a contract is a warning, and the session goes on; a signature that does not hold
is a failure.  Judging needs no private key and happens at once; delivering runs on the worker, or
behind the north side, and comes ``Later``.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import MessageHeader, Processing, ResponseCode
from bsw.chrgm.record import NO_SESSION, Heard, Said
from bsw.chrgm.signature import SignatureFlaw, SignatureRules, verify
from bsw.chrgm.signature.iso20 import SCHEME, signed_elements
from bsw.dlt import Logger
from bsw.os.worker import Outcome, Worker
from csm.signing import SoftwareVerifier
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import PROVEN, Demand
from keym.judging.verdict import Reason, Rule
from keym.judging.verdict import Verdict as ChainVerdict
from keym.provisioning import provider_iso20
from keym.provisioning.codes import iso20_code
from keym.provisioning.envelope import DH_FIELD, P521_SIZE
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.provider import Contract, Provider
from keym.provisioning.vehicle_iso20 import octets_of
from keym.x509.certificate import Certificate, Malformed, parse
from keym.x509.edition import Edition
from keym.x509.ids import Emaid, IdError
from keym.x509.profile import Use
from secc.api.literals import CertificateAction
from secc.contract.certificate_relay import ISO20, Exchange, Wishes
from secc.session.ports import Calendar, Verdict

EXPIRES_SOON: Final = 14 * 86_400  # [V2G20-2218]

Code = ResponseCode
_CODES: Final = {
    Reason.EXPIRED: Code.WARNING_CERTIFICATE_EXPIRED,
    Reason.NOT_YET_VALID: Code.WARNING_CERTIFICATE_NOT_YET_VALID,
    Reason.REVOKED: Code.WARNING_CERTIFICATE_REVOKED,
}


def chain_code(verdict: ChainVerdict) -> Code:
    """What a vehicle is told about a contract that is refused.

    That its root is unknown here is told only of a chain with which nothing else is wrong.
    """
    told = [found for found in verdict.findings if found.rule is not Rule.ANCHOR]
    if not told:
        return Code.WARNING_EMSP_UNKNOWN
    return _CODES.get(told[0].reason, Code.WARNING_CERTIFICATE_VALIDATION_ERROR)


class ContractSource(Protocol):
    """Who has contracts to deliver."""

    def all_for_vehicle(self, certificate: bytes) -> Sequence[Contract]:
        """Those of the vehicle with this provisioning certificate."""


FindOut = Callable[[ChainVerdict, Callable[[], None]], None]
"""Asks responders about a chain that was judged, and says when they have answered or not."""


@dataclass(slots=True)
class _Delivery:
    """What one vehicle is still to be given, contract by contract."""

    receiver: Certificate
    contracts: deque[Contract]


@dataclass(slots=True)
class NewerContracts:
    """Implements ``secc.session.ports.NewerDesk`` for one session."""

    judge: Judge
    calendar: Calendar
    worker: Worker
    log: Logger
    providers: tuple[str, ...] = ()
    provider: Provider | None = None
    source: ContractSource | None = None
    exchange: Exchange | None = None
    rules: SignatureRules = field(default_factory=SignatureRules)
    find_out: FindOut | None = None
    _delivery: _Delivery | None = None

    # Authorization

    def judge_contract(self, chain: tuple[bytes, ...]) -> Verdict:
        """Where responders are asked next, that nothing is known of a chain refuses nobody yet."""
        policy = self.judge.policy(Use.CONTRACT)
        if self.find_out is not None and policy.revocation in PROVEN:
            policy = replace(policy, revocation=Demand.SOFT)
        return self._judged(chain, policy)

    def _judged(self, chain: tuple[bytes, ...], policy: Policy | None = None) -> Verdict:
        verdict = self.judge.judge(self._question(chain), policy)
        if not verdict.trusted:
            code = chain_code(verdict)
            unknown = code is Code.WARNING_EMSP_UNKNOWN
            return Verdict(code.value, str(verdict), elsewhere=unknown)
        leaf = parse(chain[0])
        if not self._serves(leaf):
            return Verdict(Code.WARNING_EMSP_UNKNOWN.value, "its provider is not served here")
        ends = min(one.not_after.timestamp() for one in verdict.path)
        soon = ends - self.calendar.unix() < EXPIRES_SOON
        code = Code.OK_CERTIFICATE_EXPIRES_SOON if soon else Code.OK
        anchor = verdict.anchor
        return Verdict(code.value, root=b"" if anchor is None else anchor.certificate.der)

    def look_up(self, chain: tuple[bytes, ...]) -> Later[Verdict]:
        """The same after responders were asked, where this station asks any."""
        promise: Later[Verdict] = Later()

        def again() -> None:
            promise.resolve(self._judged(chain))

        if self.find_out is None:
            again()
        else:
            self.find_out(self.judge.judge(self._question(chain)), again)
        return promise

    def chain_of(self, request: common.AuthorizationReq) -> tuple[bytes, ...]:
        return contract_chain(request)

    def emaid_of(self, chain: tuple[bytes, ...]) -> str:
        return parse(chain[0]).subject.common_name or ""

    def verify(
        self, request: common.AuthorizationReq | common.MeteringConfirmationReq, certificate: bytes
    ) -> Verdict:
        """Whether the header's signature over the request is the certificate holder's."""
        try:
            verify(
                SCHEME,
                request.header.signature,
                signed_elements(request),
                parse(certificate).spki,
                SoftwareVerifier(),
                rules=self.rules,
            )
        except (SignatureFlaw, Malformed) as flaw:
            return Verdict(Code.FAILED_SIGNATURE_ERROR.value, str(flaw))
        return Verdict(Code.OK.value)

    def _serves(self, leaf: Certificate) -> bool:
        """Stations list providers as country and id, with and without a separator."""
        if not self.providers:
            return True
        try:
            emaid = Emaid.parse(leaf.subject.common_name or "")
        except IdError:
            return False
        return emaid.provider_id in {one.replace("-", "").upper() for one in self.providers}

    def _question(self, chain: tuple[bytes, ...]) -> Question:
        return Question(Use.CONTRACT, self._edition(chain), chain)

    def _edition(self, chain: tuple[bytes, ...]) -> Edition:
        """Contracts of the older edition count in a laboratory that says so."""
        if not self.rules.lab_other_suites:
            return Edition.ISO20
        try:
            found = parse(chain[0]).key_type
        except Malformed:
            return Edition.ISO20
        return Edition.ISO20 if found is None else Edition.of(found)

    # Installation

    def install(self, heard: Heard) -> Later[Said]:
        """The next contract for this vehicle; a warning where there is none."""
        request: common.CertificateInstallationReq = heard.body
        if self.exchange is not None:
            wished = request.prioritized_emaids
            wishes = Wishes(
                request.maximum_contract_certificate_chains,
                None if wished is None else wished.emaid,
            )
            return self.exchange.ask(
                CertificateAction.INSTALL,
                heard,
                lambda: self._nothing(Code.WARNING_NO_CERTIFICATE_AVAILABLE),
                ISO20,
                wishes,
            )
        promise: Later[Said] = Later()
        provider, source = self.provider, self.source
        if provider is None or source is None:
            promise.resolve(self._nothing(Code.WARNING_NO_CERTIFICATE_AVAILABLE))
            return promise

        def done(outcome: Outcome[Said]) -> None:
            if outcome.error is None:
                promise.resolve(outcome.result())
                return
            code = _delivery_code(outcome.error)
            self.log.warning("no contract delivered", code=code.value, why=str(outcome.error))
            promise.resolve(self._nothing(code))

        self.worker.submit(
            "deliver a contract", lambda: self._deliver(request, provider, source), done
        )
        return promise

    def pending(self) -> Said:
        """What is answered while the contract is not there yet [V2G20-1972]."""
        return self._without_contract(Code.OK, Processing.ONGOING)

    def too_late(self) -> Said:
        """Nobody delivered within the time there is [V2G20-2207]."""
        return self._nothing(Code.WARNING_NO_CERTIFICATE_AVAILABLE)

    def _nothing(self, code: Code) -> Said:
        return self._without_contract(code, Processing.FINISHED)

    def _without_contract(self, code: Code, processing: Processing) -> Said:
        """With the least there can be in the elements that have to be there [V2G20-2202]."""
        header = MessageHeader(session_id=NO_SESSION, time_stamp=self.calendar.unix())
        empty = common.SubCertificates(certificate=(b"",))
        return Said(
            common.CertificateInstallationRes(
                header=header,
                response_code=code,
                evse_processing=processing,
                cps_certificate_chain=common.CertificateChain(certificate=b""),
                signed_installation_data=common.SignedInstallationData(
                    id="id1",
                    contract_certificate_chain=common.ContractCertificateChain(
                        certificate=b"", sub_certificates=empty
                    ),
                    ecdh_curve=common.EcdhCurve.SECP521,
                    dh_public_key=bytes(DH_FIELD),
                    secp521_encrypted_private_key=bytes(P521_SIZE),
                ),
                remaining_contract_certificate_chains=0,
            )
        )

    def _deliver(
        self,
        request: common.CertificateInstallationReq,
        provider: Provider,
        source: ContractSource,
    ) -> Said:
        """On the worker, one call at a time; the vehicle waits for each answer."""
        receiver = provider_iso20.requester(request, provider)
        delivery = self._delivery
        if delivery is None or delivery.receiver != receiver or not delivery.contracts:
            found = provider_iso20.chosen(source.all_for_vehicle(receiver.der), request)
            if not found:
                raise ProvisioningError(Fault.NO_CONTRACT)
            delivery = self._delivery = _Delivery(receiver, deque(found))
        contract = delivery.contracts.popleft()
        response = provider_iso20.installation(
            request.header.replace(signature=None),
            contract,
            receiver,
            provider,
            remaining=len(delivery.contracts),
        )
        return Said(response, response.header.signature)


def contract_chain(request: common.AuthorizationReq) -> tuple[bytes, ...]:
    """The certificates a vehicle pays with, leaf first."""
    mode = request.pnc_a_req_authorization_mode
    return () if mode is None else octets_of(mode.contract_certificate_chain)


def _delivery_code(error: Exception) -> Code:
    if isinstance(error, ProvisioningError):
        return iso20_code(error)
    return Code.WARNING_NO_CERTIFICATE_AVAILABLE
