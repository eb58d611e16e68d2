"""Two hosts in network namespaces, their modems, and the power line between those in a third.

What runs on the hosts is started as for a plain wire (``tools/interop/wire.py``); pilots are island
processes outside the namespaces, which the ECUs reach by pseudo terminals.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.island.process import IslandProcess
from tools.interop.wire import SIDES, Wire, ip

MODEM = "plc"
EVERYWHERE = (*SIDES, MODEM)


@dataclass
class Street(Wire):
    """``ev0`` is the vehicle's interface, ``se0`` the station's; ``ev1``, ``se1`` the modems'."""

    def set_up(self) -> None:
        for side in EVERYWHERE:
            ip("netns", "add", self.namespace(side))
            ip("-n", self.namespace(side), "link", "set", "lo", "up")
        vehicle = self.namespace("ev")
        ip("-n", vehicle, "route", "add", "239.0.0.0/8", "dev", "lo")  # its bus
        for side in SIDES:
            self.lay(side)
        for side in SIDES:
            self._wait_for_address(side)

    def lay(self, side: str, second: str = "") -> None:
        """Interface and modem of one host; ``second`` names another pair of them there."""
        host, modem, name = self.namespace(side), self.namespace(MODEM), second or side
        ip(
            *("link", "add", f"{name}0", "netns", host, "type", "veth"),
            *("peer", "name", f"{name}1", "netns", modem),
        )
        for where, end in ((host, f"{name}0"), (modem, f"{name}1")):
            at_once = f"net.ipv6.conf.{end}.accept_dad=0"
            ip("netns", "exec", where, "sysctl", "-qw", at_once)
            ip("-n", where, "link", "set", end, "up")

    def tear_down(self) -> None:
        super().tear_down()
        if self.namespace(MODEM) in ip("netns", "list").split():
            ip("netns", "del", self.namespace(MODEM))

    def modems(self, *words: str) -> None:
        self.ours(MODEM, "tools.cli", "slac", "modem", *words, log="modems").wait_for("READY", 120)


@contextmanager
def street(folder: Path, *, modems: bool = True) -> Iterator[Street]:
    made = Street(folder)
    try:
        made.set_up()
        if modems:
            made.modems("ev1", "se1", "--vehicle", "ev1", "--attenuation", "12")
        yield made
    finally:
        made.tear_down()


def plug(side: str, island: IslandProcess, more: str = "") -> str:
    """The part of a configuration that names modem and island, in place of a bench's."""
    patient = "link: 1000 ms, valid: 300 ms, loop: 1000 ms"  # the host of the tests may be busy
    line = f"line: serial, device: {island.terminal}"
    return (
        f"link: {{driver: ethernet, interface: {side}0, modem: qca7005}}\n"
        f"hardware: {{driver: island, {more}island: {{{line}, {patient}}}}}"
    )
