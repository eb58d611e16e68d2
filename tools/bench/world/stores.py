"""Keys and certificates of both ECUs in memory, of one test PKI for each edition that is spoken."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING

from bsw.chrgm.protocols import protocol
from bsw.crypto import KeyType
from csm import material
from csm.cryif import CryIf
from csm.driver import CryptoDriver
from csm.drivers.simulated import SimulatedDriver
from csm.randomness import SeededRandomness
from keym.judging.trust import EDITIONS
from keym.keeping.shelf import MemoryShelf, Shelf
from keym.keeping.store import CertificateStore
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tools.pki.folder import BESIDE
from tools.pki.recipe import Entity

if TYPE_CHECKING:
    from tools.pki.maker import Pki

VEHICLE = {
    Use.VEHICLE: "vehicle",
    Use.PROVISIONING: "provisioning",
    Use.CONTRACT: "contract",
}
STATION = {Use.SECC: "secc", Use.CPS: "cps"}
STATION_ROOTS = (RootKind.V2G, RootKind.MO, RootKind.OEM)


@dataclass(frozen=True, slots=True)
class Stores:
    """Of one ECU."""

    keys: CryIf | None = None
    shelf: Shelf | None = None


@dataclass(slots=True)
class Filling:
    """The stores of one ECU while they are filled."""

    driver: CryptoDriver
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    store: CertificateStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = CertificateStore(self.shelf)
        self.store.load()

    def add(self, use: Use, edition: Edition, entity: Entity) -> None:
        from tools.bench.world.pki import private  # noqa: PLC0415 - most benches have no keys

        handle = self.driver.handle(f"{entity.name}-{edition.value}-0")
        with private(entity) as key:
            self.driver.import_private(handle, key)
        if entity.agreement is not None:
            beside = self.driver.handle(handle.label + BESIDE)
            with material.unload(entity.agreement) as agreement:
                self.driver.import_private(beside, agreement)
        self.store.add(use, edition, entity.chain, handle)

    @property
    def filled(self) -> Stores:
        return Stores(CryIf([self.driver]), self.shelf)


def editions_of(protocols: Iterable[str]) -> tuple[Edition, ...]:
    """Those whose certificates belong to these protocols."""
    spoken = [protocol(name).edition for name in protocols]
    return tuple(EDITIONS[one] for one in dict.fromkeys(spoken) if one is not None)


@cache
def pki_of(unix: int, edition: Edition, key_type: KeyType) -> "Pki":
    """A test PKI made a day ago; roots of both editions have names.

    It is the same in every process: what is signed with its keys stands in the messages, and the
    same seed says the same octets wherever it is played.
    """
    from tools.pki.maker import Plan, build  # noqa: PLC0415 - most benches have no keys

    at = datetime.fromtimestamp(unix, tz=timezone.utc) - timedelta(days=1)
    name = "Test" if edition is Edition.ISO2 else "Test 20"
    chance = SeededRandomness(f"test PKI {edition.value} {key_type.value}")
    return build(Plan(edition, key_type, at, name=name), chance)


def with_contract(
    unix: int,
    editions: Iterable[Edition] = (Edition.ISO2,),
    *,
    without: Iterable[Use] = (),
    key_type: KeyType = KeyType.P521,
    token: CryptoDriver | None = None,
) -> tuple[Stores, Stores]:
    """The vehicle has a contract, the station a certificate and all roots; made a day ago.

    ``without`` are uses that the vehicle has nothing for; ``key_type`` is that of ISO 15118-20;
    ``token`` is where the vehicle's keys lie, if not in one that is simulated.
    """
    vehicle = Filling(token or SimulatedDriver(SeededRandomness("vehicle")))
    station = Filling(SimulatedDriver(SeededRandomness("station")))
    for edition in editions:
        older = edition is Edition.ISO2
        pki = pki_of(unix, edition, KeyType.P256 if older else key_type)
        vehicle.store.add_root(RootKind.V2G, pki.root(RootKind.V2G).der)
        for root in STATION_ROOTS:
            station.store.add_root(root, pki.root(root).der)
        left_out = {*without, *((Use.VEHICLE,) if older else ())}
        for use, name in VEHICLE.items():
            if use not in left_out:
                vehicle.add(use, edition, pki[name])
        for use, name in STATION.items():
            station.add(use, edition, pki[name])
    return vehicle.filled, station.filled
