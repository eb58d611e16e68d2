"""Who stands around a station: the line, the charger, files, keys, certificates."""

from dataclasses import dataclass, field

from ocpp.station.diagnostics.outside import Nowhere, Outside
from ocpp.station.outlets.places import Charger
from ocpp.station.questions import BackendLine
from ocpp.station.security.roots import NoVault, Vault
from ocpp.station.security.signing import Keys, NoKeys


@dataclass(frozen=True, slots=True)
class Ports:
    """Without ``outside`` no file is moved, without ``keys`` no certificate is asked for."""

    line: BackendLine
    charger: Charger
    outside: Outside = field(default_factory=Nowhere)
    keys: Keys = field(default_factory=NoKeys)
    vault: Vault = field(default_factory=NoVault)
