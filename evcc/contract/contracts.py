"""The vehicle's Plug & Charge: contracts from the certificate store, keys in their drivers.

Everything that needs a private key runs on the worker and comes back ``Later``.  A key store that
fails is told at once to who listens: the session must not wait for a signature that never
comes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bsw.chrgm.later import Later
from bsw.chrgm.record import Said
from bsw.chrgm.signature import SignatureFlaw, SignatureRules, sign, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.chrgm.signature.scheme import Signable
from bsw.crypto import Signer
from bsw.dlt import Logger
from bsw.os.worker import Outcome, Worker
from csm.handles import KeyHandle
from csm.signing import SoftwareVerifier
from evcc.contract.promises import promised
from evcc.session.ports import ContractFacts
from keym.calendar import CalendarTime
from keym.faults import KeymError
from keym.keeping.contracts import Wish, emaid_of
from keym.keeping.entry import Credential
from keym.provisioning import vehicle_iso2
from keym.provisioning.faults import ProvisioningError
from keym.provisioning.keys import Delivered, Keys, Receiver
from keym.wiring import Keym
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use

T = TypeVar("T")
MOST_ROOTS = 20
MO_SUB_CA_2 = 1
"""Where the authority that signs tariffs stands in a contract chain."""


def nobody(_detail: str) -> None:
    """No session listens."""


@dataclass(slots=True)
class KeymWallet:
    """``signer_of`` makes a signer of a key handle; ``keys`` imports what is delivered.

    Both ask the token, which may be slow or gone: only on the worker.
    """

    keym: Keym
    keys: Keys
    signer_of: Callable[[KeyHandle], Signer]
    worker: Worker
    log: Logger
    rules: SignatureRules = field(default_factory=SignatureRules)
    _listener: Callable[[str], None] = field(default=nobody)

    def listen(self, on_fault: Callable[[str], None]) -> None:
        """The session that runs now hears of a failing key store."""
        self._listener = on_fault

    # What there is

    def contract(self) -> ContractFacts | None:
        credential = self._chosen()
        emaid = None if credential is None else emaid_of(credential)
        if credential is None or emaid is None:
            return None
        expires = min(certificate.not_after for certificate in credential.chain)
        return ContractFacts(str(emaid), credential.ders, int(expires.timestamp()))

    def can_install(self) -> bool:
        return bool(self._provisioning())

    # Signed requests

    def signed(self, body: Any) -> Later[Said]:  # noqa: ANN401 - any signed request
        credential = self._chosen()
        assert credential is not None, "signed is asked only with a contract"
        return self._job(
            "sign with the contract key",
            lambda: Said(body, sign(SCHEME, signed_elements(body), self.signer_of(credential.key))),
        )

    def installation(self) -> Later[Said]:
        credential = self._provisioning()[0]
        roots = self._roots()
        return self._job(
            "ask for a contract",
            lambda: vehicle_iso2.installation_request(
                credential.leaf.der, self.signer_of(credential.key), roots
            ),
        )

    def update(self) -> Later[Said]:
        credential, facts = self._chosen(), self.contract()
        assert credential is not None, "an update needs a contract"
        assert facts is not None, "an update needs a contract"
        roots = self._roots()
        return self._job(
            "ask for a newer contract",
            lambda: vehicle_iso2.update_request(
                credential.ders, facts.emaid, self.signer_of(credential.key), roots
            ),
        )

    # What comes back

    def install(self, response: Any, signature: Any) -> Later[str]:  # noqa: ANN401
        """Check and decrypt on the worker, then put the chain beside its key."""
        current = self._chosen()
        renewing = type(response).__name__ == "CertificateUpdateRes"
        opener = current if renewing and current is not None else self._provisioning()[0]
        receiver = Receiver(self.keys, self.keym.judge, self.keym.calendar)
        label = label_of(response.contract_signature_cert_chain.certificate, self.keym.calendar)
        stored: Later[str] = Later()

        def took(outcome: Outcome[Delivered]) -> None:
            if outcome.error is not None:
                stored.resolve(told(outcome.error))
            else:
                stored.resolve(self._keep(outcome.result(), current if renewing else None))

        self.worker.submit(
            "take in a contract",
            lambda: vehicle_iso2.take(
                response, signature, receiver, opened_with=opener.key, label=label
            ),
            took,
        )
        return stored

    def tariff_genuine(self, tariffs: tuple[Any, ...], signature: Any) -> bool:  # noqa: ANN401
        """Signed by the authority that issued our contract, and for these very tariffs."""
        credential = self._chosen()
        if credential is None or len(credential.chain) <= MO_SUB_CA_2:
            return False
        elements = tuple(Signable(tariff.id, tariff) for tariff in tariffs)
        issuer = credential.chain[MO_SUB_CA_2]
        try:
            verify(SCHEME, signature, elements, issuer.spki, SoftwareVerifier(), rules=self.rules)
        except SignatureFlaw as flaw:
            self.log.warning("tariff ignored", why=str(flaw))
            return False
        return True

    # Inside

    def _chosen(self) -> Credential | None:
        return self.keym.contract(Wish(Edition.ISO2)).contract

    def _provisioning(self) -> tuple[Credential, ...]:
        return self.keym.store.credentials(Use.PROVISIONING, Edition.ISO2)

    def _roots(self) -> list[bytes]:
        roots = self.keym.store.roots(RootKind.V2G)
        return [root.certificate.der for root in roots][:MOST_ROOTS]

    def _keep(self, delivered: Delivered, replaced: Credential | None) -> str:
        store = self.keym.store
        try:
            if replaced is None:
                store.add(Use.CONTRACT, Edition.ISO2, delivered.chain, delivered.key)
            else:
                _, unused = store.rotate(replaced.name, delivered.chain, delivered.key)
                if unused is not None:
                    self._delete(unused)
        except KeymError as error:
            self._delete(delivered.key)
            return str(error)
        for note in delivered.notes:
            self.log.info("contract taken in", note=note)
        return ""

    def _delete(self, key: KeyHandle) -> None:
        """A key no chain belongs to."""
        self.worker.submit("delete a key", lambda: self.keys.delete(key), _ignore)

    def _job(self, name: str, work: Callable[[], T]) -> Later[T]:
        return promised(self.worker, name, work, self._failed)

    def _failed(self, why: str) -> None:
        self._listener(why)


def label_of(leaf: bytes, calendar: CalendarTime) -> str:
    """New with each delivery, and without the contract's number, which is the driver's."""
    taken = int(calendar.moment().at.timestamp())
    return f"contract-{hashlib.sha256(leaf).hexdigest()[:12]}-{taken:x}"


def told(error: Exception) -> str:
    if isinstance(error, ProvisioningError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _ignore(_outcome: Outcome[None]) -> None:
    """A key that cannot be deleted does no harm without its chain."""
