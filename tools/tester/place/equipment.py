"""What all cases of one run share, and what a bench of either role does with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.protocols import protocol
from bsw.net.ports import Endpoint, EthernetPort
from bsw.os.clock import MS, S
from bsw.sdp.client import ALL_NODES, SDP_PORT
from bsw.sdp.messages import Request, Security
from bsw.tls.config import TlsConfig
from bsw.tls.port import TlsProfile
from keym.x509.edition import Edition
from tools.bench.world.pki import Crypto
from tools.conformance.bench import Clockwork, Limits
from tools.tester.keys import read_pki
from tools.tester.place.facts import facts
from tools.tester.place.hands import Hands, NotDone
from tools.tester.place.plugs import TesterPlug
from tools.tester.place.process import DeviceProcess
from tools.tester.place.world import BenchWorld, Recorded
from tools.tester.profile import Device

AGAIN: Final = S
LOOK: Final = 20 * MS


@dataclass(frozen=True)
class Equipment:
    """One interface, one device, one plug."""

    world: BenchWorld
    device: Device
    plug: TesterPlug
    hands: Hands
    process: DeviceProcess
    modem: EthernetPort | None = None


class ForeignBench(Clockwork):
    """A place on a real interface, for one case."""

    def __init__(self, equipment: Equipment, recorded: Recorded, setup: Any) -> None:  # noqa: ANN401 - of either role
        limits = equipment.device.limits
        scheduler = equipment.world.scheduler
        super().__init__(scheduler, Limits(limits.setup, limits.sequence, limits.close))
        self.equipment = equipment
        self.recorded = recorded
        self.network = recorded.network
        self.worker = equipment.world.worker
        self.today = equipment.world.today
        self.facts = facts(recorded.case, setup)
        newer = protocol(setup.protocol).edition is TlsProfile.ISO20
        self._edition = Edition.ISO20 if newer else Edition.ISO2
        equipment.hands.facts = self.facts
        self.stalled = 0
        """How late the bench itself has been at worst: what it measures is no better than that."""
        self._looked = self.now
        self._watch = scheduler.every(LOOK, self._look, name="lateness")

    def _look(self) -> None:
        self.stalled = max(self.stalled, self.now - self._looked - LOOK)
        self._looked = self.now

    def run(self, duration: int) -> None:
        self._looked = self.now
        super().run(duration)

    def wait(self, reached: Callable[[], object], within: int, every: int = 0) -> bool:
        self._looked = self.now  # between two waits nobody looks, and nothing is missed
        return super().wait(reached, within, every)

    def condition(self, name: str) -> None:
        """Bring the device into what the case wants."""
        self.equipment.hands.do(self, self.equipment.device.conditions[name], name)

    def await_discovery(self) -> None:
        """Where no plug shows that a station is free again, it is that it answers."""
        equipment = self.equipment
        heard: list[bytes] = []
        secure = equipment.device.tls and not equipment.device.plain
        question = Request(Security.TLS if secure else Security.NONE).octets()
        port = equipment.world.network.datagram(lambda octets, _source: heard.append(octets))
        deadline = self.now + equipment.device.ready_within
        while not heard and self.now < deadline:
            port.send(question, Endpoint(ALL_NODES, SDP_PORT, self.network.scope))
            self.wait(lambda: heard, AGAIN, every=20 * MS)
        port.close()
        if not heard:
            within = equipment.device.ready_within // S
            raise NotDone(f"the device did not answer discovery within {within} s")

    def keys(self, *, contract: bool = True) -> Crypto | None:
        device = self.equipment.device
        if device.keys is None:
            return None
        return Crypto(
            self.equipment.world.today,
            self.worker,
            contract=contract,
            pki=read_pki(device.keys, self._edition),
            tls=TlsConfig(
                lab_key_log_file=self.recorded.secrets,
                lab_p256_in_tls13="p256_in_tls13" in device.lab,
            ),
            edition=self._edition,
        )

    def modem(self) -> EthernetPort | None:
        port = self.equipment.modem
        return None if port is None else self.recorded.recording.port(port)

    def plug(self) -> None:
        self.equipment.plug.plug(self)

    def unplug(self) -> None:
        self.equipment.plug.unplug(self)

    def finish(self) -> None:
        """Let go, unplug, rest."""
        self._watch.stop()
        for release in list(self.closing):
            release()
        self.unplug()
        self.run(self.equipment.device.rest)
