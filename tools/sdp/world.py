"""What both commands stand on: the loop, the chosen interfaces, and a capture if wanted."""

import argparse
import signal
from collections.abc import Callable

from bsw.dlt import Dlt
from bsw.net.host.network import InterfaceUnusable, addresses
from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Network
from bsw.net.record.capture import Capture
from bsw.net.record.tapnet import TappedNetwork
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from tools.slac.console import logs

LINGER = 1 * S


def between(low: float, high: float) -> Callable[[str], float]:
    """An argument type: a number with bounds, whole if both bounds are."""
    whole = isinstance(low, int) and isinstance(high, int)

    def number(text: str) -> float:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = high + 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {low} to {high}")
        return value

    return number


PORT = between(1, 65_535)


def add_common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--interface",
        "-i",
        action="append",
        metavar="NAME",
        help="network interface, may be given several times; lo is loopback "
        "(default: each interface with a link-local address)",
    )
    parser.add_argument("--port", type=PORT, default=15118, help="UDP port of the servers (15118)")
    parser.add_argument("--capture", metavar="FILE", help="write what passes as pcapng")
    parser.add_argument("--verbose", "-v", action="count", default=0, help="-v events, -vv more")


def chosen(names: list[str] | None) -> list[str]:
    """The interfaces asked for, or all that can be used."""
    if names:
        return list(dict.fromkeys(names))
    usable = [one.interface for one in addresses() if one.link_local and one.usable]
    if not usable:
        raise InterfaceUnusable(
            "no interface has an IPv6 link-local address; name one with -i, e.g. -i lo to try out"
        )
    return list(dict.fromkeys(usable))


class SdpWorld:
    """Opened by ``with``; closes everything at the end."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.dlt: Dlt = logs(self.scheduler, arguments.verbose)
        self.networks: list[Network] = []
        self._hosts: list[HostNetwork] = []
        self._capture: Capture | None = None
        if arguments.capture:
            self._capture = Capture.to(arguments.capture, self.scheduler.now)
        for name in chosen(arguments.interface):
            host = HostNetwork(self.scheduler, self.clock, name, dlt=self.dlt)
            self._hosts.append(host)
            self.networks.append(self._tapped(host, name))

    def _tapped(self, host: HostNetwork, name: str) -> Network:
        if self._capture is None:
            return host
        return TappedNetwork(host, lambda: self.scheduler.now, self._capture, interface=name)

    def run(self) -> None:
        """Until ``scheduler.stop`` or a signal; then let closed connections end well."""

        def interrupted(_number: int, _frame: object) -> None:
            self.scheduler.post(self.scheduler.stop, name="signal")

        before = {
            number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            self.scheduler.run()
            limit = self.scheduler.now + LINGER
            while any(host.lingering for host in self._hosts) and self.scheduler.now < limit:
                self.scheduler.run(until=self.scheduler.now + 5 * MS)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def close(self) -> None:
        for host in self._hosts:
            host.close()
        self.clock.close()
        if self._capture is not None:
            self._capture.complete()


def with_world(arguments: argparse.Namespace, work: Callable[[SdpWorld], int]) -> int:
    world = SdpWorld(arguments)
    try:
        return work(world)
    finally:
        world.close()
