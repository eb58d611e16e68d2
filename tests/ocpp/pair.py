"""Two routers tied together in memory, with a link that can be cut."""

from csm.randomness import SeededRandomness
from ocpp.catalogue import Catalogue
from ocpp.happenings import Happening
from ocpp.router import DEFAULT_RULES, Router, RouterRules
from ocpp.versions import Version


class Pair:
    """``station`` and ``backend`` by name only: a router does not know which it is."""

    def __init__(
        self, version: Version, *, strict: bool = False, rules: RouterRules = DEFAULT_RULES
    ) -> None:
        chance = SeededRandomness(version.value)
        catalogue = Catalogue(version, strict=strict)
        self.now = 0
        self.station = Router(catalogue, chance.fork("station"), rules)
        self.backend = Router(catalogue, chance.fork("backend"), rules)
        self.wire: list[bytes] = []

    def carry(self) -> None:
        """Everything on its way arrives."""
        moved = True
        while moved:
            moved = False
            for one, other in ((self.station, self.backend), (self.backend, self.station)):
                for octets in one.outgoing():
                    self.wire.append(octets)
                    other.received(octets, self.now)
                    moved = True

    def told(self) -> tuple[list[Happening], list[Happening]]:
        self.carry()
        return self.station.happenings(), self.backend.happenings()
