"""A vehicle whose diode is shorted gets no energy: state E, a name, and nothing until replugged."""

from bsw.chrgm.endings import Ending
from bsw.cp.pilot import X1, Drive, E
from bsw.os.clock import MS, S
from bsw.slac.outcome import Reason
from tests.session.test_from_the_plug import Place
from tests.slac.test_links import Pair, pair


def test_a_short_before_the_charge_lets_none_begin() -> None:
    place = Place()
    place.cable.diode(shorted=True)
    place.cable.plug()
    place.world.run_for(60 * S)
    assert place.rig.outlet.results == []
    assert place.rig.electronics.energy == 0.0
    assert place.cable.driven == X1
    place.cable.unplug()
    place.cable.diode(shorted=False)
    place.world.run_for(5 * S)
    place.cable.plug()
    place.world.run_for(60 * S)
    assert place.rig.electronics.energy > 0.0


def test_a_short_in_the_loop_ends_it_at_once_and_by_its_name() -> None:
    place = Place()
    place.cable.plug()
    place.world.run_for(30 * S)
    assert place.rig.electronics.current > 10
    place.cable.diode(shorted=True)
    place.world.run_for(100 * MS)
    result = place.rig.outlet.results[0]
    assert result.ending is Ending.PILOT_FAULT
    assert result.detail == Reason.DIODE_SHORT.value
    assert place.rig.electronics.current == 0.0
    assert place.cable.driven == E
    place.world.run_for(400 * MS)
    assert place.manager.results[0].ending in {Ending.PILOT_FAULT, Ending.CONNECTION_LOST}
    assert place.rig.state.contactors_closed is False
    place.world.run_for(120 * S)
    assert place.cable.driven == X1
    assert len(place.rig.outlet.results) == 1


def short_and_back(links: Pair) -> list[Drive]:
    links.plug()
    links.cable.diode(shorted=True)
    links.run(100 * MS)
    driven = [links.cable.driven]
    links.run(60 * S)
    driven.append(links.cable.driven)
    links.station.error()
    links.station.terminate()
    links.run(60 * S)
    driven.append(links.cable.driven)
    links.cable.unplug()
    links.cable.diode(shorted=False)
    links.run(S)
    links.plug()
    return driven


def test_both_kinds_of_link_refuse_until_the_plug_was_out() -> None:
    for kind, first in (("matching", E), ("direct", X1)):
        links = pair(kind)
        assert short_and_back(links) == [first, X1, X1]
        assert Reason.DIODE_SHORT in links.se.losses
        assert len(links.se.links) == 2
