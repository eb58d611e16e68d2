"""Orders that touch the vehicle and the power module alone: the same in a simulated world and in
the process that is the hardware of two ECUs.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bsw.ecuc.quantities import SHARE
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from tools.bench.hardware.faults import faults
from tools.bench.hardware.module_faults import MODULE_FAULTS
from tools.bench.hardware.power import PowerModule
from tools.bench.hardware.vehicle import SimulatedVehicle
from tools.bench.scenarios.words import Order

FAULTS: Final = faults()
RISE: Final = 200 * MS
"""How long a vehicle holds a request that is heard by its rise."""


class NearHands:
    """``acts`` by the verb of the order; ``made`` are faults that stand, by what made them."""

    def __init__(
        self, vehicle: SimulatedVehicle, module: PowerModule | None, scheduler: Scheduler
    ) -> None:
        self._vehicle = vehicle
        self._module = module
        self._scheduler = scheduler
        self.made: list[str] = []
        self.acts: Mapping[str, Callable[[str], None]] = {
            "soc": self._soc,
            "target": self._target,
            "permit": self._permit,
            "pause": self._pause,
            "wake": lambda _: self._wake(),
            "renegotiate": lambda _: self._renegotiate(),
            "fault": self._fault,
            "mend": self._mend,
            "break": self._break,
            "repair": self._repair,
            "derate": self._derate,
        }

    def do(self, order: Order) -> None:
        """``ValueError`` where there is nothing to do it to."""
        act = self.acts.get(order.verb)
        if act is None:
            raise ValueError(f"nobody here can {order.verb}")
        act(order.argument)

    def _soc(self, said: str) -> None:
        self._vehicle.battery.soc = SHARE.read(said)

    def _target(self, said: str) -> None:
        self._vehicle.bms.moods.target_soc = self._vehicle.ems.target_soc = SHARE.read(said)

    def _permit(self, said: str) -> None:
        self._vehicle.vcu.wishes.charge = said == "yes"

    def _pause(self, said: str) -> None:
        wishes = self._vehicle.vcu.wishes
        wishes.pause = said == "yes"
        wishes.wake_station = wishes.wake_station and not wishes.pause

    def _wake(self) -> None:
        wishes = self._vehicle.vcu.wishes
        wishes.pause, wishes.wake_station = False, True

    def _renegotiate(self) -> None:
        """A rise of the signal asks; it falls before the next one."""
        wishes = self._vehicle.vcu.wishes
        wishes.renegotiate = True

        def fall() -> None:
            wishes.renegotiate = False

        self._scheduler.after(RISE, fall, name="renegotiation")

    def _fault(self, name: str) -> None:
        if name not in self.made:
            FAULTS[name].make(self._vehicle)
            self.made.append(name)

    def _mend(self, name: str) -> None:
        if name in self.made:
            FAULTS[name].mend(self._vehicle)
            self.made.remove(name)

    def _break(self, name: str) -> None:
        MODULE_FAULTS[name].make(self._power)
        if name not in self.made:
            self.made.append(name)

    def _repair(self, name: str) -> None:
        MODULE_FAULTS[name].mend(self._power)
        if name in self.made:
            self.made.remove(name)

    def _derate(self, said: str) -> None:
        self._power.trouble.derating = SHARE.read(said) / 100.0

    @property
    def _power(self) -> PowerModule:
        if self._module is None:
            raise ValueError("there is no power module here")
        return self._module
