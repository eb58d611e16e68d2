"""From a configuration to certificates that are kept, judged and watched."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from bsw.crypto import Signer
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.tls.port import Credential as TlsCredential
from bsw.tls.port import no_staple
from csm.handles import KeyHandle
from keym.asking.fetch import StatusFetcher, StatusKeeper, pairs_of
from keym.asking.http import HttpFetcher
from keym.asking.staples import StapleKeeper
from keym.calendar import CalendarTime
from keym.config import JudgeConfig, KeymConfig
from keym.faults import FaultReporter, silent
from keym.judging.judge import Judge, Policy
from keym.judging.path import Link, Search
from keym.judging.revocation import Demand, StatusBook
from keym.judging.trust import PROFILES, TlsTrust
from keym.judging.verdict import FIELD, Rule, Verdict
from keym.keeping.contracts import Choice, Wish, choose, out_of_date
from keym.keeping.entry import Credential
from keym.keeping.expiry import ExpiryWatch, Listener
from keym.keeping.shelf import FolderShelf, Shelf
from keym.keeping.store import CertificateStore
from keym.x509.certificate import Certificate
from keym.x509.edition import Edition
from keym.x509.profile import Use

SignerOf = Callable[[KeyHandle], Signer]


@dataclass(frozen=True, slots=True)
class Keym:
    """The room as a role uses it.  ``status`` and ``staples`` are there if OCSP is asked."""

    config: KeymConfig
    store: CertificateStore
    judge: Judge
    calendar: CalendarTime
    watch: ExpiryWatch
    status: StatusKeeper | None
    staples: StapleKeeper | None
    _scheduler: Scheduler

    def start(self) -> None:
        """Begin to watch.  Call it once the scheduler is there to run what it asks for."""
        self.watch.start()
        if self.staples is not None:
            self.staples.start()

    def trust(self, use: Use) -> TlsTrust:
        """What TLS asks about its peer: ``Use.SECC`` for a vehicle, ``Use.VEHICLE`` for a station.

        Make one per connection if the verdict is wanted afterwards.
        """
        return TlsTrust(self.judge, use)

    def tls_credentials(self, use: Use, signer_of: SignerOf) -> list[TlsCredential]:
        """Our own chains for TLS, best first: SECC leaves of a station, or vehicle certificates."""
        return self.as_tls(
            [one for edition in Edition for one in self.store.credentials(use, edition)], signer_of
        )

    def as_tls(self, credentials: Iterable[Credential], signer_of: SignerOf) -> list[TlsCredential]:
        """Chains of the store as a TLS handshake shows them."""
        return [
            TlsCredential(
                PROFILES[credential.edition],
                credential.ders,
                signer_of(credential.key),
                root=self.root_of(credential),
                staple=self.staples.staple_for(credential) if self.staples else no_staple,
            )
            for credential in credentials
        ]

    def usable(self, use: Use) -> tuple[Credential, ...]:
        """Our chains for this use that are in date, best first."""
        moment = self.calendar.moment()
        found = self.store.credentials(use)
        return tuple(one for one in found if out_of_date(one, moment) is None)

    def root_of(self, credential: Credential) -> bytes | None:
        """The anchor of ours that a chain of ours ends in, DER."""
        return anchor_of(credential.chain, self.store)

    def find_out(self, verdict: Verdict, done: Callable[[], None]) -> None:
        """Ask responders about a peer's chain, as far as one may; then judge it again.

        ``done`` is called once, also if nobody answers or nobody may be asked.
        """
        if self.status is None or verdict.anchor is None:
            self._scheduler.post(done, name="keym status")
            return
        pairs = pairs_of(verdict.path, verdict.anchor.certificate)
        self.status.ask(pairs, done, within=self.config.ocsp.within)

    def contract(self, wish: Wish) -> Choice:
        """The contract to pay with here."""
        within = timedelta(days=self.config.renew_contract_days)
        contracts = self.store.credentials(Use.CONTRACT)
        return choose(contracts, wish, self.calendar.moment(), renew_within=within)


def anchor_of(chain: tuple[Certificate, ...], store: CertificateStore) -> bytes | None:
    paths = Search([Link(place, one) for place, one in enumerate(chain)], store.anchors()).run()
    return paths[0].anchor.certificate.der if paths else None


@dataclass(frozen=True, slots=True)
class Habits:
    """What the role's profile says of its peers, where the configuration says nothing."""

    lenient_chains: bool = False
    accept_missing_staple: bool = False

    def usual(self, use: Use) -> Demand:
        if use is not Use.SECC:
            return Demand.SOFT
        return Demand.STAPLED if self.accept_missing_staple else Demand.STRICT


def policies(config: KeymConfig, habits: Habits | None = None) -> dict[Use, Policy]:
    """How the chains of each use are judged."""
    habits = habits or Habits()
    lenient = habits.lenient_chains if config.peers is None else config.peers == "field"
    common = FIELD if lenient else frozenset()
    uses = {
        Use.SECC: config.secc,
        Use.VEHICLE: config.vehicle,
        Use.CONTRACT: config.contract,
        Use.PROVISIONING: config.provisioning,
        Use.CPS: config.cps,
    }
    return {use: _policy(one, habits.usual(use), common) for use, one in uses.items()}


def _policy(one: JudgeConfig, usual: Demand, common: frozenset[Rule]) -> Policy:
    named = frozenset(Rule(word) for word in one.tolerate)
    demand = usual if one.revocation is None else Demand(one.revocation)
    return Policy(demand, whole_chain=one.whole_chain, tolerate=named | common)


def open_keym(
    config: KeymConfig,
    scheduler: Scheduler,
    calendar: CalendarTime,
    chance: Randomness,
    *,
    worker: Worker | None = None,
    habits: Habits | None = None,
    shelf: Shelf | None = None,
    fetcher: StatusFetcher | None = None,
    listener: Listener | None = None,
    report: FaultReporter = silent,
) -> Keym:
    """Load the store and put the room together.  Raises ``KeymError`` if there is no store.

    ``worker`` carries HTTP when ``ocsp.fetch`` is set; ``fetcher`` takes its place in simulation.
    """
    chosen = policies(config, habits)
    store = CertificateStore(
        shelf if shelf is not None else FolderShelf(config.folder),
        report=report,
        tolerate=frozenset().union(*(policy.tolerate for policy in chosen.values())),
    )
    store.load()
    book = StatusBook()
    judge = Judge(store.anchors, calendar, book=book, policies=chosen)
    if fetcher is None and config.ocsp.fetch and worker is not None:
        seconds = config.ocsp.within / 1e9
        fetcher = HttpFetcher(worker, timeout_s=seconds, instead=config.ocsp.responder)
    status = (
        None
        if fetcher is None
        else StatusKeeper(scheduler, fetcher, book, calendar, chance, report=report)
    )
    return Keym(
        config,
        store,
        judge,
        calendar,
        ExpiryWatch(scheduler, store, calendar, listener=listener, report=report),
        status,
        None if status is None else StapleKeeper(scheduler, store, status),
        scheduler,
    )
