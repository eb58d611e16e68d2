"""``v2g doctor``: the machine, the installation, and with ``-c`` a configuration on this machine.

What each look is good for is in ``tools.doctor.looks``; here they are only called and printed.
"""

import argparse
import json
import sys
from pathlib import Path

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError as Refusal
from bsw.program.doctor import Finding, examine
from evcc.config import EvccConfig
from secc.config import SeccConfig
from tools.doctor.looks import Wanted, look

MODELS: dict[str, type[EvccConfig] | type[SeccConfig]] = {"evcc": EvccConfig, "secc": SeccConfig}

Got = EvccConfig | SeccConfig | Refusal


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--config",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a configuration to hold against this machine; several are read in order",
    )
    parser.add_argument(
        "--role",
        choices=sorted(MODELS),
        help="whose configuration it is (default: each that it fits)",
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")


def run(arguments: argparse.Namespace) -> int:
    wanted = [Wanted()]
    if arguments.config:
        tried = _tried(tuple(arguments.config), arguments.role)
        wanted = [Wanted.of(got) for got in tried.values() if not isinstance(got, Refusal)]
        if not wanted:
            return _refused(tried)
    looked = dict.fromkeys(finding for one in wanted for finding in look(one))
    findings = [*examine(), *looked]
    if arguments.json:
        rows = [
            {"state": one.state.value.lower(), "what": one.what, "detail": one.detail}
            for one in findings
        ]
        print(json.dumps(rows, indent=2))
    else:
        _print(findings)
    return 1 if any(finding.wrong for finding in findings) else 0


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        print(finding)
    wrong = [finding.what for finding in findings if finding.wrong]
    print(f"{len(wrong)} wrong: {', '.join(wrong)}" if wrong else "nothing is wrong")


def _tried(files: tuple[Path, ...], role: str | None) -> dict[str, Got]:
    """As the configuration of each role: files that name little may fit both."""
    return {name: _loaded(name, files) for name in ((role,) if role else MODELS)}


def _loaded(role: str, files: tuple[Path, ...]) -> Got:
    try:
        return load(MODELS[role], files, outside=False).config
    except Refusal as refusal:
        return refusal


def _refused(tried: dict[str, Got]) -> int:
    """Of two refusals the shorter one is about the role that was meant."""
    refusals = {role: got for role, got in tried.items() if isinstance(got, Refusal)}
    role = min(refusals, key=lambda one: len(refusals[one].problems))
    why = f"as a configuration of {role} it cannot be used\n{refusals[role]}"
    print(f"v2g doctor: {why}", file=sys.stderr)
    return 2
