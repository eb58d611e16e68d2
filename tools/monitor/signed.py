"""Signatures of Plug & Charge, each by the certificate that the same conversation has shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.model import Message
from bsw.chrgm.signature import SignatureFlaw, verify
from bsw.chrgm.signature import iso2 as of_iso2
from bsw.chrgm.signature import iso20 as of_iso20
from bsw.chrgm.signature.check import SignatureRules
from csm.signing import SoftwareVerifier
from keym.x509.certificate import Malformed, parse
from tools.capture.events import Event
from tools.monitor.finding import Finding

_RULES: Final = SignatureRules(lab_other_suites=True)
"""What is said is heard as a bystander hears it; which suites a side accepts is its own affair."""


@dataclass(slots=True)
class Signatures:
    """One session: what it has shown so far, and what has to be signed by it."""

    contract: bytes = b""
    challenge: bytes = b""
    proved: bool = False  # the challenge was answered; what repeats the question is not signed

    def judge(self, event: Event, body: Message) -> Iterator[Finding]:
        self._learn(body)
        find = _SIGNERS.get(type(body))
        if find is None:
            return
        certificate = find(self, body)
        signature = getattr(getattr(event.message, "header", None), "signature", None)
        polls = self.proved and signature is None and _gives_challenge(body) is not None
        if not certificate or polls:
            return
        given = _gives_challenge(body)
        if given is not None:
            self.proved = True
            if self.challenge and given != self.challenge:
                yield Finding("signature", "GenChallenge is not the one that was given")
        if signature is None:
            yield Finding("signature", f"{event.name} is not signed")
            return
        kind = of_iso20 if event.schema.startswith("iso20") else of_iso2
        try:
            key = parse(certificate).spki
            elements = kind.signed_elements(body)
            verify(kind.SCHEME, signature, elements, key, SoftwareVerifier(), rules=_RULES)
        except SignatureFlaw as flaw:
            yield Finding("signature", str(flaw))
        except Malformed as error:
            yield Finding("signature", f"the certificate cannot be read: {error}")

    def _learn(self, body: Message) -> None:
        if isinstance(body, iso2.PaymentDetailsReq):
            self.contract = body.contract_signature_cert_chain.certificate
            self.proved = False
        elif isinstance(body, iso2.PaymentDetailsRes):
            self.challenge = body.gen_challenge
        elif isinstance(body, common.AuthorizationSetupRes):
            mode = body.pnc_as_res_authorization_mode
            self.challenge = b"" if mode is None else mode.gen_challenge
            self.proved = False
        elif isinstance(body, common.AuthorizationReq):
            mode_of_request = body.pnc_a_req_authorization_mode
            if mode_of_request is not None:
                self.contract = mode_of_request.contract_certificate_chain.certificate


def _gives_challenge(body: Message) -> bytes | None:
    """While the station is Ongoing the vehicle repeats the question without a signature."""
    if isinstance(body, iso2.AuthorizationReq):
        return body.gen_challenge or b""
    if isinstance(body, common.AuthorizationReq) and body.pnc_a_req_authorization_mode is not None:
        return body.pnc_a_req_authorization_mode.gen_challenge
    return None


Signer = Callable[[Signatures, Any], bytes]


def _contract(known: Signatures, _body: object) -> bytes:
    return known.contract


def _contract_in_use(known: Signatures, body: common.AuthorizationReq) -> bytes:
    return b"" if body.pnc_a_req_authorization_mode is None else known.contract


def _given_contract(_known: Signatures, body: iso2.CertificateUpdateReq) -> bytes:
    return body.contract_signature_cert_chain.certificate


def _provisioning(_known: Signatures, body: iso2.CertificateInstallationReq) -> bytes:
    return body.oem_provisioning_cert


def _provisioning_chain(_known: Signatures, body: common.CertificateInstallationReq) -> bytes:
    return body.oem_provisioning_certificate_chain.certificate


def _delivered(_known: Signatures, body: Any) -> bytes:  # noqa: ANN401 - three answers of one form
    """An answer that refuses, or is not ready, holds placeholders."""
    going_on = getattr(getattr(body, "evse_processing", None), "value", "")
    if str(body.response_code.value).upper().startswith("FAILED") or going_on == "Ongoing":
        return b""
    chain = getattr(body, "sa_provisioning_certificate_chain", None) or getattr(
        body, "cps_certificate_chain", None
    )
    return b"" if chain is None else bytes(chain.certificate)


_SIGNERS: Final[dict[type, Signer]] = {
    iso2.AuthorizationReq: _contract,
    iso2.MeteringReceiptReq: _contract,
    iso2.CertificateInstallationReq: _provisioning,
    iso2.CertificateUpdateReq: _given_contract,
    iso2.CertificateInstallationRes: _delivered,
    iso2.CertificateUpdateRes: _delivered,
    common.AuthorizationReq: _contract_in_use,
    common.MeteringConfirmationReq: _contract,
    common.CertificateInstallationReq: _provisioning_chain,
    common.CertificateInstallationRes: _delivered,
}
