"""OCSP responses for our own chain, fresh whenever a vehicle asks for them.

The station asks its responder ahead of time: when half of an answer's life is over, and at least
once a week [V2G2-873], [V2G20-1021].  A staple that no longer holds is not shown; none is shown
then, and the vehicle decides.
"""

from collections.abc import Callable
from datetime import timedelta

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from keym.certificate import Certificate
from keym.edition import Edition
from keym.entry import Credential
from keym.fetch import Pair, StatusKeeper
from keym.profile import Use
from keym.revocation import Unusable, believed_response
from keym.store import CertificateStore

LOOK_EACH = 600 * S


class StapleKeeper:
    """Keeps staples for every SECC credential in the store."""

    def __init__(self, scheduler: Scheduler, store: CertificateStore, keeper: StatusKeeper) -> None:
        self._scheduler = scheduler
        self._store = store
        self._keeper = keeper

    def start(self) -> None:
        self._scheduler.every(LOOK_EACH, self.look, name="keym staples", offset=0)

    def look(self) -> None:
        """Ask for what is missing or past half of its life."""
        due = [
            pair for one in self._credentials() for pair in self._pair(one) if self._is_due(pair)
        ]
        if due:
            self._keeper.ask(due, lambda: None, anew=True, within=30 * S)

    def staple_for(self, credential: Credential) -> Callable[[], bytes | None]:
        """What TLS calls in each handshake: the response for the leaf, if it holds now."""
        pairs = self._pair(credential)

        def staple() -> bytes | None:
            return self._fresh(pairs[0]) if pairs else None

        return staple

    def _credentials(self) -> list[Credential]:
        return [one for edition in Edition for one in self._store.credentials(Use.SECC, edition)]

    def _pair(self, credential: Credential) -> list[Pair]:
        """The leaf with its issuer, which is sent along or is one of our roots."""
        leaf = credential.leaf
        candidates = [*credential.chain[1:], *(r.certificate for r in self._store.roots())]
        return [Pair(leaf, one) for one in candidates if _issued(one, leaf)][:1]

    def _fresh(self, pair: Pair) -> bytes | None:
        octets = self._keeper.book.response_for(pair.certificate)
        if octets is None:
            return None
        moment = self._keeper.calendar.moment()
        try:
            believed_response(octets, pair.certificate, pair.issuer, moment)
        except Unusable:
            return None
        return octets

    def _is_due(self, pair: Pair) -> bool:
        octets = self._fresh(pair)
        if octets is None:
            return True
        moment = self._keeper.calendar.moment()
        answer = believed_response(octets, pair.certificate, pair.issuer, moment)
        week = answer.this_update + timedelta(days=7)
        end = min(answer.next_update or week, week)
        return moment.at > answer.this_update + (end - answer.this_update) / 2


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    named = issuer.subject.der == certificate.issuer.der
    return named and certificate.signed_by(issuer)
