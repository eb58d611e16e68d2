"""The one way to build a station ECU, whatever its base and its doors are.

``building`` takes a step per turn of the loop, for a start on a host; ``build_station`` is the
same all at once.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

from bsw.base import Base, whole
from ecu.doors import StationDoors
from secc.config import SeccConfig
from secc.ecu.startup import open_parts

if TYPE_CHECKING:
    from secc.ecu.ecu import StationEcu


def building(
    base: Base, config: SeccConfig, doors: StationDoors
) -> "Generator[str, None, StationEcu]":
    """Yields before each step, with its name."""
    parts = yield from open_parts(base, config, doors)
    from secc.ecu.ecu import StationEcu  # noqa: PLC0415 - a step of its own, for its size

    return StationEcu(base, config, parts, doors)


def build_station(base: Base, config: SeccConfig, doors: StationDoors) -> "StationEcu":
    """``base.run(ecu.start)`` then starts it.  Raises ``CannotStart``."""
    return whole(building(base, config, doors))
