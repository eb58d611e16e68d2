"""Runs the station ECU on host time, from its configuration to its exit status."""

from typing import TYPE_CHECKING, Final

from ecu.wiring import Wiring

if TYPE_CHECKING:
    from secc.config import SeccConfig
    from secc.ecu.ecu import StationEcu

WIRING: "Final[Wiring[SeccConfig, StationEcu]]" = Wiring(
    "secc", "secc.session.session", "secc.several.build", "secc.session.profile"
)
run = WIRING.run
