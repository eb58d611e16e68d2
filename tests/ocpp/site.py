"""A whole station against a scripted back end on the simulated net, in any version.

The back end answers like one that agrees; a test changes single answers.  Every payload of either
end is shown to another validator as well.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bsw.dlt import silent
from bsw.os.clock import S
from csm.randomness import SeededRandomness
from ocpp.folder import Kind
from ocpp.happenings import Answered, Called, Happening, Heard
from ocpp.server import Session
from ocpp.station.charging.composite import Limit, Supply
from ocpp.station.contracts.shown import ContractRules
from ocpp.station.diagnostics.outside import Nowhere, Outside
from ocpp.station.outlets.places import Lock
from ocpp.station.ports import Ports
from ocpp.station.records import ChargingState, Sample, SignedRecord, Stop, Token
from ocpp.station.rules import StationRules
from ocpp.station.runtime import Runtime
from ocpp.station.security.roots import NoVault, Vault
from ocpp.station.security.signing import Keys, NoKeys
from ocpp.station.station import Station
from ocpp.station.store import Store
from ocpp.station.translation import Identity, Verdict
from ocpp.versions import NEWEST_FIRST, Version
from tests.ocpp.line import Line, line
from tests.ocpp.opinion import check

NOW = "2030-01-01T00:00:00Z"
Json = dict[str, Any]


@dataclass
class Outlets:
    """The charger: remembers what it was told; its meter is the test's.

    ``registers`` are those of outlets that do not show ``wh``; ``record`` signs them; ``rests`` is
    told when what flows is to come to rest.
    """

    told: list[tuple[str, int, str]] = field(default_factory=list)
    wh: float = 1000.0
    registers: dict[int, float] = field(default_factory=dict)
    record: SignedRecord | None = None
    more: tuple[Sample, ...] = ()
    lock: Lock | None = Lock.UNLOCKED
    shown: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    restarts: bool = True
    rests: Callable[[int], None] = lambda _evse: None
    limits: list[tuple[int, float | None]] = field(default_factory=list)
    pays: ContractRules | None = None
    refused: list[Verdict] = field(default_factory=list)
    fed: Supply = field(default_factory=lambda: Supply(32.0))
    said: list[tuple[int, Limit]] = field(default_factory=list)
    can: tuple[str, ...] = ("AC_three_phase",)
    allowed: list[tuple[int, frozenset[str] | None]] = field(default_factory=list)
    chooses: bool = True
    sees: bool = True
    controls: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    def senses(self, evse: int) -> bool:
        del evse
        return self.sees

    def supply(self, evse: int) -> Supply:
        del evse
        return self.fed

    def grid(self, controls: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
        self.controls = dict(controls)

    def transfers(self, evse: int) -> tuple[str, ...]:
        del evse
        return self.can

    def transfers_allowed(self, evse: int, transfers: frozenset[str] | None) -> bool:
        self.allowed.append((evse, transfers))
        return self.chooses

    def limit(self, evse: int, limit: Limit, supply: Supply) -> None:
        del supply
        self.said.append((evse, limit))
        self.limits.append((evse, None if limit.by is None else limit.amperes))

    def allow(self, evse: int, token: Token) -> None:
        self.told.append(("allow", evse, token.id))

    def refuse(self, evse: int, token: Token, verdict: Verdict) -> None:
        self.told.append(("refuse", evse, verdict.standing.value))
        self.refused.append(verdict)

    def stop(self, evse: int, why: Stop) -> None:
        self.told.append(("stop", evse, why.value))
        self.rests(evse)

    def meter(self, evse: int) -> tuple[Sample, ...]:
        return (Sample(self.registers.get(evse, self.wh), signed=self.record), *self.more)

    def locks(self, evse: int) -> bool:
        return self.lock is not None

    def unlock(self, evse: int) -> Lock:
        assert self.lock is not None
        self.told.append(("unlock", evse, self.lock.value))
        return self.lock

    def show(self, evse: int, lines: tuple[str, ...]) -> None:
        self.shown.append((evse, lines))

    def offered(self, evse: int) -> None:
        self.told.append(("offered", evse, ""))

    def contracts(self, rules: ContractRules) -> None:
        self.pays = rules

    def restart(self) -> bool:
        self.told.append(("restart", 0, ""))
        return self.restarts


@dataclass
class Site:
    made: Line
    version: Version
    charger: Outlets
    station: Station
    store: Store
    heard: list[tuple[str, Json]] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    replies: list[tuple[str, Json]] = field(default_factory=list)
    answers: dict[str, Json | None] = field(default_factory=dict)
    boot: str = "Accepted"
    interval: int = 300
    numbers: int = 0
    security: list[str] = field(default_factory=list)
    streamed: list[Json] = field(default_factory=list)

    def hear(self, session: Session, happening: Happening) -> None:
        """What the back end does."""
        if isinstance(happening, Answered):
            self.check(happening.action, Kind.RESPONSE, happening.payload)
            self.replies.append((happening.action, msgspec.json.decode(happening.payload)))
        if isinstance(happening, Heard):
            self.streamed.append(msgspec.json.decode(happening.payload))
        if not isinstance(happening, Called):
            return
        self.check(happening.action, Kind.REQUEST, happening.payload)
        fields = msgspec.json.decode(happening.payload)
        if happening.action == "SecurityEventNotification":  # beside the conversation
            self.security.append(fields["type"])
            session.answer(happening.id, {})
            return
        self.heard.append((happening.action, fields))
        self.at.append(self.now)
        if happening.action != "Heartbeat":  # the line answers those
            reply = self.answers.get(happening.action, self.usual(happening.action))
            if reply is not None:
                session.answer(happening.id, reply)

    def usual(self, action: str) -> Json:
        match action:
            case "BootNotification":
                return {"status": self.boot, "currentTime": NOW, "interval": self.interval}
            case "Authorize":
                return self.verdict("Accepted")
            case "StartTransaction":
                self.numbers += 1
                return {"transactionId": self.numbers, **self.verdict("Accepted")}
            case "SignCertificate" | "OpenPeriodicEventStream":
                return {"status": "Accepted"}
            case _:
                return {}

    def verdict(self, status: str, group: str = "") -> Json:
        if self.version is Version.V16:
            more = {"parentIdTag": group} if group else {}
            return {"idTagInfo": {"status": status, **more}}
        more2 = {"groupIdToken": {"idToken": group, "type": "Central"}} if group else {}
        return {"idTokenInfo": {"status": status, **more2}}

    def check(self, action: str, kind: Kind, payload: bytes) -> None:
        check(self.version, action, kind, payload)

    @property
    def now(self) -> int:
        return self.made.world.scheduler.now

    def run(self, seconds: float = 1) -> None:
        self.made.world.scheduler.run(self.now + round(seconds * S))

    def ask(self, action: str, fields: Json) -> Json:
        """The back end asks; the station's answer."""
        before = len(self.replies)
        self.made.backend.sessions[-1].call(action, fields)
        self.run()
        [(answered, reply)] = self.replies[before:]
        assert answered == action
        return reply

    def said(self, action: str) -> list[Json]:
        return [fields for name, fields in self.heard if name == action]

    def actions(self) -> list[str]:
        return [name for name, _ in self.heard]

    def cut(self, seconds: float) -> None:
        """The line is away for a while, so that both ends see it."""
        self.made.world.simulated.cut()
        self.run(seconds)
        self.made.world.simulated.restore()
        self.run(60)


