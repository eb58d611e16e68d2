"""How long one attack goes on, from which seed, and where its logs lie."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.fuzz.ecu import Ecu, Load
from tools.fuzz.figures import Figures

MOST_LOOKS: Final = 50
SAME: Final = 4


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

    def over(self, figures: Figures, began: float) -> bool:
        late = self.seconds is not None and time.monotonic() - began >= self.seconds
        return late or (self.requests is not None and figures.hostile >= self.requests)


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
