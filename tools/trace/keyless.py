"""Plug & Charge of a recording: what was signed is said again, since nobody has the keys any more.

The station still verifies what the recorded vehicle signed, by the certificate that it showed;
trust in roots, which a recording does not hold, is taken for granted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.signature import SignatureFlaw, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from csm.signing import SoftwareVerifier
from evcc.session.ports import ContractFacts
from keym.x509.certificate import Malformed, parse
from secc.session.ports import Verdict
from tools.capture.events import Side
from tools.trace.recorded import Recorded

T = TypeVar("T")


def _at_once(value: T) -> Later[T]:
    later: Later[T] = Later()
    later.resolve(value)
    return later


@dataclass(frozen=True, slots=True)
class Kept:
    """The messages of one recording that only a key could make."""

    messages: dict[type, Heard]

    @staticmethod
    def of(recorded: Recorded, side: Side) -> "Kept":
        found: dict[type, Heard] = {}
        for line in recorded.of(side):
            if line.heard.signature is not None or isinstance(
                line.heard.body, iso2.PaymentDetailsReq
            ):
                found.setdefault(type(line.heard.body), line.heard)
        return Kept(found)

    def said(self, kind: type, otherwise: Any = None) -> Later[Said]:  # noqa: ANN401 - a message
        """As it was recorded; of what was not, ``otherwise`` goes out unsigned."""
        heard = self.messages.get(kind)
        return _at_once(Said(otherwise) if heard is None else Said(heard.body, heard.signature))


class KeylessDesk:
    """A ``ContractDesk`` in the place of one that had the provider's keys."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def judge_contract(self, chain: tuple[bytes, ...], emaid: str) -> Verdict:
        try:
            parse(chain[0])
        except Malformed as error:
            return Verdict("FAILED_CertChainError", f"{emaid}: {error}")
        return Verdict("OK")

    def verify(self, body: Any, signature: Any, certificate: bytes) -> Verdict:  # noqa: ANN401
        try:
            key = parse(certificate).spki
            verify(SCHEME, signature, signed_elements(body), key, SoftwareVerifier())
        except (SignatureFlaw, Malformed) as error:
            return Verdict("FAILED_SignatureError", str(error))
        return Verdict("OK")

    def install(self, heard: Heard) -> Later[Any]:
        return self._kept.said(iso2.CertificateInstallationRes, heard.body)

    def update(self, heard: Heard) -> Later[Any]:
        return self._kept.said(iso2.CertificateUpdateRes, heard.body)


class KeylessWallet:
    """A ``Wallet`` in the place of one that had the vehicle's keys."""

    def __init__(self, kept: Kept, unix: int) -> None:
        self._kept = kept
        self._unix = unix
        self._installed = not self.can_install()

    def listen(self, on_fault: Callable[[str], None]) -> None:
        """Nothing fails: there is no key store."""

    def contract(self) -> ContractFacts | None:
        details = self._kept.messages.get(iso2.PaymentDetailsReq)
        if details is None or not self._installed:
            return None
        chain = details.body.contract_signature_cert_chain
        below = () if chain.sub_certificates is None else chain.sub_certificates.certificate
        return ContractFacts(details.body.emaid, (chain.certificate, *below), self._unix)

    def can_install(self) -> bool:
        return iso2.CertificateInstallationReq in self._kept.messages

    def signed(self, body: object) -> Later[Said]:
        return self._kept.said(type(body), body)

    def installation(self) -> Later[Said]:
        return self._kept.said(iso2.CertificateInstallationReq)

    def update(self) -> Later[Said]:
        return self._kept.said(iso2.CertificateUpdateReq)

    def install(self, response: Any, signature: Any) -> Later[str]:  # noqa: ANN401 - of the port
        self._installed = True
        wrong = "" if response is not None and signature is not None else "not signed"
        return _at_once(wrong)

    def tariff_genuine(self, tariffs: tuple[object, ...], signature: object) -> bool:
        """Nobody has the certificate of whoever signed them."""
        return bool(tariffs) and signature is not None
