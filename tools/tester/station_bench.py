"""Where a foreign station is tested: a real interface, a real clock, and what shows from outside.

Whether energy flows, how the station calls the end of a session, and whether it has left the
power line are its own affair: the cases note that they could not look.
"""

from dataclasses import dataclass
from functools import cached_property

from bsw.cp.pilot import PilotState
from bsw.net.ports import Endpoint, EthernetPort
from bsw.os.clock import MS, S
from bsw.sdp.client import ALL_NODES, SDP_PORT
from bsw.sdp.messages import Request, Security
from bsw.slac.link import Link, LinkFailure, LinkUser
from bsw.slac.outcome import Linked, Reason
from bsw.tls.config import TlsConfig
from tools.bench.world.pki import Crypto
from tools.conformance.bench import Clockwork, Limits, Setup
from tools.tester.applicable import conditions, fitted
from tools.tester.hands import Hands, NotDone
from tools.tester.keys import read_pki
from tools.tester.plugs import Energy, VehiclePlug
from tools.tester.process import DeviceProcess
from tools.tester.profile import Device
from tools.tester.world import BenchWorld, Recorded

AGAIN = S


@dataclass(frozen=True)
class Equipment:
    """What all cases of one run share."""

    world: BenchWorld
    device: Device
    plug: VehiclePlug
    hands: Hands
    process: DeviceProcess
    modem: EthernetPort | None = None


class NotedUser:
    """Stands before a link's user and keeps when the link was there."""

    def __init__(self, bench: "ForeignStation", user: LinkUser) -> None:
        self._bench = bench
        self._user = user

    def linked(self, link: Linked) -> None:
        self._bench.listening_since = self._bench.now
        self._user.linked(link)

    def link_lost(self, reason: Reason) -> None:
        self._user.link_lost(reason)

    def failed(self, failure: LinkFailure) -> None:
        self._user.failed(failure)


class ForeignStation(Clockwork):
    """A ``StationBench`` for one case; made when the case asks for it."""

    energised = None
    endings = None
    left_network = None

    def __init__(self, equipment: Equipment, recorded: Recorded, setup: Setup) -> None:
        limits = equipment.device.limits
        scheduler = equipment.world.scheduler
        super().__init__(scheduler, Limits(limits.setup, limits.sequence))
        self._equipment = equipment
        self._recorded = recorded
        self.setup: Setup = fitted(setup, equipment.device)
        self.network = recorded.network
        self.worker = equipment.world.worker
        self.listening_since = 0

    def prepare(self) -> None:
        """The device is there, unplugged, and in what the case wants it to be in."""
        equipment = self._equipment
        equipment.hands.do(self, equipment.device.actions.reset, "reset")
        equipment.process.prepare(self)
        for name in conditions(self.setup):
            equipment.hands.do(self, equipment.device.conditions[name], name)
        if equipment.device.pilot.driver == "none":
            self._await_discovery()

    def _await_discovery(self) -> None:
        """Nothing shows that it is free again but that it answers."""
        heard: list[bytes] = []
        secure = self._equipment.device.tls and not self._equipment.device.plain
        question = Request(Security.TLS if secure else Security.NONE).octets()
        port = self._equipment.world.network.datagram(lambda octets, _source: heard.append(octets))
        deadline = self.now + self._equipment.device.ready_within
        while not heard and self.now < deadline:
            port.send(question, Endpoint(ALL_NODES, SDP_PORT, self.network.scope))
            self.wait(lambda: heard, AGAIN, every=20 * MS)
        port.close()
        if not heard:
            within = self._equipment.device.ready_within // S
            raise NotDone(f"the device did not answer discovery within {within} s")

    def finish(self) -> None:
        """Let go, unplug, rest."""
        for release in list(self.closing):
            release()
        self._equipment.plug.unplug(self)
        self.run(self._equipment.device.rest)

    @cached_property
    def crypto(self) -> Crypto | None:
        device = self._equipment.device
        if device.keys is None or not (self.setup.tls or self.setup.station_tls):
            return None
        return Crypto(
            self._equipment.world.today,
            self.worker,
            pki=read_pki(device.keys),
            tls=TlsConfig(lab_key_log_file=self._recorded.secrets),
        )

    # The vehicle's half of the plug

    def link(self, user: LinkUser) -> Link:
        equipment, modem = self._equipment, self._equipment.modem
        energy: Energy = "ac" if self.setup.ac else "dc"
        port = None if modem is None else self._recorded.recording.port(modem)
        return equipment.plug.link(NotedUser(self, user), energy, port)

    def plug(self) -> None:
        self._equipment.plug.plug(self)

    def unplug(self) -> None:
        self._equipment.plug.unplug(self)

    def show(self, state: PilotState) -> None:
        self._equipment.plug.show(state)

    def load(self, resistance: float) -> None:
        self._equipment.plug.load(resistance)

    def battery(self, *, connected: bool) -> None:
        """There is none: the device's output stays open."""

    def wake_station(self) -> None:
        name = "woken by the station"
        self._equipment.hands.do(self, self._equipment.device.conditions[name], name)
