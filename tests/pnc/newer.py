"""A vehicle's wallet and a station's desk of ISO 15118-20, with stores in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bsw.chrgm.coding.dialect import iso20
from bsw.chrgm.later import Later
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.record import Heard, Said
from bsw.dlt import silent
from bsw.os.clock import VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from bsw.v2gtp import PayloadType
from csm.handles import KeyHandle
from csm.signing import KeySigner
from evcc.contract.newer import NewerKeymWallet
from keym.config import ExchangeConfig, KeymConfig
from keym.judging.judge import Judge, Policy
from keym.judging.revocation import Demand
from keym.judging.verdict import Anchor
from keym.keeping.shelf import MemoryShelf
from keym.provisioning.laboratory import envelope_rules, signature_rules
from keym.provisioning.provider import Contract
from keym.wiring import Keym, open_keym
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from secc.contract.newer import NewerContracts
from tests.pnc.world import HEADER, World
from tools.pki.maker import EMAID_WITH_DIGIT
from tools.pki.recipe import Entity

T = TypeVar("T")

SESSION = HEADER.session_id
WIRE = iso20({PayloadType.MAIN})


def heard(said: Said) -> Heard:
    """As it comes over the wire."""
    _, octets = WIRE.encode(SESSION, said)
    return WIRE.decode(PayloadType.MAIN, octets)


@dataclass
class Source:
    contracts: list[Contract] = field(default_factory=list)

    def all_for_vehicle(self, _certificate: bytes) -> Sequence[Contract]:
        return tuple(self.contracts)


class Sides:
    """Both, of one PKI; ``exchange`` are the laboratory's switches of both."""

    def __init__(
        self,
        world: World | None = None,
        exchange: ExchangeConfig | None = None,
        providers: tuple[str, ...] = (),
        scheduler: Scheduler | None = None,
    ) -> None:
        self.world = world or World(edition=Edition.ISO20)
        self.exchange = exchange or ExchangeConfig()
        self.scheduler = scheduler or Scheduler(VirtualClock())
        self.worker = SimulatedWorker(self.scheduler, lambda _job: 0)
        self.keym = self._keym()
        world = self.world
        self.source = Source()
        self.faults: list[str] = []
        self.wallet = NewerKeymWallet(
            self.keym, world.keys, self._signer, self.worker, silent().logger("wallet")
        )
        self.wallet.listen(self.faults.append)
        rules = signature_rules(self.exchange)
        provider = replace(
            world.provider(), rules=envelope_rules(self.exchange), signature_rules=rules
        )
        self.desk = NewerContracts(
            judge(world, RootKind.V2G, RootKind.OEM, RootKind.MO),
            self,
            self.worker,
            silent().logger("desk"),
            provider=provider,
            source=self.source,
            rules=rules,
            providers=providers,
        )

    def unix(self) -> int:
        return int(self.world.calendar.at.timestamp())

    def _keym(self) -> Keym:
        world = self.world
        keym = open_keym(
            KeymConfig(exchange=self.exchange),
            self.scheduler,
            world.calendar,
            world.randomness,
            shelf=MemoryShelf(),
        )
        keym.store.add_root(RootKind.V2G, world.pki.root(RootKind.V2G).der)
        for use in (Use.PROVISIONING, Use.CONTRACT):
            chain = world.pki[use.value].chain
            if use is Use.PROVISIONING:
                keym.store.add(use, world.edition, chain, world.handle(use.value))
        return keym

    def _signer(self, key: KeyHandle) -> KeySigner:
        keys = self.world.keys
        return KeySigner(key, keys.public_key(key), keys.sign)

    def own(self, entity: Entity | None = None, priority: int = 100) -> None:
        """Give the vehicle a contract."""
        entity = entity or self.world.pki["contract"]
        label = f"own-{len(self.keym.store.credentials(Use.CONTRACT))}"
        handle = self.world.put(label, entity)
        edition = self.world.edition
        self.keym.store.add(Use.CONTRACT, edition, entity.chain, handle, priority=priority)

    def contract(self, emaid: str = EMAID_WITH_DIGIT, **changes: object) -> Entity:
        recipe = self.world.pki.recipe("contract")
        subject = replace(recipe.subject, common_name=emaid)
        recipe = replace(recipe, **{"subject": subject, **changes})  # type: ignore[arg-type]
        return self.world.pki.issue(emaid, recipe, "mo_sub2")

    def offer(self, *emaids: str) -> list[Entity]:
        """The provisioning service has these contracts for the vehicle."""
        made = [self.contract(emaid) for emaid in emaids]
        self.source.contracts = [
            replace(self.world.contract(one), emaid=emaid)
            for one, emaid in zip(made, emaids, strict=True)
        ]
        return made

    def now(self, later: Later[T]) -> T:
        """What the worker makes of it."""
        found: list[T] = []
        later.then(found.append)
        self.scheduler.run(self.scheduler.now + 1_000_000_000)
        (value,) = found
        return value

    def request(self) -> Heard:
        return heard(self.now(self.wallet.installation(HEADER)))

    def deliver(self, request: Heard | None = None) -> common.CertificateInstallationRes:
        said = self.now(self.desk.install(request or self.request()))
        response = heard(said).body
        assert isinstance(response, common.CertificateInstallationRes)
        return response

    def take(self, response: common.CertificateInstallationRes) -> str:
        return self.now(self.wallet.install(response))

    def authorization(self, challenge: bytes = bytes(16)) -> Heard:
        """Signed by the best contract."""
        best = self.wallet.contracts(None)[0]
        return heard(self.now(self.wallet.signed(pnc_request(best.chain, challenge), best)))


def judge(world: World, *kinds: RootKind) -> Judge:
    """Nobody answers for revocation here, and nobody is refused for that."""
    anchors = [Anchor(kind, parse(world.pki.root(kind).der)) for kind in kinds]
    easy = {use: Policy(revocation=Demand.SOFT) for use in Use}
    return Judge(lambda: anchors, world.calendar, policies=easy)


def pnc_request(chain: Sequence[bytes], challenge: bytes) -> common.AuthorizationReq:
    leaf, *above = chain
    return common.AuthorizationReq(
        header=HEADER,
        selected_authorization_service=common.Authorization.PNC,
        pnc_a_req_authorization_mode=common.PnCAReqAuthorizationMode(
            id="id1",
            gen_challenge=challenge,
            contract_certificate_chain=common.ContractCertificateChain(
                certificate=leaf,
                sub_certificates=common.SubCertificates(certificate=tuple(above)),
            ),
        ),
    )
