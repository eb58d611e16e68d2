"""The end that goes there: connects, offers all versions in one handshake, and comes back.

Owns when the next try is made.  How a name becomes an address, and whether a connection is
secured, comes in through ports; what is said over a connection is the role's affair.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from bsw.net.guard import Plain
from bsw.net.ports import Endpoint, Stream, StreamUser
from bsw.os.clock import S
from bsw.os.worker import Outcome
from bsw.tls.port import TlsEngine
from bsw.tls.uplink import UplinkUnusable
from ocpp.address import backend_address
from ocpp.backoff import DEFAULT_BACK_OFF, BackOff, BackOffRules, Offers
from ocpp.connection import Cause, Connection, Gone, Means
from ocpp.happenings import Happening
from ocpp.router import Fields
from ocpp.versions import Problem, Version
from ocpp.websocket import NORMAL, basic, client

SERVICE_RESTART: Final = 1012
FALL_BACK: Final = {Cause.REJECTED, Cause.NO_VERSION}
"""After these another offer may help; after the others only time does."""


class Resolver(Protocol):
    """Gives the addresses of a host.  May take its time; the answer is an event."""

    def __call__(
        self, host: str, port: int, done: Callable[[Outcome[Endpoint]], None], /
    ) -> None: ...


class Connects(Protocol):
    """A network, as far as a client needs it."""

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> Stream: ...


class ClientUser(Protocol):
    """The role on top of a client.

    ``opened`` and ``happened`` speak of the connection that is there; ``lost`` ends it, or tells
    why a try came to nothing.
    """

    def opened(self, version: Version) -> None: ...
    def happened(self, happening: Happening) -> None: ...
    def lost(self, reason: Gone) -> None: ...


@dataclass(frozen=True, slots=True)
class ClientRules:
    """Whom to call, as whom, and how patiently.

    ``wished`` are the versions in order of preference; ``ping_every`` overrules the means'.
    """

    url: str
    identity: str
    wished: tuple[Version, ...] = (Version.V21, Version.V201, Version.V16)
    password: str = field(default="", repr=False)
    connect_within: int = 30 * S
    back_off: BackOffRules = DEFAULT_BACK_OFF
    ping_every: int | None = None


class Client:
    """Keeps one connection to a back end, or tries to."""

    def __init__(
        self,
        means: Means,
        network: Connects,
        resolve: Resolver,
        rules: ClientRules,
        user: ClientUser,
        *,
        tls: Callable[[str], TlsEngine] | None = None,
    ) -> None:
        """``tls`` makes an engine for the host's name; it is asked for ``wss`` only."""
        self.rules = rules  # a new object counts from the next try on
        self._means = means
        self._network = network
        self._resolve = resolve
        self._user = user
        self._tls = tls
        self._offers = Offers([each for each in rules.wished if each in means.catalogues])
        self._back_off = BackOff(rules.back_off, means.randomness)
        self._retry = means.scheduler.alarm(self._try, name="ocpp.retry")
        self._connection: Connection | None = None
        self._tries = 0
        self._wanted = False
        self._at_once = False
        backend_address(rules.url, rules.identity)  # raises at once if they cannot be used

    @property
    def is_open(self) -> bool:
        return self._connection is not None and self._connection.is_open

    @property
    def version(self) -> Version | None:
        """What is spoken now."""
        connection = self._connection
        return connection.version if connection is not None and connection.is_open else None

    def open(self) -> None:
        """Go there, now and whenever the connection is lost, until ``close``."""
        if not self._wanted:
            self._wanted = True
            self._try()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Leave and stay away."""
        self._wanted = False
        self._retry.cancel()
        self._tries += 1  # a name that is still being looked up leads nowhere
        if self._connection is not None:
            self._connection.close(code, reason)

    def renew(self, reason: str = "") -> None:
        """Leave and come back at once: another password, another certificate."""
        if self._connection is not None:
            self._at_once = True
            self._connection.close(SERVICE_RESTART, reason)
        elif self._wanted:
            self._retry.rearm(0)

    def call(
        self, action: str, fields: Fields, *, within: int | None = None, name: str = ""
    ) -> str:
        """Ask the back end; only while open.  The id under which the call ends.

        ``name`` is for a call that is sent again and keeps its id.
        """
        connection = self._there()
        now = self._means.scheduler.now
        made = connection.router.call(action, fields, now, within=within, name=name)
        connection.flush()
        return made

    def send(self, action: str, fields: Fields) -> None:
        connection = self._there()
        connection.router.send(action, fields)
        connection.flush()

    def answer(self, name: str, fields: Fields) -> bool:
        """Answer the back end's call.  False: nobody waits for it any more."""
        if not self.is_open:
            return False
        connection = self._there()
        answered = connection.router.answer(name, fields)
        connection.flush()
        return answered

    def refuse(self, name: str, problem: Problem) -> bool:
        if not self.is_open:
            return False
        connection = self._there()
        refused = connection.router.refuse(name, problem)
        connection.flush()
        return refused

    def _there(self) -> Connection:
        assert self._connection is not None, "not open"
        return self._connection

    def _try(self) -> None:
        self._tries += 1
        number = self._tries
        address = backend_address(self.rules.url, self.rules.identity)
        self._resolve(
            address.host,
            address.port,
            lambda outcome: self._resolved(outcome) if number == self._tries else None,
        )

    def _resolved(self, outcome: Outcome[Endpoint]) -> None:
        if outcome.error is not None:
            self.gone(Gone(Cause.UNKNOWN_NAME, str(outcome.error)))
            return
        rules = self.rules
        address = backend_address(rules.url, rules.identity)
        if address.secure and self._tls is None:
            self.gone(Gone(Cause.TLS, "wss needs a trusted root of the back end"))
            return
        socket = client(
            host=address.authority,
            path=address.path,
            offers=[version.value for version in self._offers.next()],
            randomness=self._means.randomness,
            authorization=basic(rules.identity, rules.password) if rules.password else "",
            rules=self._means.rules.socket,
        )
        try:
            engine = self._tls(address.host) if address.secure and self._tls else Plain()
        except UplinkUnusable as error:  # its files, or its token, may be back with a later try
            self.gone(Gone(Cause.TLS, str(error)))
            return
        self._connection = Connection(self._rules_of_now(), socket, engine, self)
        self._connection.start(
            self._network.connect(outcome.result(), self._connection, timeout=rules.connect_within)
        )

    def _rules_of_now(self) -> Means:
        means, every = self._means, self.rules.ping_every
        if every is None:
            return means
        return replace(means, rules=replace(means.rules, ping_every=every))

    def opened(self) -> None:
        """From the connection."""
        self._back_off.connected()
        self._user.opened(self._there().version)

    def happened(self, happening: Happening) -> None:
        """From the connection."""
        self._user.happened(happening)

    def gone(self, reason: Gone) -> None:
        """From the connection: it is over, or came to nothing.  Come back after a while."""
        self._connection = None
        if reason.cause in FALL_BACK:
            self._offers.not_understood()
        self._back_off.rules = self.rules.back_off
        if self._wanted:
            self._retry.rearm(0 if self._at_once else self._back_off.wait())
            self._at_once = False
        self._user.lost(reason)
