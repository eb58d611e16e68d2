"""Plays a scenario on the virtual clock, piece by piece, and judges how it ended.

``advance`` lets time pass; whoever shows the world in the meantime decides how much at a time.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bsw.chrgm.endings import SessionResult
from bsw.chrgm.modes import mode_of
from bsw.dlt import Record
from bsw.os.clock import MS, S
from ecu.simulated import TODAY
from tools.bench.scenarios.hands import Hands
from tools.bench.scenarios.judge import Ended, judged
from tools.bench.scenarios.model import PricePart, Scenario
from tools.bench.scenarios.stage import Stage, plan
from tools.bench.scenarios.story import Story
from tools.bench.scenarios.words import Order, Sight
from tools.capture.words import wire_name

POWER_ON: Final = 1 * S
"""Before the story begins the ECUs start."""

LOOK: Final = 100 * MS
"""How often conditions are looked at."""

STOPS_WITHIN: Final = 20 * S
"""An ordered stop takes leave of the peer, the modem and the disk."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``wrong`` is empty if and only if it ended as expected."""

    results: tuple[SessionResult, ...]
    station: tuple[SessionResult, ...]
    wrong: tuple[str, ...]


class _Noticed:
    """Hears the log for faults that the vehicle's ECU notices."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def write(self, record: Record) -> None:
        if record.room == "dem" and record.event == "event" and record.fields.get("failed"):
            self._names.add(str(record.fields["name"]))


class Player:
    """``advance`` until ``over``, then ask for ``outcome``.  Orders may come from elsewhere too."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path | None = None,
        unix: int = TODAY,
        record: Path | None = None,
    ) -> None:
        """``record`` is where the vehicle's capture goes, with the secrets that open it."""
        self.scenario = scenario
        self._scratch = None
        if folder is None and scenario.vehicle.contract == "to be installed":
            self._scratch = tempfile.TemporaryDirectory(prefix="pilotwire-")
            folder = Path(self._scratch.name)
        self.stage = Stage(scenario, folder or Path(), unix, record)
        self.pair = self.stage.pair
        self.hands = Hands(self.pair, self.stage.keys.token)
        self.done: list[tuple[int, Order]] = []
        """What was ordered, and when."""

        self.trouble: set[str] = set()
        self.most_amps = 0.0
        self._story = Story(scenario)
        self._ac = mode_of(scenario.vehicle.mode).ac
        self.pair.vehicle_base.dlt.add_sink(_Noticed(self.trouble))
        started = self.pair.start()
        self.pair.run(POWER_ON / S)
        self.cannot_start = "; ".join(str(one.failure) for one in started if one.failure)

    # Time

    @property
    def now(self) -> int:
        return self.pair.scheduler.now

    def advance(self, nanoseconds: int) -> None:
        """Let so much time pass, and do what the story says meanwhile."""
        end = self.now + nanoseconds
        while self.now < end and not self.over:
            self.pair.scheduler.run(min(self.now + LOOK, end))
            self._look()

    def play(self) -> Outcome:
        """To the end, as fast as it goes."""
        while not self.over:
            self.advance(1 * S)
        return self.outcome()

    def do(self, order: Order) -> None:
        self.hands.do(order)
        self.done.append((self.now, order))

    def price(self, prices: tuple[PricePart, ...]) -> None:
        """The station has another schedule, and asks the vehicle to take it."""
        self.pair.station.schedules.plans = (plan(prices),)
        if self.pair.vehicle.manager.session:
            self.pair.station.charger.renegotiate()

    @property
    def over(self) -> bool:
        if self.cannot_start or self.now >= self.scenario.within:
            return True
        return self._story.over(self.now)

    def close(self) -> None:
        """Both ECUs in order, and what was written for them is taken away."""
        self.pair.stop()
        ends = self.now + STOPS_WITHIN
        bases = (self.pair.vehicle_base, self.pair.station_base)
        while self.now < ends and any(base.process.status is None for base in bases):
            self.pair.scheduler.run(self.now + LOOK)
        if self._scratch is not None:
            self._scratch.cleanup()

    # The story

    def _look(self) -> None:
        sight = self.sight
        self.most_amps = max(self.most_amps, abs(sight.amps))
        busy = self.pair.vehicle.manager.session is not None
        for due in self._story.look(sight, self.now, busy=busy):
            self.do(due)

    @property
    def sight(self) -> Sight:
        vehicle, ecu = self.pair.hardware.vehicle, self.pair.vehicle
        manager = ecu.manager
        phase = ecu.view.phase if manager.session else ""
        return Sight(phase, self.amps, vehicle.battery.soc, len(manager.results))

    @property
    def amps(self) -> float:
        """Through the DC cable, or into the battery where the charge is AC."""
        vehicle = self.pair.hardware.vehicle
        return vehicle.battery.current if self._ac else vehicle.wires.cable.current

    # The end

    def outcome(self) -> Outcome:
        results = tuple(self.pair.vehicle.manager.results)
        station = tuple(self.pair.station.outlet.results)
        return Outcome(results, station, tuple(judged(self.scenario.expect, self.ended)))

    @property
    def ended(self) -> Ended:
        """As anybody can tell."""
        still = not self.pair.vehicle.manager.session and self._story.quiet_since
        return Ended(
            results=tuple(self.pair.vehicle.manager.results),
            station=tuple(self.pair.station.outlet.results),
            soc=self.pair.hardware.vehicle.battery.soc,
            said=frozenset(self.said),
            trouble=frozenset(self.trouble),
            most_amps=self.most_amps,
            amps=self.amps if still else 0.0,
            untold=self._story.untold,
            cannot_start=self.cannot_start,
        )

    @property
    def said(self) -> set[str]:
        """The names of all messages so far."""
        records = self.pair.vehicle_base.memory.records
        return {
            wire_name(str(record.fields["name"])) for record in records if record.kind == "message"
        }
