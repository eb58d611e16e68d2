"""A station's client and a back end's server on one link, simulated or on the host."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bsw.dlt import silent
from bsw.net.ports import Endpoint
from bsw.os.worker import Outcome
from csm.randomness import SeededRandomness
from ocpp.backoff import BackOffRules
from ocpp.catalogue import Catalogue
from ocpp.client import Client, ClientRules
from ocpp.connection import DEFAULT_CONNECTION, ConnectionRules, Gone, Means
from ocpp.happenings import Called, Happening
from ocpp.server import Applicant, Rejection, Server, Session
from ocpp.versions import NEWEST_FIRST, Version
from tests.net.worlds import World, world

PROMPT = BackOffRules(minimum=10**9, random_range=0, repeats=2)


@dataclass
class Backend:
    """Admits, records, and answers heartbeats; ``on`` may do more."""

    rejection: Rejection | None = None
    on: Callable[[Session, Happening], None] = lambda _session, _happening: None
    applicants: list[Applicant] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    heard: list[Happening] = field(default_factory=list)
    ended: list[Gone] = field(default_factory=list)

    def admit(self, applicant: Applicant) -> Rejection | None:
        self.applicants.append(applicant)
        return self.rejection

    def opened(self, session: Session) -> None:
        self.sessions.append(session)

    def happened(self, session: Session, happening: Happening) -> None:
        self.heard.append(happening)
        if isinstance(happening, Called) and happening.action == "Heartbeat":
            session.answer(happening.id, {"currentTime": "2030-01-01T00:00:00Z"})
        self.on(session, happening)

    def gone(self, session: Session, reason: Gone) -> None:
        self.ended.append(reason)


@dataclass
class Station:
    """Remembers what its client tells, and when it lost the back end."""

    now: Callable[[], int]
    on: Callable[[Happening], None] = lambda _happening: None
    versions: list[Version] = field(default_factory=list)
    heard: list[Happening] = field(default_factory=list)
    ended: list[Gone] = field(default_factory=list)
    at: list[int] = field(default_factory=list)

    def opened(self, version: Version) -> None:
        self.versions.append(version)

    def happened(self, happening: Happening) -> None:
        self.heard.append(happening)
        self.on(happening)

    def lost(self, reason: Gone) -> None:
        self.ended.append(reason)
        self.at.append(self.now())


@dataclass
class Line:
    world: World
    client: Client
    station: Station
    server: Server
    backend: Backend

    def until(self, reached: Callable[[], object], within: int = 60 * 10**9) -> None:
        self.world.run_until(reached, within)

    def opened(self) -> "Line":
        self.client.open()
        self.until(lambda: self.client.is_open and self.backend.sessions)
        return self


@contextmanager
def line(
    kind: str = "simulated",
    *,
    speaks: tuple[Version, ...] = NEWEST_FIRST,
    wished: tuple[Version, ...] = NEWEST_FIRST,
    rules: ConnectionRules = DEFAULT_CONNECTION,
    back_off: BackOffRules = PROMPT,
    password: str = "",
) -> Iterator[Line]:
    with world(kind) as place:
        chance = SeededRandomness(1)
        means = Means(
            place.scheduler,
            chance.fork("backend"),
            {version: Catalogue(version) for version in speaks},
            silent().logger("ocpp"),
            worker=place.worker,
            rules=rules,
        )
        backend, station = Backend(), Station(lambda: place.scheduler.now)
        server = Server(means, backend)
        listener = server.listen(place.station)

        def resolve(host: str, port: int, done: Callable[[Outcome[Endpoint]], None]) -> None:
            place.scheduler.post(lambda: done(Outcome(value=listener.local)), name="resolved")

        client = Client(
            replace(
                means,
                randomness=chance.fork("station"),
                catalogues={version: Catalogue(version) for version in wished},
            ),
            place.vehicle,
            resolve,
            ClientRules(
                "ws://csms.example/ocpp",
                "CS-1",
                wished=wished,
                password=password,
                back_off=back_off,
            ),
            station,
        )
        yield Line(place, client, station, server, backend)
        client.close()
        server.close()
