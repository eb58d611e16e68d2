"""``v2g measure``: measures everything in the table below, one room after the other."""

import argparse
import json
import sys
import traceback
from contextlib import nullcontext, redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from bsw.program.hostfault import at, told
from tools.dev.measure.figures import LEDGER, NoFigures, ratios, read, save

BENCHES = {
    "whole": (
        "tools.dev.measure.whole",
        "both ECUs with buses and hardware, simulated, by processor time",
    ),
    "rest": ("tools.dev.measure.rest", "processor time of an ECU at rest and while it charges"),
    "loop": (
        "tools.dev.measure.loop",
        "lateness of a 5 ms task, wake-up by a socket, simulated time",
    ),
    "start": ("tools.dev.measure.start", "time from start to first scheduler tick, memory"),
    "config": ("tools.dev.measure.config", "loading a configuration from YAML and from ARXML"),
    "net": (
        "tools.dev.measure.net",
        "SDP request to TCP open, frames there and back, V2GTP reader",
    ),
    "slac": ("tools.dev.measure.slac", "plug-in to D-LINK_READY on the simulated line"),
    "csm": ("tools.dev.measure.csm", "signatures per second, software and token"),
    "exi": ("tools.dev.measure.exi", "microseconds per message in both forms, loading, objects"),
    "tls": ("tools.dev.measure.tls", "handshakes by profile and key driver, memory"),
    "keym": ("tools.dev.measure.keym", "making, reading and judging certificates, the store"),
    "can": ("tools.dev.measure.can", "frames to signals and back, cost of a busy bus"),
    "outlets": (
        "tools.endure.measure",
        "an OCPP station with 32 outlets that tell each second, and what it holds",
    ),
    "ocpp": (
        "tools.dev.measure.ocpp",
        "OCPP messages read, checked and written; building the types",
    ),
    "newer": (
        "tools.dev.measure.newer",
        "ISO 15118-20 over TLS 1.3 with P-521: set-up time, turn-around",
    ),
    "session": ("tools.dev.measure.session", "a 30 min charge simulated, turn-around, set-up time"),
}
"""Name, module with a ``main()`` that prints medians, and what it measures."""


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHES)} (default: all)"
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the figures in a file")
    parser.add_argument(
        "--compare", type=Path, metavar="FILE", help="print ratios to the figures in a file"
    )
    parser.add_argument(
        "--json", action="store_true", help="only the figures, as one JSON object; the rest as log"
    )
    parser.add_argument("--list", action="store_true", help="say what there is to measure")


def run(arguments: argparse.Namespace) -> int:
    unknown = [name for name in arguments.names if name not in BENCHES]
    if unknown:
        print(f"v2g measure: no bench {unknown[0]!r}; known: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    if arguments.list:
        for name, (_, what) in BENCHES.items():
            print(f"{name:10} {what}")
        return 0
    try:
        before = read(arguments.compare) if arguments.compare else None
    except NoFigures as wrong:
        print(f"v2g measure: {wrong}", file=sys.stderr)
        return 2
    with redirect_stdout(sys.stderr) if arguments.json else nullcontext():
        results = [_measured(name) for name in arguments.names or BENCHES]
    if arguments.json:
        figures = {name: [one.value, one.unit] for name, one in LEDGER.figures.items()}
        print(json.dumps({"figures": figures}))
    if before is not None and not arguments.json:
        print("\n== compared with", arguments.compare)
        for told in ratios(LEDGER.figures, before):
            print(told)
    if arguments.save and not _saved(arguments.save):
        return 1
    return 0 if all(results) else 1


def _saved(file: Path) -> bool:
    try:
        with at(file):
            save(LEDGER.figures, file)
    except OSError as error:  # what was measured is on the screen; it is not lost
        print(f"v2g measure: {told(error)}", file=sys.stderr)
        return False
    return True


def _measured(name: str) -> bool:
    """One that fails does not keep the others from running."""
    module, what = BENCHES[name]
    LEDGER.bench = name
    print(f"\n== {name}: {what}", flush=True)
    if find_spec(module) is None:
        print(f"v2g measure: {module} is not here", file=sys.stderr)
        return False
    try:
        import_module(module).main()
    except BrokenPipeError:
        raise
    except Exception:  # noqa: BLE001 - the others shall still be measured
        traceback.print_exc()
        return False
    return True
