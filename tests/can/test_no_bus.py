"""An ECU configured without a bus starts, sends into nothing and knows no values."""

from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.config import BusConfig
from can_adapter.drivers.choose import open_port
from can_adapter.vehicle.bus import open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig


def test_all_values_are_absent() -> None:
    scheduler = Scheduler(VirtualClock())
    config = VehicleCanConfig(bus=BusConfig(interface="none"))
    port = open_port(scheduler, config.bus, "EVCC")
    bus = open_vehicle_bus(scheduler, port, config)
    bus.publisher.start()
    scheduler.run(2 * S)
    assert bus.signals.state.battery.soc is None
    assert port.counters.sent > 0
    bus.close()
