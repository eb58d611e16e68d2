"""What is known of the vehicle at each outlet: the component ConnectedEV [Q01.FR.36]."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Key

COMPONENT: Final = "ConnectedEV"
MOST_PROTOCOLS: Final = 5
CHAIN: Final = ("Leaf", "SubCA1", "SubCA2", "Root")
V2X: Final = "V2XChargingCtrlr"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Protocols as ``urn,major,minor``; ``certificates`` are PEM by their place in the chain."""

    id: str = ""
    agreed: str = ""
    supported: tuple[str, ...] = ()
    certificates: Mapping[str, str] = field(default_factory=dict)


NOBODY: Final = Vehicle()


class Vehicles:
    """The block."""

    def __init__(self, ground: Ground) -> None:
        self._here: dict[int, Vehicle] = {}
        for evse in ground.places:
            self._show(ground, evse)
            transfers = partial(ground.charger.transfers, evse)
            ground.model.show(
                Key(V2X, "", evse), "SupportedEnergyTransferModes", _listed(transfers)
            )

    def came(self, evse: int, vehicle: Vehicle) -> None:
        """It has said who it is, or more of it."""
        self._here[evse] = vehicle

    def went(self, evse: int) -> None:
        self._here.pop(evse, None)

    def name(self, evse: int) -> str:
        """Of the one that is there, if it has said so."""
        return self._of(evse).id

    def _show(self, ground: Ground, evse: int) -> None:
        key, show = Key(COMPONENT, "", evse), ground.model.show
        show(key, "Available", lambda: "true" if evse in self._here else "false")
        show(key, "VehicleId", lambda: self._of(evse).id)
        show(key, "ProtocolAgreed", lambda: self._of(evse).agreed)
        for place in CHAIN:
            show(key, "VehicleCertificate", partial(self._certificate, evse, place), place)
        for number in range(MOST_PROTOCOLS):
            read = partial(self._protocol, evse, number)
            show(key, "ProtocolSupportedByEV", read, str(number + 1))

    def _of(self, evse: int) -> Vehicle:
        return self._here.get(evse, NOBODY)

    def _certificate(self, evse: int, place: str) -> str:
        return self._of(evse).certificates.get(place, "")

    def _protocol(self, evse: int, number: int) -> str:
        return dict(enumerate(self._of(evse).supported)).get(number, "")


def _listed(words: Callable[[], tuple[str, ...]]) -> Callable[[], str]:
    return lambda: ",".join(words())
