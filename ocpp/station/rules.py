"""What an integrator may say of a station, and the device model it begins with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bsw.os.clock import S
from ocpp.station.ledger import DEFAULT_LEDGER, LedgerRules
from ocpp.station.outlets.points import DEFAULT_TX, TxRules
from ocpp.station.presence.boot import DEFAULT_BOOT, BootRules
from ocpp.station.provisioning.files import custom, shipped
from ocpp.station.provisioning.model import Model
from ocpp.station.provisioning.tuning import factory
from ocpp.station.translation import Identity


@dataclass(frozen=True, slots=True)
class StationRules:
    """An integrator's settings: what the back end sets afterwards counts more.

    ``heartbeat_every`` counts where the back end gives no interval; ``offline_threshold`` is
    OfflineThreshold, ``unknown_offline`` OfflineTxForUnknownIdEnabled, ``authorize_remote``
    AuthorizeRemoteStart.  ``values`` are further variables, named ``Component.Variable``;
    ``components`` is a folder with more of them.
    """

    identity: Identity
    evses: tuple[int, ...] = (1,)
    reason: str = "PowerUp"
    heartbeat_every: int = 300 * S
    offline_threshold: int = 60 * S
    unknown_offline: bool = False
    authorize_remote: bool = True
    tx: TxRules = DEFAULT_TX
    boot: BootRules = DEFAULT_BOOT
    ledger: LedgerRules = DEFAULT_LEDGER
    values: Mapping[str, str] = field(default_factory=dict)
    components: Path | None = None

    def factory(self) -> dict[str, str]:
        """As variables."""
        identity = self.identity
        return {
            "AuthCtrlr.AuthorizeRemoteStart": _word(self.authorize_remote),
            "AuthCtrlr.OfflineTxForUnknownIdEnabled": _word(self.unknown_offline),
            "OCPPCommCtrlr.HeartbeatInterval": str(self.heartbeat_every // S),
            "OCPPCommCtrlr.OfflineThreshold": str(self.offline_threshold // S),
            "ChargingStation.Model": identity.model,
            "ChargingStation.VendorName": identity.vendor,
            "ChargingStation.SerialNumber": identity.serial,
            "ChargingStation.FirmwareVersion": identity.firmware,
            **self.values,
        }


def _word(value: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return "true" if value else "false"


def make_model(rules: StationRules) -> Model:
    """The shipped components, the integrator's own, and then the integrator's settings."""
    model = Model(shipped(rules.evses))
    for variable in custom(rules.components, rules.evses) if rules.components else ():
        model.add(variable)
    factory(model, rules.tx, rules.ledger, rules.factory())
    return model
