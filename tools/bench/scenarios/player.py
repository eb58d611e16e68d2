"""Plays a scenario on the virtual clock, piece by piece, and judges how it ended.

``advance`` lets time pass; whoever shows the world in the meantime decides how much at a time.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.modes import mode_of
from bsw.dlt import Record
from bsw.os.clock import MS, S
from ecu.simulated import TODAY
from tools.bench.scenarios.hands import Hands
from tools.bench.scenarios.model import PricePart, Scenario, Step
from tools.bench.scenarios.stage import Stage, plan
from tools.bench.scenarios.words import Order, Sight
from tools.capture.words import wire_name

POWER_ON: Final = 1 * S
"""Before the story begins the ECUs start."""

LOOK: Final = 100 * MS
"""How often conditions are looked at."""

SETTLES: Final = 3 * S
"""After the last session: contactors open, the pilot comes to rest."""

STOPS_WITHIN: Final = 20 * S
"""An ordered stop takes leave of the peer, the modem and the disk."""

HOPELESS: Final = 60 * S
"""All sessions have ended, and a step waits for so long for what does not come."""


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


@dataclass(slots=True)
class _Waiting:
    """A step and when it is due, once what it waits for has come."""

    step: Step
    due: int | None = None

    def comes(self, sight: Sight, now: int) -> bool:
        if self.due is None:
            if self.step.when is not None and not self.step.when.holds(sight):
                return False
            self.due = now + self.step.after
        return now >= self.due


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
        self._story = [_Waiting(step) for step in scenario.story]
        self._meanwhile = [_Waiting(step) for step in scenario.meanwhile]
        self._quiet_since: int | None = None
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
        quiet = self._quiet_since
        lasts = HOPELESS if self._story else SETTLES + self.scenario.linger
        return quiet is not None and self.now - quiet >= lasts

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
        while self._story and self._story[0].comes(sight, self.now):
            self.do(self._story.pop(0).step.do)
        for waiting in [one for one in self._meanwhile if one.comes(sight, self.now)]:
            self._meanwhile.remove(waiting)
            self.do(waiting.step.do)
        waits = bool(self._story) and self._story[0].due is not None
        told = sight.ended >= max(len(self.scenario.expect.vehicle), 1 if self._story else 0)
        if waits or not told or self.pair.vehicle.manager.session:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = self.now

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
        return Outcome(results, station, tuple(self._wrong(results, station)))

    @property
    def said(self) -> set[str]:
        """The names of all messages so far."""
        records = self.pair.vehicle_base.memory.records
        return {
            wire_name(str(record.fields["name"])) for record in records if record.kind == "message"
        }

    def _wrong(
        self, results: tuple[SessionResult, ...], station: tuple[SessionResult, ...]
    ) -> Iterator[str]:
        expect = self.scenario.expect
        if self.cannot_start:
            yield f"an ECU cannot start: {self.cannot_start}"
        if self._story:
            step = self._story[0].step
            yield f"it never came to {str(step.do)!r}, which waits for {step.when or 'its time'}"
        yield from _endings("vehicle", results, expect.vehicle)
        if expect.station is not None:
            yield from _endings("station", station, expect.station)
        if expect.at and (not results or results[-1].exchange != expect.at):
            yield f"it ended at {results[-1].exchange if results else 'nothing'}, not {expect.at}"
        soc = self.pair.hardware.vehicle.battery.soc
        if expect.soc_from is not None and soc < expect.soc_from:
            yield f"the battery is at {soc:.1f} %, below {expect.soc_from:g} %"
        if expect.soc_to is not None and soc > expect.soc_to:
            yield f"the battery is at {soc:.1f} %, above {expect.soc_to:g} %"
        if expect.most_amps is not None and self.most_amps > expect.most_amps:
            yield f"{self.most_amps:.1f} A flowed, more than {expect.most_amps:g} A"
        said = self.said
        yield from (f"nobody sent {name}" for name in expect.messages if name not in said)
        yield from (f"somebody sent {name}" for name in expect.never if name in said)
        missing = set(expect.trouble) - self.trouble
        yield from (f"the vehicle did not notice {name}" for name in sorted(missing))
        yield from self._live()

    def _live(self) -> Iterator[str]:
        """However it ends: nothing flows when nobody charges any more."""
        if not self._quiet_since:
            return
        if abs(self.amps) > 1.0 and not self.pair.vehicle.manager.session:
            yield f"{self.amps:.1f} A flow after the end"


def _endings(
    who: str, results: tuple[SessionResult, ...], wanted: tuple[Ending, ...]
) -> Iterator[str]:
    found = tuple(one.ending for one in results)
    if found != wanted:
        told = "; ".join(map(str, results)) or "nothing"
        yield f"the {who}'s end: {told}; not {', '.join(one.value for one in wanted) or 'nothing'}"
