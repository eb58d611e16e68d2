"""The station's Plug & Charge: contract chains judged, signatures checked, contracts delivered.

Judging needs no private key and happens at once.  Delivering a contract is the provisioning
service's work, here or behind a back end; it runs on the worker and its answer comes ``Later``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.signature import SignatureFlaw, SignatureRules, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.dlt import Logger
from bsw.os.worker import Outcome, Worker
from csm.signing import SoftwareVerifier
from keym.judging.judge import Judge, Question
from keym.judging.verdict import Reason, Rule
from keym.judging.verdict import Verdict as ChainVerdict
from keym.provisioning import provider_iso2
from keym.provisioning.chains import ChainRefused
from keym.provisioning.codes import iso2_code
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.provider import Contract, Provider
from keym.x509.certificate import Malformed, parse
from keym.x509.edition import Edition
from keym.x509.profile import Use
from secc.api.literals import CertificateAction
from secc.contract.certificate_relay import Exchange
from secc.session.ports import Calendar, Verdict

EXPIRES_SOON: Final = 21 * 86_400
LEAF: Final = 0

NO_CONTRACT: Final = iso2.ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE

_CODES: Final = {
    Reason.EXPIRED: "FAILED_CertificateExpired",
    Reason.NOT_YET_VALID: "FAILED_CertificateExpired",
    Reason.REVOKED: "FAILED_CertificateRevoked",
    Reason.WRONG_IDENTITY: "FAILED_NoCertificateAvailable",
}
OF_AN_AUTHORITY: Final = "FAILED_NoCertificateAvailable"
"""An expired sub-CA: the contract itself is not to blame, but cannot be used."""


_NAMED_FOR_NOTHING: Final = frozenset({Rule.DOMAIN, Rule.COMMON_NAME, Rule.COUNTRY})
"""A sound chain whose leaf is named for another use, or names no contract: nothing to pay with."""


def chain_code(verdict: ChainVerdict) -> str:
    """What a vehicle is told about a chain that is refused, wherever it shows one."""
    finding, reason = verdict.findings[0], verdict.reason
    if reason in {Reason.EXPIRED, Reason.NOT_YET_VALID} and finding.place != LEAF:
        return OF_AN_AUTHORITY
    if finding.rule in _NAMED_FOR_NOTHING:
        return "FAILED_NoCertificateAvailable"
    return _CODES.get(reason, "FAILED_CertChainError") if reason else "FAILED"


class ContractSource(Protocol):
    """Who has contracts to deliver."""

    def for_vehicle(self, certificate: bytes) -> Contract | None:
        """The contract of the vehicle with this provisioning certificate."""

    def renewed(self, emaid: str) -> Contract | None:
        """A newer contract in the place of this one."""


@dataclass(slots=True)
class StationContracts:
    """Implements ``secc.ports.ContractDesk``."""

    judge: Judge
    calendar: Calendar
    worker: Worker
    log: Logger
    provider: Provider | None = None
    contracts: ContractSource | None = None
    exchange: Exchange | None = None
    rules: SignatureRules = field(default_factory=SignatureRules)

    def judge_contract(self, chain: tuple[bytes, ...], emaid: str) -> Verdict:
        verdict = self.judge.judge(Question(Use.CONTRACT, Edition.ISO2, chain, identity=emaid))
        if not verdict.trusted:
            unknown = all(found.rule is Rule.ANCHOR for found in verdict.findings)
            return Verdict(chain_code(verdict), str(verdict), elsewhere=unknown)
        leaf = parse(chain[LEAF])
        soon = leaf.not_after.timestamp() - self.calendar.unix() < EXPIRES_SOON
        anchor = verdict.anchor
        root = b"" if anchor is None else anchor.certificate.der
        return Verdict("OK_CertificateExpiresSoon" if soon else "OK", root=root)

    def verify(self, body: Any, signature: Any, certificate: bytes) -> Verdict:  # noqa: ANN401
        try:
            spki = parse(certificate).spki
            elements = signed_elements(body)
            verify(SCHEME, signature, elements, spki, SoftwareVerifier(), rules=self.rules)
        except (SignatureFlaw, Malformed) as flaw:
            return Verdict("FAILED_SignatureError", str(flaw))
        return Verdict("OK")

    def install(self, heard: Heard) -> Later[Any]:
        def deliver(provider: Provider, contracts: ContractSource) -> Said:
            receiver = provider_iso2.requester(heard.body, heard.signature, provider)
            contract = contracts.for_vehicle(receiver.der)
            if contract is None:
                raise ProvisioningError(Fault.NO_CONTRACT)
            return provider_iso2.installation(contract, receiver, provider)

        if self.exchange is not None:
            no = partial(_refusal, iso2.CertificateInstallationRes, NO_CONTRACT)
            return self.exchange.ask(CertificateAction.INSTALL, heard, no)
        return self._deliver(deliver, iso2.CertificateInstallationRes)

    def update(self, heard: Heard) -> Later[Any]:
        def deliver(provider: Provider, contracts: ContractSource) -> Said:
            receiver = provider_iso2.requester(heard.body, heard.signature, provider)
            contract = contracts.renewed(heard.body.emaid)
            if contract is None:
                raise ProvisioningError(Fault.NO_CONTRACT)
            return provider_iso2.update(contract, receiver, provider)

        if self.exchange is not None:
            no = partial(_refusal, iso2.CertificateUpdateRes, NO_CONTRACT)
            return self.exchange.ask(CertificateAction.UPDATE, heard, no)
        return self._deliver(deliver, iso2.CertificateUpdateRes)

    def _deliver(
        self,
        deliver: Callable[[Provider, ContractSource], Said],
        kind: type[iso2.CertificateInstallationRes | iso2.CertificateUpdateRes],
    ) -> Later[Said]:
        promise: Later[Said] = Later()
        provider, contracts = self.provider, self.contracts
        if provider is None or contracts is None:
            promise.resolve(_refusal(kind, iso2.ResponseCode.FAILED))
            return promise

        def done(outcome: Outcome[Said]) -> None:
            if outcome.error is None:
                promise.resolve(outcome.result())
                return
            code = _delivery_code(outcome.error)
            self.log.warning("no contract delivered", code=str(code), why=str(outcome.error))
            promise.resolve(_refusal(kind, code))

        self.worker.submit("deliver a contract", lambda: deliver(provider, contracts), done)
        return promise


def _delivery_code(error: Exception) -> iso2.ResponseCode:
    if isinstance(error, ChainRefused):
        return iso2.ResponseCode(chain_code(error.verdict))
    if isinstance(error, ProvisioningError):
        return iso2_code(error)
    return iso2.ResponseCode.FAILED


def _refusal(
    kind: type[iso2.CertificateInstallationRes | iso2.CertificateUpdateRes],
    code: iso2.ResponseCode,
) -> Said:
    return Said(smallest(kind, response_code=code, emaid=iso2.EMAID(id="id4", value="0" * 14)))
