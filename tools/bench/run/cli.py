"""``v2g bench run``: play the main job and say how it went."""

import argparse
import shlex
import sys
from pathlib import Path

from tools.bench.run import bench
from tools.bench.run.play import Plan, Play, Result
from tools.bench.run.view import verdict_line, view_for
from tools.capture.rules import Judge
from tools.capture.sources import events
from tools.report.page import write


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("run"), metavar="FOLDER", help="for the traces (run)"
    )
    parser.add_argument("--evcc", type=Path, metavar="FILE", help="a configuration of the vehicle")
    parser.add_argument("--secc", type=Path, metavar="FILE", help="a configuration of the station")
    parser.add_argument("--soc", type=float, default=79.9, help="the battery at first, in %%")
    parser.add_argument("--target", type=float, default=80.0, help="what it is charged to, in %%")
    parser.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS")
    parser.add_argument("--plain", action="store_true", help="lines only, also on a terminal")


def run(arguments: argparse.Namespace) -> int:
    plan = Plan(
        out=arguments.out,
        evcc=arguments.evcc,
        secc=arguments.secc,
        soc=arguments.soc,
        target=arguments.target,
        timeout=arguments.timeout,
    )
    try:
        result = Play(plan, view_for(sys.stdout, plain=arguments.plain)).run()
    except OSError as error:
        print(f"v2g bench run: {arguments.out}: {error.strerror}", file=sys.stderr)
        return 1
    told(result)
    pages(arguments.out)
    return 1 if result.reason else 0


def pages(out: Path) -> None:
    """Where a person looks next.  What cannot be written costs the run nothing."""
    capture, page = out / bench.CAPTURE, out / bench.REPORT
    if not capture.exists():
        return
    try:
        write(page, "The main job", Judge().judged(events(capture)))
    except OSError as error:
        print(f"  no report: {page}: {error.strerror}")
    else:
        print(f"  {page}: the session in a browser, with what broke a rule")
    print(f"  {capture}: decrypted in Wireshark, or: v2g decode {shlex.quote(str(capture))}")


def told(result: Result) -> None:
    print()
    if result.reason:
        print(verdict_line(good=False, text=f"failed: {result.reason}"))
    else:
        print(verdict_line(good=True, text=f"ok: {result.outcome}"), f"({result.seconds:.1f} s)")
    for path, verdict in result.traces.items():
        print(f"  {path}: {verdict}")
