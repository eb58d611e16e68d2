"""The station's data link on its north side: how it stands, and the orders for it."""

from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.dlt import silent
from bsw.north.command import CommandError
from bsw.os.clock import MS, S
from bsw.slac.links.station_link import StationLink
from secc.api.charger import Charger
from secc.api.literals import SlacState
from secc.plug.slac_side import SlacSide
from tests.session.test_from_the_plug import Place

ORDERS = ["dlink_terminate", "dlink_error", "dlink_pause"]
NAMES = ["slac_state", "slac_dlink_ready", "request_error_routine", "ev_mac_address"]


class Told(Place):
    """A plug, with all that is told of its data link."""

    def __init__(self) -> None:
        super().__init__()
        self.charger = self.rig.charger
        link = self.service.link
        assert isinstance(link, StationLink)
        self.log: list[tuple[str, Any]] = []
        for name in NAMES:
            self._hear(name)
        SlacSide(self.charger, link)

    def _hear(self, name: str) -> None:
        self.charger.subscribe(name, lambda value: self.log.append((name, value)))

    def states(self) -> list[SlacState]:
        return [value for name, value in self.log if name == "slac_state"]

    def until(self, state: SlacState, within: int = 60 * S) -> None:
        self.world.run_until(lambda: self.charger.last("slac_state") is state, within)


def test_a_plug_in_is_told_from_unmatched_to_matched_and_back() -> None:
    place = Told()
    place.cable.plug()
    place.until(SlacState.MATCHED)
    assert place.charger.last("slac_dlink_ready") is True
    assert len(place.charger.last("ev_mac_address").split(":")) == 6
    place.rig.full_after(20 * S)
    place.ended()
    place.cable.unplug()
    place.world.run_for(5 * S)
    assert place.states() == [
        SlacState.UNMATCHED,
        SlacState.MATCHING,
        SlacState.MATCHED,
        SlacState.UNMATCHED,
    ]
    assert place.charger.last("slac_dlink_ready") is False
    assert not any(name == "request_error_routine" for name, _ in place.log)


def test_an_order_to_terminate_ends_the_session_and_the_link() -> None:
    place = Told()
    place.cable.plug()
    place.world.run_for(30 * S)
    assert place.rig.electronics.current > 10
    place.charger.dlink_terminate()
    place.world.run_for(500 * MS)
    assert place.rig.outlet.results[0].ending is Ending.LINK_LOST
    assert place.rig.electronics.current == 0.0
    place.world.run_for(30 * S)
    assert place.charger.last("slac_state") is SlacState.UNMATCHED
    place.cable.unplug()
    place.world.run_for(S)
    place.cable.plug()
    place.until(SlacState.MATCHED)


def test_an_order_of_an_error_makes_the_vehicle_match_anew() -> None:
    place = Told()
    place.cable.plug()
    place.world.run_for(30 * S)
    place.charger.dlink_error()
    assert place.charger.last("slac_state") is SlacState.UNMATCHED
    assert place.log[-1] == ("request_error_routine", None)
    place.until(SlacState.MATCHED)


def test_a_link_sleeps_only_between_two_sessions() -> None:
    place = Told()
    place.cable.plug()
    place.until(SlacState.MATCHED)
    place.world.run_for(10 * S)
    with pytest.raises(CommandError, match="only the vehicle can pause it"):
        place.charger.dlink_pause()
    assert place.rig.outlet.session is not None


@pytest.mark.parametrize("order", ORDERS)
def test_without_a_vehicle_there_is_nothing_to_order(order: str) -> None:
    place = Told()
    with pytest.raises(CommandError, match="no vehicle is plugged in"):
        getattr(place.charger, order)()
    place.cable.plug()
    place.until(SlacState.MATCHED)


@pytest.mark.parametrize("order", ORDERS)
def test_a_station_without_a_link_of_its_own_says_so(order: str) -> None:
    with pytest.raises(CommandError, match="no data link of its own"):
        getattr(Charger((), lambda: 0, silent().logger("test")), order)()


def test_an_idle_link_can_be_put_to_sleep() -> None:
    place = Told()
    place.cable.plug()
    place.until(SlacState.MATCHED)
    place.charger.dlink_pause()
    assert place.charger.last("slac_state") is SlacState.MATCHED
    assert place.charger.last("slac_dlink_ready") is False
    with pytest.raises(CommandError, match="no link to pause"):
        place.charger.dlink_pause()
