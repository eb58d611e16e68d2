"""The simulated hardware as a process: host time, real buses, a line per second, commands.

A person types ``plug``, ``fault NAME`` or ``soc 80`` and sees what the ECUs make of it; a script
pipes the same words in.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bsw.ecuc.quantities import ATTENUATION
from bsw.hardware.port import Side
from bsw.net.host.tcpip import HostNetwork
from bsw.os.clock import S
from bsw.os.host import HostClock, Watch
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanPort
from can_adapter.config import BusConfig, CanConfig
from can_adapter.drivers.choose import open_port
from can_adapter.signals.values import EnergyTransferMode, PaymentOption
from can_adapter.station.config import StationCanConfig
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.cable import Physics
from tools.bench.hardware.faults import Fault, faults
from tools.bench.hardware.no_module import Belief, NoModule
from tools.bench.hardware.plug import DECIBEL, PlugServer, report
from tools.bench.hardware.power import PowerModule, Rating
from tools.bench.hardware.vehicle import SimulatedVehicle, vehicle_config
from tools.bench.live.no_vehicle import NoVehicle
from tools.bench.live.telling import EACH, measured
from tools.bench.plugs.node import NodePlugs
from tools.bench.scenarios.near import NearHands
from tools.bench.scenarios.words import order

HELP = """plug [INLET], pull        the station's connector
other in|out              another connector, into the other inlet
inlet 1|2|any             the inlet that the vehicle chooses
soc N, target N           state of charge and goal in %
permit yes|no             the driver's permission to charge
pause yes|no              the vehicle wants a pause
wake                      the vehicle wakes a sleeping station
network on|off            the other control units speak or are silent
fault NAME, mend NAME     see v2g bench faults
diode short|good          the diode in the vehicle's pilot circuit
do ORDER                  as a scenario orders it: v2g bench list --words
status, help, quit"""


@dataclass(frozen=True, slots=True)
class Setup:
    """``pilot`` is the port on which ECUs find pilot and power line (0: any), None for without;
    ``nodes``: the plug's electronics are nodes on both buses, for ``hardware.driver: can``.

    Without a bus of the station's hardware, ``believe`` says what the vehicle feels of a station.
    """

    vehicle: BusConfig
    station: BusConfig | None
    believe: Belief | None = None
    mode: EnergyTransferMode = EnergyTransferMode.DC_EXTENDED
    soc: float = 30.0
    target: float = 80.0
    plugged: bool = False
    pilot: int | None = None
    nodes: bool = False
    contract: bool = False
    seconds: float | None = None
    quiet: bool = False
    inlets: int = 1
    vehicle_can: CanConfig | None = None
    station_can: CanConfig | None = None
    """Matrices and cycles of the control units; ``None``: the shipped ones."""

    battery: Battery | None = None
    rating: Rating | None = None
    attenuation: int = DECIBEL
    phases: int | None = None
    """Of the on-board charger; ``None``: as it is built."""

    no_vehicle: bool = False
    """The vehicle is a foreign one: the cable takes what it asks the station for."""

    report: bool = False
    """Measured values as log records, for a program."""


class Hardware:
    """Everything around the two ECUs."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        mailbox = Mailbox()
        self._clock = HostClock(mailbox)
        self._scheduler = Scheduler(self._clock, mailbox=mailbox)
        self._physics = Physics(self._scheduler)
        self.vehicle = SimulatedVehicle(
            self._scheduler,
            self._port_on(setup.vehicle),
            setup.vehicle_can or vehicle_config(setup.vehicle, setup.inlets),
            self._physics,
            setup.battery or Battery(soc=setup.soc),
        )
        self.vehicle.obc.phases = setup.phases or self.vehicle.obc.phases
        self.vehicle.bms.moods.target_soc = setup.target
        self.vehicle.ems.target_soc = setup.target
        self.module: PowerModule | None = None
        self._no_module: NoModule | None = None
        self._make_station()
        if setup.no_vehicle:
            NoVehicle(self._physics)
        self._near = NearHands(self.vehicle, self.module, self._scheduler)
        self.vehicle.vcu.wishes.energy_transfer = setup.mode
        self._commands: dict[str, Callable[[str], str]] = {
            "plug": lambda text: self._plug(plugged=True, inlet=int(text or 1)),
            "other": self._other,
            "inlet": self._choose_inlet,
            "pull": lambda _: self._plug(plugged=False),
            "soc": self._set_soc,
            "target": self._set_target,
            "permit": self._permit,
            "pause": self._pause,
            "wake": lambda _: self._wake(),
            "network": self._switch_network,
            "fault": self._make,
            "mend": self._mend,
            "diode": self._diode,
            "do": self._do,
            "status": lambda _: self.line(),
            "help": lambda _: HELP,
            "quit": lambda _: self._quit(),
        }
        if setup.contract:
            self.vehicle.vcu.wishes.payment = PaymentOption.CONTRACT
        self._plug_server: PlugServer | NodePlugs | None = None
        self._network: HostNetwork | None = None
        self._input: Watch | None = None
        self._typed = b""

    def _make_station(self) -> None:
        setup, scheduler, physics = self._setup, self._scheduler, self._physics
        if setup.station is not None:
            port = self._port_on(setup.station)("PM")
            can = setup.station_can or StationCanConfig(bus=setup.station)
            self.module = PowerModule(scheduler, port, can, physics, rating=setup.rating)
        elif setup.believe is not None:
            port = self._port_on(setup.vehicle)("EVSE")
            can = setup.vehicle_can or vehicle_config(setup.vehicle)
            self._no_module = NoModule(scheduler, port, can, self.vehicle, setup.believe)

    def run(self) -> None:
        """Until it is told to end, or its time is over."""
        setup = self._setup
        self.vehicle.start()
        if self.module is not None:
            self.module.start()
        if setup.nodes:
            self._plug_server = self._nodes()
        if setup.pilot is not None:
            self._serve_plug(setup.pilot)
        elif setup.plugged:
            self._plug(plugged=True)
        if not setup.quiet:
            self._scheduler.every(1 * S, lambda: _print(self.line()), name="show", offset=0)
        if setup.report:
            self._scheduler.every(EACH, self._report, name="report", offset=0)
        self._listen()
        end = None if setup.seconds is None else self._scheduler.now + round(setup.seconds * S)
        self._scheduler.run(end)

    def close(self) -> None:
        if self._input is not None:
            self._clock.forget(self._input)
        self.vehicle.stop()
        if self.module is not None:
            self.module.stop()
        if self._no_module is not None:
            self._no_module.stop()
        if isinstance(self._plug_server, NodePlugs):
            self._plug_server.stop()
        if self._network is not None:
            self._network.close()
        self._clock.close()

    def line(self) -> str:
        """One line about everything."""
        vehicle, cable = self.vehicle, self.vehicle.wires.cable
        asked = vehicle.bms.node.heard.requests.contactor_request
        ecu = "ECU silent" if asked is None else f"ECU asks {asked.value}"
        module = f", module {self.module.state.value}" if self.module is not None else ""
        return (
            f"{'plugged' if cable.plugged else 'unplugged'}, lock {vehicle.inlet.state.lock.value}"
            f", contactors {vehicle.bms.contactors.state.value}, {ecu}, "
            f"inlet {cable.inlet_voltage:5.1f} V, battery {vehicle.battery.voltage:5.1f} V "
            f"{vehicle.battery.current:6.1f} A {vehicle.battery.soc:5.1f} %{module}"
        )

    def obey(self, words: str) -> str:
        """Do what a line of input says; what to answer comes back."""
        word, _, rest = words.strip().partition(" ")
        if not word:
            return ""
        command = self._commands.get(word)
        if command is None:
            return f"unknown word {word!r}; type help"
        try:
            return command(rest.strip())
        except (ValueError, KeyError) as error:
            return f"{word}: {error}"

    def _port_on(self, bus: BusConfig) -> Callable[[str], CanPort]:
        def port(name: str) -> CanPort:
            return open_port(self._scheduler, bus, name, clock=self._clock)

        return port

    def _listen(self) -> None:
        """Take commands from the standard input, if there is one that can be waited on."""
        try:
            self._input = self._clock.watch(sys.stdin.fileno(), "commands", readable=self._read)
        except (OSError, ValueError):
            self._input = None

    def _read(self) -> None:
        octets = os.read(sys.stdin.fileno(), 4096)
        if not octets and self._input is not None:
            self._clock.forget(self._input)
            self._input = None
            return
        *lines, self._typed = (self._typed + octets).split(b"\n")
        for line in lines:
            answer = self.obey(line.decode("utf-8", "replace"))
            if answer:
                _print(answer)

    def _nodes(self) -> NodePlugs:
        setup = self._setup
        station = setup.station or setup.vehicle
        buses = {Side.VEHICLE: setup.vehicle, Side.STATION: station}
        ports = {side: self._port_on(bus)(f"PLUG {side.value}") for side, bus in buses.items()}
        return NodePlugs(self._scheduler, ports)

    def _serve_plug(self, port: int) -> None:
        """Plugged in from the start means: once both ECUs are there to see it."""

        def complete() -> None:
            if self._setup.plugged:
                self._plug(plugged=True)

        setup = self._setup
        server = PlugServer(self._scheduler, complete, setup.inlets, setup.attenuation)
        self._plug_server = server
        self._network = HostNetwork(self._scheduler, self._clock, "lo")
        listener = self._network.listen(server.accept, port=port)
        report("info", "listening", port=listener.local.port)

    def _plug(self, *, plugged: bool, inlet: int = 1) -> str:
        server = self._plug_server
        if not 1 <= inlet <= self._setup.inlets:
            raise ValueError(f"there is no inlet {inlet}")
        if not plugged:
            self.vehicle.pull_out()
            if server is not None:
                server.unplug()
            return "pulled out"
        self.vehicle.wires.cable.inlet = inlet
        self.vehicle.plug_in()
        if server is not None and not (server.cable.plugged and server.inlet == inlet):
            server.plug(inlet)
        return "plugged in"

    def _other(self, text: str) -> str:
        """A connector that leads nowhere, where the station's is not."""
        if self._setup.inlets == 1:
            raise ValueError("there is one inlet")
        cable, sits = self.vehicle.wires.cable, _choice(text, "in", "out")
        cable.other = sits
        if self._plug_server is not None:
            end = self._plug_server.cables[3 - cable.inlet]
            (end.plug if sits else end.unplug)()
        return f"other connector: {text}"

    def _choose_inlet(self, text: str) -> str:
        self.vehicle.vcu.wishes.inlet = None if text == "any" else int(text)
        return f"inlet: {text}"

    def _set_soc(self, text: str) -> str:
        self.vehicle.battery.soc = _percent(text)
        return f"state of charge {self.vehicle.battery.soc:g} %"

    def _set_target(self, text: str) -> str:
        self.vehicle.bms.moods.target_soc = self.vehicle.ems.target_soc = _percent(text)
        return f"goal {text} %"

    def _permit(self, text: str) -> str:
        self.vehicle.vcu.wishes.charge = _choice(text, "yes", "no")
        return f"permission: {text}"

    def _pause(self, text: str) -> str:
        wishes = self.vehicle.vcu.wishes
        wishes.pause = _choice(text, "yes", "no")
        wishes.wake_station = wishes.wake_station and not wishes.pause
        return f"pause: {text}"

    def _wake(self) -> str:
        self.vehicle.vcu.wishes.pause = False
        self.vehicle.vcu.wishes.wake_station = True
        return "the vehicle asks to wake the station"

    def _switch_network(self, text: str) -> str:
        speak = _choice(text, "on", "off")
        for node in self.vehicle.nodes:
            node.start() if speak else node.stop()
        return f"network: {text}"

    def _make(self, name: str) -> str:
        _fault(name).make(self.vehicle)
        return f"made: {name}"

    def _mend(self, name: str) -> str:
        _fault(name).mend(self.vehicle)
        return f"mended: {name}"

    def _diode(self, text: str) -> str:
        if self._plug_server is None:
            raise ValueError("without a plug there is no pilot; start with --pilot PORT or --nodes")
        shorted = _choice(text, "short", "good")
        for cable in self._plug_server.cables.values():
            cable.diode(shorted=shorted)
        return f"diode: {text}"

    def _do(self, text: str) -> str:
        said = order(text)
        server = self._plug_server
        if said.verb in {"plug", "pull", "diode"}:
            return self._commands[said.verb](said.argument)
        if said.verb in {"line", "modem"} and isinstance(server, PlugServer):
            if said.verb == "line":
                server.attenuate(round(ATTENUATION.read(said.argument)))
            else:
                server.seats[said.argument].modem.reset()
            return str(said)
        self._near.do(said)
        return str(said)

    def _report(self) -> None:
        server = self._plug_server
        pilot = "" if server is None else server.cable.vehicle.read().state.name
        told = measured(self.vehicle, self.module)
        report("info", "measured", pilot=pilot, made=list(self._near.made), **told)

    def _quit(self) -> str:
        self._scheduler.stop()
        return ""


FAULTS: Final = faults()


def _fault(name: str) -> Fault:
    if name not in FAULTS:
        close = get_close_matches(name, FAULTS, 3)
        raise ValueError(
            f"no fault {name!r}" + (f"; did you mean {' or '.join(close)}?" if close else "")
        )
    return FAULTS[name]


def _choice(text: str, first: str, second: str) -> bool:
    if text not in {first, second}:
        raise ValueError(f"say {first} or {second}")
    return text == first


def _percent(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise ValueError("a percentage from 0 to 100 is wanted")
    return value


def _print(text: str) -> None:
    print(text, flush=True)
