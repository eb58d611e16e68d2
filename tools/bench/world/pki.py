"""Keys and certificates for the rig: a test PKI, a vehicle that has some of it, a station that
judges it, and a provisioning service behind the station.

Keys lie in the simulated driver, so a token that is slow or breaks is a setting of the rig.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from bsw.dlt import silent
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.tls.config import TlsConfig
from bsw.tls.port import Credential as TlsCredential
from bsw.tls.port import TlsEngine, TlsProfile
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from csm import material
from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.handles import KeyHandle
from csm.randomness import SeededRandomness
from csm.secret import PrivateKey
from csm.signing import KeySigner
from evcc.contract.contracts import KeymWallet
from keym.calendar import Moment
from keym.config import KeymConfig
from keym.judging.judge import Judge, Policy
from keym.judging.revocation import Demand
from keym.judging.trust import TlsTrust
from keym.judging.verdict import Anchor
from keym.keeping.expiry import ExpiryWatch
from keym.keeping.shelf import MemoryShelf
from keym.keeping.store import CertificateStore
from keym.provisioning.provider import Contract, Provider
from keym.wiring import Keym
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from secc.contract.contracts import StationContracts
from tools.bench.world.plug import Today
from tools.pki.maker import EMAID_WITH_DIGIT, Pki, make
from tools.pki.recipe import Entity
from tools.pki.status import ocsp_response

EASY = {use: Policy(revocation=Demand.OFF) for use in Use}
"""Revocation has tests of its own; here nobody answers for it."""


@dataclass
class Calendar:
    """The rig's calendar as certificates ask for it."""

    today: Today

    def moment(self) -> Moment:
        return Moment(datetime.fromtimestamp(self.today.unix(), tz=timezone.utc))


def private(entity: Entity) -> PrivateKey:
    key: material.LoadedPair = entity.key  # type: ignore[assignment]  # no RSA in a good PKI
    return material.unload(key)


@dataclass
class Desks:
    """The provisioning service's contracts, by what the vehicle shows."""

    pki: Pki
    days: int = 700
    known: bool = True
    given: list[Entity] = field(default_factory=list)

    def for_vehicle(self, _certificate: bytes) -> Contract | None:
        return self._fresh()

    def renewed(self, _emaid: str) -> Contract | None:
        return self._fresh()

    def _fresh(self) -> Contract | None:
        if not self.known:
            return None
        recipe = self.pki.recipe("contract")
        ends = recipe.valid_from + timedelta(days=self.days)
        entity = self.pki.issue("fresh contract", replace(recipe, valid_until=ends), "mo_sub2")
        self.given.append(entity)
        return Contract(entity.chain, private(entity), EMAID_WITH_DIGIT)


