"""``v2g slac ev`` and ``v2g slac evse``: one half of the matching on a real interface.

There is no pilot here: the command behaves as if 5 % had just been seen.  It ends with the first
verdict, or stays in the network until interrupted.
"""

import argparse
import signal
import sys

from bsw.net.host.rawsocket import RawSocket
from bsw.net.ports import EthernetPort
from bsw.net.record.capture import Capture
from bsw.net.record.tap import TappedPort
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.slac.config import SlacConfig
from bsw.slac.links.node import Host, StationNode, VehicleNode
from bsw.slac.matching.events import Failed, LinkLost, Output, Toggle
from bsw.slac.outcome import Linked, Reason
from csm.randomness import HostRandomness
from tools.slac.console import logs, verdict
from tools.slac.settings import add_settings, settings

LEAVE_WITHIN = 2 * S


def add_host_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--interface", "-i", required=True, help="the modem's interface, e.g. eth1")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds until giving up")
    parser.add_argument("--stay", action="store_true", help="stay in the network once linked")
    parser.add_argument("--capture", metavar="FILE", help="write what passes as pcapng")
    parser.add_argument("--verbose", "-v", action="count", default=0, help="-v events, -vv frames")
    add_settings(parser)


class Run:
    """One node from start to verdict."""

    def __init__(self, arguments: argparse.Namespace, config: SlacConfig) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.status = 1
        self._role: str = arguments.role
        self._stay: bool = arguments.stay
        self._began = 0
        self._ending = False
        raw = RawSocket(self.clock, arguments.interface)
        self.port: EthernetPort = raw
        self._capture: Capture | None = None
        if arguments.capture is not None:
            self._capture = Capture.to(arguments.capture, self.scheduler.now)
            self.port = TappedPort(raw, lambda: self.scheduler.now, self._capture.frame)
        self.node = self._make(self.port, config, arguments.verbose)
        self._limit = int(arguments.timeout * S)

    def _make(
        self, port: EthernetPort, config: SlacConfig, verbosity: int
    ) -> VehicleNode | StationNode:
        log = logs(self.scheduler, verbosity).logger(self._role)
        host = Host(self.scheduler, port, HostRandomness(), log)
        make = VehicleNode if self._role == "ev" else StationNode
        return make(host, config, self._hear)

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.scheduler.post(self._interrupt, name="signal"))
        self._began = self.scheduler.now
        self.node.start()
        self.scheduler.after(self._limit, self._too_long, name="limit")
        self.scheduler.run()
        self._leave()
        self.port.close()
        self.clock.close()
        if self._capture is not None:
            self._capture.complete()
        return self.status

    def _hear(self, output: Output) -> None:
        took = (self.scheduler.now - self._began) / MS
        match output:
            case Linked():
                self.status = 0
                verdict(
                    "MATCHED",
                    role=self._role,
                    peer=output.peer,
                    nid=output.nid,
                    run_id=output.run_id,
                    attenuation=output.attenuation,
                    took_ms=took,
                )
                if not self._stay:
                    self.scheduler.stop()
            case LinkLost() if not self._ending:
                self._finish("LOST", output.reason)
            case Failed() if not self._ending:
                self._finish("FAILED", output.reason)
            case Toggle():
                print(f"v2g slac: toggle the pilot {output.count} times now", file=sys.stderr)
            case _:
                pass

    def _finish(self, word: str, reason: Reason) -> None:
        self.status = 1
        verdict(word, role=self._role, reason=reason.name)
        print(f"v2g slac: {reason.value}", file=sys.stderr)
        self.scheduler.stop()

    def _too_long(self) -> None:
        if not self.node.linked:
            self._finish("FAILED", Reason.TOO_LONG)

    def _interrupt(self) -> None:
        self.scheduler.stop()

    def _leave(self) -> None:
        """Give the modem a fresh key, and wait until it has it."""
        self._ending = True
        if self.node.linked or self.node.busy:
            self.node.stop(Reason.TERMINATED)
            until = self.scheduler.now + LEAVE_WITHIN
            self.scheduler.after(LEAVE_WITHIN, self.scheduler.stop, name="leave limit")
            while self.node.leaving and self.scheduler.now < until:
                self.scheduler.run(until=self.scheduler.now + 20 * MS)
        self.node.close()


def run_host(arguments: argparse.Namespace) -> int:
    return Run(arguments, settings(arguments)).run()
