"""The whole bench with the vehicle ECU's own services: memory, diagnostics, supervision."""

from collections.abc import Callable
from pathlib import Path

from bsw.det import Det
from bsw.dlt import silent
from bsw.ecum import Room
from bsw.nvm.store import NoStore, Store
from bsw.os.clock import MS, S
from bsw.os.worker import SimulatedWorker
from csm.cryif import CryIf
from csm.randomness import SeededRandomness
from evcc.ecu.services import EcuServices, KeptServices, ServiceContext, ServicePorts
from evcc.health.config import (
    DiagnosticsConfig,
    ServicesConfig,
    SupervisionConfig,
)
from evcc.sleep.config import ModesConfig, SleepConfig
from tools.bench.hardware.faults import Fault
from tools.bench.world.whole import Bench, WholeOptions


class EcuBench(Bench):
    """``power_off`` and a new bench over the same file is a restart."""

    def __init__(
        self,
        setup: WholeOptions | None = None,
        *,
        file: Path | None = None,
        keys: CryIf | None = None,
        key: str = "",
        supervision: SupervisionConfig | None = None,
        sleep: SleepConfig | None = None,
        modes: ModesConfig | None = None,
    ) -> None:
        super().__init__(setup)
        self.resets: list[int] = []
        self.det = Det(silent().logger("det"))
        config = ServicesConfig(
            diagnostics=DiagnosticsConfig(key=key),
            supervision=supervision or SupervisionConfig(),
            sleep=sleep or SleepConfig(),
            modes=modes or ModesConfig(),
        )
        worker = SimulatedWorker(self.scheduler, lambda _name: 3 * MS)
        ground = ServiceContext(
            self.scheduler,
            worker,
            silent(),
            SeededRandomness("ecu"),
            now_unix=lambda: 1_800_000_000 + self.scheduler.now // S,
        )
        store = NoStore() if file is None else Store(file)
        self.services = KeptServices(config, ground, store)
        near = ServicePorts(
            self.can_bus,
            self.vehicle_can,
            self.manager,
            self.pilot.read,
            self.rig.state,
            self.resets.append,
            keys,
            det=self.det,
        )
        self.rooms = EcuServices(self.services, near)
        self.dem = self.services.dem
        told = self.manager.on_result

        def ended(result: object) -> None:
            told(result)  # type: ignore[arg-type]  # what the manager hands on
            self.rooms.supervision.session_ended(result)  # type: ignore[arg-type]  # the same

        self.manager.on_result = ended
        self.ecum = self.rooms.manage(Room("can", self.vehicle_can.start))
        self.vehicle_can.pilot_changed(self.pilot.read())

    def start(self) -> "EcuBench":
        self.ecum.start()
        super().start()
        return self

    @property
    def current(self) -> float:
        return abs(self.vehicle.wires.cable.current)

    @property
    def charging(self) -> bool:
        view = self.rig.view
        return view.phase == "CurrentDemand" and self.current > 10.0

    @property
    def safe(self) -> bool:
        """Beyond no current: nothing is left that would let it flow again."""
        return not self.vehicle.bms.contactors.closed

    def until(self, reached: Callable[[], bool], within: float, step: float = 0.02) -> float:
        """Seconds until something holds."""
        began = self.scheduler.now
        while not reached():
            passed = (self.scheduler.now - began) / S
            if passed >= within:
                raise TimeoutError(f"not within {within:g} s; {self.told}")
            self.run(step)
        return (self.scheduler.now - began) / S

    def charge(self) -> "EcuBench":
        """Plug in and wait for current."""
        self.plug()
        self.until(lambda: self.charging, 40.0, 0.25)
        return self

    def make(self, fault: Fault) -> None:
        fault.make(self.vehicle)

    def mend(self, fault: Fault) -> None:
        fault.mend(self.vehicle)

    @property
    def standing(self) -> set[str]:
        return {name for name in self.dem.events if self.dem.stands(name)}

    @property
    def told(self) -> str:
        results = [str(result) for result in self.manager.results[-2:]]
        return (
            f"standing {sorted(self.standing)}, {self.current:.1f} A, phase {self.rig.view.phase},"
            f" pilot {self.cable.vehicle.read()}, results {results}"
        )
