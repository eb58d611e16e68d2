"""Both links together: what the session hears, with matching and without, and IP that follows."""

from dataclasses import dataclass

import pytest

from bsw.cp.pilot import X1, Drive, E, F
from bsw.dlt import silent
from bsw.net.ports import Endpoint
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.site import Seat, Site
from bsw.slac.links.direct import DirectStationLink, DirectVehicleLink
from bsw.slac.links.link import Link, StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from bsw.slac.outcome import Reason
from csm.randomness import SeededRandomness
from tests.slac.rig import Session

UP_WITHIN = 5 * S


@dataclass
class Pair:
    scheduler: Scheduler
    cable: SimulatedCable
    vehicle: Link
    station: Link
    ev: Session
    se: Session
    site: Site
    seats: tuple[Seat, Seat]

    def run(self, duration: int) -> None:
        self.scheduler.run(until=self.scheduler.now + duration)

    def plug(self) -> None:
        self.cable.plug()
        self.run(UP_WITHIN)


def pair(kind: str) -> Pair:
    scheduler = Scheduler(VirtualClock())
    chance = SeededRandomness(1)
    site = Site(scheduler, chance.fork("site"))
    seats = site.vehicle(), site.station()
    cable = SimulatedCable(scheduler)
    ev, se = Session(scheduler), Session(scheduler)
    log = silent().logger("link")
    vehicle: Link
    station: Link
    if kind == "matching":
        hosts = [Host(scheduler, seat.port, chance.fork(seat.name), log) for seat in seats]
        vehicle = VehicleLink(hosts[0], cable.vehicle, VehicleLinkConfig(), ev)
        station = StationLink(hosts[1], cable.station, StationLinkConfig(), se)
    else:
        vehicle = DirectVehicleLink(scheduler, cable.vehicle, VehicleLinkConfig(), ev, log)
        station = DirectStationLink(cable.station, StationLinkConfig(), se, log)
    vehicle.start()
    station.start()
    return Pair(scheduler, cable, vehicle, station, ev, se, site, seats)


@pytest.fixture(params=["matching", "direct"])
def links(request: pytest.FixtureRequest) -> Pair:
    return pair(request.param)


def test_a_plug_in_links_both_sides_once(links: Pair) -> None:
    links.run(S)
    assert links.ev.links == links.se.links == []
    links.plug()
    assert (len(links.ev.links), len(links.se.links)) == (1, 1)
    assert not links.ev.links[0].resumed
    links.run(60 * S)
    assert (len(links.ev.links), len(links.se.links)) == (1, 1)


def test_a_pulled_plug_is_told_to_both_once(links: Pair) -> None:
    links.plug()
    links.cable.unplug()
    links.run(10 * S)
    assert links.ev.losses == links.se.losses == [Reason.UNPLUGGED]
    assert links.ev.failures == links.se.failures == []


def test_each_plug_in_links_anew(links: Pair) -> None:
    for count in range(1, 6):
        links.plug()
        assert (len(links.ev.links), len(links.se.links)) == (count, count)
        links.cable.unplug()
        links.run(2 * S)


def test_a_terminated_link_is_not_told_and_comes_back_with_the_next_plug_in(links: Pair) -> None:
    links.plug()
    links.vehicle.terminate()
    links.station.terminate()
    links.run(20 * S)
    assert links.ev.losses == links.se.losses == []
    assert links.cable.driven == X1
    links.cable.unplug()
    links.run(2 * S)
    links.plug()
    assert (len(links.ev.links), len(links.se.links)) == (2, 2)


@pytest.mark.parametrize("who", ["station", "vehicle"])
def test_a_pause_ends_when_either_side_wakes(links: Pair, who: str) -> None:
    links.plug()
    links.vehicle.pause()
    links.station.pause()
    links.run(3600 * S)
    assert links.cable.driven == X1
    (links.station if who == "station" else links.vehicle).wake()
    links.run(UP_WITHIN)
    assert [one.resumed for one in links.ev.links] == [False, True]
    assert [one.resumed for one in links.se.links] == [False, True]
    assert links.ev.losses == links.se.losses == []


def test_a_plug_pulled_in_a_pause_is_told(links: Pair) -> None:
    links.plug()
    links.vehicle.pause()
    links.station.pause()
    links.run(60 * S)
    links.cable.unplug()
    links.run(2 * S)
    assert links.ev.losses == links.se.losses == [Reason.UNPLUGGED]


def test_an_error_of_the_vehicle_ends_in_a_new_link() -> None:
    """The station notices that the vehicle has left, steps the pilot, and both match again."""
    links = pair("matching")
    links.plug()
    links.vehicle.error()
    links.run(30 * S)
    assert links.se.losses == [Reason.LINK_DOWN]
    assert (len(links.ev.links), len(links.se.links)) == (2, 2)


def test_an_error_of_the_station_ends_in_a_new_link() -> None:
    links = pair("matching")
    links.plug()
    links.station.error()
    links.run(30 * S)
    assert links.ev.losses == [Reason.PILOT_FAULT]
    assert (len(links.ev.links), len(links.se.links)) == (2, 2)


def test_a_closed_link_says_nothing_more(links: Pair) -> None:
    links.plug()
    links.vehicle.close()
    links.station.close()
    links.cable.unplug()
    links.run(2 * S)
    links.plug()
    assert (len(links.ev.links), len(links.se.links)) == (1, 1)
    assert links.ev.losses == links.se.losses == []


def test_ip_passes_from_link_up_to_link_down() -> None:
    links = pair("matching")
    vehicle, station = (links.site.network(seat) for seat in links.seats)
    heard: list[bytes] = []
    ear = station.datagram(lambda data, _source: heard.append(data), port=15118)
    mouth = vehicle.datagram(lambda _data, _source: None)

    def speak(words: bytes) -> None:
        mouth.send(words, Endpoint(station.link_local(), ear.local.port))
        links.run(100 * MS)

    speak(b"before")
    links.plug()
    speak(b"linked")
    links.seats[1].modem.reset()
    speak(b"modem resets")
    links.cable.unplug()
    links.run(5 * S)
    speak(b"unplugged")
    assert heard == [b"linked"]


@pytest.mark.parametrize("drive", [E, F])
def test_a_fault_on_the_pilot_ends_the_vehicles_link(links: Pair, drive: Drive) -> None:
    links.plug()
    links.cable.source(drive)
    links.run(S)
    assert links.ev.losses == [Reason.PILOT_FAULT]


def test_a_rest_of_the_oscillator_does_not_end_the_link(links: Pair) -> None:
    links.plug()
    links.cable.source(X1)
    links.run(3 * S)
    links.cable.source(Drive(50))
    links.run(10 * S)
    assert links.ev.losses == links.se.losses == []
    assert len(links.ev.links) == 1
