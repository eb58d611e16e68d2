"""A vehicle with its keys in a simulated token, and a provisioning service that knows it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cache

from bsw.chrgm.messages.iso20.common_types import MessageHeader
from bsw.crypto import KeyType
from csm import material
from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.handles import KeyHandle, PublicKey
from csm.randomness import SeededRandomness
from csm.secret import PrivateKey
from csm.signing import KeySigner
from keym.calendar import Moment
from keym.judging.judge import Judge
from keym.judging.verdict import Anchor
from keym.provisioning.keys import Receiver
from keym.provisioning.provider import Contract, Provider
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind
from tools.pki.maker import EMAID_WITH_DIGIT, Pki, make
from tools.pki.recipe import Entity

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
HEADER = MessageHeader(session_id=bytes(range(8)), time_stamp=1_780_272_000)


def pki(edition: Edition, key_type: KeyType | None = None) -> Pki:
    """One per kind of key for the whole run."""
    return _pki(edition, key_type or edition.key_types[0])


@cache
def _pki(edition: Edition, key_type: KeyType) -> Pki:
    return make(edition, NOW, key_type)


@dataclass
class Calendar:
    at: datetime = NOW

    def moment(self) -> Moment:
        return Moment(self.at)


def private(entity: Entity) -> PrivateKey:
    key: material.LoadedPair = entity.key  # type: ignore[assignment]  # no RSA in a good PKI
    return material.unload(key)


@dataclass
class World:
    """Both ends of a delivery; tests change what they are about."""

    edition: Edition = Edition.ISO2
    key_type: KeyType | None = None
    calendar: Calendar = field(default_factory=Calendar)
    pki: Pki = field(init=False)
    token: SimulatedDriver = field(init=False)
    keys: CryIf = field(init=False)
    randomness: SeededRandomness = field(default_factory=lambda: SeededRandomness("pnc"))

    def __post_init__(self) -> None:
        self.pki = pki(self.edition, self.key_type)
        self.token = SimulatedDriver(SeededRandomness("token"))
        self.keys = CryIf([self.token])
        for name in ("provisioning", "contract"):
            self.put(name, self.pki[name])

    def put(self, label: str, entity: Entity) -> KeyHandle:
        handle = self.token.handle(label)
        with private(entity) as key:
            self.token.import_private(handle, key)
        return handle

    def handle(self, label: str) -> KeyHandle:
        return self.token.handle(label)

    def signer(self, label: str) -> KeySigner:
        return KeySigner(self.handle(label), self.public(label), self.keys.sign)

    def public(self, label: str) -> PublicKey:
        return self.keys.public_key(self.handle(label))

    def judge(self, *kinds: RootKind) -> Judge:
        anchors = [Anchor(kind, parse(self.pki.root(kind).der)) for kind in kinds]
        return Judge(lambda: anchors, self.calendar)

    def receiver(self) -> Receiver:
        """The vehicle knows V2G roots only."""
        return Receiver(self.keys, self.judge(RootKind.V2G), self.calendar)

    def provider(self) -> Provider:
        cps = self.pki["cps"]
        with private(cps) as key:
            handle = self.token.handle("cps")
            if "cps" not in {line.handle.label for line in self.token.stored()}:
                self.token.import_private(handle, key)
        return Provider(
            chain=cps.chain,
            signer=KeySigner(handle, self.public("cps"), self.keys.sign),
            judge=self.judge(RootKind.V2G, RootKind.OEM, RootKind.MO),
            randomness=self.randomness,
            vehicle_authorities=self.pki["provisioning"].chain[1:],
        )

    def contract(self, entity: Entity | None = None) -> Contract:
        """A new contract, its key not yet anywhere else."""
        made = entity or self.fresh_contract()
        return Contract(made.chain, private(made), EMAID_WITH_DIGIT)

    def fresh_contract(self, **changes: object) -> Entity:
        recipe = replace(self.pki.recipe("contract"), **changes)  # type: ignore[arg-type]
        return self.pki.issue("fresh contract", recipe, "mo_sub2")
