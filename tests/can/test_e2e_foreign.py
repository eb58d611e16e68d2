"""Protected frames of a foreign node, which ``autosar-e2e`` alone counts and protects.

The foreign side lets the library count and check, in both directions, for every profile; what the
ECU believes of it is read where the session reads it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from bsw.ecuc.load import load
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.signals.e2e import PROFILES
from can_adapter.signals.quality import Quality
from can_adapter.vehicle.bus import VehicleBus, open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from csm.randomness import SeededRandomness

CYCLE = 10 * MS
RELEASE, ORDERS = 0x10, 0x20
DBC = """VERSION ""

BU_: GW CHG

BO_ 16 Release: 64 GW
 SG_ Allowed : 400|1@1+ (1,0) [0|1] "" CHG

BO_ 32 Orders: 64 CHG
 SG_ Seconds : 408|32@1+ (1,0) [0|0] "s" GW

BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","r","r","r","r","r","r","r","r","r","r","r","r","StandardCAN_FD","ExtendedCAN_FD";
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_ "VFrameFormat" BO_ 16 14;
BA_ "VFrameFormat" BO_ 32 14;
BA_ "GenMsgCycleTime" BO_ 16 10;
BA_ "GenMsgCycleTime" BO_ 32 10;
"""  # noqa: E501 - the format's own line
YAML = """
bus: {{interface: simulated}}
matrix: [foreign.dbc]
bind: explicit
receive: {{charge_permission: Release.Allowed}}
transmit: {{session_seconds: Orders.Seconds}}
messages:
  Release: {{e2e: {{profile: {profile}, data_id: {data_id}, offset: {offset}}}}}
  Orders: {{e2e: {{profile: {profile}, data_id: {other_id}, offset: {offset}}}}}
"""


@dataclass(frozen=True)
class Foreign:
    """The library's own two functions; it keeps the counter in the octets it is given."""

    profile: int
    offset: int

    def ids(self, data_id: int) -> dict[str, object]:
        if self.profile == 2:
            return {"data_id_list": bytes([data_id]) * 16}
        return {"data_id": data_id, "offset": self.offset}

    def protect(self, data: bytearray, data_id: int) -> None:
        self._function("protect")(data, **self.ids(data_id), increment_counter=True)

    def check(self, data: bytes, data_id: int) -> bool:
        more = {"length": len(data)} if self.profile in {2, 6} else {}
        return bool(self._function("check")(bytearray(data), **self.ids(data_id), **more))

    def _function(self, what: str) -> Callable[..., object]:
        name = f"p{self.profile:02d}"
        found: Callable[..., object] = getattr(import_module(f"e2e.{name}"), f"e2e_{name}_{what}")
        return found


class Bench:
    """The foreign node sends by hand; ``seen`` holds what the ECU sent."""

    def __init__(self, folder: Path, profile: int, offset: int, data_id: int = 0x5A) -> None:
        self.foreign, self.data_id = Foreign(profile, offset), data_id
        (folder / "foreign.dbc").write_text(DBC)
        path = folder / "can.yaml"
        path.write_text(YAML.format(profile=profile, offset=offset, data_id=0x5A, other_id=0x5B))
        self.scheduler = Scheduler(VirtualClock())
        bus = SimulatedBus(self.scheduler, SeededRandomness(1))
        self.seen: list[bytes] = []
        self.node = bus.attach("GW")
        self.node.listen(lambda frame: self.seen.append(frame.data))
        config = load(VehicleCanConfig, (path,)).config
        self.ecu: VehicleBus = open_vehicle_bus(self.scheduler, bus.attach("CHG"), config)
        self.data = bytearray(64)
        self.data[50] = 1  # allowed

    def count(self, frames: int = 1) -> None:
        """The sender goes on, but the frames do not arrive."""
        for _ in range(frames):
            self.foreign.protect(self.data, self.data_id)

    def send(self, frames: int = 1, *, broken: int | None = None, counting: bool = True) -> None:
        """``broken`` is the octet that a disturbance changes on the way."""
        for _ in range(frames):
            if counting:
                self.count()
            octets = bytearray(self.data)
            if broken is not None:
                octets[broken] ^= 0x10
            self.node.send(CanFrame(RELEASE, bytes(octets), fd=True))
            self.scheduler.run(self.scheduler.now + CYCLE)

    def believed(self) -> bool:
        reading = self.ecu.signals.reading("charge_permission")
        assert (reading.value is True) is (reading.quality is Quality.FRESH)
        return reading.value is True


PLACES = [(profile, 0) for profile in PROFILES] + [(n, 8) for n in PROFILES if n != 2]


@pytest.fixture(params=PLACES, ids=[f"profile {number} at {at}" for number, at in PLACES])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(tmp_path, *request.param)


def test_it_is_believed_from_the_second_frame_on_and_over_every_turn_of_the_counter(
    bench: Bench,
) -> None:
    seen = []
    for _ in range(300):
        bench.send()
        seen.append(bench.believed())
    assert seen == [False] + [True] * 299


def test_one_disturbed_frame_is_forgiven_and_two_among_four_are_not(bench: Bench) -> None:
    bench.send(10)
    bench.send(broken=60)
    assert bench.believed()
    bench.send(4)
    bench.send(broken=61)
    bench.send(broken=50)
    assert not bench.believed()
    assert bench.ecu.signals.reading("charge_permission").quality is Quality.UNTRUSTED
    bench.send(2)
    assert not bench.believed()
    bench.send(4)
    assert bench.believed()


def test_a_sender_that_stands_still_is_believed_no_longer_than_three_frames(bench: Bench) -> None:
    bench.send(10)
    bench.send(3, counting=False)
    assert bench.believed()
    bench.send(counting=False)
    assert not bench.believed()
    bench.send(6)
    assert bench.believed()


def test_two_lost_frames_in_a_row_are_tolerated_and_more_are_not(bench: Bench) -> None:
    bench.send(10)
    for _ in range(8):
        bench.count(2)
        bench.send()
        assert bench.believed()
    for _ in range(4):
        bench.count(3)
        bench.send()
    assert not bench.believed()


def test_frames_of_another_message_are_never_believed(tmp_path: Path) -> None:
    for profile in PROFILES:
        bench = Bench(tmp_path, profile, 0, data_id=0x5C)
        bench.send(20)
        assert not bench.believed(), f"profile {profile}"


def test_the_foreign_node_accepts_all_we_send_and_each_comes_one_after_the_other(
    bench: Bench,
) -> None:
    bench.ecu.publisher.start()
    bench.scheduler.run(bench.scheduler.now + 300 * CYCLE)
    profile, offset = PROFILES[bench.foreign.profile], bench.foreign.offset
    assert len(bench.seen) >= 299
    counters = [profile.counter(data, offset) for data in bench.seen]
    first = counters[0]
    assert counters == [(first + number) % profile.modulo for number in range(len(counters))]
    for data in bench.seen:
        assert bench.foreign.check(data, 0x5B)
        assert not bench.foreign.check(data, 0x5A)
        octets = bytearray(data)
        octets[63] ^= 1
        assert not bench.foreign.check(bytes(octets), 0x5B)
