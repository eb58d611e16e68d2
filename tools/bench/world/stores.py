"""Keys and certificates of both ECUs in memory, of one test PKI of ISO 15118-2."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from csm.cryif import CryIf
from csm.drivers.simulated import SimulatedDriver
from csm.randomness import SeededRandomness
from keym.keeping.shelf import MemoryShelf, Shelf
from keym.keeping.store import CertificateStore
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use


@dataclass(frozen=True, slots=True)
class Stores:
    """Of one ECU."""

    keys: CryIf | None = None
    shelf: Shelf | None = None


def with_contract(unix: int) -> tuple[Stores, Stores]:
    """The vehicle has a contract, the station a certificate and all roots; made a day ago."""
    from tools.bench.world.pki import private  # noqa: PLC0415 - most benches have no keys
    from tools.pki.maker import make  # noqa: PLC0415 - the same

    at = datetime.fromtimestamp(unix, tz=timezone.utc) - timedelta(days=1)
    pki = make(Edition.ISO2, at)

    def stores(name: str, roots: tuple[RootKind, ...], uses: dict[Use, str]) -> Stores:
        driver, shelf = SimulatedDriver(SeededRandomness(name)), MemoryShelf()
        store = CertificateStore(shelf)
        store.load()
        for kind in roots:
            store.add_root(kind, pki.root(kind).der)
        for use, entity in uses.items():
            handle = driver.handle(f"{entity}-0")
            with private(pki[entity]) as key:
                driver.import_private(handle, key)
            store.add(use, Edition.ISO2, pki[entity].chain, handle)
        return Stores(CryIf([driver]), shelf)

    vehicle = {Use.CONTRACT: "contract", Use.PROVISIONING: "provisioning"}
    roots = (RootKind.V2G, RootKind.MO, RootKind.OEM)
    return stores("vehicle", roots[:1], vehicle), stores("station", roots, {Use.SECC: "secc"})
