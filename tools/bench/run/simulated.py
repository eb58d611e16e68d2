"""Plays a scenario on the virtual clock in front of somebody's eyes: at a pace, with a picture.

Virtual time runs as fast as it is wanted and as this machine can; what was reached is told.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bsw.os.clock import S
from bsw.private_file import create
from ecu.simulated import TODAY
from tools.bench.run.bench import CAPTURE
from tools.bench.run.plain import SceneView
from tools.bench.run.scene import CHARGING
from tools.bench.run.verdict import Verdict, verdict
from tools.bench.run.watch import watching
from tools.bench.scenarios.model import Scenario
from tools.bench.scenarios.player import LOOK, Player

if TYPE_CHECKING:
    from types import ModuleType

DEFAULT_SPEED: Final = 150.0
"""Half an hour in a good ten seconds, where the machine can."""

SLOWER: Final = 15.0
"""What happens before and after the charging itself is shown so many times slower."""

_PICTURE: Final = 0.12
"""Seconds between two pictures."""

_LONGEST: Final = 2 * S
"""Of virtual time between two looks at the other clock."""

_SHORTEST_NAP: Final = 0.005


@dataclass(frozen=True, slots=True)
class Played:
    """``interrupted``: by Ctrl-C, and everything ended in order."""

    verdict: Verdict
    interrupted: bool = False
    capture: Path | None = None
    title: str = ""
    traces: Mapping[str, str] = field(default_factory=dict)
    """Whether each is whole, with its digest."""


class Pace:
    """How much virtual time is due.  ``speed`` 0: as fast as it goes."""

    def __init__(self, speed: float, now: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._now = now
        self._owed = 0.0  # virtual seconds
        self._last = now()

    def due(self, *, slowly: bool) -> int:
        """Nanoseconds that may pass at once; what could not be played in time is let go."""
        if not self.speed:
            return _LONGEST
        now = self._now()
        rate = self.speed / SLOWER if slowly else self.speed
        self._owed = min(self._owed + (now - self._last) * rate, _LONGEST / S)
        self._last = now
        return round(self._owed * S)

    def spent(self, nanoseconds: int) -> None:
        self._owed -= nanoseconds / S


def _csms() -> "ModuleType":
    from tools.bench.run import csms  # noqa: PLC0415 - brings OCPP with it

    return csms


class Simulation:
    """``play`` blocks until the scenario is over, or Ctrl-C."""

    def __init__(
        self,
        scenario: Scenario,
        out: Path,
        speed: float,
        view: SceneView,
        *,
        csms: bool = False,
    ) -> None:
        self._out = out
        self._view = view
        self._pace = Pace(speed)
        self._speed = speed
        out.mkdir(parents=True, exist_ok=True)
        for name in ("evcc.trace.jsonl", "secc.trace.jsonl", CAPTURE):
            (out / name).unlink(missing_ok=True)
        if csms:
            scenario = _csms().with_backend(scenario, out)
        self.player = Player(scenario, out, record=out)
        self.watch = watching(self.player)
        if csms:
            self.watch.back_end = _csms().BackEndDesk(self.player.pair, TODAY)

    def play(self) -> Played:
        began = time.monotonic()
        interrupted = False
        try:
            self._until_over(began)
        except KeyboardInterrupt:
            interrupted = True
        wall = time.monotonic() - began
        self._view.show(self.watch.scene())
        self._view.close()
        outcome = self.player.outcome()
        told = verdict(self.watch, outcome, wall)
        self.player.close()
        self._keep()
        capture = self._out / CAPTURE
        title = self.player.scenario.title
        return Played(told, interrupted, capture if capture.exists() else None, title)

    def _until_over(self, began: float) -> None:
        player, drawn, real, virtual = self.player, 0.0, began, self.player.now
        while not player.over:
            due = self._pace.due(slowly=not self._charging)
            if due < LOOK:
                time.sleep(_SHORTEST_NAP)
            else:
                before = player.now
                player.advance(due)
                self._pace.spent(player.now - before)
                self.watch.look()
            now = time.monotonic()
            if now - drawn >= _PICTURE:
                if now > real:
                    self.watch.speed = (player.now - virtual) / S / (now - real)
                real, virtual, drawn = now, player.now, now
                self._view.show(self.watch.scene())

    @property
    def _charging(self) -> bool:
        return self.watch.phases[CHARGING].state == "runs"

    def _keep(self) -> None:
        """Both traces, as the ECUs write theirs."""
        pair = self.player.pair
        for who, base in (("evcc", pair.vehicle_base), ("secc", pair.station_base)):
            base.trace.end(status=int(base.process.status or 0))
            path = self._out / f"{who}.trace.jsonl"
            os.close(create(path))  # for its owner alone
            with path.open("w", encoding="utf-8") as file:
                file.writelines(record.line for record in base.memory.records)
