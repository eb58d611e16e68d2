"""A multiplexed message: each page brings its own values, and each page grows old on its own."""

from pathlib import Path

import pytest

from bsw.ecuc.load import load
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.timing import BusTiming
from can_adapter.signals.quality import Quality
from can_adapter.vehicle.bus import VehicleBus, open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from csm.randomness import SeededRandomness

MATRIX = """VERSION ""

BU_: HVB ECU

BO_ 256 HVB_Mux: 8 HVB
 SG_ Page M : 0|4@1+ (1,0) [0|15] "" ECU
 SG_ Allowed : 4|1@1+ (1,0) [0|1] "" ECU
 SG_ Voltage m0 : 8|16@1+ (0.1,0) [0|1500] "V" ECU
 SG_ Current m1 : 8|16@1- (0.1,0) [-3200|3200] "A" ECU
 SG_ Charge m2 : 8|10@1+ (0.1,0) [0|100] "%" ECU

BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_DEF_ "GenMsgCycleTime" 10;
"""
MAPPING = """matrix: [mux.dbc]
bind: explicit
receive:
  charge_permission: HVB_Mux.Allowed
  link_voltage: HVB_Mux.Voltage
  present_current: HVB_Mux.Current
  soc: HVB_Mux.Charge
"""


class Muxed:
    def __init__(self, folder: Path) -> None:
        (folder / "mux.dbc").write_text(MATRIX)
        (folder / "vehicle.yaml").write_text(MAPPING)
        config = load(VehicleCanConfig, (folder / "vehicle.yaml",)).config
        self.scheduler = Scheduler(VirtualClock())
        bus = SimulatedBus(self.scheduler, SeededRandomness(1), BusTiming(fixed=0))
        self.node = bus.attach("HVB")
        self.ecu: VehicleBus = open_vehicle_bus(self.scheduler, bus.attach("ECU"), config)

    def say(self, page: int, raw: int, *, allowed: bool = True) -> None:
        data = (page | allowed << 4 | (raw & 0xFFFF) << 8).to_bytes(8, "little")
        self.node.send(CanFrame(256, data, fd=False))
        self.scheduler.run(self.scheduler.now + 10 * MS)

    def values(self) -> tuple[object, ...]:
        state = self.ecu.signals.state
        return (
            state.permission.charge_permission,
            state.contactors.link_voltage,
            state.contactors.present_current,
            state.battery.soc,
        )


@pytest.fixture
def muxed(tmp_path: Path) -> Muxed:
    return Muxed(tmp_path)


def test_each_page_brings_its_own_values_over_the_same_bits(muxed: Muxed) -> None:
    muxed.say(0, 4000)
    assert muxed.values() == (True, 400.0, None, None)
    muxed.say(1, -1200)
    assert muxed.values() == (True, 400.0, -120.0, None)
    muxed.say(2, 555)
    assert muxed.values() == (True, 400.0, -120.0, 55.5)
    muxed.say(0, 4001, allowed=False)
    assert muxed.values() == (False, 400.1, -120.0, 55.5)


def test_a_page_nobody_knows_changes_common_signals_only(muxed: Muxed) -> None:
    muxed.say(0, 4000)
    muxed.say(9, 1234, allowed=False)
    assert muxed.values() == (False, 400.0, None, None)


def test_a_page_that_stays_away_grows_old_while_the_others_come(muxed: Muxed) -> None:
    muxed.say(0, 4000)
    muxed.say(1, -1200)
    spoken = 20 * MS
    while spoken < 150 * MS:
        muxed.say(0, 4000)
        assert muxed.ecu.signals.reading("present_current").quality is Quality.FRESH
        spoken += 10 * MS
    for _ in range(2):
        muxed.say(0, 4000)
    assert muxed.values() == (True, 400.0, None, None)
    assert muxed.ecu.signals.reading("present_current").quality is Quality.STALE
    muxed.say(1, -1100)
    assert muxed.values() == (True, 400.0, -110.0, None)


def test_the_whole_message_times_out_with_all_its_pages(muxed: Muxed) -> None:
    muxed.say(0, 4000)
    muxed.say(1, -1200)
    muxed.scheduler.run(muxed.scheduler.now + 60 * MS)
    assert muxed.values() == (None, None, None, None)
