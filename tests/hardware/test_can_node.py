"""The plug's electronics as nodes on both buses: from plug to charge, and what goes wrong there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import pytest

from bsw.cp.pilot import Drive, PilotState
from bsw.cp.table import FAULTS as TABLE
from bsw.dem.events import Status
from bsw.hardware.port import PlugHardware, Side
from bsw.os.clock import S
from bsw.sim.hardware import CableHardware
from can_adapter.plug.bus import PlugBus, open_plug_bus, wrong_in
from can_adapter.plug.config import PlugCanConfig
from can_adapter.plug.driver import CanHardware
from can_adapter.plug.values import PlugFault
from ecu.world import World
from evcc.cli import main as evcc
from evcc.health.plug_faults import OF_A_NODE, events_of
from secc.api.literals import EvseError
from secc.cli import main as secc
from secc.plug.faults import errors_of
from tests.hardware.test_modem import pair, until
from tools.bench.hardware.tamper import BrokenChecksum, Silence, Spoil
from tools.bench.plugs.node import PlugNode
from tools.bench.world.pair import Pair

CONFIG = PlugCanConfig()


@dataclass
class Nodes:
    """One at each end of the cable, on the bus that is there anyway."""

    nodes: dict[Side, PlugNode] = field(default_factory=dict)
    drivers: dict[Side, CanHardware] = field(default_factory=dict)
    buses: dict[Side, PlugBus] = field(default_factory=dict)

    def __call__(self, world: World, side: Side) -> PlugHardware:
        bus = world.station_bus if side is Side.STATION else world.vehicle_bus
        behind = CableHardware(world.scheduler, world.cables[0])
        node = PlugNode(world.scheduler, bus.attach("PLUG"), CONFIG, behind, side)
        node.start()
        self.nodes[side] = node
        port = bus.attach("plug driver")
        opened = self.buses[side] = open_plug_bus(world.scheduler, port, CONFIG)
        driver = CanHardware(world.scheduler, opened, 1 * S)
        self.drivers[side] = driver
        return driver


def begun() -> tuple[Pair, Nodes]:
    nodes = Nodes()
    both = pair("own", nodes)
    both.start()
    both.run(2)
    return both, nodes


def closed(nodes: Nodes) -> bool:
    return all(one.hardware.contactor.on for one in nodes.nodes.values())


def opened(nodes: Nodes) -> bool:
    return not any(one.hardware.contactor.on for one in nodes.nodes.values())


def confirmed(both: Pair, event: str) -> bool:
    return Status.CONFIRMED in both.vehicle.services.dem.entry(event).status


def test_two_nodes_make_a_charge_from_plug_to_unplugged() -> None:
    both, nodes = begun()
    both.plug()
    until(both, lambda: closed(nodes))
    vehicle, station = (nodes.drivers[side] for side in (Side.VEHICLE, Side.STATION))
    assert (vehicle.lock.locked, station.lock.locked) == (True, True)
    assert vehicle.proximity.read().cable_current == 32
    assert vehicle.faults == station.faults == ()
    until(both, lambda: bool(both.vehicle.manager.results), within=600)
    assert both.vehicle.manager.results[0].ending.good
    assert opened(nodes)
    both.unplug()
    both.run(5)
    assert vehicle.vehicle_pilot.read().state is PilotState.A
    assert not nodes.nodes[Side.STATION].hardware.bolt.on


@pytest.mark.parametrize(
    ("side", "how", "word"),
    [
        (Side.STATION, Silence(), "node_silent"),
        (Side.VEHICLE, BrokenChecksum(), "node_untrusted"),
    ],
)
def test_a_node_that_cannot_be_believed_ends_the_charge_under_its_name(
    side: Side, how: Spoil, word: str
) -> None:
    both, nodes = begun()
    told: set[str] = set()
    both.station.charger.subscribe("plug_faults", lambda one: told.update(one.faults))
    both.plug()
    until(both, lambda: closed(nodes))
    nodes.nodes[side].node.port.spoil("PLUG_State", how)
    until(both, lambda: word in nodes.drivers[side].faults, within=5)
    until(both, lambda: opened(nodes), within=10)
    if side is Side.STATION:
        assert word in told
        assert EvseError.EMERGENCY_SHUTDOWN in both.station.charger.state.plug_errors
    else:
        assert confirmed(both, "PLUG_NODE_UNTRUSTED")
        assert not confirmed(both, "PILOT_SHORT"), "a pilot nobody tells is no short"
    assert nodes.drivers[side].vehicle_pilot.read().state is PilotState.E, "not unplugged"
    nodes.nodes[side].node.port.mend("PLUG_State")
    both.run(3)
    assert word not in nodes.drivers[side].faults
    assert not nodes.nodes[side].hardware.contactor.on, "not by the old permission"


def test_a_contactor_that_sticks_at_the_inlet_is_the_vehicles_trouble_code() -> None:
    both, nodes = begun()
    nodes.nodes[Side.VEHICLE].hardware.contactor.stuck = True
    both.plug()
    until(both, lambda: confirmed(both, "CONTACTOR_FAULT"), within=60)
    until(both, lambda: opened(nodes), within=20)


def test_each_word_of_a_node_has_an_event_and_an_error() -> None:
    assert {events_of([word]).popitem()[0] for word in OF_A_NODE} == set(OF_A_NODE.values())
    assert all(errors_of([word]) == {EvseError.EMERGENCY_SHUTDOWN} for word in OF_A_NODE)


class Plug:
    """A node and its driver, and nobody else."""

    def __init__(self, side: Side) -> None:
        self.world = World()
        self.nodes = Nodes()
        self.driver = self.nodes(self.world, side)
        self.behind = self.nodes.nodes[side].hardware
        self.begun: list[str] = []
        self.run(0.1)

    def begin(self) -> None:
        self.driver.start(lambda: self.begun.append("ready"), self.begun.append)
        self.run(0.5)

    def run(self, seconds: float) -> None:
        self.world.scheduler.run(self.world.scheduler.now + round(seconds * S))

    def close(self) -> None:
        """As a session does, with the other end of the cable doing its part."""
        self.world.plug()
        self.world.cables[0].source(Drive(5.0))
        self.world.cables[0].load(882)
        self.driver.station_pilot.drive(Drive(5.0))
        self.driver.vehicle_pilot.show(PilotState.C)
        self.driver.lock.request(locked=True)
        self.run(0.2)
        self.driver.contactors.permit(closed=True)
        self.run(0.5)


Make = Callable[[Plug], None]


def stick(plug: Plug) -> None:
    plug.behind.contactor.stuck = True


def jam(plug: Plug) -> None:
    plug.behind.bolt.stuck = True


def cut(plug: Plug) -> None:
    plug.world.cables[0].press(inf)


def short(plug: Plug) -> None:
    plug.world.cables[0].diode(shorted=True)


def earth(plug: Plug) -> None:
    plug.world.cables[0].load(1)


def unbolt(plug: Plug) -> None:
    plug.behind.bolt.order(on=False)


FAULTS: tuple[tuple[str, bool, Make, tuple[Side, ...]], ...] = (
    ("contactor_stuck", True, stick, tuple(Side)),
    ("lock_stuck", True, jam, tuple(Side)),
    ("lock_lost", False, unbolt, tuple(Side)),
    ("proximity_lost", False, cut, tuple(Side)),
    ("diode_short", False, short, (Side.STATION,)),
    ("pilot_short", False, earth, (Side.STATION,)),
    ("station_fault", False, earth, (Side.VEHICLE,)),
)


@pytest.mark.parametrize(("word", "before", "make", "sides"), FAULTS)
def test_what_a_node_finds_has_the_name_it_has_everywhere(
    word: str,
    *,
    before: bool,
    make: Make,
    sides: tuple[Side, ...],
) -> None:
    for side in sides:
        plug = Plug(side)
        plug.begin()
        if before:
            make(plug)
        plug.close()
        if not before:
            assert plug.driver.contactors.closed, plug.driver.contactors.why_open
            make(plug)
        plug.run(2)
        assert word in plug.driver.faults
        assert not plug.driver.contactors.closed
        assert not plug.behind.contactor.wished


@pytest.mark.parametrize("side", Side)
def test_a_node_that_hears_no_order_opens_and_stays_open_until_it_is_permitted_anew(
    side: Side,
) -> None:
    plug = Plug(side)
    plug.begin()
    plug.close()
    node, bus = plug.nodes.nodes[side], plug.nodes.buses[side]
    assert plug.driver.contactors.closed
    bus.publisher.stop()
    plug.run(1)
    assert not plug.behind.contactor.on
    assert PlugFault.HOST_LOST in node.held
    bus.publisher.start()
    plug.run(1)
    assert not plug.behind.contactor.on


def test_a_node_that_comes_late_is_a_fault_until_it_is_there() -> None:
    plug = Plug(Side.STATION)
    node = plug.nodes.nodes[Side.STATION].node
    node.stop()
    plug.run(1)
    plug.begin()
    assert plug.begun == []
    plug.run(1)
    assert plug.begun == ["ready"]
    assert " ".join(plug.driver.faults) == "node_silent"
    node.start()
    plug.close()
    assert plug.driver.contactors.closed
    assert not plug.driver.faults


def test_a_matrix_without_the_pilot_is_refused_by_both_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CONFIG.matrix[0].read_text()
    (tmp_path / "mine.dbc").write_text(text.replace("NodePilot", "CpState"))
    config = tmp_path / "own.yaml"
    config.write_text("hardware: {driver: can, can: {matrix: [mine.dbc]}}\n")
    for main in (evcc, secc):
        assert main(["check", "-c", str(config)]) == 2
        said = capsys.readouterr().err
        assert "hardware.can.receive.node_pilot" in said
        assert "nobody would see a plug" in said
    config.write_text(
        "hardware: {driver: can, can: {matrix: [mine.dbc], receive: "
        "{node_pilot: PLUG_State.CpState}}}\n"
    )
    for main in (evcc, secc):
        assert main(["check", "-c", str(config)]) == 0, capsys.readouterr().err


def test_the_shipped_matrix_has_all_that_is_needed_and_each_fault_of_the_table() -> None:
    assert list(wrong_in(CONFIG)) == []
    assert {one.name.lower(): one.value for one in PlugFault if one.name} == {
        name: 1 << row[0] for name, row in TABLE.items()
    }
