"""``v2g conformance``: list the cases, play them, write the page."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Final

from bsw.program.parser import did_you_mean
from tools.conformance.bench import Deviation
from tools.conformance.catalogue import everything, further, listed, newer
from tools.conformance.page import PASSED, page
from tools.conformance.requirements import ISO2, ISO20, ROOT
from tools.conformance.requirements import page as requirements_page
from tools.conformance.station.cases import Case

PAGE: Final = Path("docs/conformance.md")


def add(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True)
    listing = words.add_parser("list", help="id and title of every case")
    run = words.add_parser("run", help="play cases; all if none is named")
    run.add_argument("ids", nargs="*", metavar="ID", help="an id, or how ids begin")
    for word in (listing, run):
        word.add_argument("--json", action="store_true", help="one JSON object a case")
    write = words.add_parser("page", help="play all cases and write the table")
    write.add_argument("--out", type=Path, default=PAGE, help=f"default: {PAGE}")
    words.add_parser("requirements", help="write the tables of requirement ids and their proofs")


def run(arguments: argparse.Namespace) -> int:
    if arguments.word == "list":
        for case in everything():
            told = {"id": case.id, "title": case.title}
            print(json.dumps(told) if arguments.json else f"{case.id:<50} {case.title}")
        return 0
    if arguments.word == "page":
        return _write(arguments.out)
    if arguments.word == "requirements":
        for norm in (ISO2, ISO20):
            path = ROOT / "docs" / f"requirements-{norm.file}.md"
            path.write_text(requirements_page(norm), encoding="utf-8")
        return 0
    return _play(tuple(arguments.ids), as_json=arguments.json)


def result_of(case: Case) -> str:
    """``passed``, or what was wrong."""
    try:
        case.play()
    except Deviation as deviation:
        return f"failed: {deviation}"
    return PASSED


def _play(prefixes: tuple[str, ...], *, as_json: bool) -> int:
    cases = list(everything())
    unknown = [one for one in prefixes if not any(case.id.startswith(one) for case in cases)]
    for one in unknown:
        near = did_you_mean(one, [case.id for case in cases])
        print(f"v2g conformance: no case {one!r}{near}; v2g conformance list", file=sys.stderr)
    if unknown:
        return 2
    chosen = [case for case in cases if not prefixes or case.id.startswith(prefixes)]
    began, failed = time.monotonic(), 0
    for case in chosen:
        result = result_of(case)
        failed += result != PASSED
        told = {"id": case.id, "title": case.title, "passed": result == PASSED, "result": result}
        print(json.dumps(told) if as_json else f"{case.id:<50} {result}", flush=as_json)
    took = time.monotonic() - began
    out = sys.stderr if as_json else sys.stdout
    print(f"{len(chosen) - failed} of {len(chosen)} passed in {took:.1f} s", file=out)
    return 1 if failed else 0


def _write(out: Path) -> int:
    results = {case.id: result_of(case) for case in everything()}
    out.write_text(page(listed(), further(), newer(), results), encoding="utf-8")
    failed = sum(result != PASSED for result in results.values())
    print(f"{out}: {len(results) - failed} of {len(results)} passed")
    return 1 if failed else 0
