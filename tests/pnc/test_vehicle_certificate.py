"""Which TLS the two roles offer, by what is in their stores: the vehicle certificate decides."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from bsw.base import CannotStart
from bsw.os.worker import SimulatedWorker, Worker
from bsw.sim.base import SimulatedBase
from bsw.stbm import Quality, TimeBase
from bsw.tls.port import TlsEngine, TlsFacts, TlsReason, TlsState
from csm.cryif import CryIf
from csm.errors import CsmFault
from csm.randomness import SeededRandomness
from ecu.simulated import TODAY
from evcc.config import EvccConfig
from evcc.contract.keys import VehicleKeys
from keym.faults import KeymFault
from keym.keeping.shelf import MemoryShelf, Shelf
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import Use
from secc.config import SeccConfig
from secc.contract.keys import StationKeys
from tools.bench.world.stores import Stores, with_contract
from tools.pki.maker import EVCCID

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
    ) -> None:
        self.base = SimulatedBase()
        calendar = TimeBase(lambda: self.base.scheduler.now)
        calendar.set(TODAY + later, Quality.HOST)
        vehicle, station = with_contract(TODAY, editions, without=without)
        chance = SeededRandomness("doors")
        doors = [StoreDoors(stores, self.base, chance) for stores in (vehicle, station)]
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


def test_a_vehicle_shows_its_certificate_where_the_station_speaks_the_newer_edition() -> None:
    sides = Sides(served=("iso20-dc", "iso2"))
    facts = sides.facts("iso20-dc", "iso2", "din")
    assert facts.version == "TLSv1.3"
    shown = parse(facts.peer_chain[0])
    assert shown.subject.common_name == EVCCID == sides.vehicle.evccid()
    assert facts.peer_roots, "the vehicle names its roots [V2G20-1006]"


def test_it_shows_none_where_the_station_speaks_the_older_one_alone() -> None:
    facts = Sides(served=("iso2", "din")).facts("iso20-dc", "iso2", "din")
    assert facts.version == "TLSv1.2"
    assert facts.peer_chain == ()


def test_a_station_with_certificates_for_both_serves_what_is_spoken_there() -> None:
    """A SECC certificate of ISO 15118-20 in the store does not make a station of it."""
    sides = Sides(served=("iso2",))
    _, refused = sides.shake("iso20-dc")
    assert refused.failure is not None
    assert refused.failure.reason is TlsReason.NO_COMMON_SUITE


def test_without_a_vehicle_certificate_the_older_edition_is_offered_alone() -> None:
    sides = Sides(without={Use.VEHICLE}, served=("iso20-dc", "iso2"))
    assert sides.vehicle.evccid() == ""
    assert sides.facts("iso20-dc", "iso2").version == "TLSv1.2"
    (told,) = [one for one in sides.base.log.records() if one.event == "no vehicle certificate"]
    assert "v2g pki install --role evcc" in str(told.fields["remedy"])


def test_without_one_and_nothing_else_to_speak_the_station_says_what_is_missing() -> None:
    _, station = Sides(without={Use.VEHICLE}, served=("iso20-dc",)).shake("iso20-dc")
    assert station.failure is not None
    assert station.failure.reason is TlsReason.NO_PEER_CERTIFICATE


def test_an_expired_vehicle_certificate_counts_as_none() -> None:
    sides = Sides(later=5 * 365 * 86_400, served=("iso2",))
    assert sides.vehicle.evccid() == ""


def test_a_station_of_the_newer_edition_needs_a_certificate_of_it() -> None:
    with pytest.raises(CannotStart, match=r"tls\.profiles: no SECC certificate"):
        Sides((Edition.ISO2,), served=("iso20-dc",))
