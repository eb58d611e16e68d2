"""``v2g tables``: write the pages of the sequence tables."""

import argparse
from pathlib import Path
from typing import Final

from bsw.chrgm.protocols import SPOKEN
from bsw.program.hostfault import at
from tools.dev.tables.page import page

FOLDER: Final = Path("docs/protocols")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder, default: {FOLDER}")


def run(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    for spoken in SPOKEN:
        path = folder / f"{spoken.name}.md"
        with at(path):
            path.write_text(page(spoken.table), encoding="utf-8")
        print(path)
    return 0
