"""Plays one scenario after the other in a thread of its own, and takes orders meanwhile.

Everything about a world happens in that thread; others put words in, and read the last picture.
"""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from typing import Any, Final

from bsw.os.clock import S
from tools.bench.run.simulated import Pace
from tools.bench.run.watch import watching
from tools.bench.scenarios.model import PricePart, Scenario
from tools.bench.scenarios.player import LOOK, Player
from tools.bench.scenarios.words import order
from tools.bench.web.signals import BusWatch

PICTURE: Final = 0.2
"""Seconds between two pictures."""

MOST_POINTS: Final = 2000
_NAP: Final = 0.01
_FOR_EVER: Final = 10**6 * S
_CAN_EACH: Final = 5
"""CAN signals are in each fifth picture."""


class Director:
    """``play`` begins anew; ``do``, ``price`` and ``speed`` are about the world that stands."""

    def __init__(self, scenario: Scenario, speed: float) -> None:
        self.picture = "{}"
        self.serial = 0
        self._acts: Queue[Callable[[], None]] = Queue()
        self._over = threading.Event()
        self._speed = speed
        self._scratch = TemporaryDirectory(prefix="pilotwire-")
        self._begin(scenario)
        self._thread = threading.Thread(target=self._run, name="bench", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Both ECUs end in order."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(30)
        self._player.close()
        self._scratch.cleanup()

    # From any thread.  What is wrong with the words is said at once.

    def play(self, scenario: Scenario) -> None:
        self._acts.put(lambda: self._again(scenario))

    def do(self, text: str) -> None:
        """``BadWords`` if it is no order."""
        read = order(text)
        self._acts.put(lambda: self._player.do(read))

    def price(self, prices: tuple[PricePart, ...]) -> None:
        """The station has another schedule, and wants to agree on it."""
        self._acts.put(lambda: self._player.price(prices))

    def speed(self, speed: float) -> None:
        def change() -> None:
            self._speed = speed
            self._pace = Pace(speed)

        self._acts.put(change)

    # In the thread

    def _begin(self, scenario: Scenario) -> None:
        lasting = scenario.model_copy(update={"linger": _FOR_EVER, "within": _FOR_EVER})
        self._player = Player(lasting, Path(self._scratch.name))
        self._watch = watching(self._player)
        self._bus = BusWatch(self._player.pair)
        self._signals: dict[str, Any] = {}
        self._pace = Pace(self._speed)
        self._age = 0
        self._course: list[list[float]] = []

    def _again(self, scenario: Scenario) -> None:
        self._player.close()
        self._begin(scenario)

    def _run(self) -> None:
        drawn, real, virtual = 0.0, time.monotonic(), self._player.now
        while not self._over.is_set():
            self._take_orders()
            self._advance()
            now = time.monotonic()
            if now - drawn < PICTURE:
                continue
            if self._player.now < virtual:
                virtual = 0
            self._watch.speed = (self._player.now - virtual) / S / max(now - real, 1e-6)
            drawn, real, virtual = now, now, self._player.now
            self._draw()

    def _take_orders(self) -> None:
        try:
            while True:
                self._acts.get_nowait()()
        except Empty:
            return

    def _advance(self) -> None:
        due = self._pace.due(slowly=False)
        if due < LOOK:
            time.sleep(_NAP)
            return
        before = self._player.now
        self._player.advance(min(due, S))
        self._pace.spent(self._player.now - before)
        self._watch.look()

    def _draw(self) -> None:
        if self._age % _CAN_EACH == 0:
            self._signals = self._bus.signals()
        self._age += 1
        scene = self._watch.scene().as_json()
        self._remember(scene)
        told = {
            **scene,
            "can": self._signals,
            "can_frames": self._bus.count,
            "wanted_speed": int(self._speed),
            "age": self._age,
        }
        self.picture = json.dumps(told, ensure_ascii=False)
        self.serial += 1

    def _remember(self, scene: dict[str, Any]) -> None:
        """For the curves of a page that is opened later; ever coarser."""
        station = scene["station"]
        now = [scene["seconds"], scene["soc_percent"], scene["power_kw"]]
        self._course.append([*now, station["volts_v"], station["amps_a"]])
        if len(self._course) > MOST_POINTS:
            self._course = self._course[::2]

    @property
    def history(self) -> list[list[float]]:
        """By curve: seconds, state of charge, power, voltage, current."""
        rows = list(self._course)
        return [[row[place] for row in rows] for place in range(5)]
