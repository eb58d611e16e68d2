"""Keys and certificates of both ECUs in memory, of one test PKI for each edition that is spoken."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from bsw.crypto import KeyType
from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.randomness import SeededRandomness
from keym.keeping.shelf import MemoryShelf, Shelf
from keym.keeping.store import CertificateStore
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tools.pki.recipe import Entity

VEHICLE = {
    Use.VEHICLE: "vehicle",
    Use.PROVISIONING: "provisioning",
    Use.CONTRACT: "contract",
}
STATION = {Use.SECC: "secc"}
STATION_ROOTS = (RootKind.V2G, RootKind.MO, RootKind.OEM)


@dataclass(frozen=True, slots=True)
class Stores:
    """Of one ECU."""

    keys: CryIf | None = None
    shelf: Shelf | None = None


@dataclass(slots=True)
class Filling:
    """The stores of one ECU while they are filled."""

    name: str
    driver: SimulatedDriver = field(init=False)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    store: CertificateStore = field(init=False)

    def __post_init__(self) -> None:
        self.driver = SimulatedDriver(SeededRandomness(self.name))
        self.store = CertificateStore(self.shelf)
        self.store.load()

    def add(self, use: Use, edition: Edition, entity: Entity) -> None:
        from tools.bench.world.pki import private  # noqa: PLC0415 - most benches have no keys

        handle = self.driver.handle(f"{entity.name}-{edition.value}-0")
        with private(entity) as key:
            self.driver.import_private(handle, key)
        self.store.add(use, edition, entity.chain, handle)

    @property
    def filled(self) -> Stores:
        return Stores(CryIf([self.driver]), self.shelf)


def with_contract(
    unix: int,
    editions: Iterable[Edition] = (Edition.ISO2,),
    *,
    without: Iterable[Use] = (),
    key_type: KeyType = KeyType.P521,
) -> tuple[Stores, Stores]:
    """The vehicle has a contract, the station a certificate and all roots; made a day ago.

    ``without`` are uses that the vehicle has nothing for; ``key_type`` is that of ISO 15118-20.
    """
    from tools.pki.maker import Plan, build  # noqa: PLC0415 - most benches have no keys

    at = datetime.fromtimestamp(unix, tz=timezone.utc) - timedelta(days=1)
    vehicle, station = Filling("vehicle"), Filling("station")
    for edition in editions:
        older = edition is Edition.ISO2
        kind = KeyType.P256 if older else key_type
        pki = build(Plan(edition, kind, at, name="Test" if older else "Test 20"))
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
