"""``v2g schema``: message modules from the official XSD files."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from bsw.program.hostfault import at
from tools.dev.schema.generate import generate
from tools.dev.schema.plan import COMMON_TYPES, MODULES, XMLDSIG, Module
from tools.dev.schema.xsd import SchemaError, read_all

TARGET = Path(__file__).parents[3] / "bsw" / "chrgm" / "messages"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("schemas", type=Path, help="folder with the XSD files, in their subfolders")
    parser.add_argument("--output", type=Path, default=TARGET, help="write below this folder")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a module would change"
    )
    parser.add_argument(
        "--amendment",
        metavar="NAME=FILE",
        help="print the module for one more schema, e.g. iso20.ac_der=iso_15118_20/V2G_CI_X.xsd",
    )


def run(arguments: argparse.Namespace) -> int:
    schemas: Path = arguments.schemas
    try:
        if arguments.amendment:
            return _amendment(schemas, arguments.amendment)
        texts = generate(schemas)
    except SchemaError as error:
        print(f"v2g schema: {error}; name the folder with the official XSD files", file=sys.stderr)
        return 2
    if not texts:
        roots = ", ".join(sorted({module.root for module in MODULES}))
        print(f"v2g schema: no schema in {schemas}; expected {roots}", file=sys.stderr)
        return 2
    if arguments.check:
        return _check(texts, arguments.output)
    for path, text in texts.items():
        (arguments.output / path).parent.mkdir(parents=True, exist_ok=True)
        with at(arguments.output / path):
            (arguments.output / path).write_text(text, encoding="utf-8")
        print(f"{arguments.output / path}: {text.count(chr(10))} lines")
    return 0


def _check(texts: dict[str, str], output: Path) -> int:
    changed = 0
    for path, text in texts.items():
        place = output / path
        current = place.read_text(encoding="utf-8") if place.is_file() else ""
        if current != text:
            changed += 1
            lines = current.splitlines(), text.splitlines()
            print("\n".join(difflib.unified_diff(*lines, str(place), "generated", lineterm="")))
    print(f"{len(texts) - changed} modules as generated, {changed} differ")
    return 1 if changed else 0


def _amendment(schemas: Path, wanted: str) -> int:
    name, _, root = wanted.partition("=")
    if not (schemas / root).is_file():
        print(f"v2g schema: {schemas / root} is not there; name one that is", file=sys.stderr)
        return 2
    known = {ns for module in MODULES for ns in module.namespaces} | {XMLDSIG, COMMON_TYPES}
    own = tuple(schema.ns for schema in read_all(schemas / root) if schema.ns not in known)
    if not own:
        own = (read_all(schemas / root)[-1].ns,)
    modules = [module for module in MODULES if not set(module.namespaces) & set(own)]
    texts = generate(schemas, [*modules, Module(name, root, own, f"The messages of {own[-1]}.")])
    print(texts[name.replace(".", "/") + ".py"], end="")
    return 0
