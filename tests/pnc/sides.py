"""The keys and certificates of both roles as a running ECU opens them, in memory."""

from collections.abc import Iterable
from dataclasses import dataclass

from bsw.crypto import KeyType
from bsw.os.worker import SimulatedWorker, Worker
from bsw.sim.base import SimulatedBase
from bsw.stbm import Quality, TimeBase
from bsw.tls.port import TlsEngine, TlsFacts, TlsState
from csm.cryif import CryIf
from csm.driver import CryptoDriver
from csm.errors import CsmFault
from csm.randomness import SeededRandomness
from ecu.simulated import TODAY
from evcc.config import EvccConfig
from evcc.contract.keys import VehicleKeys
from keym.faults import KeymFault
from keym.keeping.shelf import MemoryShelf, Shelf
from keym.x509.edition import Edition
from keym.x509.profile import Use
from secc.config import SeccConfig
from secc.contract.keys import StationKeys
from tools.bench.world.stores import Stores, with_contract

BOTH = (Edition.ISO2, Edition.ISO20)
EVCC = EvccConfig.model_validate(
    {"session": {"security": "tls"}, "keym": {"secc": {"revocation": "soft-fail"}}}
)


@dataclass
class StoreDoors:
    stores: Stores
    base: SimulatedBase
    chance: SeededRandomness

    def keys(self) -> CryIf:
        assert self.stores.keys is not None
        return self.stores.keys

    def shelf(self) -> Shelf:
        return self.stores.shelf or MemoryShelf()

    def lane(self, _name: str) -> Worker:
        return SimulatedWorker(self.base.scheduler, lambda _job: 0)


def silent(fault: CsmFault | KeymFault, *, failed: bool, detail: str) -> None:
    """Nobody listens."""


class Sides:
    def __init__(
        self,
        editions: Iterable[Edition] = BOTH,
        *,
        later: int = 0,
        without: Iterable[Use] = (),
        served: Iterable[str] = ("iso2",),
        secc: SeccConfig | None = None,
        base: SimulatedBase | None = None,
        token: CryptoDriver | None = None,
        key_type: KeyType = KeyType.P521,
    ) -> None:
        self.base = base or SimulatedBase()
        calendar = TimeBase(lambda: self.base.scheduler.now)
        calendar.set(TODAY + later, Quality.HOST)
        vehicle, station = with_contract(
            TODAY, editions, without=without, token=token, key_type=key_type
        )
        chance = SeededRandomness("doors")
        self.doors = [StoreDoors(stores, self.base, chance) for stores in (vehicle, station)]
        doors = self.doors
        self.vehicle = VehicleKeys(self.base, EVCC, calendar, silent, doors[0])
        session = SeccConfig().session.model_copy(update={"protocols": tuple(served), "tls": True})
        config = (secc or SeccConfig()).model_copy(update={"session": session})
        self.station = StationKeys(self.base, config, calendar, doors[1])

    def shake(self, *protocols: str) -> tuple[TlsEngine, TlsEngine]:
        one, other = self.vehicle.tls(protocols), self.station.tls()
        for _ in range(6):
            for sender, receiver in ((one, other), (other, one)):
                sender.advance()
                data = sender.outgoing()
                if data:
                    receiver.feed(data)
        return one, other

    def facts(self, *protocols: str) -> TlsFacts:
        """What the station has of a connection that came about."""
        one, other = self.shake(*protocols)
        assert one.state is other.state is TlsState.OPEN, (one.failure, other.failure)
        assert other.facts is not None
        return other.facts
