"""``v2g bench run --live``: both ECUs as processes on real sockets, in real time."""

import argparse
import shlex
import sys
from pathlib import Path

from tools.bench.run import bench
from tools.bench.run.pages import report_of
from tools.bench.run.play import Plan, Play, Result
from tools.bench.run.view import verdict_line, view_for


def run(arguments: argparse.Namespace) -> int:
    if arguments.scenario or arguments.json or arguments.speed is not None:
        word = arguments.scenario or ("--json" if arguments.json else "--speed")
        print(f"v2g bench run: {word} is for the simulation; leave out --live", file=sys.stderr)
        return 2
    if arguments.csms:
        print(
            "v2g bench run: --csms is for the simulation; start v2g csms and name it in a file for "
            "--secc (ocpp.url)",
            file=sys.stderr,
        )
        return 2
    usual = Plan(arguments.out)
    plan = Plan(
        out=arguments.out,
        evcc=arguments.evcc,
        secc=arguments.secc,
        soc=usual.soc if arguments.soc is None else arguments.soc,
        target=usual.target if arguments.target is None else arguments.target,
        timeout=usual.timeout if arguments.timeout is None else arguments.timeout,
    )
    result = Play(plan, view_for(sys.stdout, plain=arguments.plain)).run()
    told(result)
    pages(arguments.out)
    return 1 if result.reason else 0


def pages(out: Path) -> None:
    """Where a person looks next."""
    capture = out / bench.CAPTURE
    if not capture.exists():
        return
    page = report_of(out, capture, "The main job")
    if page is not None:
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
