"""``v2g trace``: check session traces, look into them, compare, export and play them again."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bsw.os.clock import S
from bsw.program.hostfault import status_of, told
from bsw.trace_file import verify
from tools.capture.events import Event
from tools.capture.inputs import secrets_of
from tools.capture.sources import Unreadable, events
from tools.capture.wire.packets import NotACapture
from tools.trace.values import value_text


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = commands.add_parser("check", help="walk the chain; name the first broken record")
    show = commands.add_parser("show", help="print the records, one line each")
    for command in (check, show):
        command.add_argument("files", nargs="+", type=Path, metavar="FILE")
        command.add_argument("--json", action="store_true", help="one JSON object a line")
    check.set_defaults(act=_each(_check, _check_json))
    show.set_defaults(act=_each(_show, _show_json))
    _add_filter(commands)
    _add_diff(commands)
    _add_export(commands)
    _add_replay(commands)


def _add_filter(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("filter", help="print only some records, as they are")
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument("--kind", action="append", default=[], help="message, can, stage ...")
    command.add_argument("--name", action="append", default=[], help="of a message, a CAN frame")
    command.add_argument("--since", type=float, default=0.0, metavar="SECONDS", help="of the trace")
    command.add_argument("--until", type=float, metavar="SECONDS", help="of the trace")
    command.set_defaults(act=_filter)


def _add_diff(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("diff", help="where two records of a session part; 1 if they do")
    command.add_argument("one", type=Path, metavar="FILE")
    command.add_argument("other", type=Path, metavar="FILE", help="traces, captures, logs")
    command.add_argument("--exact", action="store_true", help="another amount is a difference, too")
    command.set_defaults(act=_diff)


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("export", help="as a capture, a table, or lines of JSON")
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument("out", type=Path, metavar="OUT", help="name.pcapng, name.csv, name.jsonl")
    command.set_defaults(act=_export)


def _add_replay(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "replay", help="one side of a record against our own other side, in simulated time"
    )
    command.add_argument("file", type=Path, metavar="FILE", help="trace, capture or log")
    command.add_argument(
        "--against", choices=["station", "vehicle"], action="append", help="ours; default: both"
    )
    command.add_argument("-k", "--keys", type=Path, metavar="FILE", help="TLS secrets")
    command.set_defaults(act=_replay)


_NO_RECORD = "not a record"


def run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.act(arguments)
    except (Unreadable, NotACapture) as error:
        print(f"v2g trace: {error}", file=sys.stderr)
        return 2
    return status


Act = Callable[[argparse.Namespace], int]


def _each(plain: Callable[[Path], int], as_json: Callable[[Path], int]) -> Act:
    def act(arguments: argparse.Namespace) -> int:
        do = as_json if arguments.json else plain
        return max(_attempt(do, path) for path in arguments.files)

    return act


def _attempt(do: Callable[[Path], int], path: Path) -> int:
    """One that cannot be read does not keep the others from being looked at."""
    try:
        return do(path)
    except OSError as error:
        print(f"v2g trace: {told(error)}", file=sys.stderr)
        return status_of(error)


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
            except (ValueError, RecursionError):
                print(f"v2g trace: {path}: not a record: {line.strip()[:60]}", file=sys.stderr)
                status = 1
                continue
            print(json.dumps(record))
    return status


def _show(path: Path) -> int:
    """The records in words; 1 if a line is none."""
    status = 0
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in shown(lines):
            status |= line.lstrip().startswith(_NO_RECORD)
            print(line)
    return status


def shown(lines: Iterator[str]) -> Iterator[str]:
    """Seconds since the first record, kind, fields."""
    start: int | None = None
    for line in lines:
        record = _record(line)
        if record is None:
            yield f"           {_NO_RECORD}: {line.strip()[:60]}"
        elif "kind" in record:
            start = record["time"] if start is None else start
            fields = record["fields"].items()
            text = "  ".join(f"{name} {value_text(value)}" for name, value in fields)
            yield f"{(record['time'] - start) / S:10.6f}  {record['kind']:8} {text}"


def _record(line: str) -> dict[str, Any] | None:
    """A record, or the seam between two files, which has no kind."""
    try:
        record = json.loads(line)
        if "continued" not in record and "continues" not in record:
            record["time"] = int(record["time"])
            record["kind"], record["fields"] = str(record["kind"]), dict(record["fields"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    found: dict[str, Any] = record
    return found


def _filter(arguments: argparse.Namespace) -> int:
    start: int | None = None
    found = 0
    with arguments.file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            record = _record(line)
            if record is None or "kind" not in record:
                continue
            start = record["time"] if start is None else start
            if _wanted(record, (record["time"] - start) / S, arguments):
                found += 1
                print(line.rstrip("\n"))
    return 0 if found else 1


def _wanted(record: dict[str, Any], seconds: float, arguments: argparse.Namespace) -> bool:
    fields = record["fields"]
    names = {str(fields.get("name")), str(fields.get("frame"))}
    return (
        (not arguments.kind or record["kind"] in arguments.kind)
        and (not arguments.name or bool(names & set(arguments.name)))
        and seconds >= arguments.since
        and (arguments.until is None or seconds <= arguments.until)
    )


def _diff(arguments: argparse.Namespace) -> int:
    from tools.trace.differ import parting  # noqa: PLC0415 - only here

    one, other = (_from_the_beginning(path) for path in (arguments.one, arguments.other))
    found = parting(one, other, exact=arguments.exact)
    if found.amounts:
        told = ", ".join(f"{name} {count}" for name, count in found.amounts.most_common())
        print(f"amounts that differ: {told}")
    print(f"{found.same} messages alike; {found.first or 'they never part'}")
    return 1 if found.first else 0


def _from_the_beginning(path: Path) -> Iterator[Event]:
    start: int | None = None
    for event in events(path):
        start = event.when if start is None else start
        yield replace(event, when=event.when - start)


def _export(arguments: argparse.Namespace) -> int:
    from tools.trace import export  # noqa: PLC0415 - only here

    if arguments.out.suffix.lower() not in export.FORMS:
        known = ", ".join(export.FORMS)
        print(f"v2g trace: {arguments.out}: one of {known} at the end says how", file=sys.stderr)
        return 2
    export.write(arguments.out, events(arguments.file))
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    from tools.trace.playing import play  # noqa: PLC0415 - brings both roles with it

    keys = secrets_of(arguments.keys)
    wanted = arguments.against or ["station", "vehicle"]
    return play(arguments.file, events(arguments.file, keys), wanted)
