"""``python -m tools.island``: make the forms of the rules, or the island's process, or try it hard.

``fuzz`` and ``deadline`` run the C core with the sanitizers: octets by chance against its protocol,
and hosts that die while 100 A flow, on simulated time.
"""

import argparse
import subprocess
import sys

from tools.island.build import FIRMWARE, ROOT, CannotBuild, checker, program
from tools.island.table import FORMS, read

TRIES = {"fuzz": 10_000_000, "deadline": 1_000}


def table() -> int:
    if not FIRMWARE.is_dir():
        print("island: firmware/ is part of the source tree only", file=sys.stderr)
        return 1
    rules = read(ROOT)
    for name, form in FORMS.items():
        (ROOT / name).write_text(form(rules), encoding="utf-8")
        print(name)
    return 0


def tried(name: str, count: int, seed: int) -> int:
    return subprocess.run([checker(name), str(count), str(seed)], check=False).returncode


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.island")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("table", help="C and Python forms of firmware/pilot_table.yaml")
    commands.add_parser("build", help="the island as a process; prints where it lies")
    for name, what in (("fuzz", "octets by chance"), ("deadline", "hosts that die")):
        tries = commands.add_parser(name, help=f"{what} against the core, with sanitizers")
        tries.add_argument("count", type=int, nargs="?", default=TRIES[name], help="%(default)s")
        tries.add_argument("--seed", type=int, default=7, help="%(default)s")
    said = parser.parse_args(words)
    try:
        if said.command == "table":
            return table()
        if said.command == "build":
            print(program("-O2"))
            return 0
        return tried(said.command, said.count, said.seed)
    except CannotBuild as error:
        print(f"island: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
