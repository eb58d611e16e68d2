"""When a vehicle may begin: late in the field, within the set-up time by the letter."""

import pytest

from bsw.net.ports import StreamEnd
from bsw.os.clock import MS, S
from secc.plug.newcomers import Stage
from secc.session.profile import CONFORMANCE, FIELD
from tests.net import worlds
from tests.session.stranger import Knocker, Street, door
from tools.bench.world.network import NetRig, Options


@pytest.mark.parametrize("late", [1, 17, 23, 46, 600])
def test_in_the_field_a_vehicle_may_begin_late(late: int) -> None:
    street = Street()
    street.rig.charger.dlink_ready(value=True)
    street.world.run_for(late * S)
    stranger = street.come(1)
    street.world.run_for(10 * S)
    stranger.set_up()
    street.world.run_for(1 * S)
    assert stranger.codes[-1] == "OK_NewSessionEstablished"


def test_the_set_up_time_is_a_setting() -> None:
    assert CONFORMANCE.setup_within == 18 * S
    assert FIELD.setup_within == 60 * S
    assert FIELD.with_setup(90 * S).setup_within == 90 * S


def test_by_the_letter_the_listener_closes_with_discovery() -> None:
    world = worlds.simulated()
    rig = NetRig(world, Options(station_profile=CONFORMANCE))
    rig.charger.dlink_ready(value=True)
    to = door(rig.outlet, world.station, world.vehicle.scope)
    world.run_for(18 * S + 100 * MS)
    late = Knocker(world.vehicle, to)
    world.run_for(1 * S)
    assert late.ended_with is StreamEnd.REFUSED
    assert rig.outlet.offer is None


def test_by_the_letter_nobody_else_connects_while_a_session_runs() -> None:
    world = worlds.simulated()
    rig = NetRig(world, Options(station_profile=CONFORMANCE))
    rig.charger.dlink_ready(value=True)
    to = door(rig.outlet, world.station, world.vehicle.scope)
    rig.drive()
    world.run_for(20 * S)
    session = rig.outlet.session
    assert session is not None
    assert session.stage is Stage.ESTABLISHED
    late = Knocker(world.vehicle, to)
    world.run_for(1 * S)
    assert late.ended_with is StreamEnd.REFUSED
    rig.full_after(0)
    world.run_until(lambda: rig.outlet.results, 60 * S)
    assert rig.outlet.offer is not None, "the next vehicle finds the station again"
