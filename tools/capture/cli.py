"""``v2g decode``: what vehicle and station said to each other, from whatever file it is in."""

import argparse
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bsw.os.clock import S
from bsw.program.hostfault import at
from tools.capture import inputs
from tools.capture.events import Event, Layer
from tools.capture.ladder import Ladder, shown
from tools.capture.words import Value
from tools.monitor.finding import Finding
from tools.monitor.judge import Judge

if TYPE_CHECKING:
    from tools.report.digest import Digest

Judged = tuple[Event, tuple[Finding, ...]]


def add(parser: argparse.ArgumentParser) -> None:
    inputs.add(parser)
    parser.add_argument("-v", "--values", action="store_true", help="every value on its own line")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--html",
        type=Path,
        metavar="REPORT",
        help="one page with curves, messages and findings; several files on one axis of time",
    )
    parser.add_argument(
        "--beside", action="store_true", help="beside the page what machines read: .json, .xml"
    )
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME",
        help="only this value over time, for example EVSEPresentVoltage; several as columns",
    )
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        choices=[layer.value.lower() for layer in Layer],
        help="only this layer; may be given several times",
    )
    parser.add_argument("--wrong", action="store_true", help="only what broke a rule")


def run(arguments: argparse.Namespace) -> int:
    given = inputs.Inputs(arguments, "decode")
    status = given.check()
    if status:
        return status
    if arguments.html and len(arguments.files) > 1:
        return _write_several(given, arguments)
    try:
        for name, found in given.each():
            judged = _chosen(Judge().judged(found), arguments)
            status = max(status, _print(name, judged, arguments))
    except inputs.FAULTS as error:
        return given.failed(error)
    return status


def _chosen(judged: Iterable[Judged], arguments: argparse.Namespace) -> Iterator[Judged]:
    layers = set(arguments.layer)
    for event, findings in judged:
        if layers and event.layer.value.lower() not in layers:
            continue
        if arguments.wrong and not findings:
            continue
        yield event, findings


def _print(name: str, judged: Iterable[Judged], arguments: argparse.Namespace) -> int:
    """1 if a rule was broken."""
    if arguments.html:
        return _write_report(name, judged, arguments)
    if arguments.field:
        return _print_fields(judged, arguments.field)
    if arguments.json:
        return _print_json(judged, live=bool(arguments.interface))
    ladder = Ladder(full=arguments.values, width=shutil.get_terminal_size((140, 24)).columns)
    count = wrong = 0
    live = bool(arguments.interface)
    for event, findings in judged:
        if not count:
            print(f"# {name}: {ladder.head(event)}")
        inputs.flushed(ladder.lines(event, findings), live=live)
        count += 1
        wrong += len(findings)
    print(f"# {count} events, {wrong} findings")
    return 1 if wrong else 0


def _write_report(name: str, judged: Iterable[Judged], arguments: argparse.Namespace) -> int:
    from tools.report.page import write  # noqa: PLC0415 - only for a report

    with at(arguments.html):
        digest = write(arguments.html, Path(name).name, judged)
    return _written(arguments, digest)


def _write_several(given: inputs.Inputs, arguments: argparse.Namespace) -> int:
    """Traces of both sides, a capture beside them: one report."""
    from tools.report.several import write  # noqa: PLC0415 - only for a report

    title = ", ".join(path.name for path in arguments.files)
    try:
        with at(arguments.html):
            digest = write(arguments.html, title, given.again())
    except inputs.FAULTS as error:
        return given.failed(error)
    return _written(arguments, digest)


def _written(arguments: argparse.Namespace, digest: "Digest") -> int:
    if arguments.beside:
        from tools.report.several import beside  # noqa: PLC0415 - only where it is wanted

        with at(arguments.html):
            beside(arguments.html, digest)
    print(f"{arguments.html}: {digest.count} events, {digest.findings} findings")
    return 1 if digest.findings else 0


def _print_json(judged: Iterable[Judged], *, live: bool) -> int:
    wrong = 0
    for event, findings in judged:
        wrong += len(findings)
        print(json.dumps(as_json(event, findings), ensure_ascii=False), flush=live)
    return 1 if wrong else 0


def as_json(event: Event, findings: Iterable[Finding]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "time": event.when,
        "layer": event.layer.value,
        "side": event.side.value,
        "name": event.name,
        "source": event.source,
        "destination": event.destination,
        "connection": event.connection,
        "schema": event.schema,
        "values": {value.path: _plain(value) for value in shown(event)},
        "octets": event.octets.hex(),
        "findings": [dict(finding._asdict()) for finding in findings],
    }
    return {name: value for name, value in told.items() if value not in ("", 0, {}, [])}


def _plain(value: Value) -> object:
    return {"value": value.value, "unit": value.unit} if value.unit else value.value


def _print_fields(judged: Iterable[Judged], names: list[str]) -> int:
    """Columns by tabulators: seconds, then the latest of each value, a line for each change."""
    print("\t".join(("seconds", *names)))
    latest = dict.fromkeys(names, "")
    start: int | None = None
    found = set()
    for event, _ in judged:
        start = event.when if start is None else start
        new = {
            name: f"{value.value}"
            for value in shown(event)
            for name in names
            if value.path == name or value.path.rpartition("/")[2] == name
        }
        if new:
            latest |= new
            found |= set(new)
            print("\t".join((f"{(event.when - start) / S:.6f}", *latest.values())))
    missing = [name for name in names if name not in found]
    for name in missing:
        print(f"v2g decode: no value {name!r} in it; -v shows their names", file=sys.stderr)
    return 1 if missing else 0
