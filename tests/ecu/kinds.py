"""Kinds of charging a fault may come into: how each is set up, and when it flows and is safe."""

from collections.abc import Callable
from dataclasses import dataclass

from bsw.cp.duty import duty_from_current
from bsw.cp.pilot import Drive, PilotState
from bsw.os.clock import MS
from can_adapter.signals.values import EnergyTransferMode
from tests.ecu.benches import EcuBench
from tools.bench.world.whole import WholeOptions


@dataclass(frozen=True)
class Kind:
    """``phase``: what the ECU says it does while current flows."""

    name: str
    phase: str
    make: Callable[[], EcuBench]

    @property
    def ac(self) -> bool:
        return "AC" in self.name


class AcBench(EcuBench):
    """``current`` is that of one phase, as the on-board charger draws it."""

    def __init__(self, setup: WholeOptions | None = None) -> None:
        super().__init__(setup or WholeOptions(mode="AC_three_phase_core", soc=50.0))
        self.vehicle.vcu.wishes.energy_transfer = EnergyTransferMode.AC_THREE_PHASE_CORE

    @property
    def current(self) -> float:
        ac = self.vehicle.wires.ac
        return ac.current if ac.energized else 0.0

    @property
    def charging(self) -> bool:
        return self.view.phase == "ChargingStatus" and self.current > 6.0

    @property
    def safe(self) -> bool:
        return self.vehicle_can.requests.charge_current_allowed == 0.0


class WallboxBench(AcBench):
    """A station of duty cycle and contactor alone, without any digital communication."""

    def __init__(self) -> None:
        super().__init__(WholeOptions(mode="AC_three_phase_core", soc=50.0, wallbox=True))
        self.scheduler.every(20 * MS, self._switch, name="wallbox", offset=0)

    def plug(self) -> None:
        self.cable.source(Drive(duty_from_current(16.0)))
        super().plug()

    @property
    def charging(self) -> bool:
        return self.manager.active and self.current > 6.0

    def _switch(self) -> None:
        wanted = self.cable.station.read().state in {PilotState.C, PilotState.D}
        if wanted is not self.vehicle.wires.ac.energized:
            self.charger.variables.publish("ac_close_contactor" if wanted else "ac_open_contactor")


def din() -> EcuBench:
    return EcuBench(WholeOptions(protocols=("din",)))


DC = Kind("-2 DC", "CurrentDemand", EcuBench)
DIN = Kind("DIN DC", "CurrentDemand", din)
AC = Kind("-2 AC", "ChargingStatus", AcBench)
BASIC = Kind("basic AC", "BasicCharging", WallboxBench)
KINDS = (DC, DIN, AC, BASIC)
