"""Where a foreign vehicle is tested: what it says, what its pilot shows, and nothing else.

A vehicle begins by itself once it is plugged in; a program that is the device and measures no
pilot is therefore started where another one would be plugged in.
"""

from functools import cached_property

from bsw.cp.pilot import PilotListener, PilotState
from bsw.slac.links.link import Link, LinkUser
from tools.bench.world.pki import Crypto
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.vehicle.bench import VehicleSetup
from tools.tester.applicable import fitted
from tools.tester.place.equipment import Equipment, ForeignBench
from tools.tester.place.plugs import Energy
from tools.tester.place.world import Recorded

AnySetup = VehicleSetup | NewerSetup


class ForeignVehicle(ForeignBench):
    """A ``VehicleBench`` for one case."""

    inside = None

    def __init__(self, equipment: Equipment, recorded: Recorded, setup: AnySetup) -> None:
        self.setup: AnySetup = fitted(setup, equipment.device)
        super().__init__(equipment, recorded, self.setup)
        self.volts = 0.0
        self.begins_within = equipment.device.ready_within
        self._begins_when_plugged = equipment.device.pilot.driver == "none"

    def prepare(self) -> None:
        self.equipment.hands.do(self, self.equipment.device.actions.reset, "reset")
        if not self._begins_when_plugged:
            self.equipment.prepare(self, self.facts)

    def plug(self) -> None:
        if self._begins_when_plugged:
            self.equipment.prepare(self, self.facts)
        super().plug()

    def finish(self) -> None:
        if self._begins_when_plugged and self.equipment.device.process.each != "run":
            self.equipment.process.end()
        super().finish()

    @cached_property
    def crypto(self) -> Crypto | None:
        return self.keys(contract=not self.setup.certificates) if self.setup.tls else None

    # The station's half of the plug

    def link(self, user: LinkUser) -> Link:
        energy: Energy = "ac" if self.setup.ac else "dc"
        return self.equipment.plug.link(user, energy, self.modem())

    @property
    def pilot(self) -> PilotState | None:
        return self.equipment.plug.pilot

    def listen(self, changed: PilotListener) -> None:
        self.equipment.plug.listen(changed)

    def charge(self, volts: float, amps: float) -> None:  # noqa: ARG002 - nobody measures a current
        """What we say that we put out; the output itself is somebody else's."""
        self.volts = volts

    # What the driver wants

    @property
    def can_order(self) -> bool:
        return self.equipment.device.actions.stop is not None

    def stop(self) -> None:
        self._order("stop")

    def pause(self) -> None:
        self._order("pause")

    def wake_up(self) -> None:
        self._order("wake_up")

    def _order(self, name: str) -> None:
        actions = self.equipment.device.actions
        self.equipment.hands.do(self, getattr(actions, name), name)
