"""``python -m tools.island table|build``: make the forms of the rules, or the island's process."""

import sys

from tools.island.build import FIRMWARE, ROOT, CannotBuild, program
from tools.island.table import FORMS, read


def table() -> int:
    if not FIRMWARE.is_dir():
        print("island: firmware/ is part of the source tree only", file=sys.stderr)
        return 1
    rules = read(ROOT)
    for name, form in FORMS.items():
        (ROOT / name).write_text(form(rules), encoding="utf-8")
        print(name)
    return 0


def build() -> int:
    try:
        print(program("-O2"))
    except CannotBuild as error:
        print(f"island: {error}", file=sys.stderr)
        return 1
    return 0


COMMANDS = {"table": table, "build": build}

if __name__ == "__main__":
    chosen = COMMANDS.get(sys.argv[1] if len(sys.argv) == 2 else "")
    sys.exit("usage: python -m tools.island table|build" if chosen is None else chosen())
