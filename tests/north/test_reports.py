"""What the station told goes on to bus and north side: what changed, and nothing else is built."""

from dataclasses import fields, replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.os.clock import VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.signals.values import SessionResult
from can_adapter.vehicle.bus import VehiclePublisher, open_vehicle_bus
from can_adapter.vehicle.report import StationPresent
from csm.randomness import SeededRandomness
from evcc.bus.canbus import VehicleCan
from evcc.bus.words import STATION_PARTS
from evcc.north.published_actuators import PublishedActuators
from evcc.north.variables import STATION_VARIABLES, VARIABLES
from evcc.north.vehicle import Vehicle
from evcc.plan import Offered
from evcc.reports import Report, Section
from evcc.vehicle import StationView
from tools.bench.hardware.vehicle import vehicle_config
from tools.bench.world.plug import NoUser
from tools.bench.world.whole import SIMULATED

REPORTS = pytest.mark.parametrize(
    "sections", [STATION_PARTS, STATION_VARIABLES], ids=["bus", "north"]
)
Sections = tuple[Section[Any], ...]


class Counted:
    """A report whose sections say when they are built."""

    def __init__(self, sections: Sections) -> None:
        self.built: list[str] = []
        self.report = Report([self._counting(section) for section in sections])

    def _counting(self, section: Section[object]) -> Section[object]:
        def make(view: StationView) -> Any:  # noqa: ANN401 - whatever the section is
            self.built.append(section.name)
            return section.make(view)

        return replace(section, make=make)

    def tell(self, view: StationView) -> list[str]:
        self.built.clear()
        list(self.report.changed(view))
        return list(self.built)


@REPORTS
def test_an_answer_in_the_loop_that_changes_only_the_current_builds_one_section(
    sections: Sections,
) -> None:
    counted, view = Counted(sections), StationView(present_current=100.0)
    assert len(counted.tell(view)) == len(sections)
    view = replace(view, present_current=100.1)
    assert len(counted.tell(view)) == 1
    assert counted.tell(view) == counted.tell(replace(view)) == []
    counted.report.forget()
    assert len(counted.tell(view)) == len(sections)


class Heard:
    """Stands for the publisher of the bus."""

    def __init__(self) -> None:
        self.parts: list[object] = []

    def publish(self, part: object) -> None:
        self.parts.append(part)


def test_an_answer_in_the_loop_publishes_one_part_and_one_variable() -> None:
    scheduler = Scheduler(VirtualClock())
    port = SimulatedBus(scheduler, SeededRandomness("reports")).attach("EVCC")
    bus = open_vehicle_bus(scheduler, port, vehicle_config(SIMULATED, 1))
    heard, vehicle, published = Heard(), Vehicle(NoUser()), []
    can = VehicleCan(replace(bus, publisher=cast("VehiclePublisher", heard)), NoUser())
    for name in VARIABLES:
        vehicle.subscribe(name, lambda _value, name=name: published.append(name))  # type: ignore[misc]
    actuators, view = PublishedActuators(vehicle, can), StationView(present_current=100.0)
    actuators.view_changed(view)
    heard.parts.clear()
    published.clear()
    view = replace(view, present_current=101.0)
    actuators.view_changed(view)
    assert [type(part) for part in heard.parts] == [StationPresent]
    assert published == ["evse_present_values"]
    can.session_ended(SessionResult.COMPLETE)
    heard.parts.clear()
    actuators.view_changed(view)
    assert StationPresent in {type(part) for part in heard.parts}, "it was told that all is void"


class Watching(StationView):
    """Says which values somebody reads."""

    def __getattribute__(self, name: str) -> object:
        READ.add(name)
        return super().__getattribute__(name)


READ: set[str] = set()
NUMBERS: dict[str, Any] = {
    one.name: 7
    for one in fields(StationView)
    if ("float" in str(one.type) or "int" in str(one.type)) and "tuple" not in str(one.type)
}
TEXTS: dict[str, Any] = {"phase": "CurrentDemand", "payment": "Contract", "protocol": "iso2"}
FULL: dict[str, Any] = (
    NUMBERS | TEXTS | {"offered_modes": ("DC_core",), "status_code": "EVSE_Ready"}
)


@REPORTS
@pytest.mark.parametrize("told", [{}, FULL], ids=["nothing", "everything"])
def test_a_section_is_made_of_what_it_says_and_of_nothing_else(
    sections: Sections, told: dict[str, Any]
) -> None:
    view = Watching(**told)
    for section in sections:
        READ.clear()
        section.make(view)
        assert set(section.of) >= READ, section.name


OPTIONAL = sorted(NUMBERS.keys() - {"notification_delay"})
CHANGES = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(sorted(NUMBERS.keys() - {"notification_delay"})),
            st.sampled_from([None, 0, 7, 8]),
        ),
        st.tuples(st.sampled_from(["evse_id", "meter_id"]), st.sampled_from(["", "one"])),
        st.tuples(st.just("offered"), st.sampled_from([Offered(1.0), Offered(2.0, remaining=3)])),
        st.tuples(st.just("notification"), st.sampled_from(["None", "StopCharging"])),
    ),
    max_size=20,
)


@REPORTS
@given(changes=CHANGES)
def test_who_hears_only_the_changes_knows_what_everything_anew_would_say(
    sections: Sections, changes: list[tuple[str, Any]]
) -> None:
    view, report = StationView(), Report(sections)
    known: dict[str, Any] = {}
    for name, value in changes:
        view = replace(view, **{name: value})
        known |= dict(report.changed(view))
        anew = {one.name: made for one in sections if (made := one.make(view)) is not None}
        assert known | anew == known