class Crypto:
    """Both sides' keys, certificates and judges, of one edition of ISO 15118."""

    def __init__(
        self,
        today: Today,
        worker: Worker,
        *,
        contract: bool = True,
        provisioning: bool = True,
        pki: Pki | None = None,
        tls: TlsConfig | None = None,
        edition: Edition = Edition.ISO2,
    ) -> None:
        self.edition = edition
        self._tls = tls or TlsConfig()
        self.calendar = Calendar(today)
        self.worker = worker
        at = datetime.fromtimestamp(today.unix(), tz=timezone.utc) - timedelta(days=1)
        self.pki = pki or make(edition, at)
        self.driver = SimulatedDriver(SeededRandomness("token"))
        self.keys = CryIf([self.driver])
        self.log = silent().logger("rig")
        self.store = CertificateStore(MemoryShelf())
        self.store.load()
        self.store.add_root(RootKind.V2G, self.pki.root(RootKind.V2G).der)
        if contract:
            self.own(Use.CONTRACT, self.pki["contract"])
        if provisioning:
            self.own(Use.PROVISIONING, self.pki["provisioning"])
        self.desks = Desks(self.pki)
        self.wallet = KeymWallet(
            self.keym(), self.keys, self.signer, worker, silent().logger("wallet")
        )
        self.desk = StationContracts(
            self.judge(RootKind.V2G, RootKind.MO, RootKind.OEM),
            today,
            worker,
            silent().logger("desk"),
            self.provider(),
            self.desks,
        )

    def own(self, use: Use, entity: Entity) -> None:
        """Give the vehicle a certificate with its key."""
        handle = self.put(f"{use.value}-{len(self.store.all())}", entity)
        self.store.add(use, self.edition, entity.chain, handle)

    def put(self, label: str, entity: Entity) -> KeyHandle:
        handle = self.driver.handle(label)
        with private(entity) as key:
            self.driver.import_private(handle, key)
        return handle

    def signer(self, handle: KeyHandle) -> KeySigner:
        return KeySigner(handle, self.keys.public_key(handle), self.keys.sign)

    def judge(self, *kinds: RootKind) -> Judge:
        anchors = [Anchor(kind, parse(self.pki.root(kind).der)) for kind in kinds]
        return Judge(lambda: anchors, self.calendar, policies=EASY)

    def keym(self) -> Keym:
        judge = Judge(self.store.anchors, self.calendar, policies=EASY)
        watch: ExpiryWatch = None  # type: ignore[assignment]  # nobody watches here
        scheduler: Scheduler = None  # type: ignore[assignment]  # nothing is scheduled here
        return Keym(KeymConfig(), self.store, judge, self.calendar, watch, None, None, scheduler)

    def provider(self) -> Provider:
        cps = self.pki["cps"]
        return Provider(
            chain=cps.chain,
            signer=self.signer(self.put("cps", cps)),
            judge=self.judge(RootKind.V2G, RootKind.OEM, RootKind.MO),
            randomness=SeededRandomness("provider"),
            vehicle_authorities=self.pki["provisioning"].chain[1:],
        )

    @property
    def profile(self) -> TlsProfile:
        return TlsProfile.ISO2 if self.edition is Edition.ISO2 else TlsProfile.ISO20

    def vehicle_tls(self) -> TlsEngine:
        """With a certificate of the vehicle's own where the edition has one."""
        trust = TlsTrust(self.judge(RootKind.V2G), Use.SECC)
        shown: list[TlsCredential] = []
        if self.profile is TlsProfile.ISO20:
            vehicle = self.pki["vehicle"]
            shown = [self._credential(vehicle.chain, vehicle, RootKind.OEM)]
        return VehicleTls(self._tls, trust, shown).engine([self.profile])

    def station_tls(self) -> TlsEngine:
        secc = self.pki["secc"]
        return self.station_that_shows(secc.chain, secc, self.status(secc))

    def status(self, entity: Entity) -> bytes:
        """What the issuer's responder says of a good certificate now."""
        at = datetime.fromtimestamp(self.calendar.today.unix(), tz=timezone.utc)
        return ocsp_response(entity, at)

    def station_that_shows(
        self, chain: Sequence[bytes], leaf: Entity, staple: bytes | None
    ) -> TlsEngine:
        """Any chain; ``leaf`` has the key of its first certificate."""
        credential = replace(self._credential(chain, leaf, RootKind.V2G), staple=lambda: staple)
        trust = TlsTrust(self.judge(RootKind.OEM), Use.VEHICLE)
        return StationTls(self._tls, trust, [credential]).engine()

    def _credential(self, chain: Sequence[bytes], leaf: Entity, root: RootKind) -> TlsCredential:
        own = next((name for name in ("secc", "vehicle") if self._is(name, leaf)), "another")
        handle = self.driver.handle(f"tls-{own}")
        if handle.label not in {line.handle.label for line in self.driver.stored()}:
            self.put(handle.label, leaf)
        return TlsCredential(
            profile=self.profile,
            chain=tuple(chain),
            signer=self.signer(handle),
            root=self.pki.root(root).der,
        )

    def _is(self, name: str, leaf: Entity) -> bool:
        return name in self.pki.entities and leaf is self.pki[name]
