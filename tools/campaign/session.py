"""One session of a campaign: played with its watch, judged, and told in a form that travels."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import PROTOCOLS
from bsw.os.clock import S
from bsw.trace import START, TraceRecord, line_of
from tools.bench.scenarios.judge import judged
from tools.bench.scenarios.model import Scenario
from tools.bench.scenarios.player import Player
from tools.campaign.ends import LINE, explained
from tools.campaign.leave import Leave
from tools.campaign.watch import FLOWS, Finding, Watch

MOST_PLANNED: Final = 1_000
"""Alarms that may be planned at once; a world at rest has below a hundred."""

ENERGY_SHARE: Final = 0.03
ENERGY_WH: Final = 3.0
"""What the station's meter and the battery may differ by; AC has the charger's losses besides."""

AC_LOSS: Final = 0.2
Wrong = Callable[[str, str], Finding]
"""Makes a finding of a rule and of what was seen, for the time at which the session is over."""

_BY_TITLE: Final = {one.title: one.name for one in PROTOCOLS}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a session.  ``findings`` is empty if all that must hold did."""

    seed: int
    scenario: str
    orders: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    station: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    digest: str = ""
    seconds: float = 0.0
    cpu: float = field(default=0.0, compare=False)

    @property
    def rules(self) -> frozenset[str]:
        """The names of the rules that were broken."""
        return frozenset(one.split(": ")[1] for one in self.findings)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Result":
        lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        return cls(**{**found, **lists})


_DIGEST_LENGTH: Final = len(line_of("}", START))
"""Of a record's line: its own digest, which follows from the one before."""


class Digest:
    """A sink: one digest of what an ECU told since it was powered on.

    Its trace's own digest holds what that ECU was configured with as well, and with it the name of
    the folder where a contract lay: another one in each process.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, record: TraceRecord) -> None:
        self._hash.update(record.line[:-_DIGEST_LENGTH].encode("ascii"))

    def __str__(self) -> str:
        return self._hash.hexdigest()


class Edges:
    """A sink that notes which exchange followed which."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._protocol = ""
        self._last = ""

    def write(self, record: TraceRecord) -> None:
        if record.kind == "protocol":
            self._protocol = _BY_TITLE.get(str(record.fields.get("name")), "")
            self._last = ""
        name = str(record.fields.get("name", ""))
        if record.kind != "message" or not name.endswith("Req") or not self._protocol:
            return
        exchange = name.removesuffix("Req")
        self.seen.add(f"{self._protocol} {self._last or 'start'} > {exchange}")
        self._last = exchange


def play(seed: int, name: str, scenario: Scenario) -> Result:
    """From power-on until nothing moves any more.  Nothing it does is a traceback."""
    began = time.process_time()
    try:
        result = _played(seed, name, scenario)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a run is what we look for
        told = f"0.00 s: our own fault: {type(error).__name__}: {error}"[:400]
        result = Result(seed, name, _orders(scenario), findings=(told,))
    return Result(**{**_fields(result), "cpu": round(time.process_time() - began, 3)})


def _fields(result: Result) -> dict[str, Any]:
    return {name: getattr(result, name) for name in Result.__dataclass_fields__}


def _orders(scenario: Scenario) -> tuple[str, ...]:
    return tuple(
        f"{one.when or 'at once'} + {one.after / S:.2f} s: {one.do}" for one in scenario.meanwhile
    )


def _played(seed: int, name: str, scenario: Scenario) -> Result:
    player = Player(scenario)
    try:
        watch, edges = Watch(player), Edges()
        told = (Digest(), Digest())
        player.pair.vehicle_base.trace.add_sink(edges)
        player.pair.vehicle_base.trace.add_sink(told[0])
        player.pair.station_base.trace.add_sink(told[1])
        leave, most = Leave(player), 0
        while not player.over and not leave.due():
            player.advance(1 * S)
            most = max(most, player.pair.scheduler.planned)
        if not player.over or player.now >= scenario.within:
            leave.take()
        found = [*watch.found, *_ends(player, watch, leave, most)]
        results = player.pair.vehicle.manager.results
        return Result(
            seed,
            name,
            _orders(scenario),
            tuple(str(one) for one in results),
            tuple(str(one) for one in player.pair.station.outlet.results),
            tuple(map(str, found)),
            tuple(sorted(edges.seen)),
            _digest(player, told),
            round(player.now / S, 2),
        )
    finally:
        player.close()


