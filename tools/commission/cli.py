"""``v2g commission``: walks through one device and writes down what was measured and expected."""

import argparse
import platform
import sys
import time
from pathlib import Path

from bsw.base_config import TraceConfig
from bsw.base_host import open_base
from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.commission.backend import BackendWalk
from tools.commission.record import FORMS, Head, Verdict, write
from tools.commission.walk import Walk

MODELS: dict[str, type[EvccConfig] | type[SeccConfig]] = {
    "evcc": EvccConfig,
    "secc": SeccConfig,
    "backend": SeccConfig,
}


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The ECU must not run meanwhile, and nothing may be plugged in.  The lock moves; "
        "contactors are permitted for a moment and must stay open; the modem gets a new key."
    )
    parser.add_argument(
        "role",
        choices=sorted(MODELS),
        help="the device's part; backend takes a station into service at its back end (ocpp.url)",
    )
    parser.add_argument(
        *("-c", "--config"), action="append", default=[], type=Path, metavar="FILE",
        help="the device's configuration; several are read in order",
    )  # fmt: skip
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="one setting (repeatable)"
    )
    parser.add_argument(
        "--within", type=float, default=60.0, metavar="SECONDS",
        help="backend: so long each step may take; default: 60",
    )  # fmt: skip
    endings = ", ".join(FORMS)
    parser.add_argument(
        *("-o", "--out"), type=Path, metavar="FILE", help=f"write the protocol here ({endings})"
    )


def run(arguments: argparse.Namespace) -> int:
    out: Path | None = arguments.out
    if out is not None and out.suffix.lower() not in FORMS:
        print(f"v2g commission: --out {out}: end it in {', '.join(FORMS)}", file=sys.stderr)
        return 2
    try:
        loaded = load(MODELS[arguments.role], tuple(arguments.config), tuple(arguments.set))
    except ConfigurationError as error:
        print(f"v2g commission: the configuration cannot be used\n{error}", file=sys.stderr)
        return 2
    log = loaded.config.log.model_copy(update={"level": "error"})
    quiet = {"trace": TraceConfig(file=None), "log": log}
    config = loaded.config.model_copy(update=quiet)
    base = open_base(config, alone=False)
    steps = []
    within = arguments.within
    walk: Walk | BackendWalk = Walk(base, config)
    if arguments.role == "backend" and isinstance(config, SeccConfig):
        walk = BackendWalk(base, config, within=within)
    for step in walk.steps():
        print(step, flush=True)
        steps.append(step)
    base.clock.close()
    if out is not None:
        files = tuple(str(path) for path in arguments.config)
        date = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        write(out, Head(arguments.role, platform.node(), files, date), steps)
    bad = [step.name for step in steps if step.verdict is Verdict.WRONG]
    print(f"{len(bad)} wrong: {', '.join(bad)}" if bad else "all is as expected")
    return 1 if bad else 0
