"""Measures the whole bench on simulated time: both ECUs, both buses, line, plug and hardware.

Processor time only: how many simulated seconds one core works off in a second of its own.
"""

import time

from tools.bench.world.whole import Bench
from tools.dev.measure.figures import keep

SET_UP = 25.0
"""From plug-in to the steady loop: matching, discovery, cable check, pre-charge."""

CHARGE = 60.0
RUNS = 3


def main() -> None:
    set_up, charge = [], []
    for _ in range(RUNS):
        bench = Bench().start()
        bench.run(1.0)
        bench.plug()
        set_up.append(_times(bench, SET_UP))
        charge.append(_times(bench, CHARGE))
    for what, found in (("whole system, set-up", set_up), ("whole system, charging", charge)):
        print(f"{what:34} {max(found):9.1f} times real time, best of {RUNS}")
        keep(what, max(found), "times real time")


def _times(bench: Bench, seconds: float) -> float:
    began = time.process_time()
    bench.run(seconds)
    return seconds / (time.process_time() - began)


if __name__ == "__main__":
    main()