def _rest(station: Station, evse: int) -> None:
    """A charger that opens its contactors at once."""
    if station.outlet(evse).charging is ChargingState.CHARGING:
        station.stopped(evse)


@contextmanager
def site(
    folder: Path,
    version: Version,
    change: Callable[[StationRules], StationRules] = lambda rules: rules,
    *,
    begin: bool = True,
    password: str = "",
    outside: Outside | None = None,
    keys: Keys | None = None,
    vault: Vault | None = None,
    clock: int = 0,
) -> Iterator[Site]:
    """``clock``: the host knows the time, in seconds since 1970 at the start."""
    with line(speaks=(version,), wished=NEWEST_FIRST, password=password) as made:
        charger = Outlets()
        store = Store(folder / "store")
        interrupted = store.open()
        rules = change(StationRules(Identity("Pilotwire", "Test", "S1", "1.0"), evses=(1, 2)))
        chance = SeededRandomness(f"station {store.run}")
        world, log = made.world, silent().logger("ocpp")
        ports = Ports(
            made.client, charger, outside or Nowhere(), keys or NoKeys(), vault or NoVault()
        )

        def unix() -> int:
            return clock and clock + world.scheduler.now // S

        runtime = Runtime(world.scheduler, world.worker, store, chance, log, unix)
        station = Station(runtime, ports, rules)
        made.client._user = station
        charger.rests = partial(_rest, station)
        whole = Site(made, version, charger, station, store)
        made.backend.on = whole.hear
        station.begin(interrupted)
        if begin:
            made.client.open()
            whole.run(2)
        yield whole
        store.close()
