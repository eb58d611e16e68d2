"""A whole key and certificate room in memory: store, keys, judge, on simulated time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed448

from bsw.crypto import Signer
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from csm import material
from csm.handles import KeyHandle
from csm.randomness import SeededRandomness
from csm.signing import KeySigner
from keym.asking.fetch import Fetched, Inquiry
from keym.calendar import Moment
from keym.config import KeymConfig
from keym.faults import KeymFault
from keym.keeping.shelf import MemoryShelf
from keym.wiring import Keym, open_keym
from keym.x509.profile import Use
from tests.keym.world import AT
from tools.pki.maker import STEMS, Pki
from tools.pki.ocsp import Responder
from tools.pki.recipe import Entity


@cache
def loaded(entity: Entity) -> material.LoadedPair:
    assert isinstance(entity.key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
    return entity.key


def signer_of(entity: Entity) -> Signer:
    """The entity's key as TLS asks it, without a key store."""
    pair = loaded(entity)
    half = material.public_of(pair.public_key())
    return KeySigner(
        KeyHandle("software", entity.name.replace("_", "-")),
        half,
        lambda _, data: material.sign(pair, data),
    )


class ClockCalendar:
    """The calendar of a virtual clock, beginning at ``AT``."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.trusted = True

    def moment(self) -> Moment:
        return Moment(AT + timedelta(microseconds=self.clock.now() // 1000), self.trusted)


@dataclass
class SlowResponders:
    """Every responder of some PKIs behind a line with some delay; counts what is asked.

    ``revoked`` has names like ``iso2/secc``.
    """

    scheduler: Scheduler
    calendar: ClockCalendar
    pkis: tuple[Pki, ...]
    delay: int = 20 * MS
    revoked: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    broken: Callable[[bytes], Fetched] | None = None

    def fetch(self, url: str, inquiry: Inquiry | None, done: Callable[[Fetched], None]) -> None:
        self.asked.append(url)
        request = None if inquiry is None else inquiry.request
        self.scheduler.after(self.delay, lambda: done(self.answer(url, request)), name="answer")

    def answer(self, url: str, request: bytes | None) -> Fetched:
        responder = self._responder()
        if request is None:
            octets = responder.list(url.partition("/crl/")[2].removesuffix(".crl"))
            return Fetched(octets, "" if octets is not None else "HTTP status 404")
        octets = responder.answer(request)
        return self.broken(octets) if self.broken is not None else Fetched(octets)

    def _responder(self) -> Responder:
        entities = {
            f"{pki.edition.value}/{entity.name}": entity for pki in self.pkis for entity in pki
        }
        return Responder(
            entities, lambda: frozenset(self.revoked), lambda: self.calendar.moment().at
        )


@dataclass
class Bench:
    """One side's room.  ``holds`` are the uses it has credentials for, ``pkis`` what it trusts."""

    pkis: tuple[Pki, ...]
    holds: tuple[Use, ...] = ()
    config: KeymConfig = field(default_factory=KeymConfig)
    faults: list[tuple[KeymFault, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.scheduler = Scheduler(self.clock)
        self.calendar = ClockCalendar(self.clock)
        self.network = SlowResponders(self.scheduler, self.calendar, self.pkis)
        self.keym = self._open()
        for pki in self.pkis:
            self._fill(self.keym, pki)

    def _open(self) -> Keym:
        return open_keym(
            self.config,
            self.scheduler,
            self.calendar,
            SeededRandomness(1),
            shelf=MemoryShelf(),
            fetcher=self.network,
            report=self._report,
        )

    def _fill(self, keym: Keym, pki: Pki) -> None:
        for kind, roots in pki.roots().items():
            for root in roots:
                keym.store.add_root(kind, root)
        for use in self.holds:
            name = STEMS[use][2]
            if name in pki.entities:
                label = f"{pki.edition.value}-{name}"
                keym.store.add(use, pki.edition, pki[name].chain, KeyHandle("software", label))

    def _report(self, fault: KeymFault, *, failed: bool, detail: str) -> None:
        self.faults.append((fault, failed))

    def signer(self, key: KeyHandle) -> Signer:
        edition, _, name = key.label.partition("-")
        for pki in self.pkis:
            if pki.edition.value == edition:
                return signer_of(pki[name])
        raise AssertionError(key)
