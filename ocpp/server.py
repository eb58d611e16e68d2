"""The end that is gone to: accepts stations, picks the version, and keeps who is who.

Owns the rules of the handshake that no policy changes: no identity is 404, no common version is
an open socket that is closed at once.  Who may come in is decided by the policy it is given.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bsw.net.guard import Plain
from bsw.net.ports import Listener, Stream, StreamUser
from bsw.tls.port import TlsEngine, TlsFacts
from ocpp.address import identity_of
from ocpp.connection import Connection, Gone, Means
from ocpp.happenings import Happening
from ocpp.router import Fields
from ocpp.versions import Problem, Version
from ocpp.websocket import GOING_AWAY, NORMAL, Asked, basic_parts
from ocpp.websocket import server as server_end


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants in, as far as the handshake tells.  ``password`` is ``None`` without one."""

    identity: str
    user: str | None
    password: str | None
    facts: TlsFacts | None
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why somebody may not come in, as an HTTP status and a word for it."""

    status: int
    text: str


class Listens(Protocol):
    """A network, as far as a server needs it."""

    def listen(self, accept: Callable[[Stream], StreamUser], *, port: int = 0) -> Listener: ...


class ServerUser(Protocol):
    """The role on top of a server.  A session ends with ``gone``."""

    def admit(self, applicant: Applicant) -> Rejection | None:
        """``None`` lets in."""

    def opened(self, session: "Session") -> None: ...
    def happened(self, session: "Session", happening: Happening) -> None: ...
    def gone(self, session: "Session", reason: Gone) -> None: ...


class Session:
    """One station that is, or wants to be, connected."""

    def __init__(self, server: "Server", engine: TlsEngine) -> None:
        self.identity = ""
        self._server = server
        self._means = server.means
        self._connection = Connection(
            server.means,
            server_end(server.means.rules.socket),
            engine,
            self,
            asked=self._asked,
        )

    @property
    def version(self) -> Version:
        return self._connection.version

    @property
    def is_open(self) -> bool:
        return self._connection.is_open

    def start(self, stream: Stream) -> StreamUser:
        self._connection.start(stream)
        return self._connection

    def call(self, action: str, fields: Fields, *, within: int | None = None) -> str:
        """Ask the station; only while open.  The id under which the call ends."""
        now = self._means.scheduler.now
        name = self._connection.router.call(action, fields, now, within=within)
        self._connection.flush()
        return name

    def answer(self, name: str, fields: Fields) -> bool:
        """Answer the station's call.  False: nobody waits for it any more."""
        if not self.is_open:
            return False
        answered = self._connection.router.answer(name, fields)
        self._connection.flush()
        return answered

    def refuse(self, name: str, problem: Problem) -> bool:
        if not self.is_open:
            return False
        refused = self._connection.router.refuse(name, problem)
        self._connection.flush()
        return refused

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        self._connection.close(code, reason)

    def abort(self) -> None:
        """Break off without a word."""
        self._connection.abort()

    def opened(self) -> None:
        """From the connection."""
        self._server.user.opened(self)

    def happened(self, happening: Happening) -> None:
        """From the connection."""
        self._server.user.happened(self, happening)

    def gone(self, reason: Gone) -> None:
        """From the connection."""
        self._server.forget(self)
        if self.identity:
            self._server.user.gone(self, reason)

    def _asked(self, asked: Asked) -> None:
        identity = identity_of(asked.path)
        if identity is None:
            self._connection.reject(404, "the path does not end in an identity")
            return
        user, password = basic_parts(asked.authorization) or (None, None)
        applicant = Applicant(identity, user, password, self._connection.facts, asked.offers)
        rejection = self._server.user.admit(applicant)
        if rejection is not None:
            self._connection.reject(rejection.status, rejection.text)
            return
        self.identity = identity
        known = {version.value for version in self._means.catalogues}
        self._connection.accept(next((offer for offer in asked.offers if offer in known), ""))


class Server:
    """Listens, and holds a session for each connection."""

    def __init__(
        self,
        means: Means,
        user: ServerUser,
        *,
        tls: Callable[[], TlsEngine] | None = None,
        most: int = 10_000,
    ) -> None:
        """``most`` connections are held at once, those in the handshake included."""
        self.means = means
        self.turned_away = 0
        self._most = most
        self.user = user
        self._tls = tls
        self._listener: Listener | None = None
        self._sessions: dict[Session, None] = {}

    @property
    def sessions(self) -> tuple[Session, ...]:
        """All connections, those in the handshake included, oldest first."""
        return tuple(self._sessions)

    def listen(self, network: Listens, *, port: int = 0) -> Listener:
        self._listener = network.listen(self.accept, port=port)
        return self._listener

    def close(self, reason: str = "") -> None:
        """Take nobody in any more and say goodbye to those that are there."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for session in self.sessions:
            session.close(GOING_AWAY, reason)

    def forget(self, session: Session) -> None:
        """From the session, when it is over."""
        self._sessions.pop(session, None)

    def accept(self, stream: Stream) -> StreamUser:
        """From a listener."""
        session = Session(self, self._tls() if self._tls is not None else Plain())
        self._sessions[session] = None
        connection = session.start(stream)
        if len(self._sessions) > self._most:
            self.turned_away += 1
            session.abort()
        return connection
