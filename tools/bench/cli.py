"""``v2g bench``: the world in which two ECUs charge, or only the hardware around them."""

import argparse

from bsw.program.parser import Parser

COMMANDS = {
    "run": ("tools.bench.run.cli", "play the main job: a vehicle and a station, with a live view"),
    "hardware": (
        "tools.bench.hardware.cli",
        "a simulated vehicle and a station's power module on their buses; type 'help' in it",
    ),
    "web": ("tools.bench.web.cli", "the same world in a browser, with hands on it"),
    "list": ("tools.bench.scenarios.cli", "which scenarios there are; show and check one"),
    "schema": ("tools.bench.scenarios.schema", "a JSON schema of scenarios, for editors"),
    "faults": ("tools.bench.faults", "list the faults that can be made by name"),
}


def add(parser: Parser) -> None:
    parser.epilog = "To measure: v2g measure."
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, purpose) in COMMANDS.items():
        commands.add_parser(name, help=purpose, description=purpose).put_off(module, "act")


def run(arguments: argparse.Namespace) -> int:
    status: int = arguments.act(arguments)
    return status
