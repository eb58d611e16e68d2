"""``v2g wireshark``: install the dissector, and give it what our decoder reads of a capture."""

import argparse
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from bsw.program.hostfault import at, sentence, status_of
from tools.capture.inputs import FAULTS, UNUSABLE, secrets_of
from tools.capture.sources import events
from tools.monitor.judge import Judge
from tools.wireshark.table import lines

LUA: Final = "v2gtp.lua"
COLOURS: Final = "v2g.colorfilters"
TABLE: Final = "v2gtp.table.lua"


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    install = commands.add_parser("install", help="put dissector and colour rules where it looks")
    install.add_argument("--folder", type=Path, help="instead of the person's own plugins")
    install.set_defaults(act=_install)
    table = commands.add_parser("table", help="write what our decoder reads of captures, for Lua")
    table.add_argument("files", nargs="+", type=Path, metavar="FILE")
    table.add_argument("-o", "--out", type=Path, default=Path(TABLE), help="default: %(default)s")
    table.add_argument("-k", "--keys", type=Path, metavar="FILE", help="TLS secrets")
    table.set_defaults(act=_table)
    show = commands.add_parser("open", help="open a capture with the values of our decoder in it")
    show.add_argument("file", type=Path, metavar="FILE")
    show.add_argument("-k", "--keys", type=Path, metavar="FILE", help="TLS secrets")
    show.add_argument("--with", dest="program", default="wireshark", help="tshark, for instance")
    show.add_argument("rest", nargs=argparse.REMAINDER, help="further words for that program")
    show.set_defaults(act=_open)


def run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.act(arguments)
    except FAULTS as error:
        print(f"v2g wireshark: {sentence(error)}", file=sys.stderr)
        return status_of(error) if isinstance(error, OSError) else UNUSABLE
    return status


def plugins() -> Path:
    """A person's own, where Wireshark looks on Linux and macOS."""
    return Path.home() / ".local" / "lib" / "wireshark" / "plugins"


def _install(arguments: argparse.Namespace) -> int:
    folder = arguments.folder or plugins()
    folder.mkdir(parents=True, exist_ok=True)
    for name in (LUA, COLOURS):
        text = files("tools.wireshark").joinpath(name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{folder / LUA}: dissector; values of our decoder are read from {folder / TABLE}")
    print(f"{folder / COLOURS}: colour rules, for View, Coloring Rules, Import")
    return 0


def _table(arguments: argparse.Namespace) -> int:
    write_table(arguments.out, arguments.files, arguments.keys)
    print(f"{arguments.out}: for -X lua_script1:{arguments.out}, or beside the installed dissector")
    return 0


def write_table(out: Path, captures: list[Path], keys: Path | None) -> None:
    secrets = secrets_of(keys)
    judged = (one for path in captures for one in Judge().judged(events(path, secrets)))
    rows = lines(judged)
    first = next(rows)  # a capture that cannot be read leaves no table behind
    with at(out), out.open("w", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in (first, *rows))


def _open(arguments: argparse.Namespace) -> int:
    program = shutil.which(arguments.program)
    if program is None:
        print(f"v2g wireshark: no {arguments.program} here; install it", file=sys.stderr)
        return 1
    table = arguments.file.with_suffix(arguments.file.suffix + ".table.lua")
    write_table(table, [arguments.file], arguments.keys)
    dissector = str(files("tools.wireshark").joinpath(LUA))
    words = [program, "-X", f"lua_script:{dissector}", "-X", f"lua_script1:{table}"]
    if arguments.keys:
        words += ["-o", f"tls.keylog_file:{arguments.keys}"]
    words += ["-r", str(arguments.file), *arguments.rest]
    return subprocess.run(words, check=False).returncode
