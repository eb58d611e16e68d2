"""``v2g trace``: check the hash chain of session traces, or print them for reading."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from bsw.trace_file import verify
from tools.bench.run.view import value_text


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = commands.add_parser("check", help="walk the chain; name the first broken record")
    show = commands.add_parser("show", help="print the records, one line each")
    for command in (check, show):
        command.add_argument("files", nargs="+", type=Path, metavar="FILE")
        command.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    words = {"check": (_check, _check_json), "show": (_show, _show_json)}
    do = words[arguments.action][arguments.json]
    return max(_attempt(do, path) for path in arguments.files)


def _attempt(do: Callable[[Path], int], path: Path) -> int:
    try:
        return do(path)
    except OSError as error:
        print(f"v2g trace: {path}: {error.strerror}", file=sys.stderr)
        return 1


def _check(path: Path) -> int:
    verdict = verify(path)
    print(f"{path}: {verdict}")
    return 0 if verdict.intact else 1


def _check_json(path: Path) -> int:
    verdict = verify(path)
    told = {"file": str(path), "intact": verdict.intact, "text": str(verdict), **asdict(verdict)}
    print(json.dumps(told))
    return 0 if verdict.intact else 1


def _show_json(path: Path) -> int:
    """The records as they are; 1 if a line is none."""
    status = 0
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                print(f"v2g trace: {path}: not a record: {line.strip()[:60]}", file=sys.stderr)
                status = 1
                continue
            print(json.dumps(record))
    return status


def _show(path: Path) -> int:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in shown(lines):
            print(line)
    return 0


def shown(lines: Iterator[str]) -> Iterator[str]:
    """Seconds since the first record, kind, fields."""
    start: int | None = None
    for line in lines:
        try:
            record = json.loads(line)
            if "continued" in record or "continues" in record:
                continue  # the seam between two files
            time, kind, fields = int(record["time"]), record["kind"], record["fields"].items()
        except (ValueError, TypeError, KeyError, AttributeError):
            yield f"           not a record: {line.strip()[:60]}"
            continue
        start = time if start is None else start
        text = "  ".join(f"{name} {value_text(value)}" for name, value in fields)
        yield f"{(time - start) / 1e9:10.6f}  {kind:8} {text}"
