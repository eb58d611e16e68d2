"""Keys and certificates of a scenario's ECUs: a test PKI in memory, made a day before it plays.

Only the laboratory's provisioning service reads files; they are written where the run lies.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bsw.crypto import KeyType
from csm.drivers.simulated import Faults, SimulatedDriver
from csm.randomness import SeededRandomness
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tools.bench.scenarios.model import Scenario, VehiclePart
from tools.bench.world.stores import Stores, editions_of, pki_of, with_contract

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
    vehicle = scenario.vehicle
    editions = editions_spoken(scenario)
    token = SimulatedDriver(SeededRandomness(f"vehicle {scenario.seed}"))
    without = () if vehicle.contract == "installed" else (Use.CONTRACT,)
    stores = with_contract(unix, editions, without=without, token=token)
    delivers = vehicle.contract == "to be installed"
    service = _service(pki_of(unix, Edition.ISO2, KeyType.P256), folder) if delivers else {}
    return KeyRing(*stores, token.faults, service)


def editions_spoken(scenario: Scenario) -> tuple[Edition, ...]:
    """Those whose certificates somebody may want to see."""
    own = scenario.vehicle.ecu.session.protocols if "protocols" in _said(scenario.vehicle) else ()
    return editions_of((*scenario.protocols, *own))


def _said(vehicle: VehiclePart) -> frozenset[str]:
    """What the scenario says of the session of the vehicle's ECU."""
    return frozenset(vehicle.ecu.session.model_fields_set)


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
