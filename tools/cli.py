"""The ``v2g`` command: one word per group of tools, loaded only when it is named."""

import argparse
import sys
from importlib import import_module

from bsw.cli import Version
from bsw.parser import STATUSES, Parser

GROUPS = {
    "run": ("tools.bench.run.cli", "play the main job: a vehicle and a station, with a live view"),
    "api": ("tools.api.cli", "list, call and watch the north side of a running role"),
    "decode": ("tools.capture.cli", "captures and logs as a conversation, and what is wrong in it"),
    "trace": ("tools.trace.cli", "check the hash chain of session traces, or print them"),
    "exi": ("tools.exi.cli", "decode, encode, check and measure EXI"),
    "schema": ("tools.dev.schema.cli", "generate the message classes from the official schemas"),
    "pki": ("tools.pki.cli", "make test PKIs, explain chains, replay crypto vectors"),
    "hsm": ("tools.hsm.cli", "provision a PKCS#11 token"),
    "slac": ("tools.slac.cli", "run either half of the SLAC matching, or a simulated power line"),
    "sdp": ("tools.sdp.cli", "look for a station, or answer as one"),
    "arxml": ("tools.arxml.cli", "generate AUTOSAR definitions, defaults, system descriptions"),
    "dbc": ("tools.dbc.cli", "document signal matrices, start a mapping, watch a CAN bus"),
    "vehicle": ("tools.bench.hardware.cli", "run a simulated vehicle and a station's power module"),
    "conformance": ("tools.conformance.cli", "test a station or a vehicle by scripted cases"),
    "tables": ("tools.dev.tables.cli", "write the sequence tables as diagrams and timer lists"),
    "doctor": ("tools.doctor.cli", "look at this machine, and hold a configuration against it"),
    "fuzz": ("tools.fuzz.cli", "attack our own station or vehicle over real sockets"),
    "soak": ("tools.fuzz.soak", "both roles, one good session after the other, with figures"),
    "bench": ("tools.dev.measure.cli", "measure: medians and ratios, pure and compiled"),
}


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    named = words[0] if words and words[0] in GROUPS else None
    parser = Parser(
        prog="v2g",
        description="Pilotwire's tools.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    groups = parser.add_subparsers(dest="group", metavar="GROUP", required=True)
    for name, (_, purpose) in GROUPS.items():
        group = groups.add_parser(name, help=purpose, description=purpose)
        if name == named:
            module = import_module(GROUPS[name][0])
            module.add(group)
            group.set_defaults(run=module.run)
    arguments = parser.parse_args(words)
    try:
        status: int = arguments.run(arguments)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        from bsw.hostfault import told  # noqa: PLC0415 - rare

        print(f"v2g {arguments.group}: {told(error)}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    raise SystemExit(main())
