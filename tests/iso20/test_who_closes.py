"""In ISO 15118-20 the vehicle closes the connection; the station waits for it, but not for ever."""

from bsw.chrgm.applications import ISO20_DC, Link
from bsw.chrgm.endings import Ending
from bsw.chrgm.record import Said
from bsw.chrgm.sap import offer
from bsw.os.clock import MS, S
from tests.net import worlds
from tests.session.stranger import Stranger, door
from tools.bench.world.network import NetRig, Options
from tools.conformance.newer import requests as ask


class Silent(Stranger):
    """Offers ISO 15118-20 on plain TCP, as a laboratory may, and closes nothing."""

    def opened(self) -> None:
        self.wire.say_handshake(offer((ISO20_DC,), Link.TLS13).request)


def test_the_station_waits_five_seconds_after_the_end() -> None:
    """[V2G20-1633]; and is there for the next vehicle meanwhile."""
    world = worlds.simulated()
    rig = NetRig(world, Options(served=("iso20-dc",), iso20_without_tls=True))
    rig.charger.dlink_ready(value=True)
    to = door(rig.outlet, world.station, world.vehicle.scope)
    vehicle = Silent(world.scheduler, world.vehicle, to, 2, name="iso20-dc")
    world.run_for(1 * S)
    session = rig.outlet.session
    assert session is not None
    vehicle.wire.say(session.station.record.session_id, Said(ask.session_stop()))
    world.run_for(100 * MS)
    assert [result.ending for result in rig.outlet.results] == [Ending.TERMINATED]
    assert vehicle.codes[-1] == "OK"
    world.run_for(4700 * MS)
    assert vehicle.closed_at is None
    world.run_for(1 * S)
    assert vehicle.closed_at is not None
