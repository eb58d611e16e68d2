"""Watches the dates of all that is kept, and says when something runs out.

A certificate that expires unnoticed is a car that does not charge one morning.  The watch looks
once in a while, tells each change once, and takes it back when the entry was renewed or removed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from keym.calendar import CalendarTime, Moment
from keym.faults import FaultReporter, KeymFault, silent
from keym.keeping.entry import Credential, Entry, Root
from keym.keeping.store import CertificateStore
from keym.x509.certificate import Certificate
from keym.x509.profile import Use

HOUR = 3600 * S
DAY = timedelta(days=1)

LEAD = {
    Use.SECC: 7 * DAY,
    Use.CPS: 14 * DAY,
    Use.CONTRACT: 21 * DAY,
    Use.PROVISIONING: 180 * DAY,
    Use.VEHICLE: 60 * DAY,
}
"""How long before its end a credential is called for; SECC leaves live for two months only."""

ROOT_LEAD = 365 * DAY


class Life(Enum):
    FINE = "fine"
    SOON = "expires soon"
    OVER = "expired"
    EARLY = "not yet valid"


@dataclass(frozen=True, slots=True)
class Expiry:
    """What became of one entry; ``until`` is when the first of its certificates ends."""

    name: str
    life: Life
    until: datetime


Listener = Callable[[Expiry], None]


class ExpiryWatch:
    """Looks at start, each hour, and after each change of the store."""

    def __init__(
        self,
        scheduler: Scheduler,
        store: CertificateStore,
        calendar: CalendarTime,
        *,
        listener: Listener | None = None,
        report: FaultReporter = silent,
    ) -> None:
        self._scheduler = scheduler
        self._store = store
        self._calendar = calendar
        self._listener = listener
        self._report = report
        self._lives: dict[str, Life] = {}
        self._told: dict[KeymFault, str] = {}
        self._time_missing = False

    def start(self) -> None:
        self._scheduler.every(HOUR, self.look, name="keym expiry", offset=0)
        self._store.on_change(lambda: self._scheduler.post(self.look, name="keym expiry"))

    def look(self) -> None:
        moment = self._calendar.moment()
        if moment.trusted == self._time_missing:
            self._time_missing = not moment.trusted
            detail = "certificates cannot be watched" if self._time_missing else ""
            self._report(KeymFault.NO_TRUSTED_TIME, failed=self._time_missing, detail=detail)
        if not moment.trusted:
            return
        found = {entry.name: _life(entry, moment) for entry in self._store.all()}
        for name, expiry in found.items():
            if self._lives.get(name, Life.FINE) is not expiry.life and self._listener is not None:
                self._listener(expiry)
        self._lives = {name: expiry.life for name, expiry in found.items()}
        self._judge_fault(KeymFault.EXPIRES_SOON, Life.SOON, found)
        self._judge_fault(KeymFault.EXPIRED, Life.OVER, found)

    def _judge_fault(self, fault: KeymFault, life: Life, found: dict[str, Expiry]) -> None:
        concerned = ", ".join(sorted(name for name, one in found.items() if one.life is life))
        if concerned != self._told.get(fault, ""):
            self._told[fault] = concerned
            self._report(fault, failed=bool(concerned), detail=concerned)


def _life(entry: Entry, moment: Moment) -> Expiry:
    until = min(certificate.not_after for certificate in _certificates(entry))
    begin = max(certificate.not_before for certificate in _certificates(entry))
    lead = ROOT_LEAD if isinstance(entry, Root) else LEAD[entry.use]
    if moment.at > until:
        life = Life.OVER
    elif moment.at < begin:
        life = Life.EARLY
    else:
        life = Life.SOON if moment.at + lead > until else Life.FINE
    return Expiry(entry.name, life, until)


def _certificates(entry: Entry) -> tuple[Certificate, ...]:
    return entry.chain if isinstance(entry, Credential) else (entry.certificate,)
