"""What all cases of one run share, and what a bench of either role does with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bsw.chrgm.protocols import protocol
from bsw.net.ports import EthernetPort
from bsw.os.clock import MS, S
from bsw.tls.config import TlsConfig
from bsw.tls.port import TlsProfile
from keym.x509.edition import Edition
from tools.bench.world.pki import Crypto
from tools.conformance.bench import Clockwork, Limits
from tools.tester.keys import read_pki
from tools.tester.place.facts import facts
from tools.tester.place.hands import Hands
from tools.tester.place.plugs import TesterPlug
from tools.tester.place.process import DeviceProcess
from tools.tester.place.wear import Wear
from tools.tester.place.world import BenchWorld, Recorded
from tools.tester.profile import Device

LOOK: Final = 20 * MS
VACANT_WITHIN: Final = 10 * S
"""A station steps to E or F for four seconds where a session went wrong, and is blind meanwhile."""


@dataclass(frozen=True)
class Equipment:
    """One interface, one device, one plug."""

    world: BenchWorld
    device: Device
    plug: TesterPlug
    hands: Hands
    process: DeviceProcess
    modem: EthernetPort | None = None
    wear: Wear = field(default_factory=Wear)

    @property
    def renewable(self) -> bool:
        """Whether a device that was not passed can be made as new, and tried again."""
        return self.device.actions.restart is not None or self.device.process.each == "setup"

    def prepare(self, clock: Clockwork, facts: Mapping[str, str]) -> None:
        """The device runs; as new where the last case was not passed and it can be made so."""
        failed, restart = self.wear.failed, self.device.actions.restart
        if failed and restart is not None:
            self.hands.do(clock, restart, "restart")
            self.wear.renewed()
        if self.process.prepare(clock, facts, renew=failed):
            self.wear.renewed()


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
        self.answers_within = equipment.device.ready_within
        self.knows_plug = not equipment.device.plugged_by_person
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
        self.wait(lambda: self.equipment.plug.vacant, VACANT_WITHIN, every=LOOK)
        self.run(self.equipment.device.rest)
        died = self.equipment.process.died
        if died:
            self.remarks.append(died)
