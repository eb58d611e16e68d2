"""Which drivers of a plug there are: entry points of the group ``pilotwire.hardware``.

Ours is entered like anybody's.  A name that two packages enter belongs to nobody.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Final

from bsw.hardware.port import Maker

GROUP: Final = "pilotwire.hardware"
SHIPPED: Final = {
    "can": "can_adapter.plug.driver:made",
    "island": "bsw.island.driver:IslandHardware",
    "linux": "bsw.linux.driver:LinuxHardware",
}
"""The same as in pyproject.toml, for a checkout that was installed before a driver came to it."""


class NoDriver(ValueError):
    """Nobody drives a plug under that name."""


def known() -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {
        name: [EntryPoint(name, value, GROUP)] for name, value in SHIPPED.items()
    }
    for point in entry_points(group=GROUP):
        others = found.setdefault(point.name, [])
        if point.value not in {other.value for other in others}:
            others.append(point)
    return found


def maker(name: str) -> Maker:
    """The driver's class or function; it is imported here and not before."""
    drivers = known()
    points = drivers.get(name, [])
    if len(points) != 1:
        there = ", ".join(sorted(drivers))
        how = f"{len(points)} packages enter" if points else "no package enters"
        raise NoDriver(f"{how} a driver {name!r} in {GROUP}; there are: {there}")
    try:
        made: Maker = points[0].load()
    except (ImportError, AttributeError) as error:
        raise NoDriver(
            f"the driver {name!r} ({points[0].value}) cannot be loaded: {error}"
        ) from None
    return made
