from dataclasses import dataclass, field
from datetime import timedelta

from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from csm.handles import KeyHandle
from keym.calendar import Moment
from keym.faults import KeymFault
from keym.keeping.expiry import Expiry, ExpiryWatch, Life
from keym.keeping.shelf import MemoryShelf
from keym.keeping.store import CertificateStore
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from tests.keym.world import AT, pki_of
from tools.pki.broken.workshop import DAY, Workshop, changed

DAY_NS = 86_400 * S


class RunningCalendar:
    """The calendar of the virtual clock: starts at ``AT``."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.trusted = True

    def moment(self) -> Moment:
        return Moment(AT + timedelta(microseconds=self.clock.now() // 1000), self.trusted)


@dataclass
class World:
    clock: VirtualClock = field(default_factory=VirtualClock)
    told: list[tuple[float, str, Life]] = field(default_factory=list)
    faults: list[tuple[KeymFault, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.clock)
        self.calendar = RunningCalendar(self.clock)
        self.store = CertificateStore(MemoryShelf())
        self.watch = ExpiryWatch(
            self.scheduler, self.store, self.calendar, listener=self.hear, report=self.report
        )

    def hear(self, expiry: Expiry) -> None:
        self.told.append((round(self.clock.now() / DAY_NS, 1), expiry.name, expiry.life))

    def report(self, fault: KeymFault, *, failed: bool, detail: str) -> None:
        self.faults.append((fault, failed))

    def run_days(self, days: float) -> None:
        self.scheduler.run(int(days * DAY_NS))


def test_a_stations_leaf_is_told_a_week_ahead_and_when_it_is_over() -> None:
    world = World()
    credential = world.store.add(
        Use.SECC, Edition.ISO2, pki_of("iso2")["secc"].chain, KeyHandle("software", "secc")
    )
    world.watch.start()
    world.run_days(80)
    assert world.told == [(52.0, credential.name, Life.SOON), (59.0, credential.name, Life.OVER)]
    assert world.faults == [
        (KeymFault.EXPIRES_SOON, True),
        (KeymFault.EXPIRES_SOON, False),
        (KeymFault.EXPIRED, True),
    ]


def test_a_renewed_certificate_takes_the_fault_back() -> None:
    world = World()
    key = KeyHandle("software", "secc")
    old = world.store.add(Use.SECC, Edition.ISO2, pki_of("iso2")["secc"].chain, key)
    world.watch.start()
    world.run_days(55)
    shop = Workshop(pki_of("iso2"), Use.SECC)
    leaf = shop.grow(leaf=changed(valid_until=AT + 90 * DAY))
    world.store.rotate(old.name, leaf.chain, key)
    world.run_days(55.1)
    assert world.faults == [(KeymFault.EXPIRES_SOON, True), (KeymFault.EXPIRES_SOON, False)]


def test_a_root_is_told_a_year_ahead() -> None:
    world = World()
    root = world.store.add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    world.watch.start()
    world.run_days(9 * 365 + 30)
    assert [(name, life) for _, name, life in world.told] == [(root.name, Life.SOON)]


def test_what_is_not_valid_yet_is_told_and_then_fine() -> None:
    world = World()
    shop = Workshop(pki_of("iso2"), Use.SECC)
    leaf = shop.grow(leaf=changed(valid_from=AT + 5 * DAY))
    world.store.add(Use.SECC, Edition.ISO2, leaf.chain, KeyHandle("software", "secc"))
    world.watch.start()
    world.run_days(6)
    assert [life for _, _, life in world.told] == [Life.EARLY, Life.FINE]


def test_without_trusted_time_the_watch_says_so_and_nothing_else() -> None:
    world = World()
    world.calendar.trusted = False
    world.store.add_root(RootKind.V2G, pki_of("iso2")["v2g_root"].der)
    world.watch.start()
    world.run_days(4000)
    assert world.faults == [(KeymFault.NO_TRUSTED_TIME, True)]
    assert not world.told
    world.calendar.trusted = True
    world.run_days(4001)
    assert world.faults[1:] == [(KeymFault.NO_TRUSTED_TIME, False), (KeymFault.EXPIRED, True)]
