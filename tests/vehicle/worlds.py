"""Vehicle, station hardware and the two ECUs' buses in one simulated place, without a protocol."""

from collections.abc import Callable

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.signals.quality import ReceptionEvent
from can_adapter.signals.values import (
    CableCheckState,
    ContactorRequest,
    ContactorState,
    LockRequest,
    LockState,
    PowerModuleMode,
)
from can_adapter.station.bus import open_station_bus
from can_adapter.station.config import StationCanConfig
from can_adapter.station.values import PowerModule, PowerOrder
from can_adapter.vehicle.bus import open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import Requests
from can_adapter.vehicle.values import VehicleSnapshot
from csm.randomness import SeededRandomness
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.cable import Physics
from tools.bench.hardware.power import PowerModule as Module
from tools.bench.hardware.power import Rating
from tools.bench.hardware.vehicle import SimulatedVehicle


class Place:
    """A parking place: a vehicle, a station, and hands on both ECUs' buses."""

    def __init__(
        self, battery: Battery | None = None, rating: Rating | None = None, *, stretch: int = 1
    ) -> None:
        self.scheduler = Scheduler(VirtualClock())
        chance = SeededRandomness(1)
        self.vehicle_bus = SimulatedBus(self.scheduler, chance.fork("vehicle"))
        self.station_bus = SimulatedBus(self.scheduler, chance.fork("station"))
        self.physics = Physics(self.scheduler)
        vehicle_can = VehicleCanConfig(cycle_stretch=stretch)
        station_can = StationCanConfig(cycle_stretch=stretch)
        self.vehicle = SimulatedVehicle(
            self.scheduler, self.vehicle_bus.attach, vehicle_can, self.physics, battery
        )
        self.module = Module(
            self.scheduler,
            self.station_bus.attach("PM"),
            station_can,
            self.physics,
            rating=rating,
        )
        self.evcc = open_vehicle_bus(self.scheduler, self.vehicle_bus.attach("EVCC"), vehicle_can)
        self.secc = open_station_bus(self.scheduler, self.station_bus.attach("SECC"), station_can)
        self.events: list[ReceptionEvent] = []
        self.evcc.signals.observe(self.events.append)
        self.vehicle.start()
        self.module.start()
        self.evcc.publisher.start()
        self.secc.publisher.start()
        self.wish()
        self.order()

    @property
    def car(self) -> VehicleSnapshot:
        return self.evcc.signals.state

    @property
    def station(self) -> PowerModule:
        return self.secc.signals.state

    def wish(
        self,
        contactors: ContactorRequest = ContactorRequest.OPEN,
        lock: LockRequest = LockRequest.KEEP,
        *,
        measure: bool = False,
        current: float | None = None,
    ) -> None:
        """What the EVCC demands of the vehicle."""
        self.evcc.publisher.publish(
            Requests(
                contactor_request=contactors,
                isolation_measurement_request=measure,
                lock_request=lock,
                charge_current_allowed=current,
                keep_awake_request=True,
            )
        )

    def order(
        self,
        mode: PowerModuleMode = PowerModuleMode.OFF,
        voltage: float = 0.0,
        current: float = 0.0,
    ) -> None:
        """What the SECC orders of the module."""
        self.secc.publisher.publish(
            PowerOrder(
                module_mode=mode,
                target_voltage=voltage,
                target_current=current,
                output_contactor_request=mode is not PowerModuleMode.OFF,
                ac_contactor_request=mode is PowerModuleMode.AC,
                emergency_off=False,
            )
        )

    def run_for(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)

    def until(self, reached: Callable[[], bool], within: int = 30 * S) -> int:
        """Run until something holds; give how long it took."""
        start = self.scheduler.now
        while not reached():
            assert self.scheduler.now - start < within, "not reached in time"
            self.run_for(10 * MS)
        return self.scheduler.now - start

    def lock(self) -> None:
        self.vehicle.plug_in()
        self.wish(lock=LockRequest.LOCK)
        self.until(lambda: self.car.inlet.lock_state is LockState.LOCKED)

    def check_cable(self) -> CableCheckState | None:
        self.order(PowerModuleMode.CABLE_CHECK, 500.0)
        self.until(
            lambda: self.station.isolation.cable_check_state is CableCheckState.RUNNING, 1 * S
        )
        self.until(
            lambda: (
                self.station.isolation.cable_check_state
                in {CableCheckState.PASSED, CableCheckState.FAILED}
            )
        )
        return self.station.isolation.cable_check_state

    def precharge(self) -> None:
        link = self.car.contactors.link_voltage
        assert link is not None
        self.order(PowerModuleMode.PRE_CHARGE, link, 1.0)
        self.until(lambda: abs((self.car.contactors.contactor_voltage or 0.0) - link) < 5.0, 10 * S)

    def close(self) -> None:
        self.wish(ContactorRequest.CLOSE, LockRequest.LOCK)
        self.until(lambda: self.car.contactors.contactor_state is ContactorState.CLOSED, 2 * S)

    def follow_the_battery(self) -> None:
        """Hand the battery's wishes to the module, as the two ECUs do over the cable."""

        def loop() -> None:
            targets = self.car.targets
            if targets.target_voltage is None or targets.target_current is None:
                self.order()
            else:
                self.order(PowerModuleMode.CHARGE, targets.target_voltage, targets.target_current)

        self.scheduler.every(100 * MS, loop, name="loop", offset=0)

    def charge(self) -> None:
        self.lock()
        assert self.check_cable() is CableCheckState.PASSED
        self.precharge()
        self.close()
        self.follow_the_battery()
