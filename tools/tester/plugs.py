"""The plug as a scripted vehicle has it: who pushes it in, and who switches the resistors."""

from typing import Literal, Protocol

from bsw.cp.pilot import Pilot, PilotListener, PilotState, VehiclePilot
from bsw.net.ports import EthernetPort
from bsw.os.clock import MS
from bsw.sim.cable import SimulatedCable
from bsw.slac.link import Link, LinkUser, VehicleLinkConfig
from bsw.slac.node import Host
from bsw.slac.vehicle_link import VehicleLink
from csm.randomness import HostRandomness
from tools.bench.hardware.plug import VEHICLES, PlugServer
from tools.conformance.bench import Clockwork, NotFromHere
from tools.tester.granted import GrantedLink
from tools.tester.hands import Hands
from tools.tester.profile import Action, Device
from tools.tester.world import BenchWorld

Energy = Literal["ac", "dc"]


class VehiclePlug(Protocol):
    """One for the whole run."""

    def plug(self, clock: Clockwork) -> None: ...
    def unplug(self, clock: Clockwork) -> None: ...
    def show(self, state: PilotState) -> None: ...
    def load(self, resistance: float) -> None: ...
    def link(self, user: LinkUser, energy: Energy, modem: EthernetPort | None) -> Link: ...


class ByHand:
    """Somebody plugs, or nobody has to; the device is taken to show 5 % while plugged in."""

    def __init__(self, world: BenchWorld, device: Device, hands: Hands) -> None:
        self._world = world
        self._hands = hands
        by_hand = device.pilot.driver != "none"
        actions = device.actions
        self._in = actions.plug_in or (Action(ask="plug in now") if by_hand else None)
        self._out = actions.plug_out or (Action(ask="unplug now") if by_hand else None)
        self._reading = Pilot(PilotState.A)
        self._listeners: list[PilotListener] = []
        self._granted: GrantedLink | None = None

    def plug(self, clock: Clockwork) -> None:
        self._hands.do(clock, self._in, "plug in")
        self._tell(Pilot(PilotState.B, 5.0))
        if self._granted is not None:
            self._granted.plugged()

    def unplug(self, clock: Clockwork) -> None:
        if self._reading.state is PilotState.A:
            return
        self._hands.do(clock, self._out, "unplug")
        self._tell(Pilot(PilotState.A))

    def show(self, state: PilotState) -> None:
        """Nobody measures it: cases that live by it are not played here."""

    def load(self, resistance: float) -> None:
        raise NotFromHere(f"{resistance:.0f} ohms on the pilot need hardware")

    def link(self, user: LinkUser, energy: Energy, modem: EthernetPort | None) -> Link:
        self._listeners.clear()
        if modem is None:
            self._granted = GrantedLink(self._world.scheduler, user)
            return self._granted
        return _matching(self._world, modem, self, user, energy)

    # The pilot as matching reads it

    def read(self) -> Pilot:
        return self._reading

    def listen(self, changed: PilotListener) -> None:
        self._listeners.append(changed)

    def _tell(self, reading: Pilot) -> None:
        self._reading = reading
        for listener in self._listeners:
            listener(reading)


class LatestPilot:
    """The vehicle's end of the simulated cable for whoever matches now: one listener, not all."""

    def __init__(self, cable: SimulatedCable) -> None:
        self._cable = cable
        self._listener: PilotListener | None = None
        cable.vehicle.listen(self._changed)

    def read(self) -> Pilot:
        return self._cable.vehicle.read()

    def show(self, state: PilotState) -> None:
        self._cable.vehicle.show(state)

    def listen(self, changed: PilotListener) -> None:
        self._listener = changed

    def _changed(self, reading: Pilot) -> None:
        if self._listener is not None:
            self._listener(reading)


class SimulatedPlug:
    """The plug that our own ECUs call on, with ``hardware.driver: plug``."""

    def __init__(self, world: BenchWorld, port: int, within: int) -> None:
        self._world = world
        self._within = within
        self._server = PlugServer(world.scheduler, lambda: None)
        self._pilot = LatestPilot(self._server.cable)
        self.port = world.loopback.listen(self._server.accept, port=port).local.port

    def plug(self, clock: Clockwork) -> None:
        if not clock.wait(lambda: self._server.here("station"), self._within, every=20 * MS):
            raise NotFromHere(f"nobody has called on the simulated plug at port {self.port}")
        self._pilot.show(PilotState.B)
        self._server.plug(1)

    def unplug(self, _clock: Clockwork) -> None:
        self._server.unplug()

    def show(self, state: PilotState) -> None:
        self._pilot.show(state)

    def load(self, resistance: float) -> None:
        self._server.cable.load(resistance)

    def link(self, user: LinkUser, energy: Energy, _modem: EthernetPort | None) -> Link:
        port = self._server.seats[VEHICLES[0]].port
        return _matching(self._world, port, self._pilot, user, energy)


def _matching(
    world: BenchWorld, port: EthernetPort, pilot: VehiclePilot, user: LinkUser, energy: Energy
) -> VehicleLink:
    host = Host(world.scheduler, port, HostRandomness(), world.log)
    return VehicleLink(host, pilot, VehicleLinkConfig(energy=energy), user)


def plug_of(world: BenchWorld, device: Device, hands: Hands) -> "VehiclePlug":
    if device.pilot.driver == "plug":
        return SimulatedPlug(world, device.pilot.port, device.ready_within)
    return ByHand(world, device, hands)
