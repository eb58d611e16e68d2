"""Builds one station ECU, or one for each outlet that the configuration names, in one process."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from bsw.base import CannotStart, Steps
from bsw.base_host import HostBase
from bsw.stbm import host_calendar
from ecu.beginning import begin
from secc.config import SeccConfig
from secc.ecu import build
from secc.several.joint import Joint, part_base
from secc.several.outlets import name_of, read

if TYPE_CHECKING:
    from ecu.host import HostDoors
    from secc.ecu.ecu import StationEcu

FIRST = "first"


class Several:
    """The ECUs of all outlets, started one after the other."""

    def __init__(self, ecus: "tuple[StationEcu, ...]") -> None:
        self._ecus = ecus

    @property
    def protocols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for ecu in self._ecus for name in ecu.protocols))

    def start(self) -> Steps:
        for ecu in self._ecus:
            yield from ecu.start()


def building(
    base: HostBase, config: SeccConfig, doors: "HostDoors"
) -> "Generator[str, None, StationEcu | Several]":
    """Yields before each step, with its name."""
    if not config.network.outlets:
        return (yield from build.building(base, config, doors))
    if not base.alone:
        raise CannotStart("network.outlets: a program holds one outlet; build one ECU for each")
    joint = Joint(base.process)
    first = part_base(base, joint, FIRST, base.trace)
    ecus = [(yield from build.building(first, config, doors))]
    for path in config.network.outlets:
        yield path.name
        ecus.append((yield from _another(base, joint, path, doors)))
    return Several(tuple(ecus))


def _another(
    base: HostBase, joint: Joint, path: Path, doors: "HostDoors"
) -> "Generator[str, None, StationEcu]":
    config = read(path)
    trace = base.another_trace(config)
    part = part_base(base, joint, name_of(path), trace)
    begin(trace, "secc", tuple(config.session.protocols), config, host_calendar())
    return (yield from build.building(part, config, doors.beside(config)))
