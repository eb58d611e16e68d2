"""``v2g fuzz station|vehicle``: attacks on our own ECUs over real sockets, with figures."""

from __future__ import annotations

import argparse
import multiprocessing
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bsw.program.hostfault import sentence
from tools.bench.run.bench import CannotPrepare
from tools.fuzz.figures import Figures
from tools.fuzz.findings import NAME
from tools.fuzz.plan import Plan, end_on_interrupt

FOLDER = Path("run/fuzz")
SECURE_EACH = 4
"""Of so many vehicles the last one uses TLS."""


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="target", metavar="TARGET", required=True)
    for target, what in (
        ("station", "a hostile vehicle at our station, at every state"),
        ("vehicle", "a hostile station before our vehicle, at every state"),
    ):
        one = commands.add_parser(target, help=what, description=f"{what.capitalize()}.")
        one.add_argument("--seconds", type=float, help="end after so long (default: 60)")
        one.add_argument(
            "--requests", type=int, metavar="N", help="end after so many hostile messages"
        )
        one.add_argument("--seed", type=int, default=1, help="of all that is random (1)")
        one.add_argument(
            "--ecus", type=int, default=1, metavar="N", help="so many ECUs side by side (1)"
        )
        if target == "vehicle":
            one.add_argument(
                "--tls", action="store_true", help="over TLS alone; else each fourth ECU does so"
            )
        one.add_argument(
            "--out", type=Path, default=FOLDER, metavar="FOLDER", help=f"for logs ({FOLDER})"
        )


def run(arguments: argparse.Namespace) -> int:
    """0 if nothing was found."""
    if arguments.ecus < 1:
        print("v2g fuzz: --ecus is 1 or more", file=sys.stderr)
        return 2
    figures = Figures()
    try:
        for one in _played(_attack(arguments.target), plans(arguments)):
            figures.add(one)
    except (CannotPrepare, OSError) as error:
        print(f"v2g fuzz: {sentence(error)}", file=sys.stderr)
        return 1
    for line in figures.lines():
        print(line)
    if figures.findings:
        kept = arguments.out / arguments.target / NAME
        print(f"with the octets of their sessions, earlier runs' as well: {kept}")
    return 1 if figures.findings else 0


def plans(arguments: argparse.Namespace) -> list[Plan]:
    """The share of each ECU; without any bound the run ends after a minute."""
    bounded = arguments.seconds is not None or arguments.requests is not None
    whole = Plan(
        seconds=arguments.seconds if bounded else 60.0,
        requests=arguments.requests,
        seed=arguments.seed,
        folder=arguments.out / arguments.target,
    )
    count, alone = arguments.ecus, getattr(arguments, "tls", False)
    share = None if whole.requests is None else -(-whole.requests // count)
    return [
        replace(
            whole,
            requests=share,
            seed=whole.seed * 1_000 + number,
            folder=whole.folder / str(number),
            secure=alone or number % SECURE_EACH == SECURE_EACH - 1,
        )
        for number in range(count)
    ]


Attack = Callable[[Plan], Figures]


def _attack(target: str) -> Attack:
    if target == "station":
        from tools.fuzz.station import attack_station  # noqa: PLC0415 - only what is played

        return attack_station
    from tools.fuzz.vehicle import attack_vehicle  # noqa: PLC0415 - the same

    return attack_vehicle


def _played(attack: Attack, all_plans: list[Plan]) -> list[Figures]:
    before = signal.getsignal(signal.SIGINT)
    try:
        if len(all_plans) == 1:
            end_on_interrupt()
            return [attack(all_plans[0])]
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # each of them hears it as well
        spawning = multiprocessing.get_context("spawn")
        with spawning.Pool(len(all_plans), initializer=end_on_interrupt) as pool:
            return pool.map(attack, all_plans, chunksize=1)
    finally:
        signal.signal(signal.SIGINT, before)
