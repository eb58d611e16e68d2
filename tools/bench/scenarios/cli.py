"""``v2g bench list`` and ``v2g bench schema``: the scenarios there are, and how to write one."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from bsw.ecuc.tree import ConfigurationError
from bsw.program.hostfault import at
from tools.bench.scenarios.find import NoScenario, place, read, shipped
from tools.bench.scenarios.schema import SCHEMA, document
from tools.bench.scenarios.words import CONDITIONS, VERBS


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "scenario", nargs="?", metavar="SCENARIO", help="a name or a file: show it, and check it"
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help=f"copy it to FILE, to be changed, and the schema for editors beside it ({SCHEMA})",
    )
    parser.add_argument("--words", action="store_true", help="what a story may order and wait for")
    parser.add_argument("--json", action="store_true", help="for a program")


def run(arguments: argparse.Namespace) -> int:
    if arguments.words:
        return _words(as_json=arguments.json)
    if arguments.to:
        return _copy(arguments.scenario or "charge", arguments.to)
    if arguments.scenario:
        return _one(arguments.scenario, as_json=arguments.json)
    told = [(name, one.title, one.about.strip()) for name, one in shipped()]
    if arguments.json:
        print(
            json.dumps(
                [{"name": name, "title": title, "about": about} for name, title, about in told]
            )
        )
        return 0
    width = max(len(name) for name, _, _ in told)
    for name, title, _ in told:
        print(f"{name:{width}}  {title}")
    return 0


def _one(said: str, *, as_json: bool) -> int:
    try:
        scenario = read(said)
    except (NoScenario, ConfigurationError) as error:
        print(f"v2g bench list: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(scenario.model_dump_json(exclude_unset=True))
    else:
        print(place(said).read_text(encoding="utf-8"), end="")
    return 0


def _copy(said: str, to: Path) -> int:
    """What was there before stays: it may be somebody's work."""
    try:
        text = place(said).read_text(encoding="utf-8")
    except (NoScenario, OSError) as error:
        print(f"v2g bench list: {error}", file=sys.stderr)
        return 2
    if to.is_file():
        print(f"v2g bench list: {to} is there already; name another file", file=sys.stderr)
        return 2
    beside = to.with_name(SCHEMA)
    with at(to):
        to.write_text(text, encoding="utf-8")
        beside.write_text(document(), encoding="utf-8")
    print(f"{to}: play it with v2g bench run {shlex.quote(str(to))}; {beside} is for your editor")
    return 0


def _words(*, as_json: bool) -> int:
    orders = {name: (one.takes, one.meaning) for name, one in VERBS.items()}
    awaited = {name: (takes, meaning) for name, (takes, meaning, _) in CONDITIONS.items()}
    if as_json:
        print(json.dumps({"do": orders, "when": awaited}))
        return 0
    for title, words in (("do:", orders), ("when:", awaited)):
        print(title)
        for name, (takes, meaning) in words.items():
            print(f"  {f'{name} {takes}'.rstrip():38} {meaning}")
    return 0
