"""The whole bench with the vehicle ECU's own services at hand: memory, diagnostics, supervision."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bsw.dem.memory import Dem
from bsw.det import Det
from bsw.mode.ecum import EcuM
from bsw.nvm.store import Store
from bsw.os.clock import S
from csm.cryif import CryIf
from evcc.ecu.services import EcuServices, KeptServices
from evcc.health.config import DiagnosticsConfig, SupervisionConfig
from evcc.sleep.config import ModesConfig, SleepConfig
from tools.bench.hardware.faults import Fault
from tools.bench.world.stores import Stores
from tools.bench.world.whole import Bench, WholeOptions


class EcuBench(Bench):
    """A new bench over the same file is a restart.  Development errors are handled, not raised."""

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
        setup = setup or WholeOptions()
        if file is not None:
            setup = replace(setup, blocks=Store(file))
        if keys is not None:
            setup = replace(setup, vehicle_keys=Stores(keys))
        services = {
            "diagnostics": DiagnosticsConfig(key=key),
            "supervision": supervision or SupervisionConfig(),
            "sleep": sleep or SleepConfig(),
            "modes": modes or ModesConfig(),
        }
        super().__init__(replace(setup, loud=False, services=services))

    @property
    def services(self) -> KeptServices:
        return self.pair.vehicle.services

    @property
    def rooms(self) -> EcuServices:
        return self.pair.vehicle.rooms

    @property
    def dem(self) -> Dem:
        return self.services.dem

    @property
    def det(self) -> Det:
        return self.pair.vehicle_base.det

    @property
    def ecum(self) -> EcuM:
        return self.pair.vehicle.ecum

    def start(self) -> "EcuBench":
        super().start()
        return self

    @property
    def current(self) -> float:
        return abs(self.vehicle.wires.cable.current)

    @property
    def charging(self) -> bool:
        return self.view.phase == "CurrentDemand" and self.current > 10.0

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
            f"standing {sorted(self.standing)}, {self.current:.1f} A, phase {self.view.phase},"
            f" pilot {self.cable.vehicle.read()}, results {results}"
        )
