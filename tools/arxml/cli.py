"""``v2g arxml``: generate the ARXML files that come with the product, or one for your own bus."""

import argparse
import sys
from pathlib import Path

from bsw.ecuc.arxml.lines import CannotWrite
from bsw.program.hostfault import at
from can_adapter.matrix.model import find, load
from can_adapter.matrix.specs import MatrixError
from tools.arxml.files import generated
from tools.arxml.system import Bus, CannotDescribe, system_document

FOLDER = Path("arxml")


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    generate = commands.add_parser("generate", help="write the files that come with the product")
    generate.add_argument("--output", type=Path, default=FOLDER, help="default: %(default)s")
    generate.add_argument("--check", action="store_true", help="only say whether they are right")
    generate.set_defaults(act=_generate)
    system = commands.add_parser("system", help="describe a CAN bus in ARXML from its matrices")
    system.add_argument("matrix", type=Path, nargs="+", help="DBC files, or names of shipped ones")
    system.add_argument("-o", "--output", type=Path, help="default: the standard output")
    system.add_argument("--name", default="bus", help="the package; default: %(default)s")
    system.add_argument("--baudrate", type=int, default=500_000, help="default: %(default)s")
    system.add_argument("--data-baudrate", type=int, default=2_000_000, help="default: %(default)s")
    system.set_defaults(act=_system)


def run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.act(arguments)
    except (MatrixError, CannotDescribe, CannotWrite, ValueError) as error:
        print(f"v2g arxml: {error}", file=sys.stderr)
        return 2
    return status


def _generate(arguments: argparse.Namespace) -> int:
    stale = 0
    for name, make in generated().items():
        path, text = arguments.output / name, make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            print(f"{path}: up to date")
        elif arguments.check:
            stale += 1
            print(f"{path}: not up to date; run v2g arxml generate")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with at(path):
                path.write_text(text, encoding="utf-8")
            print(f"{path}: wrote {text.count(chr(10))} lines")
    return 1 if stale else 0


def _system(arguments: argparse.Namespace) -> int:
    matrix = load(find(path) for path in arguments.matrix)
    bus = Bus(arguments.name, matrix, arguments.baudrate, arguments.data_baudrate)
    text = system_document(bus)
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        with at(arguments.output):
            arguments.output.write_text(text, encoding="utf-8")
    return 0
