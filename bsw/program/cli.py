"""The command line both roles share: ``run``, ``check``, ``doctor``.

A role says its name, its configuration model and how to run; loading is put off until a command
needs it, so that ``--help`` costs nothing.
"""

import argparse
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from bsw.program.ending import Ending, unusable
from bsw.program.parser import STATUSES, Parser

if TYPE_CHECKING:
    from bsw.base_config import BaseConfig
    from bsw.ecuc.load import Loaded

M = TypeVar("M", bound="BaseConfig")

FAILED, RESET = 1, 75

_WHILE_STARTING = (5_000, 20, 1_000)
"""For the collector: what is made now stays, so it looks at young objects only, and seldom."""


@dataclass(frozen=True, slots=True)
class Role(Generic[M]):
    name: str
    purpose: str
    model: Callable[[], type[M]]
    run: Callable[["Loaded[M]"], int]


def main(role: Role[M], argv: list[str] | None = None) -> int:
    """Run one command; the exit status comes back, and no traceback ever leaves here for a
    mistake in the configuration or on the command line.
    """

    def work() -> int:
        arguments = parser(role).parse_args(sys.argv[1:] if argv is None else argv)
        status: int = arguments.command(role, arguments)
        return status

    return Ending(role.name).of(work)


def parser(role: Role[M]) -> Parser:
    """All words of a role."""
    top = Parser(
        prog=role.name,
        description=role.purpose,
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    run = commands.add_parser("run", help="run the ECU", description="Run the ECU.")
    check = commands.add_parser(
        "check",
        help="validate a configuration and print the effective one",
        description="Validate a configuration and print the effective one; values that differ "
        "from the default carry the place they came from.",
    )
    doctor = commands.add_parser(
        "doctor",
        help="say what this machine and installation have and lack",
        description="Say what this machine and installation have and lack.",
    )
    config = commands.add_parser("config", help="export the configuration as YAML or ARXML")
    config_commands = config.add_subparsers(metavar="COMMAND", required=True)
    export = config_commands.add_parser(
        "export",
        help="write the effective configuration so that it can be loaded again",
        description="Write the effective configuration so that it can be loaded again.",
    )
    kind = export.add_mutually_exclusive_group(required=True)
    kind.add_argument("--yaml", action="store_true", help="as a YAML file")
    kind.add_argument("--arxml", action="store_true", help="as an ECUC value file (AUTOSAR R22-11)")
    export.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: the standard output"
    )
    export.add_argument("--changed", action="store_true", help="only what differs from the default")
    for command, action in ((run, _run), (check, _check), (export, _export)):
        command.set_defaults(command=action)
        command.add_argument(
            "-c",
            "--config",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="a configuration file; several are read in order, later ones win",
        )
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="one value, for example --set log.level=debug; wins over all files",
        )
    doctor.set_defaults(command=_doctor)
    return top


class Version(argparse.Action):
    """Asks the installation only when somebody wants to know; that costs 30 ms."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from bsw.program.installation import installed  # noqa: PLC0415 - see above

        known = installed()
        print(f"{parser.prog} {known}" if known else f"{parser.prog}, a checkout not installed")
        parser.exit()


def _run(role: Role[M], arguments: argparse.Namespace) -> int:
    gc.set_threshold(*_WHILE_STARTING)
    from bsw.base import CannotStart  # noqa: PLC0415 - only this command needs it
    from bsw.ecuc.load import load  # noqa: PLC0415
    from bsw.ecuc.tree import ConfigurationError  # noqa: PLC0415

    try:
        files, settings = tuple(arguments.config), tuple(arguments.set)
        status = role.run(load(role.model(), files, settings, outside=False))
    except ConfigurationError as error:
        return unusable(role.name, error)
    except CannotStart as error:
        print(f"{role.name}: {error}", file=sys.stderr)
        return FAILED
    if status == RESET:
        from bsw.os.again import begin_again  # noqa: PLC0415 - rare

        begin_again()
    return status


def _check(role: Role[M], arguments: argparse.Namespace) -> int:
    from bsw.program.check import check  # noqa: PLC0415 - only this command needs it

    return check(role.name, role.model, arguments)


def _export(role: Role[M], arguments: argparse.Namespace) -> int:
    from bsw.program.export import export  # noqa: PLC0415 - only this command needs it

    return export(role.name, role.model, arguments)


def _doctor(_role: Role[M], _arguments: argparse.Namespace) -> int:
    from bsw.program.doctor import examine  # noqa: PLC0415 - only this command needs it

    findings = examine()
    for finding in findings:
        print(finding)
    return FAILED if any(finding.wrong for finding in findings) else 0
