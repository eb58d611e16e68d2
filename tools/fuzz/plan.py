"""How long one attack goes on, from which seed, and where its logs lie."""

from __future__ import annotations

import random
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.fuzz.ecu import Ecu, Load
from tools.fuzz.figures import Figures
from tools.fuzz.findings import NAME, Findings

MOST_LOOKS: Final = 50
SAME: Final = 4
TELL_EACH: Final = 60.0
"""Seconds between two lines about how far it is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Whichever bound is reached first ends the run; ``None`` is no bound.

    ``secure`` is for vehicles: whether they ask for TLS.  A station has both doors.
    """

    seconds: float | None
    requests: int | None
    seed: int
    folder: Path
    secure: bool = False

    def kept(self) -> Findings:
        """Beside the folder, which the next run clears."""
        return Findings(self.folder.parent / NAME, self.seed)

    def over(self, figures: Figures, began: float) -> bool:
        """Whether it is, or somebody wants it to be; says now and then how far it is."""
        _PROGRESS.tell(self.folder, figures)
        if _PROGRESS.stopped:
            return True
        late = self.seconds is not None and time.monotonic() - began >= self.seconds
        return late or (self.requests is not None and figures.hostile >= self.requests)


class _Progress:
    """One process's word about itself, and the wish of a person to come to an end."""

    def __init__(self) -> None:
        self.stopped = False
        self._told = time.monotonic()

    def tell(self, folder: Path, figures: Figures) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EACH:
            self._told = now
            counts = f"{figures.hostile} hostile of {figures.sent} messages"
            print(
                f"v2g fuzz: {folder}: {counts}, {len(figures.findings)} findings", file=sys.stderr
            )


_PROGRESS: Final = _Progress()


def end_on_interrupt() -> None:
    """Ctrl-C ends the attack in order, so that what it counted is told."""

    def stop(_number: int, _frame: object) -> None:
        _PROGRESS.stopped = True

    signal.signal(signal.SIGINT, stop)


def free_ports(count: int) -> list[int]:
    """Asked for together, so that they differ."""
    socks = [socket.socket(socket.AF_INET6, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for sock in socks:
            sock.bind(("::", 0))
        return [int(sock.getsockname()[1]) for sock in socks]
    finally:
        for sock in socks:
            sock.close()


def chosen(rng: random.Random, places: Sequence[str]) -> str:
    """One of the places; the way to the far ones costs more, so they come less often."""
    return rng.choices(places, [1 / (2 + depth) for depth in range(len(places))])[0]


def rested(ecu: Ecu) -> Load:
    """What it holds once it has taken leave of its last visitors."""
    looks = [ecu.load()]
    while len(looks) < MOST_LOOKS and (len(looks) < SAME or len(set(_files(looks))) > 1):
        time.sleep(0.1)
        looks.append(ecu.load())
    return looks[-1]


def _files(looks: list[Load]) -> list[int]:
    """The latest counts of descriptors."""
    return [look.files for look in looks[-SAME:]]
