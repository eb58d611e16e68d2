"""OCSP responses for our own chain, fresh whenever a vehicle asks for them.

The station asks its responder ahead of time: when half of an answer's life is over, and at least
once a week [V2G2-873], [V2G20-1021].  A staple that no longer holds is not shown; none is shown
then, and the vehicle decides.
"""

from collections.abc import Callable

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from keym.asking.fetch import Pair, StatusKeeper
from keym.judging.revocation import Unusable, still_holds
from keym.judging.status import Answer
from keym.keeping.entry import Credential
from keym.keeping.store import CertificateStore
from keym.x509.certificate import Certificate
from keym.x509.profile import Use

LOOK_EACH = 600 * S


class StapleKeeper:
    """Keeps staples for every SECC credential in the store."""

    def __init__(self, scheduler: Scheduler, store: CertificateStore, keeper: StatusKeeper) -> None:
        self._scheduler = scheduler
        self._store = store
        self._keeper = keeper
        self._pairs: dict[str, Pair | None] = {}
        store.on_change(self._pairs.clear)

    def start(self) -> None:
        self._scheduler.every(LOOK_EACH, self.look, name="keym staples", offset=0)

    def look(self) -> None:
        """Ask for what is missing or past half of its life."""
        pairs = [self._pair(one) for one in self._store.credentials(Use.SECC)]
        due = [pair for pair in pairs if pair is not None and self._is_due(pair)]
        if due:
            self._keeper.ask(due, lambda: None, anew=True, within=30 * S)

    def staple_for(self, credential: Credential) -> Callable[[], bytes | None]:
        """What TLS calls in each handshake: the response for the leaf, if it holds now."""

        def staple() -> bytes | None:
            holds = self._answer(credential.leaf) is not None
            return self._keeper.book.response_for(credential.leaf) if holds else None

        return staple

    def _pair(self, credential: Credential) -> Pair | None:
        """The leaf with its issuer, which is sent along or is one of our roots."""
        if credential.name not in self._pairs:
            leaf = credential.leaf
            roots = (root.certificate for root in self._store.roots())
            issuers = (one for one in (*credential.chain[1:], *roots) if _issued(one, leaf))
            self._pairs[credential.name] = next((Pair(leaf, one) for one in issuers), None)
        return self._pairs[credential.name]

    def _answer(self, leaf: Certificate) -> Answer | None:
        """The answer about a leaf, if it holds now."""
        answer = self._keeper.book.answer_for(leaf)
        if answer is None:
            return None
        try:
            still_holds(answer, self._keeper.calendar.moment(), self._keeper.book.fresh)
        except Unusable:
            return None
        return answer

    def _is_due(self, pair: Pair) -> bool:
        answer = self._answer(pair.certificate)
        if answer is None:
            return True
        last = answer.this_update + self._keeper.book.fresh.longest
        end = min(answer.next_update or last, last)
        half = answer.this_update + (end - answer.this_update) / 2
        return self._keeper.calendar.moment().at > half


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    named = issuer.subject.der == certificate.issuer.der
    return named and certificate.signed_by(issuer)
