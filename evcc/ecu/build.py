"""The one way to build a vehicle ECU, whatever its base and its doors are.

``building`` takes a step per turn of the loop, for a start on a host; ``build_vehicle`` is the
same all at once.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

from bsw.base import Base, whole
from ecu.doors import VehicleDoors
from evcc.config import EvccConfig
from evcc.ecu.startup import open_parts

if TYPE_CHECKING:
    from evcc.ecu.ecu import VehicleEcu


def building(
    base: Base, config: EvccConfig, doors: VehicleDoors
) -> "Generator[str, None, VehicleEcu]":
    """Yields before each step, with its name."""
    parts = yield from open_parts(base, config, doors)
    from evcc.ecu.ecu import VehicleEcu  # noqa: PLC0415 - a step of its own, for its size

    return VehicleEcu(base, config, parts, doors)


def build_vehicle(base: Base, config: EvccConfig, doors: VehicleDoors) -> "VehicleEcu":
    """``base.run(ecu.start)`` then starts it.  Raises ``CannotStart``."""
    return whole(building(base, config, doors))
