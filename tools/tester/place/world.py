"""The machine the bench runs on: its clock, worker, interface, and a capture for each case."""

import time
from pathlib import Path

from bsw.dlt import silent
from bsw.net.host.network import named
from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Network
from bsw.net.record.config import CaptureConfig
from bsw.net.record.recording import Recording
from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker
from tools.bench.world.plug import Today


class BenchWorld:
    """Lives as long as the run."""

    def __init__(self, interface: str) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.worker = HostWorker(self.scheduler)
        self.errands = HostWorker(self.scheduler, name="errands")
        self.interface = named(interface)
        self.log = silent().logger("tester")
        self.today = Today(self.scheduler, int(time.time()) - self.scheduler.now // S)
        self._host = HostNetwork(self.scheduler, self.clock, self.interface)
        self._loopback: HostNetwork | None = None

    def close(self) -> None:
        self.worker.close()
        self.errands.close()
        self._host.close()
        if self._loopback is not None:
            self._loopback.close()
        self.clock.close()

    @property
    def network(self) -> Network:
        return self._host

    @property
    def loopback(self) -> Network:
        """Where the simulated plug and an island are, whatever the interface is."""
        if self._loopback is None:
            self._loopback = HostNetwork(self.scheduler, self.clock, "lo")
        return self._loopback

    def record(self, folder: Path) -> "Recorded":
        return Recorded(self, folder)


class Recorded:
    """The interface with everything that passes in ``wire.pcapng``, secrets included."""

    def __init__(self, world: BenchWorld, folder: Path) -> None:
        self.case = folder.name
        self.file = folder / "wire.pcapng"
        self.secrets = folder / "secrets.keylog"
        for old in (self.file, self.secrets):
            old.unlink(missing_ok=True)
        config = CaptureConfig(file=self.file)
        self.recording = Recording(config, world.scheduler, self.secrets)
        self.network = self.recording.network(world.network)

    def close(self) -> str:
        """Why it is not whole, if it is not."""
        return self.recording.close()