def _digest(player: Player, told: Iterable[Digest]) -> str:
    pair = player.pair
    both = "".join(map(str, told))
    physics = f"{pair.hardware.vehicle.battery.soc:.9f} {pair.hardware.module.meter.imported:.6f}"
    return hashlib.sha256(f"{both} {physics}".encode()).hexdigest()[:16]


def _ends(player: Player, watch: Watch, leave: Leave, most: int) -> Iterator[Finding]:
    """What has to be true when all is over."""
    now = player.now

    def wrong(rule: str, seen: str) -> Finding:
        return Finding(rule, now, seen)

    yield from _endings(player, leave, wrong)
    for who, base in (
        ("vehicle", player.pair.vehicle_base),
        ("station", player.pair.station_base),
    ):
        gone = bool(base.process.host_fault) and watch.did("net")
        if base.process.stopping is not None and not gone:
            yield wrong("an ECU ended", f"the {who}: {base.process.stopping.detail}")
    vehicle = player.pair.hardware.vehicle
    if abs(player.amps) > FLOWS:
        yield wrong("current after the end", f"{player.amps:.1f} A")
    if vehicle.bms.contactors.closed and not player.pair.vehicle.manager.session:
        defects = [vehicle.bms.contactors.positive.defects, vehicle.bms.contactors.negative.defects]
        if not any(one.welded for one in defects) and not watch.did("fault BMS", "noise vehicle"):
            yield wrong("contactors closed after the end", str(vehicle.bms.contactors.state.value))
    if most > MOST_PLANNED:
        yield wrong("a queue grows", f"{most} alarms are planned")
    yield from _energy(player, wrong)


def _endings(player: Player, leave: Leave, wrong: Wrong) -> Iterator[Finding]:
    orders = [str(one) for _, one in player.done]
    expect = player.scenario.expect
    own = {str(one.do) for one in player.scenario.story}
    for who, results, expected in (
        ("vehicle", player.pair.vehicle.manager.results, expect.vehicle),
        ("station", player.pair.station.outlet.results, expect.station or ()),
    ):
        for number, one in enumerate(results):
            caused = [said for said in orders if said not in own] or (
                [] if who == "vehicle" else orders
            )
            caused += [*_peers(player, who), *leave.before(who, number)]
            if not explained(one.ending, expected, caused):
                yield wrong("an end that nothing explains", f"the {who}: {one}")
    if not player.scenario.meanwhile:
        ended = player.ended
        if any(one.startswith(LINE) for one in own - {"plug"}):
            ended = replace(ended, results=None, station=None)  # the seed decides who notices first
        for sentence in judged(expect, ended):
            yield wrong("not as the scenario says", sentence)


def _peers(player: Player, who: str) -> list[str]:
    """The other side's bad end, or the scenario's own disturbance, is a cause for this one's."""
    other = player.pair.station.outlet if who == "vehicle" else player.pair.vehicle.manager
    story = [str(one.do) for one in player.scenario.story[1:]]
    return [*story, *(f"peer {one.ending.name}" for one in other.results if not one.ending.good)]


def _energy(player: Player, wrong: Wrong) -> Iterator[Finding]:
    meter, vehicle = player.pair.hardware.module.meter, player.pair.hardware.vehicle
    told = meter.imported - meter.exported
    slack = ENERGY_WH + ENERGY_SHARE * (meter.imported + meter.exported)
    least = told * (1 - AC_LOSS) if mode_of(player.scenario.vehicle.mode).ac else told
    if not least - slack <= vehicle.charged <= told + slack:
        yield wrong(
            "energy is lost or made", f"meter {told:.1f} Wh, battery {vehicle.charged:.1f} Wh"
        )
