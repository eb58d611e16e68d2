"""Asks responders about revocation and puts what is believable into the status book.

Only certificates whose path to an anchor holds are asked for, so the addresses come from an
authority and not from a stranger.  Each question has a deadline; when it has passed, whoever
waits goes on with what is known.  How octets travel is the driver's business (``keym.http``).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import OCSPNonce, ocsp

from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Alarm, Scheduler
from keym.calendar import CalendarTime
from keym.faults import FaultReporter, KeymFault, silent
from keym.judging.revocation import StatusBook, Unusable
from keym.judging.status import CertId, State
from keym.x509.certificate import Certificate

MOST_ADDRESSES = 4
LONGEST_ADDRESS = 200
NONCE_OCTETS = 16


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back: octets, or the problem in words."""

    octets: bytes | None
    problem: str = ""


class StatusFetcher(Protocol):
    """Carries a question to an address.

    ``inquiry`` is what is asked by OCSP, or ``None`` to just get what is there.  ``done`` is called
    once, in the scheduler's thread.
    """

    def fetch(
        self, url: str, inquiry: "Inquiry | None", done: Callable[[Fetched], None]
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and who issued it."""

    certificate: Certificate
    issuer: Certificate


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question about one certificate; ``nonce`` comes back with the answer, or none does."""

    pair: Pair
    nonce: bytes

    @property
    def request(self) -> bytes:
        """To be posted to a responder."""
        return ocsp_request(self.pair, self.nonce)


def pairs_of(path: Sequence[Certificate], anchor: Certificate) -> list[Pair]:
    """Along a path that a verdict found, the anchor last."""
    return [Pair(*both) for both in zip(path, (*path[1:], anchor), strict=True)]


def ocsp_request(pair: Pair, nonce: bytes | None) -> bytes:
    """Name hashes are SHA-1 or SHA-256 in the field; every responder has to know SHA-1."""
    about = CertId.of(pair.certificate, pair.issuer, "sha1")
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        about.name_hash,
        about.key_hash,
        about.serial,
        hashes.SHA1(),  # noqa: S303 - names a certificate, protects nothing
    )
    if nonce is not None:
        builder = builder.add_extension(OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


class StatusKeeper:
    """Keeps a status book up to date."""

    def __init__(
        self,
        scheduler: Scheduler,
        fetcher: StatusFetcher,
        book: StatusBook,
        calendar: CalendarTime,
        chance: Randomness,
        *,
        report: FaultReporter = silent,
    ) -> None:
        self._scheduler = scheduler
        self._fetcher = fetcher
        self._chance = chance
        self._report = report
        self.book = book
        self.calendar = calendar

    def ask(
        self,
        pairs: Iterable[Pair],
        done: Callable[[], None],
        *,
        within: int = 5 * S,
        anew: bool = False,
    ) -> None:
        """Find out about all whose standing is unknown; ``anew`` asks about the others as well.

        ``done`` is called when everything was answered or ``within`` has passed.
        """
        moment = self.calendar.moment()
        wanted = [
            pair
            for pair in pairs
            if anew
            or self.book.standing(pair.certificate, pair.issuer, moment).state is State.UNKNOWN
        ]
        round_ = _Round(len(wanted), done)
        if not wanted:
            self._scheduler.post(round_.finish, name="keym status")
            return
        round_.deadline = self._scheduler.after(within, round_.finish, name="keym status deadline")
        for pair in wanted:
            self._try(pair, _addresses(pair.certificate), round_)

    def _try(self, pair: Pair, addresses: list[tuple[str, bool]], round_: "_Round") -> None:
        if not addresses or round_.over:
            round_.one_done()
            return
        (url, is_ocsp), rest = addresses[0], addresses[1:]
        nonce = self._chance.octets(NONCE_OCTETS) if is_ocsp else None
        inquiry = None if nonce is None else Inquiry(pair, nonce)

        def arrived(fetched: Fetched) -> None:
            problem = fetched.problem
            if fetched.octets is not None:
                problem = self._learn(pair, fetched.octets, nonce)
            self._report(KeymFault.STATUS_UNREACHABLE, failed=bool(problem), detail=problem)
            self._try(pair, rest if problem else [], round_)

        self._fetcher.fetch(url, inquiry, arrived)

    def _learn(self, pair: Pair, octets: bytes, nonce: bytes | None) -> str:
        """Why the octets are of no use; nothing if they are."""
        moment = self.calendar.moment()
        try:
            if nonce is not None:
                self.book.learn(octets, pair.certificate, pair.issuer, moment, nonce=nonce)
            else:
                self.book.learn_list(octets, pair.issuer, moment)
        except Unusable as error:
            return str(error)
        return ""


class _Round:
    """One call of ``ask``: ends once, by the last answer or by its deadline."""

    def __init__(self, open_: int, done: Callable[[], None]) -> None:
        self._open = open_
        self._done = done
        self.over = False
        self.deadline: Alarm | None = None

    def one_done(self) -> None:
        self._open -= 1
        if self._open == 0:
            self.finish()

    def finish(self) -> None:
        if self.over:
            return
        self.over = True
        if self.deadline is not None:
            self.deadline.cancel()
        self._done()


def _addresses(certificate: Certificate) -> list[tuple[str, bool]]:
    """Where to ask, OCSP before CRL; only plain HTTP, as answers are signed anyway."""
    found = certificate.extensions
    both = [(url, True) for url in found.ocsp_urls] + [(url, False) for url in found.crl_urls]
    fitting = [(u, o) for u, o in both if u.startswith("http://") and len(u) <= LONGEST_ADDRESS]
    return fitting[:MOST_ADDRESSES]
