"""A package from outside the tree, written into a folder: two services of a bus depot.

The energy service is DC without pre-charge at a third of the current; the value-added one is a
lane to park in.
"""

from pathlib import Path
from typing import Final

RECORDS: Final = """
from dataclasses import replace

from bsw.chrgm.modes import mode_of
from bsw.chrgm.services import EnergyService, ParameterSet, ValueAddedService

ENERGY = EnergyService(
    "iso2",
    mode_of("DC_BPT"),
    "DC_unique",
    fragment="depot.order:FRAGMENT",
    vehicle="depot.vehicle:Energy",
    station="depot.station:Energy",
)
LANE = ValueAddedService(
    "iso2",
    60_001,
    "DepotLane",
    "OtherCustom",
    (
        ParameterSet(1, {"Lane": "north", "Covered": False, "Metres": 12}),
        ParameterSet(2, {"Lane": "south", "Covered": True, "Metres": 18}),
    ),
    vehicle="depot.vehicle:Lane",
    station="depot.station:Lane",
)
NEWER_LANE = replace(LANE, protocol="iso20", number=60_002)
"""

ORDER: Final = """
from bsw.chrgm.sequence import learn
from bsw.chrgm.sequence.model import Edge, Fragment


def in_depot(agreed):
    return agreed.service == "DC_BPT" and learn.isolated(agreed)


FRAGMENT = Fragment(edges={"CableCheck": (Edge("PowerDelivery", in_depot),)})
"""

VEHICLE: Final = """
from bsw.chrgm.engine.initiator import Go
from bsw.chrgm.messages import iso2


class Energy:
    def __init__(self, context, script):
        self._context = context
        self._script = script

    def hear_cable_check(self, heard):
        follow = self._script.own("hear", "CableCheck")(heard)
        if isinstance(follow, Go) and follow.to == "PreCharge":
            return Go("PowerDelivery", when=self._context.contactors_closed)
        return follow

    def ask_current_demand(self):
        said = self._script.own("ask", "CurrentDemand")()
        third = iso2.PhysicalValue.of(said.body.ev_target_current.si() / 3, iso2.Unit.A)
        return type(said)(said.body.replace(ev_target_current=third))


class Lane:
    def __init__(self, context):
        pass

    def choose(self, parameter_sets):
        return next(
            (
                one.number
                for one in parameter_sets
                if one.parameters["Covered"] is True and one.parameters["Metres"] > 12
            ),
            None,
        )
"""

STATION: Final = """
ANSWERED = []
LANES = []


class Energy:
    def __init__(self, station, script):
        self._script = script

    def answer_current_demand(self, heard):
        ANSWERED.append(heard.body.ev_target_current.si())
        return self._script.own("answer", "CurrentDemand")(heard)


class Lane:
    def __init__(self, station):
        self._station = station

    def offered(self):
        return "DC_BPT" in {mode.value for mode in self._station.state.modes}

    def selected(self, parameter_set):
        LANES.append(parameter_set)
"""

POINTS: Final = """
[pilotwire.energy_service]
depot = depot.records:ENERGY

[pilotwire.value_added_service]
lane = depot.records:LANE
newer_lane = depot.records:NEWER_LANE
"""


def write(folder: Path, points: str = POINTS) -> None:
    """The package and what an installer writes beside it."""
    package, facts = folder / "depot", folder / "depot-1.0.dist-info"
    package.mkdir()
    facts.mkdir()
    parts = {"records": RECORDS, "order": ORDER, "vehicle": VEHICLE, "station": STATION}
    for name, text in parts.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    (package / "__init__.py").write_text("", encoding="utf-8")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: depot\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(points)
