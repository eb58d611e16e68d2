"""One run of processes: hardware first, then the ECUs, the story, until all has ended.

The frame knows processes, deadlines, traces and exit statuses.  What the ECUs say to each other
is theirs; what a person sees of it is told by the same words as of a simulated charge.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bsw.chrgm.endings import SessionResult
from bsw.net.host.local import LONGEST_PATH
from bsw.trace_file import Verdict as Intact
from bsw.trace_file import verify
from evcc.config import EvccConfig
from tools.bench.live import place
from tools.bench.live.files import prepare
from tools.bench.live.hands import LiveHands
from tools.bench.live.plan import Plan
from tools.bench.live.seen import Processes, Tail
from tools.bench.run import bench
from tools.bench.run.children import Children, Said
from tools.bench.run.plain import SceneView
from tools.bench.run.verdict import Verdict, verdict
from tools.bench.scenarios.judge import Ended, judged
from tools.bench.scenarios.player import Outcome
from tools.bench.scenarios.story import Story

PICTURE: Final = 0.2
_LISTEN: Final = 0.1
_READY: Final = 30.0
"""Seconds in which the hardware has to be there."""


@dataclass(frozen=True, slots=True)
class Result:
    verdict: Verdict
    interrupted: bool
    traces: dict[Path, Intact]


class Play:
    def __init__(self, plan: Plan, evcc: EvccConfig, view: SceneView) -> None:
        self._plan = plan
        self._view = view
        self._children = Children(self._hear)
        self._ports = bench.Ports.free()
        self._plug: int | None = None
        self._troubles: list[str] = []
        self._undone: list[str] = []
        """Orders that reached nobody, and why."""

        self._doors = tempfile.TemporaryDirectory(prefix="pilotwire-")
        tails = {who: Tail(self._trace(who)) for who in plan.roles}
        frame = place.frame_of(plan, evcc)
        self.seen = Processes(frame, plan.roles, plan.scenario.vehicle.target, tails)
        self._story = Story(plan.scenario)
        self._hands = self._make_hands()
        self._logs = {who: plan.out / f"{who}.log" for who in plan.roles}

    def run(self) -> Result:
        began = time.monotonic()
        interrupted = False
        try:
            self._until_over(began)
        except bench.CannotPrepare as error:
            self.seen.cannot_start = str(error)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            self.seen.over = not interrupted
            self._children.stop()
            self.seen.look()
            self._doors.cleanup()
        self.seen.over = True
        self._view.show(self.seen.watch.scene())
        self._view.close()
        traces = {
            path: verify(path) for path in map(self._trace, self._plan.roles) if path.exists()
        }
        told = self._verdict(time.monotonic() - began, traces)
        return Result(told, interrupted, traces)

    # What happens

    def _until_over(self, began: float) -> None:
        plan = self._plan
        configs = prepare(plan)
        for path in self._logs.values():
            path.write_text("", encoding="utf-8")
        if place.needs_hardware(plan):
            words = place.hardware(plan, self._ports)
            self._children.start("bench", "tools.cli", words, orders=True)
            self._await_hardware(began + _READY)
        self.seen.began = time.monotonic_ns()
        for who in reversed(plan.roles):
            self._start(who, configs[who])
        drawn = 0.0
        while not self._over(began):
            self._children.listen(_LISTEN)
            self._step()
            if time.monotonic() - drawn >= PICTURE:
                drawn = time.monotonic()
                self.seen.watch.speed = 1.0
                self._view.show(self.seen.watch.scene())

    def _await_hardware(self, deadline: float) -> None:
        while not self.seen.measures or (self._plan.simulated_plug and self._plug is None):
            self._children.listen(_LISTEN)
            if "bench" in self._children.status or time.monotonic() > deadline:
                told = "; ".join(self._troubles) or "it said nothing"
                raise bench.CannotPrepare(f"the simulated hardware did not start: {told}")

    def _step(self) -> None:
        seen = self.seen
        seen.look()
        if not self._ready:
            return
        for order in self._story.look(seen.sight, seen.now, busy=seen.busy):
            why = self._hands.do(order)
            if why:
                self._undone.append(f"{order}: {why}")

    @property
    def _ready(self) -> bool:
        """All ECUs can be plugged in."""
        return set(self._plan.roles) <= self.seen.ready

    def _over(self, began: float) -> bool:
        seen, plan = self.seen, self._plan
        if any(who in self._children.status for who in (*plan.roles, "bench")):
            return True
        late = time.monotonic() - began > plan.within
        return late or self._story.over(seen.now)

    def _start(self, who: str, config: Path) -> None:
        self._trace(who).unlink(missing_ok=True)
        plan = self._plan
        words = ["run", "-c", str(config)]
        words += place.settings(who, plan, self._ports, self._plug, self._door(who))
        words += ["--set", f"trace.file={self._trace(who)}"]
        self._children.start(who, f"{who}.cli", words)

    def _trace(self, who: str) -> Path:
        return (self._plan.out / f"{who}.trace.jsonl").absolute()

    def _door(self, who: str) -> Path:
        """In the run's folder, where its path is short enough for a socket."""
        door = self._plan.out.absolute() / f"{who}.sock"
        return door if len(str(door)) <= LONGEST_PATH else Path(self._doors.name) / door.name

    def _make_hands(self) -> LiveHands:
        plan = self._plan
        hardware = self._order if place.needs_hardware(plan) else None
        door = self._door("secc") if "secc" in plan.roles else None
        return LiveHands(hardware, door, self._ask if place.by_hand(plan) else None)

    def _order(self, line: str) -> None:
        self._children.say("bench", line)

    def _ask(self, what: str) -> None:
        self.seen.watch.note(what)

    def _hear(self, said: Said) -> None:
        if said.who == "bench" and said.event == "listening":
            self._plug = int(str(said.fields["port"]))
            return
        if said.who in self._logs:
            with self._logs[said.who].open("a", encoding="utf-8") as log:
                log.write((said.text or said.line) + "\n")
        if said.event == "development_error":
            where, what = said.fields.get("where"), said.fields.get("what")
            self._troubles.append(f"{said.who}: {where}: {what}")
        if not said.event and said.text:
            self._troubles.append(f"{said.who}: {said.text}")
        self.seen.hear(said)

    # How it went

    def _verdict(self, wall: float, traces: dict[Path, Intact]) -> Verdict:
        seen, plan = self.seen, self._plan
        seen.cannot_start = seen.cannot_start or self._died()
        ended = Ended(
            results=self._counted("evcc"),
            station=self._counted("secc"),
            soc=seen.soc,
            said=frozenset(seen.said),
            trouble=frozenset(seen.trouble) if "evcc" in plan.roles else None,
            most_amps=seen.most_amps,
            amps=seen.amps if not seen.busy and self._story.quiet_since else 0.0,
            untold=self._story.untold,
            cannot_start=seen.cannot_start,
        )
        wrong = [*judged(plan.scenario.expect, ended), *self._undone]
        wrong += [f"{path.name}: {told}" for path, told in traces.items() if not told.intact]
        outcome = Outcome(tuple(seen.results), tuple(seen.by_role.get("secc", ())), tuple(wrong))
        return verdict(seen.watch, outcome, wall)

    def _counted(self, who: str) -> tuple[SessionResult, ...] | None:
        """At a foreign peer, without a scenario, only how it ended at last."""
        if who not in self._plan.roles:
            return None
        results = tuple(self.seen.by_role[who])
        return results if self._plan.imposed else results[-1:]

    def _died(self) -> str:
        """A role that ended before it was asked to."""
        for who in self._plan.roles:
            if self._children.status.get(who, 0) > 0:
                words = [one for one in self._troubles if one.startswith(f"{who}: ")]
                told = words[-1] if words else f"{who}: see {self._logs[who]}"
                return f"{told} (status {self._children.status[who]})"
        return ""
