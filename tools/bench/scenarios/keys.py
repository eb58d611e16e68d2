"""Keys and certificates of a scenario's ECUs: a test PKI in memory, made a day before it plays.

Only the laboratory's provisioning service reads files; they are written where the run lies.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csm.cryif import CryIf
from csm.drivers.simulated import Faults, SimulatedDriver
from csm.randomness import SeededRandomness
from keym.keeping.shelf import MemoryShelf
from keym.keeping.store import CertificateStore
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tools.bench.scenarios.model import Scenario
from tools.bench.world.stores import Stores

if TYPE_CHECKING:
    from tools.pki.maker import Pki


@dataclass(frozen=True, slots=True)
class KeyRing:
    vehicle: Stores = field(default_factory=Stores)
    station: Stores = field(default_factory=Stores)
    token: Faults = field(default_factory=Faults)
    """Of the vehicle's token: it may be pulled out."""

    provisioning: dict[str, Any] = field(default_factory=dict)
    """The station's configuration of the service that delivers contracts."""


def key_ring(scenario: Scenario, folder: Path, unix: int) -> KeyRing:
    """What this scenario needs, and nothing without TLS."""
    if not scenario.tls:
        return KeyRing()
    from tools.pki.maker import make  # noqa: PLC0415 - brings all cryptography with it

    at = datetime.fromtimestamp(unix, tz=timezone.utc) - timedelta(days=1)
    pki = make(Edition.ISO2, at)
    vehicle = SimulatedDriver(SeededRandomness(f"vehicle {scenario.seed}"))
    station = SimulatedDriver(SeededRandomness(f"station {scenario.seed}"))
    own = {Use.PROVISIONING: "provisioning"}
    if scenario.vehicle.contract == "installed":
        own[Use.CONTRACT] = "contract"
    every = (RootKind.V2G, RootKind.MO, RootKind.OEM)
    delivers = scenario.vehicle.contract == "to be installed"
    shown = {Use.SECC: "secc", **({Use.CPS: "cps"} if delivers else {})}
    return KeyRing(
        _stores(pki, vehicle, (RootKind.V2G, RootKind.MO), own),
        _stores(pki, station, every, shown),
        vehicle.faults,
        _service(pki, folder) if delivers else {},
    )


def _stores(
    pki: "Pki", driver: SimulatedDriver, roots: tuple[RootKind, ...], uses: dict[Use, str]
) -> Stores:
    from tools.bench.world.pki import private  # noqa: PLC0415 - as above

    shelf = MemoryShelf()
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


def _service(pki: "Pki", folder: Path) -> dict[str, Any]:
    from tools.pki.folder import Writer, write  # noqa: PLC0415 - as above

    made = folder / "pki"
    write(pki, Writer(made))
    return {
        "service": "lab",
        "lab_contracts": [
            {"chain": made / "chains/contract.pem", "key": made / "keys/contract.key"}
        ],
        "lab_authorities": [made / "certs/oem_sub2.pem", made / "certs/oem_sub1.pem"],
    }
