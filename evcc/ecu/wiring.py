"""Runs the vehicle ECU on host time, from its configuration to its exit status."""

from typing import TYPE_CHECKING, Final

from ecu.wiring import Wiring

if TYPE_CHECKING:
    from evcc.config import EvccConfig
    from evcc.ecu.ecu import VehicleEcu

WIRING: "Final[Wiring[EvccConfig, VehicleEcu]]" = Wiring(
    "evcc", "evcc.session.session", "evcc.ecu.build", "evcc.session.profile"
)
run = WIRING.run
