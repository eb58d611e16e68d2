"""``v2g run``: play the main job and say how it went."""

import argparse
import sys
from pathlib import Path

from tools.run.play import Plan, Play, Result
from tools.run.view import verdict_line, view_for


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("run"), metavar="FOLDER", help="for the traces (run)"
    )
    parser.add_argument("--evcc", metavar="FILE", help="a configuration of the vehicle")
    parser.add_argument("--secc", metavar="FILE", help="a configuration of the station")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--plain", action="store_true", help="lines only, also on a terminal")


def run(arguments: argparse.Namespace) -> int:
    plan = Plan(arguments.out, _config(arguments.evcc), _config(arguments.secc), arguments.timeout)
    try:
        result = Play(plan, view_for(sys.stdout, plain=arguments.plain)).run()
    except OSError as error:
        print(f"v2g run: {arguments.out}: {error.strerror}", file=sys.stderr)
        return 1
    report(result)
    return 1 if result.reason else 0


def _config(path: str | None) -> tuple[str, ...]:
    return ("-c", path) if path is not None else ()


def report(result: Result) -> None:
    print()
    if result.reason:
        print(verdict_line(good=False, text=f"failed: {result.reason}"))
    else:
        print(verdict_line(good=True, text=f"ok: {result.outcome}"), f"({result.seconds:.1f} s)")
    for path, verdict in result.traces.items():
        print(f"  {path}: {verdict}")
