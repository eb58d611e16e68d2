"""The station's Plug & Charge in ISO 15118-2: judges contracts, checks signatures, delivers.

Fills the port ``secc.ports.ContractDesk``.  Where new contracts come from is a port: a back end,
or a bench that makes them.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.xmldsig import Signature
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Said
from bsw.chrgm.signature import SignatureFlaw, SignatureRules, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.os.worker import Outcome
from csm.errors import CsmError
from csm.jobs import Csm
from csm.signing import SoftwareVerifier
from keym.calendar import CalendarTime
from keym.certificate import Certificate, Malformed, parse
from keym.contracts import RENEW_WITHIN
from keym.edition import Edition
from keym.judge import Judge, Question
from keym.profile import Use
from keym.provisioning import codes, provider_iso2
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.provider import Contract, Provider
from keym.provisioning.wallet_iso2 import TAKE_WITHIN

Verdict = TypeVar("Verdict")
Code = iso2.ResponseCode


class Contracts(Protocol):
    """Where a contract for a vehicle comes from.  May block; called on a worker."""

    def installed(self, owner: Certificate) -> Contract:
        """A contract for the owner of this provisioning certificate.

        Raises ``ProvisioningError`` with ``NO_CONTRACT`` if there is none.
        """

    def renewed(self, owner: Certificate) -> Contract:
        """The successor of this contract.  Raises with ``NO_CONTRACT`` or ``CANCELED``."""


class Iso2Desk(Generic[Verdict]):
    """``verdict`` makes what the session wants: a code of the protocol, and why."""

    def __init__(
        self,
        judge: Judge,
        calendar: CalendarTime,
        csm: Csm,
        verdict: Callable[[str, str], Verdict],
        *,
        provider: Provider | None = None,
        contracts: Contracts | None = None,
        rules: SignatureRules | None = None,
    ) -> None:
        self._judge = judge
        self._calendar = calendar
        self._csm = csm
        self._verdict = verdict
        self._provider = provider
        self._contracts = contracts
        self._rules = rules or SignatureRules()

    def judge_contract(self, chain: tuple[bytes, ...], emaid: str) -> Verdict:
        question = Question(Use.CONTRACT, Edition.ISO2, chain, identity=emaid)
        verdict = self._judge.judge(question)
        if verdict.leaf is None:
            assert verdict.reason is not None, "a refusal has a reason"
            return self._verdict(codes.iso2_chain_code(verdict.reason).value, str(verdict))
        moment = self._calendar.moment()
        soon = moment.trusted and moment.at + RENEW_WITHIN > verdict.leaf.not_after
        return self._verdict((Code.OK_CERTIFICATE_EXPIRES_SOON if soon else Code.OK).value, "")

    def verify(self, body: Message, signature: Signature | None, certificate: bytes) -> Verdict:
        try:
            spki = parse(certificate).spki
            elements = signed_elements(body)
            verify(SCHEME, signature, elements, spki, SoftwareVerifier(), rules=self._rules)
        except (SignatureFlaw, Malformed) as flaw:
            return self._verdict(Code.FAILED_SIGNATURE_ERROR.value, str(flaw))
        return self._verdict(Code.OK.value, "")

    def install(
        self, request: iso2.CertificateInstallationReq, signature: Signature | None
    ) -> Later[Said]:
        return self._answered(
            lambda: self._installed(request, signature), iso2.CertificateInstallationRes
        )

    def update(
        self, request: iso2.CertificateUpdateReq, signature: Signature | None
    ) -> Later[Said]:
        return self._answered(lambda: self._renewed(request, signature), iso2.CertificateUpdateRes)

    def _installed(
        self, request: iso2.CertificateInstallationReq, signature: Signature | None
    ) -> Said:
        provider, contracts = self._service()
        owner = provider_iso2.requester(request, signature, provider)
        return provider_iso2.installation(contracts.installed(owner), owner, provider)

    def _renewed(self, request: iso2.CertificateUpdateReq, signature: Signature | None) -> Said:
        provider, contracts = self._service()
        owner = provider_iso2.requester(request, signature, provider)
        return provider_iso2.update(contracts.renewed(owner), owner, provider)

    def _service(self) -> tuple[Provider, Contracts]:
        if self._provider is None or self._contracts is None:
            raise ProvisioningError(Fault.NO_CONTRACT, "no provisioning service is connected")
        return self._provider, self._contracts

    def _answered(
        self,
        work: Callable[[], Said],
        kind: type[iso2.CertificateInstallationRes | iso2.CertificateUpdateRes],
    ) -> Later[Said]:
        """A refusal is an answer too: the code that fits, in a message the schema allows."""
        later: Later[Said] = Later()

        def done(outcome: Outcome[Said]) -> None:
            error = outcome.error
            if isinstance(error, ProvisioningError):
                later.resolve(Said(smallest(kind, response_code=codes.iso2_code(error))))
            elif isinstance(error, CsmError):
                later.resolve(Said(smallest(kind, response_code=Code.FAILED)))
            else:
                later.resolve(outcome.result())

        self._csm.compute("deliver a contract", work, done, TAKE_WITHIN)
        return later
