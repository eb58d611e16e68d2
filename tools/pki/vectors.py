"""``v2g pki vectors FILE...``: worked crypto examples, calculated again."""

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.pki.replay import deliveries, signatures
from tools.pki.replay.book import Edition, Section, edition
from tools.pki.replay.keys import replay_certificates, replay_pairs
from tools.pki.replay.ledger import TROUBLE, Case, Ledger

_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="JSON, or the same in .gz"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="name what passed, too")


def run(args: argparse.Namespace) -> int:
    failed = 0
    for path in args.files:
        try:
            document = read(path)
        except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            told = f"{path}: no JSON document: {error}; name a file of worked examples"
            print(f"v2g pki vectors: {told}", file=sys.stderr)
            return 2
        cases = replay(document)
        for case in cases:
            if case.problem:
                print(f"FAILED {case.name}: {case.problem}")
            elif args.verbose:
                print(f"passed {case.name}")
        bad = sum(1 for case in cases if case.problem)
        print(f"{len(cases) - bad} passed, {bad} failed")
        failed += bad
        if not cases:
            print(f"v2g pki vectors: {path}: holds no case of a known kind", file=sys.stderr)
            return 2
    return 1 if failed else 0


def read(path: Path) -> Mapping[str, Any]:
    octets = path.read_bytes()
    if path.suffix == ".gz":
        octets = gzip.decompress(octets)
    document = json.loads(octets.decode("utf-8", "replace"))
    return document if isinstance(document, dict) else {}


def replay(document: Mapping[str, object]) -> list[Case]:
    """Every case of the file.  What has no known form but holds octets counts as failed."""
    ledger = Ledger()
    for name, section in Section(document).sections():
        place = ledger.under(name)
        try:
            found = edition(name, section)
        except TROUBLE as error:
            place.fail("reading", f"{type(error).__name__}: {error}")
            continue
        replay_pairs(place.under("keys"), found.pairs)
        replay_certificates(place.under("certificates"), found)
        for word, case in found.cases.items():
            _replay_case(place.under(word), found, case)
    return ledger.cases


def _replay_case(ledger: Ledger, found: Edition, case: Section) -> None:
    try:
        if deliveries.is_delivery(case):
            deliveries.replay(ledger, found, case)
        elif signatures.is_signed(case):
            signatures.replay(ledger, found, case)
        elif any(_is_octets(value) for value in case.fields.values()):
            ledger.fail("kind", "neither a key delivery nor a signed message")
    except TROUBLE as error:
        ledger.fail("reading", f"{type(error).__name__}: {error}")


def _is_octets(value: object) -> bool:
    return isinstance(value, str) and len(value) >= 16 and set(value) <= _HEXADECIMAL
