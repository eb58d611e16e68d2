"""SLAC in the ECUs with a modem of its own: the pilot from a driver, the link from an interface."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bsw.base import CannotStart
from bsw.hardware.port import PlugHardware, Side
from bsw.net import carrier
from bsw.net.carrier import Carrier
from bsw.net.host.network import InterfaceUnusable, named
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.hardware import CableHardware
from bsw.slac.links.link import VehicleLinkConfig
from bsw.slac.links.station_link import Phase, StationLink
from csm.cryif import CryIf
from ecu.doors import ModemDoor
from ecu.host import DoorsConfig
from ecu.world import World
from evcc.config import EvccConfig
from evcc.ecu.build import build_vehicle
from secc.config import SeccConfig
from secc.ecu.build import build_station
from tools.bench.world.pair import Pair, Surroundings
from tools.bench.world.whole import Bench, WholeOptions


@dataclass
class Drivers:
    """Those of both sides, made when the world is."""

    made: dict[Side, CableHardware] = field(default_factory=dict)

    def __call__(self, world: World, side: Side) -> PlugHardware:
        return self.made.setdefault(side, CableHardware(world.scheduler, world.cables[0]))


def pair(driver: str, drivers: Callable[[World, Side], PlugHardware] | None = None) -> Pair:
    """As the bench of benches, with the plug taken out of the configurations."""
    hardware = {"driver": driver, "own": "cable"}
    link = {"driver": "ethernet", "interface": "eth1"}
    whole = Bench(WholeOptions(services={}))
    evcc = whole.pair.vehicle_doors.config
    secc = whole.pair.station_doors.config
    assert isinstance(evcc, EvccConfig)
    assert isinstance(secc, SeccConfig)
    told = {"hardware": hardware, "link": link}
    around = Surroundings(hardware_can=whole.setup.hardware_can, drivers=drivers, soc=79.9)
    return Pair(
        EvccConfig.model_validate(evcc.model_dump() | told),
        SeccConfig.model_validate(
            secc.model_dump() | told | {"hardware": {**hardware, "power": "can"}}
        ),
        around,
    )


def phase(pair: Pair) -> Phase:
    link = pair.station.service.link
    assert isinstance(link, StationLink)
    return link.phase


def until(pair: Pair, holds: Callable[[], bool], within: int = 120) -> None:
    for _ in range(10 * within):
        if holds():
            return
        pair.run(0.1)
    raise AssertionError("it did not come to that")


def test_pilot_lock_and_contactors_of_a_driver_and_slac_make_a_charge() -> None:
    drivers = Drivers()
    both = pair("own", drivers)
    both.start()
    both.run(2)
    vehicle, station = drivers.made[Side.VEHICLE], drivers.made[Side.STATION]
    both.plug()
    until(both, lambda: vehicle.contactor.on and station.contactor.on)
    assert phase(both) is Phase.LINKED
    assert (vehicle.bolt.on, station.bolt.on) == (True, True)
    until(both, lambda: bool(both.vehicle.manager.results), within=600)
    (result,) = both.vehicle.manager.results
    assert result.ending.good
    assert (vehicle.contactor.on, station.contactor.on) == (False, False)
    both.unplug()
    both.run(5)
    assert not station.bolt.wished
    both.stop()
    both.run(10)
    assert (vehicle.open, station.open) == (False, False)


def test_without_a_pilot_the_modems_alone_find_each_other() -> None:
    both = pair("none")
    both.start()
    both.run(10)
    assert phase(both) is Phase.LINKED
    both.station.service.link.terminate()
    both.run(5)
    assert phase(both) is not Phase.LINKED
    both.run(10)
    assert phase(both) is Phase.OFFERING, "the next vehicle may come"


def test_a_modem_that_is_back_gets_a_key_before_the_next_vehicle_asks() -> None:
    drivers = Drivers()
    both = pair("own", drivers)
    both.start()
    both.run(5)
    modem = both.world._box.modem
    modem.reset()
    both.run(5)
    keys = modem.keys_set
    for told in both.station_doors.returned:
        told()
    both.run(1)
    assert modem.keys_set == keys + 1
    both.plug()
    both.run(10)
    assert phase(both) is Phase.LINKED


@pytest.mark.parametrize("missing", ["hardware", "keys"])
@pytest.mark.parametrize("role", ["evcc", "secc"])
def test_what_was_opened_is_closed_when_the_start_fails(role: str, missing: str) -> None:
    both, closed = pair("own", Drivers()), list[str]()

    def no_keys() -> CryIf:
        raise CannotStart("csm: no token")

    base = both.world.base()
    doors = both.vehicle_doors if role == "evcc" else both.station_doors
    modem = doors.modem()
    lent = ModemDoor(modem.port, modem.on_return, lambda: closed.append(role))
    doors.modem = lambda: lent  # type: ignore[method-assign]
    doors.keys = no_keys  # type: ignore[method-assign]
    if missing == "hardware":
        doors.own_hardware = None

    def build() -> None:
        if role == "evcc":
            build_vehicle(base, secure(both.vehicle_doors.config), both.vehicle_doors)
        else:
            build_station(base, served(both.station_doors.config), both.station_doors)

    with pytest.raises(CannotStart):
        build()
    assert closed == [role]


def secure(config: DoorsConfig) -> EvccConfig:
    assert isinstance(config, EvccConfig)
    session = config.session.model_copy(update={"security": "tls"})
    return config.model_copy(update={"session": session})


def served(config: DoorsConfig) -> SeccConfig:
    assert isinstance(config, SeccConfig)
    return config.model_copy(update={"session": config.session.model_copy(update={"tls": True})})


WRONG = [
    ({"interface": "eth1"}, {}, "link.interface", "no driver reads it"),
    ({"driver": "ethernet"}, {}, "link.interface", "no modem is behind loopback"),
    (
        {"driver": "ethernet", "interface": "eth1"},
        {"hardware": {"driver": "plug"}},
        "link.driver",
        "the simulated plug brings a modem of its own",
    ),
    (
        {"driver": "ethernet", "interface": "eth1"},
        {"network": {"interface": "eth2"}},
        "link.interface",
        "sessions run on the modem's interface, and network.interface is 'eth2'",
    ),
]


@pytest.mark.parametrize("model", [EvccConfig, SeccConfig])
@pytest.mark.parametrize(("link", "more", "key", "said"), WRONG)
def test_what_contradicts_itself_is_told(
    model: type[EvccConfig | SeccConfig],
    link: dict[str, str],
    more: dict[str, object],
    key: str,
    said: str,
) -> None:
    (wrong,) = model.model_validate({"link": link, **more}).problems()
    assert (wrong.key, str(wrong)) == (key, said)


def test_a_chip_fills_in_what_was_left_at_its_default() -> None:
    slow = VehicleLinkConfig.model_validate({"modem": "cg5317"}).matching.modem
    assert (slow.dialect, slow.answer_within) == ("lumissil", 1_000)
    own = {"modem": "cg5317", "slac": {"modem": {"answer_within": 300}}}
    assert VehicleLinkConfig.model_validate(own).matching.modem.answer_within == 300
    assert VehicleLinkConfig().matching == VehicleLinkConfig().slac


def test_an_interface_may_be_named_by_its_address(tmp_path: Path) -> None:
    for name, address in (("eth0", "02:00:00:00:00:0a"), ("qca0", "00:01:87:02:5a:11")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(address + "\n")
    assert named("00:01:87:02:5A:11", tmp_path) == "qca0"
    assert named("eth7", tmp_path) == "eth7"
    with pytest.raises(InterfaceUnusable, match="no interface has the address"):
        named("00:01:87:02:5a:12", tmp_path)
    (tmp_path / "eth0" / "address").write_text("00:01:87:02:5a:11\n")
    with pytest.raises(InterfaceUnusable, match="2 interfaces have"):
        named("00:01:87:02:5a:11", tmp_path)


def test_a_carrier_that_was_away_is_told_once_it_is_back(tmp_path: Path) -> None:
    place = tmp_path / "eth1"
    place.mkdir()

    def shows(up: str, changes: int) -> None:
        (place / "carrier").write_text(up)
        (place / "carrier_changes").write_text(str(changes))

    shows("1", 2)
    scheduler = Scheduler(VirtualClock())
    told: list[int] = []
    watch = Carrier(scheduler, "eth1", tmp_path)
    watch.on_return(lambda: told.append(scheduler.now))
    scheduler.run(3 * S)
    assert told == []
    shows("0", 3)
    scheduler.run(6 * S)
    assert told == []
    shows("1", 4)
    scheduler.run(9 * S)
    assert len(told) == 1
    shows("1", 6)  # away and back between two looks
    scheduler.run(12 * S)
    assert len(told) == 2
    watch.close()
    shows("1", 8)
    scheduler.run(15 * S)
    assert len(told) == 2
    assert carrier.LOOK_EACH < S
