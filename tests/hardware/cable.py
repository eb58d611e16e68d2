"""A cable between two plugs that are island processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.island.process import IslandProcess

SHOWN = {0: 2740, 1: 882, 2: 246}
DRIVEN = {0: 0, 1: 10_000, 3: 0}


@contextmanager
def cable(vehicle: IslandProcess, station: IslandProcess) -> Iterator[None]:
    """What a cable does between two plugs that are processes."""
    over = threading.Event()

    def carry() -> None:
        while not over.wait(0.01):
            shows, drives = vehicle.get(), station.get()
            station.tell(load=SHOWN[shows["show"]])
            vehicle.tell(duty=DRIVEN.get(drives["drive"], drives["duty"]))

    vehicle.tell(plugged=1, ohm=220)
    station.tell(load=2740, ohm=220)
    thread = threading.Thread(target=carry)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
