"""The plug as the tester has it: who pushes it in, and who drives its half of the pilot."""

from typing import Final, Literal, Protocol

from bsw.cp.pilot import (
    Drive,
    E,
    F,
    Pilot,
    PilotListener,
    PilotState,
    StationPilot,
    VehiclePilot,
)
from bsw.net.ports import EthernetPort
from bsw.os.clock import MS
from bsw.sim.cable import SimulatedCable
from bsw.slac.links.link import Link, LinkUser, StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from csm.randomness import HostRandomness
from tools.bench.hardware.plug import VEHICLES, PlugServer
from tools.conformance.bench import Clockwork, NotFromHere
from tools.tester.place.granted import GrantedLink
from tools.tester.place.hands import Hands
from tools.tester.place.world import BenchWorld
from tools.tester.profile import Action, Device

Energy = Literal["ac", "dc"]
Role = Literal["secc", "evcc"]


class TesterPlug(Protocol):
    """One for the whole run."""

    @property
    def pilot(self) -> PilotState | None:
        """As a station sees it; ``None``: nobody measures it."""
        ...

    @property
    def vacant(self) -> bool:
        """A station would see that nobody is plugged in: under E and F it does not."""
        ...

    def plug(self, clock: Clockwork) -> None: ...
    def unplug(self, clock: Clockwork) -> None: ...
    def listen(self, changed: PilotListener) -> None: ...
    def switch(self, clock: Clockwork, state: PilotState) -> None: ...
    def load(self, resistance: float) -> None: ...
    def link(self, user: LinkUser, energy: Energy, modem: EthernetPort | None) -> Link: ...


class ByHand:
    """Somebody plugs, or nobody has to; the device is taken to show 5 % while plugged in."""

    def __init__(self, world: BenchWorld, device: Device, hands: Hands) -> None:
        self._world = world
        self._hands = hands
        self._role = device.role
        by_hand = device.pilot.driver != "none"
        self._actions = actions = device.actions
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
        """For matching, which has no resistors here."""

    def switch(self, clock: Clockwork, state: PilotState) -> None:
        """By a command, or by nobody: then cases that live by it are not played."""
        action = getattr(self._actions, f"show_{state.name.lower()}", None)
        self._hands.do(clock, action, f"show {state.name}")

    def load(self, resistance: float) -> None:
        raise NotFromHere(f"{resistance:.0f} ohms on the pilot need hardware")

    def link(self, user: LinkUser, energy: Energy, modem: EthernetPort | None) -> Link:
        self._listeners.clear()
        if modem is None:
            self._granted = GrantedLink(self._world.scheduler, user)
            return self._granted
        return _matching(self._world, modem, self, user, energy, self._role)

    pilot = None
    vacant = True

    def drive(self, drive: Drive) -> None:
        """Nobody measures that either."""

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
    """The tester's end of the simulated cable for whoever matches now: one listener, not all."""

    def __init__(self, cable: SimulatedCable, role: Role) -> None:
        self._cable = cable
        self._listener: PilotListener | None = None
        self._end = cable.vehicle if role == "secc" else cable.station
        self._end.listen(self._changed)

    def read(self) -> Pilot:
        return self._end.read()

    def show(self, state: PilotState) -> None:
        self._cable.vehicle.show(state)

    def drive(self, drive: Drive) -> None:
        self._cable.station.drive(drive)

    def listen(self, changed: PilotListener) -> None:
        self._listener = changed

    def _changed(self, reading: Pilot) -> None:
        if self._listener is not None:
            self._listener(reading)


class SimulatedPlug:
    """The plug that our own ECUs call on, with ``hardware.driver: plug``."""

    def __init__(self, world: BenchWorld, device: Device) -> None:
        self._world = world
        self._within = device.ready_within
        self._role = device.role
        self._server = PlugServer(world.scheduler, lambda: None)
        self._latest = LatestPilot(self._server.cable, device.role)
        port = device.pilot.port
        self.port = world.loopback.listen(self._server.accept, port=port).local.port

    @property
    def pilot(self) -> PilotState:
        return self._server.cable.station.read().state

    @property
    def vacant(self) -> bool:
        return self._server.cable.driven not in {E, F}

    def plug(self, clock: Clockwork) -> None:
        theirs = SEATS[self._role]
        if not clock.wait(lambda: self._server.here(theirs), self._within, every=20 * MS):
            raise NotFromHere(f"nobody has called on the simulated plug at port {self.port}")
        if self._role == "secc":
            self._latest.show(PilotState.B)
        self._server.plug(1)

    def unplug(self, _clock: Clockwork) -> None:
        self._server.unplug()

    def listen(self, changed: PilotListener) -> None:
        self._server.cable.station.listen(changed)

    def switch(self, _clock: Clockwork, state: PilotState) -> None:
        self._latest.show(state)

    def load(self, resistance: float) -> None:
        self._server.cable.load(resistance)

    def link(self, user: LinkUser, energy: Energy, modem: EthernetPort | None) -> Link:
        """By the plug's own power line, or that of a real modem beside it."""
        ours = SEATS["evcc" if self._role == "secc" else "secc"]
        port = modem or self._server.seats[ours].port
        return _matching(self._world, port, self._latest, user, energy, self._role)


SEATS: Final[dict[Role, str]] = {"secc": "station", "evcc": VEHICLES[0]}
"""Where each role sits at the simulated plug."""


class BothPilots(VehiclePilot, StationPilot, Protocol):
    """Whichever half the tester needs."""


def _matching(  # noqa: PLR0917 - what a link is made of
    world: BenchWorld,
    port: EthernetPort,
    pilot: BothPilots,
    user: LinkUser,
    energy: Energy,
    role: Role,
) -> Link:
    """The tester's half: a vehicle's before a station, a station's before a vehicle."""
    host = Host(world.scheduler, port, HostRandomness(), world.log)
    if role == "secc":
        return VehicleLink(host, pilot, VehicleLinkConfig(energy=energy), user)
    return StationLink(host, pilot, StationLinkConfig(), user)


def plug_of(world: BenchWorld, device: Device, hands: Hands) -> TesterPlug:
    if device.pilot.driver == "plug":
        return SimulatedPlug(world, device)
    return ByHand(world, device, hands)
