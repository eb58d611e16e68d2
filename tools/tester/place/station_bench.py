"""Where a foreign station is tested: a real interface, a real clock, and what shows from outside.

Whether energy flows, how the station calls the end of a session, and whether it has left the
power line are its own affair: the cases note that they could not look.
"""

from functools import cached_property
from typing import Final

from bsw.cp.pilot import PilotState
from bsw.os.clock import S
from bsw.slac.links.link import Link, LinkFailure, LinkUser
from bsw.slac.outcome import Linked, Reason
from tools.bench.world.pki import Crypto
from tools.conformance.bench import Setup
from tools.conformance.newer.setup import NewerSetup
from tools.tester.applicable import conditions, fitted
from tools.tester.place.equipment import Equipment, ForeignBench
from tools.tester.place.plugs import Energy
from tools.tester.place.world import Recorded

PAYS_AGAIN: Final = 20 * S
AnySetup = Setup | NewerSetup


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


class ForeignStation(ForeignBench):
    """A ``StationBench`` for one case; made when the case asks for it."""

    energised = None
    endings = None
    left_network = None

    def __init__(self, equipment: Equipment, recorded: Recorded, setup: AnySetup) -> None:
        self.setup: AnySetup = fitted(setup, equipment.device)
        super().__init__(equipment, recorded, self.setup)
        self.listening_since = 0
        self._plugged, self._pays_at = False, 0

    def prepare(self) -> None:
        """The device is there, unplugged, and in what the case wants it to be in."""
        equipment = self.equipment
        equipment.hands.do(self, equipment.device.actions.reset, "reset")
        equipment.prepare(self, self.facts)
        for name in conditions(self.setup):
            self.condition(name)

    def plug(self) -> None:
        """Some programs serve one session only."""
        if self._plugged and self.equipment.device.process.each == "session":
            self.equipment.prepare(self, self.facts)
        self._plugged, self._pays_at = True, 0
        super().plug()

    @cached_property
    def crypto(self) -> Crypto | None:
        setup = self.setup
        offered = isinstance(setup, Setup) and bool(setup.station_tls)
        return self.keys() if setup.tls or offered else None

    # The vehicle's half of the plug

    def link(self, user: LinkUser) -> Link:
        energy: Energy = "ac" if self.setup.ac else "dc"
        return self.equipment.plug.link(NotedUser(self, user), energy, self.modem())

    def show(self, state: PilotState) -> None:
        self.equipment.plug.switch(self, state)

    def load(self, resistance: float) -> None:
        self.equipment.plug.load(resistance)

    def battery(self, *, connected: bool) -> None:
        """There is none: the device's output stays open."""

    def pay(self) -> None:
        """Whoever holds the card does not hold it there all the time."""
        if self.now >= self._pays_at:
            self._pays_at = self.now + PAYS_AGAIN
            self.equipment.hands.do(self, self.equipment.device.actions.pay, "pay")

    def wake_station(self) -> None:
        self.condition("woken by the station")
