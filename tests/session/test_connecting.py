"""A station that names an address in discovery at which it does not listen yet."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.net.ports import (
    DatagramPort,
    DatagramReceiver,
    Endpoint,
    Listener,
    Network,
    Stream,
    StreamUser,
)
from bsw.os.clock import S
from evcc.session.profile import CONFORMANCE, FIELD, VehicleProfile
from tests.net import worlds
from tools.bench.world.network import QUICK, NetRig, Options


@dataclass
class LateDoor:
    """A network on which the first ``deaf`` connections find nobody."""

    inner: Network
    deaf: int
    tried: int = 0

    @property
    def scope(self) -> str:
        return self.inner.scope

    def link_local(self) -> str:
        return self.inner.link_local()

    def datagram(
        self,
        receive: DatagramReceiver,
        *,
        port: int = 0,
        groups: tuple[str, ...] = (),
        wanted: tuple[bytes, ...] = (),
    ) -> DatagramPort:
        return self.inner.datagram(receive, port=port, groups=groups, wanted=wanted)

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> Stream:
        self.tried += 1
        nobody = replace(to, port=9)
        return self.inner.connect(nobody if self.tried <= self.deaf else to, user, timeout=timeout)

    def listen(self, accept: Callable[[Stream], StreamUser], *, port: int = 0) -> Listener:
        return self.inner.listen(accept, port=port)


def session(profile: VehicleProfile, deaf: int) -> tuple[NetRig, LateDoor]:
    world = worlds.simulated()
    door = LateDoor(world.vehicle, deaf)
    rig = NetRig(replace(world, vehicle=door), Options(vehicle_profile=profile, ratings=QUICK))
    rig.plug_in()
    rig.full_after(5 * S)
    world.run_until(lambda: rig.results, 60 * S)
    return rig, door


@pytest.mark.parametrize("deaf", [1, 3])
def test_in_the_field_the_vehicle_connects_again(deaf: int) -> None:
    rig, door = session(FIELD, deaf)
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert door.tried == deaf + 1


def test_in_the_field_it_gives_up_after_some_tries() -> None:
    rig, door = session(FIELD, 9)
    assert rig.ending("vehicle") is Ending.NO_CONNECTION
    assert door.tried == 4
    assert rig.scheduler.now < 2 * S


def test_by_the_letter_one_refusal_is_the_end() -> None:
    rig, door = session(CONFORMANCE, 1)
    assert rig.ending("vehicle") is Ending.NO_CONNECTION
    assert door.tried == 1
