"""The station's certificates towards vehicles, renewed by request: key, request, chain, in use.

The key is made where this station keeps its keys, a token too, and never leaves.  The old chain
serves until the new one is kept; connections that stand go on with what they have shown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome
from csm.errors import CsmError
from csm.handles import KeyHandle, KeyKind
from csm.handles import Use as KeyUse
from csm.jobs import Csm
from keym.calendar import CalendarTime
from keym.faults import KeymError
from keym.keeping.entry import Credential
from keym.keeping.store import CertificateStore
from keym.wiring import anchor_of
from keym.x509 import pem
from keym.x509.certificate import Certificate, Malformed, parse
from keym.x509.edition import Edition
from keym.x509.profile import Use
from secc.contract.request import Names, NoRequest, certificate_request

MONTH: Final = 30 * 86_400
DOMAIN: Final = "CPO"
OLD_KEY_FOR: Final = 60 * S
"""A handshake that began with the old chain may still sign with its key."""
_KINDS: Final = {Edition.ISO2: KeyKind.P256, Edition.ISO20: KeyKind.P521}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A key that waits for its certificate."""

    key: KeyHandle
    name: str


class LeafRenewal:
    """One station's, for each edition."""

    def __init__(
        self,
        scheduler: Scheduler,
        csm: Csm,
        store: CertificateStore,
        calendar: CalendarTime,
        *,
        log: Logger,
        renewed: Callable[[], None],
    ) -> None:
        """``renewed`` is called once a new chain is in use."""
        self._scheduler = scheduler
        self._csm = csm
        self._store = store
        self._calendar = calendar
        self._log = log
        self._renewed = renewed
        self._asked: dict[Edition, _Asked] = {}

    def request(self, edition: Edition, names: Names, done: Callable[[str], None]) -> None:
        """A new key, and a request for its certificate in PEM; empty if there can be none.

        What ``names`` leaves open is as in the present certificate.
        """
        present = self._present(edition)
        kind = _kind_of(edition, present)
        whole = names if present is None else names.filled_from(present.leaf)

        def made(outcome: Outcome[KeyHandle]) -> None:
            try:
                key = outcome.result()
                text = self._signed(key, whole)
            except (CsmError, NoRequest) as error:
                self._log.error("no request", edition=edition.value, why=str(error))
                done("")
                return
            self._forget(edition)
            self._asked[edition] = _Asked(key, whole.common)
            done(text)

        label = f"secc-{edition.value}-{self._calendar.moment().at:%Y%m%d%H%M%S}"
        self._csm.create(label, kind, (KeyUse.SIGN,), made)

    def accept(self, edition: Edition, chain: str) -> str:
        """Keep the chain for the key that was asked for; why not, or nothing [A02.FR.06]."""
        asked = self._asked.get(edition)
        if asked is None:
            return "no such certificate was asked for"
        try:
            ders = tuple(pem.certificates(chain.encode()))
            wrong = self._wrong(tuple(parse(der) for der in ders), asked)
        except (pem.PemError, Malformed) as error:
            return f"not a chain in PEM: {error}"
        if wrong:
            return wrong
        try:
            self._keep(edition, ders, asked.key)
        except (KeymError, CsmError) as error:
            return str(error)
        del self._asked[edition]
        self._renewed()
        return ""

    def due(self) -> list[Edition]:
        """Those whose best chain ends within a month."""
        moment = self._calendar.moment().at.timestamp()
        return [
            edition
            for edition in Edition
            if (present := self._present(edition)) is not None
            and present.leaf.not_after.timestamp() - moment < MONTH
        ]

    def _present(self, edition: Edition) -> Credential | None:
        return next(iter(self._store.credentials(Use.SECC, edition)), None)

    def _signed(self, key: KeyHandle, names: Names) -> str:
        public = self._csm.keys.public_key(key)
        return certificate_request(
            names, DOMAIN, public, lambda data: self._csm.sign_now(key, data)
        )

    def _wrong(self, chain: tuple[Certificate, ...], asked: _Asked) -> str:
        leaf = chain[0] if chain else None
        moment = self._calendar.moment().at
        if leaf is None:
            return "not a chain in PEM: nothing in it"
        if leaf.subject.common_name != asked.name:
            return f"the certificate is not for {asked.name}"
        if not leaf.not_before <= moment <= leaf.not_after:
            return "the certificate does not hold today"
        if anchor_of(chain, self._store) is None:
            return "the chain ends in no root that is installed here"
        return ""

    def _keep(self, edition: Edition, ders: tuple[bytes, ...], key: KeyHandle) -> None:
        spki = self._csm.keys.public_key(key).spki()
        present = self._present(edition)
        if present is None:
            self._store.add(Use.SECC, edition, ders, key, public_key=spki)
            return
        _, unused = self._store.rotate(present.name, ders, key, public_key=spki)
        if unused is not None:
            self._scheduler.after(OLD_KEY_FOR, lambda: self._drop(unused), name="secc old key")

    def _forget(self, edition: Edition) -> None:
        """The key of a request that nobody answered."""
        asked = self._asked.pop(edition, None)
        if asked is not None:
            self._drop(asked.key)

    def _drop(self, key: KeyHandle) -> None:
        def dropped(outcome: Outcome[None]) -> None:
            if outcome.error is not None:
                self._log.warning("old key stays", key=str(key), why=str(outcome.error))

        self._csm.delete(key, dropped)


def _kind_of(edition: Edition, present: Credential | None) -> KeyKind:
    """As the present one is, else as is usual."""
    found = None if present is None else present.leaf.key_type
    return _KINDS[edition] if found is None else KeyKind(found.value)
