"""The vehicle's Plug & Charge in ISO 15118-2: contracts, their signatures, their renewal.

Fills the port ``evcc.ports.Wallet``.  What needs a key is a crypto job; what comes of it is told in
the scheduler's thread, and only there the certificate store changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.xmldsig import Signature
from bsw.chrgm.record import Said
from bsw.chrgm.signature import Draft, Signable, SignatureFlaw, SignatureRules, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.crypto import KeyType
from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.worker import Outcome
from csm.handles import KeyHandle
from csm.jobs import Csm
from csm.lanes import Terms
from csm.signing import SoftwareVerifier
from keym.contracts import Wish, emaid_of
from keym.edition import Edition
from keym.entry import Credential
from keym.faults import KeymError
from keym.profile import RootKind, Use
from keym.provisioning import vehicle_iso2
from keym.provisioning.envelope import NORMAL, EnvelopeRules
from keym.provisioning.faults import Fault, ProvisioningError
from keym.provisioning.keys import Delivered, Receiver
from keym.wiring import Keym

Facts = TypeVar("Facts")
Response = iso2.CertificateInstallationRes | iso2.CertificateUpdateRes

TAKE_WITHIN = Terms(priority=0, within=20 * S)
"""A delivery is checked, opened, imported and tried: several calls of a token that may be slow."""


@dataclass(frozen=True, slots=True)
class WalletRules:
    """Deviations that pass.  ``lab`` switches are in the rules they weaken."""

    envelope: EnvelopeRules = NORMAL
    signature: SignatureRules = field(default_factory=SignatureRules)


class Iso2Wallet(Generic[Facts]):
    """``facts`` makes what the session wants to know of a contract: eMAID, chain, end in UNIX time.

    ``on_fault`` hears when a key cannot be used; what was promised then never comes, and the
    session has to end because of it.
    """

    def __init__(
        self,
        keym: Keym,
        csm: Csm,
        chance: Randomness,
        facts: Callable[[str, tuple[bytes, ...], int], Facts],
        *,
        rules: WalletRules | None = None,
    ) -> None:
        self._keym = keym
        self._csm = csm
        self._chance = chance
        self._facts = facts
        self.on_fault: Callable[[str], None] = _unheard
        self._rules = rules or WalletRules()
        self._asked_with: Credential | None = None

    def contract(self) -> Facts | None:
        chosen = self._chosen()
        if chosen is None:
            return None
        expires = int(min(one.not_after for one in chosen.chain).timestamp())
        return self._facts(_emaid(chosen), chosen.ders, expires)

    def can_install(self) -> bool:
        return self._provisioning() is not None

    def signed(self, body: Message) -> Later[Said]:
        """Signed with the key of the contract that is chosen now."""
        chosen = self._chosen()
        assert chosen is not None, "only a session with a contract signs"
        return self._sign(body, chosen)

    def installation(self) -> Later[Said]:
        owner = self._provisioning()
        assert owner is not None, "asked only if can_install said so"
        self._asked_with = owner
        return self._sign(vehicle_iso2.installation_body(owner.leaf.der, self._roots()), owner)

    def update(self) -> Later[Said]:
        owner = self._chosen()
        assert owner is not None, "only a contract is updated"
        self._asked_with = owner
        return self._sign(vehicle_iso2.update_body(owner.ders, _emaid(owner), self._roots()), owner)

    def install(self, response: Response, signature: Signature | None) -> Later[str]:
        """Check, take in and keep; empty when good, else what is wrong."""
        later: Later[str] = Later()
        owner = self._asked_with
        assert owner is not None, "a response follows its request"
        label = f"contract-{self._chance.octets(6).hex()}"

        def take() -> Delivered:
            return vehicle_iso2.take(
                response, signature, self._receiver(), opened_with=owner.key, label=label
            )

        def taken(outcome: Outcome[Delivered]) -> None:
            if outcome.error is not None:
                later.resolve(str(outcome.error))
            else:
                later.resolve(self._keep(outcome.result(), owner))

        self._csm.compute("take in a contract", take, taken, TAKE_WITHIN)
        return later

    def tariff_genuine(
        self, tariffs: Sequence[iso2.SalesTariff], signature: Signature | None
    ) -> bool:
        """Whether the sub-CA right above our contract signed them."""
        chosen = self._chosen()
        if chosen is None or len(chosen.chain) < 2:
            return False
        elements = [Signable(tariff.id, tariff) for tariff in tariffs]
        spki = chosen.chain[1].spki
        rules = self._rules.signature
        try:
            verify(SCHEME, signature, elements, spki, SoftwareVerifier(), rules=rules)
        except SignatureFlaw:
            return False
        return True

    def _chosen(self) -> Credential | None:
        return self._keym.contract(Wish(Edition.ISO2)).contract

    def _provisioning(self) -> Credential | None:
        found = self._keym.store.credentials(Use.PROVISIONING, Edition.ISO2)
        return found[0] if found else None

    def _roots(self) -> list[bytes]:
        """V2G roots of this edition: what the provider's chain may end in."""
        return [
            root.certificate.der
            for root in self._keym.store.roots(RootKind.V2G)
            if root.certificate.key_type is KeyType.P256
        ]

    def _sign(self, body: Message, owner: Credential) -> Later[Said]:
        later: Later[Said] = Later()
        draft = Draft.over(SCHEME, signed_elements(body), KeyType.P256)

        def done(outcome: Outcome[bytes]) -> None:
            if outcome.error is not None:
                self.on_fault(str(ProvisioningError(Fault.KEY_STORE, str(outcome.error))))
            else:
                later.resolve(Said(body, draft.signature(outcome.result())))

        self._csm.sign(owner.key, draft.to_sign, done)
        return later

    def _receiver(self) -> Receiver:
        keym, rules = self._keym, self._rules
        return Receiver(self._csm.keys, keym.judge, keym.calendar, rules.envelope, rules.signature)

    def _keep(self, delivered: Delivered, asked_with: Credential) -> str:
        """In the store, in place of the contract it renews; else the key does not stay either."""
        store = self._keym.store
        try:
            if asked_with.use is not Use.CONTRACT:
                store.add(Use.CONTRACT, Edition.ISO2, delivered.chain, delivered.key)
                return ""
            _, unused = store.rotate(asked_with.name, delivered.chain, delivered.key)
        except KeymError as error:
            self._drop(delivered.key)
            return str(error)
        if unused is not None:
            self._drop(unused)
        return ""

    def _drop(self, key: KeyHandle) -> None:
        """If that fails the key is an orphan, which the driver's list shows."""
        self._csm.delete(key, lambda _outcome: None)


def _unheard(_detail: str) -> None:
    """Nobody has a session that could end."""


def _emaid(contract: Credential) -> str:
    """Without separators, as messages carry it: 14 or 15 characters."""
    found = emaid_of(contract)
    assert found is not None, "only contracts with an eMAID are chosen"
    return (contract.leaf.subject.common_name or "").replace("-", "").upper()
