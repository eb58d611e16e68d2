"""A modem that restarts, wedges or wants a reset with each key: what a running host makes of it."""

import pytest

from bsw.os.clock import MS, S
from bsw.sim.modem import Quirks
from bsw.slac.config import Counts, ModemConfig, SlacConfig
from bsw.slac.frames.vendor import ResetReq
from bsw.slac.keys import NetworkKey
from bsw.slac.links.link import StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from bsw.slac.matching.events import KeyTaken, Output, Send
from bsw.slac.outcome import Reason
from tests.slac.rig import Session, StationRig, World
from tests.slac.test_modem import KEY, OTHER, answer, control, sent


class Both(World):
    """Our vehicle and our station on one cable, with modems of one kind."""

    def __init__(self, quirks: Quirks | None = None, **modem: object) -> None:
        super().__init__()
        self.seats = self.site.vehicle("vehicle", quirks), self.site.station("station", quirks)
        field = SlacConfig.field()
        slac = field.model_copy(update={"modem": ModemConfig.model_validate(modem)})
        self.ev, self.se = Session(self.scheduler), Session(self.scheduler)
        self.vehicle = VehicleLink(
            self.host(self.seats[0]), self.cable.vehicle, VehicleLinkConfig(slac=slac), self.ev
        )
        self.station = StationLink(
            self.host(self.seats[1]), self.cable.station, StationLinkConfig(slac=slac), self.se
        )
        self.vehicle.start()
        self.station.start()
        self.run(5 * S)

    def plug(self) -> None:
        self.cable.plug()
        self.run(5 * S)


def test_with_a_reset_after_each_key_the_key_counts_when_the_modem_is_back() -> None:
    modem = control(reset_after_key=True, reset_delay=100, reset_wait=500)
    request = sent(modem.set_key(KEY, now=0))[0]
    assert modem.receive(answer(request), now=MS) == []
    assert modem.receive(answer(request), now=2 * MS) == []  # said twice, reset once
    said: list[Output] = modem.tick(101 * MS)
    assert [output.message for output in said if isinstance(output, Send)] == [ResetReq()]
    assert modem.tick(600 * MS) == []
    assert modem.tick(601 * MS) == [KeyTaken(KEY)]
    assert modem.deadline is None


def test_a_newer_key_takes_the_place_of_one_whose_modem_boots() -> None:
    modem = control(reset_after_key=True)
    request = sent(modem.set_key(KEY, now=0))[0]
    modem.receive(answer(request), now=MS)
    newer = sent(modem.set_key(OTHER, now=50 * MS))[0]
    assert modem.tick(102 * MS) == []
    modem.receive(answer(newer), now=103 * MS)
    modem.tick(204 * MS)
    assert modem.tick(800 * MS) == [KeyTaken(OTHER)]


@pytest.mark.parametrize("asked", [True, False])
def test_firmware_that_keeps_its_old_network_joins_after_a_reset(*, asked: bool) -> None:
    quirks = Quirks(joins_by_reset=True, keeps_key=True, boot_time=300 * MS)
    both = Both(quirks, reset_after_key=asked, reset_after_joins=0)
    both.plug()
    assert bool(both.ev.links) is asked
    assert bool(both.se.links) is asked


@pytest.mark.parametrize("limit", [0, 2])
def test_a_wedged_modem_is_reset_after_vain_joins(limit: int) -> None:
    both = Both(reset_after_joins=limit)
    modem = both.seats[0].modem
    modem.wedged = True
    both.cable.plug()
    both.run(120 * S)
    assert modem.resets == (1 if limit else 0)
    assert bool(both.ev.links) is bool(limit)


def test_a_station_that_waits_gives_its_modem_a_key_when_it_has_booted() -> None:
    rig = StationRig(quirks=Quirks(tells_boot=True))
    key: NetworkKey | None = rig.link.node.matching.key
    rig.seat.modem.reset()
    rig.run(5 * S)
    assert rig.seat.modem.keys_set == 2
    assert rig.link.node.matching.key not in {None, key}


def test_a_question_that_is_no_boot_renews_no_key() -> None:
    rig = StationRig(slac=SlacConfig(counts=Counts()))
    keys = rig.seat.modem.keys_set
    rig.link.node.close()
    rig.link.node.modem_returned()
    rig.run(S)
    assert rig.seat.modem.keys_set == keys, "who has closed has no modem any more"


def test_a_modem_that_restarts_in_a_pause_gets_the_same_key_again() -> None:
    both = Both(Quirks(tells_boot=True))
    both.plug()
    both.vehicle.pause()
    both.station.pause()
    both.run(60 * S)
    for seat in both.seats:
        seat.modem.reset()
    both.run(60 * S)
    both.station.wake()
    both.run(10 * S)
    assert [one.resumed for one in both.ev.links] == [False, True]
    assert [one.resumed for one in both.se.links] == [False, True]


@pytest.mark.parametrize("dialect", ["generic", "qca7000"])
def test_a_link_is_lost_with_a_modem_that_restarts(dialect: str) -> None:
    both = Both(dialect=dialect)
    both.plug()
    assert both.se.links
    both.seats[1].modem.reset()
    both.run(3 * S)
    both.station.node.modem_returned()  # as the carrier tells
    both.run(2 * S)
    assert both.se.losses == [Reason.LINK_DOWN]


def test_who_tells_of_a_return_is_asked_by_each_node() -> None:
    world, told = World(), list[object]()
    seat = world.site.station("station")
    host = world.host(seat)
    node = StationLink(
        Host(host.scheduler, host.port, host.randomness, host.log, told.append),
        world.cable.station,
        StationLinkConfig(),
        Session(world.scheduler),
    ).node
    assert told == [node.modem_returned]
