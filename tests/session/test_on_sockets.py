"""Sessions through discovery, TCP and the handshake, on simulated and on real sockets."""

from collections.abc import Iterator

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import MS, S
from tests.net import worlds
from tools.bench.world.network import QUICK, NetRig, Options


@pytest.fixture(params=worlds.KINDS)
def world(request: pytest.FixtureRequest) -> Iterator[worlds.World]:
    with worlds.world(request.param) as made:
        yield made


@pytest.fixture
def sdp_port(worker_id: str) -> int:
    """Multicast on loopback is shared by all test processes: each asks on a port of its own."""
    number = int(worker_id.removeprefix("gw") or 0) if worker_id != "master" else 0
    return 25_118 + number


CASES = [
    ("din", "DC_extended"),
    ("iso2", "DC_extended"),
    ("iso2", "AC_single_phase_core"),
    ("iso2", "AC_three_phase_core"),
]


@pytest.mark.parametrize(("protocol", "mode"), CASES)
def test_a_session_over_plain_tcp(
    world: worlds.World, sdp_port: int, protocol: str, mode: str
) -> None:
    options = Options(protocols=(protocol,), mode=mode, ratings=QUICK, sdp_port=sdp_port)
    rig = NetRig(world, options)
    rig.plug_in()
    rig.full_after(3 * S)
    rig.run(20 * S)
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert rig.names()[0] == "SupportedAppProtocolReq"
    assert rig.names()[-1] == "SessionStopReq"
    assert rig.plug.state == "B"


def test_two_sessions_follow_each_other_without_a_restart(
    world: worlds.World, sdp_port: int
) -> None:
    rig = NetRig(world, Options(mode="AC_three_phase_core", ratings=QUICK, sdp_port=sdp_port))
    rig.plug_in()
    rig.full_after(500 * MS)
    rig.run(10 * S)
    rig.state.charging_complete = False
    rig.drive()
    rig.full_after(500 * MS)
    rig.run(10 * S)
    assert [result.ending for result in rig.results] == [Ending.TERMINATED] * 2


def test_a_vehicle_without_a_common_protocol_is_told_so(world: worlds.World, sdp_port: int) -> None:
    rig = NetRig(world, Options(protocols=("din",), served=("iso2",), sdp_port=sdp_port))
    rig.plug_in()
    rig.run(10 * S)
    assert rig.ending("vehicle") is rig.ending("station") is Ending.NO_PROTOCOL


def test_the_link_going_down_ends_both_sides_at_once(world: worlds.World, sdp_port: int) -> None:
    rig = NetRig(world, Options(ratings=QUICK, sdp_port=sdp_port))
    rig.plug_in()
    rig.scheduler.after(2 * S, lambda: rig.charger.dlink_ready(value=False), name="gone")
    rig.run(10 * S)
    assert rig.ending("station") is Ending.LINK_LOST
    assert rig.ending("vehicle") is Ending.CONNECTION_LOST
    world.run_for(100 * MS)
    assert rig.state.contactors_closed is False
    assert rig.electronics.current == 0.0
    assert rig.charger.last("hlc_session_failed") is not None


def test_without_a_link_the_station_is_silent_and_the_vehicle_gives_up() -> None:
    world = worlds.simulated()
    rig = NetRig(world)
    rig.drive()
    world.run_until(lambda: rig.results, 30 * S)
    assert rig.ending("vehicle") is Ending.NO_STATION
    assert rig.scheduler.now <= 20 * S


def test_the_station_ends_a_connection_that_stays_silent() -> None:
    world = worlds.simulated()
    rig = NetRig(world)
    rig.charger.dlink_ready(value=True)

    offer = rig.outlet.offer
    assert offer is not None
    world.run_for(1 * S)
    from bsw.net.channel import Channels  # noqa: PLC0415 - only here
    from bsw.net.ports import Endpoint  # noqa: PLC0415 - only here

    class Quiet:
        def opened(self) -> None: ...
        def frame(self, payload_type: int, payload: bytes) -> None: ...
        def closed(self, reason: object) -> None: ...

    assert offer.plain is not None
    to = Endpoint(world.station.link_local(), offer.plain, world.vehicle.scope)
    Channels(rig.scheduler).connect(world.vehicle, to, Quiet())
    world.run_until(lambda: rig.outlet.results, 30 * S)
    assert rig.outlet.results[0].ending is Ending.SETUP_TIMEOUT
    assert rig.scheduler.now <= 18 * S + 100 * MS
