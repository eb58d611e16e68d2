"""The vehicle's Plug & Charge of ISO 15118-20: contracts from the store, keys in their drivers.

Everything that needs a private key runs on the worker and comes back ``Later``.  What the station
delivers is believed, opened and stored here, or nothing of it is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import MessageHeader
from bsw.chrgm.record import Said
from bsw.chrgm.signature import SignatureFlaw, sign, verify
from bsw.chrgm.signature.iso20 import SCHEME, signed_elements
from bsw.crypto import KeyType, Signer
from bsw.dlt import Logger
from bsw.os.worker import Outcome, Worker
from csm.handles import KeyHandle
from csm.signing import SoftwareVerifier
from evcc.contract.contracts import MO_SUB_CA_2, MOST_ROOTS, label_of, nobody, told
from evcc.contract.promises import promised
from evcc.session.ports import ContractFacts
from keym.faults import KeymError
from keym.keeping.contracts import Wish, emaid_named, emaid_of, expires_soon, ranked
from keym.keeping.entry import Credential
from keym.provisioning import vehicle_iso20
from keym.provisioning.keys import Delivered, Keys, Receiver
from keym.provisioning.laboratory import envelope_rules, signature_rules
from keym.wiring import Keym
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use

MOST_WISHES = 8
"""eMAIDs in a request, by the schema."""

AGREES_ON_X448 = "-x448"
"""Behind the label of an Ed448 provisioning key: the key beside it that can agree on secrets."""


@dataclass(slots=True)
class NewerKeymWallet:
    """Implements ``evcc.session.ports.NewerWallet``."""

    keym: Keym
    keys: Keys
    signer_of: Callable[[KeyHandle], Signer]
    worker: Worker
    log: Logger
    _listener: Callable[[str], None] = field(default=nobody)

    def listen(self, on_fault: Callable[[str], None]) -> None:
        """The session that runs now hears of a failing key store."""
        self._listener = on_fault

    # What there is

    def contracts(self, providers: Sequence[str] | None) -> tuple[ContractFacts, ...]:
        moment, store = self.keym.calendar.moment(), self.keym.store
        found = [
            credential
            for edition in self._editions
            for credential in ranked(
                store.credentials(Use.CONTRACT, edition), Wish(edition, providers), moment
            )
        ]
        return tuple(_facts(credential) for credential in found)

    def ends_soon(self, contract: ContractFacts) -> bool:
        credential = self._credential(contract)
        within = timedelta(days=self.keym.config.renew_contract_days)
        return expires_soon(credential, self.keym.calendar.moment(), within)

    def can_install(self) -> bool:
        return bool(self._provisioning())

    # Signed requests

    def signed(self, body: Any, contract: ContractFacts) -> Later[Said]:  # noqa: ANN401
        key = self._credential(contract).key
        lab = self.keym.config.exchange.lab_other_suites

        def made() -> Said:
            signer = self.signer_of(key)
            return Said(body, sign(SCHEME, signed_elements(body), signer, lab=lab))

        return promised(self.worker, "sign with the contract key", made, self._failed)

    def installation(self, header: MessageHeader) -> Later[Said]:
        """Contracts we have, even old ones, are the ones we would like to have again."""
        credential, config = self._provisioning()[0], self.keym.config
        roots = self._roots()
        known = map(emaid_of, self.keym.store.credentials(Use.CONTRACT, Edition.ISO20))
        wanted = dict.fromkeys(str(emaid) for emaid in known if emaid is not None)

        def made() -> Said:
            request = vehicle_iso20.installation_request(
                header,
                credential.ders,
                self.signer_of(credential.key),
                roots,
                most=config.most_contracts,
                emaids=tuple(wanted)[:MOST_WISHES],
                whole=config.exchange.lab_whole_request,
            )
            return Said(request, request.header.signature)

        return promised(self.worker, "ask for contracts", made, self._failed)

    # What comes back

    def install(self, response: common.CertificateInstallationRes) -> Later[str]:
        """Check and decrypt on the worker, then put the chain beside its key."""
        opener, exchange = self._provisioning()[0], self.keym.config.exchange
        receiver = Receiver(
            self.keys,
            self.keym.judge,
            self.keym.calendar,
            envelope_rules(exchange),
            signature_rules(exchange),
        )
        leaf = response.signed_installation_data.contract_certificate_chain.certificate
        label = label_of(leaf, self.keym.calendar)
        stored: Later[str] = Later()

        def took(outcome: Outcome[Delivered]) -> None:
            if outcome.error is not None:
                stored.resolve(told(outcome.error))
            else:
                stored.resolve(self._keep(outcome.result()))

        self.worker.submit(
            "take in a contract",
            lambda: vehicle_iso20.take(
                response,
                receiver,
                opened_with=_openers(opener, self.keys),
                pcid=opener.leaf.subject.common_name or "",
                label=label,
            ),
            took,
        )
        return stored

    def prices_genuine(self, response: common.ScheduleExchangeRes, contract: ContractFacts) -> bool:
        """Signed by the authority that issued this contract, and all of them."""
        chain, elements = self._credential(contract).chain, signed_elements(response)
        if not elements or len(chain) <= MO_SUB_CA_2:
            return False
        try:
            verify(
                SCHEME,
                response.header.signature,
                elements,
                chain[MO_SUB_CA_2].spki,
                SoftwareVerifier(),
                rules=signature_rules(self.keym.config.exchange),
            )
        except SignatureFlaw as flaw:
            self.log.warning("prices not proven", why=str(flaw))
            return False
        return True

    # Inside

    @property
    def _editions(self) -> tuple[Edition, ...]:
        if self.keym.config.exchange.lab_other_suites:
            return (Edition.ISO20, Edition.ISO2)
        return (Edition.ISO20,)

    def _credential(self, contract: ContractFacts) -> Credential:
        known = self.keym.store.credentials(Use.CONTRACT)
        return next(one for one in known if one.ders == contract.chain)

    def _provisioning(self) -> tuple[Credential, ...]:
        return self.keym.store.credentials(Use.PROVISIONING, Edition.ISO20)

    def _roots(self) -> list[bytes]:
        roots = self.keym.store.roots(RootKind.V2G)
        return [
            root.certificate.der
            for root in roots
            if root.certificate.key_type in Edition.ISO20.key_types
        ][:MOST_ROOTS]

    def _keep(self, delivered: Delivered) -> str:
        """In the place of an earlier contract of the same number, else beside the others."""
        store = self.keym.store
        before = self._same_contract(delivered)
        try:
            if before is None:
                store.add(Use.CONTRACT, Edition.ISO20, delivered.chain, delivered.key)
            else:
                _, unused = store.rotate(before.name, delivered.chain, delivered.key)
                if unused is not None:
                    self._delete(unused)
        except KeymError as error:
            self._delete(delivered.key)
            return str(error)
        for note in delivered.notes:
            self.log.info("contract taken in", note=note)
        return ""

    def _same_contract(self, delivered: Delivered) -> Credential | None:
        for one in self.keym.store.credentials(Use.CONTRACT, Edition.ISO20):
            emaid = emaid_of(one)
            if emaid is not None and emaid == emaid_named(delivered.emaid):
                return one
        return None

    def _delete(self, key: KeyHandle) -> None:
        """A key no chain belongs to.  One that cannot be deleted does no harm without it."""
        self.worker.submit("delete a key", lambda: self.keys.delete(key), lambda _outcome: None)

    def _failed(self, why: str) -> None:
        self._listener(why)


def _facts(credential: Credential) -> ContractFacts:
    expires = min(certificate.not_after for certificate in credential.chain)
    return ContractFacts(str(emaid_of(credential)), credential.ders, int(expires.timestamp()))


def _openers(provisioning: Credential, keys: Keys) -> dict[common.EcdhCurve, KeyHandle]:
    """An Ed448 key only signs: the one that agrees on secrets lies beside it.

    Not always in the same store: a token may have no X448.
    """
    key = provisioning.key
    if provisioning.leaf.key_type is KeyType.P521:
        return {vehicle_iso20.SECP521: key}
    wanted = key.label + AGREES_ON_X448
    found = [line.handle for line in keys.stored() if line.handle.label == wanted]
    return {vehicle_iso20.X448: found[0]} if found else {}
