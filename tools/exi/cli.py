"""``v2g exi``: the words of the command line."""

from __future__ import annotations

import argparse

from bsw import exi
from tools.exi import bench, check, decode
from tools.exi.inputs import FORMS
from tools.fuzz.blows import exi as exi_fuzz

CACHE = ".cache/fuzz/exi"
COMMANDS = {
    "decode": decode.decode,
    "encode": decode.encode,
    "check": check.check,
    "bench": bench.bench,
    "fuzz": exi_fuzz.fuzz,
}


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _decode(commands.add_parser("decode", help="octets to XML, JSON or Python"))
    _encode(commands.add_parser("encode", help="XML or JSON to octets"))
    checker = commands.add_parser("check", help="vector files against the codec")
    checker.add_argument("files", nargs="+", metavar="FILE")
    _form(checker, "all")
    benched = commands.add_parser("bench", help="microseconds per message")
    benched.add_argument("file", metavar="FILE")
    benched.add_argument("--json", action="store_true", help="figures as JSON")
    _form(benched, "all")
    _fuzz(commands.add_parser("fuzz", help="damaged messages by the million"))


def _fuzz(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("seeds", nargs="*", metavar="FILE", help="vector files; default: corpus")
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=1, help="of the random damage")
    parser.add_argument("--guided", action="store_true", help="follow coverage, with atheris")
    parser.add_argument("--folder", default=CACHE, help=f"where inputs gather ({CACHE})")


def run(arguments: argparse.Namespace) -> int:
    if arguments.command == "decode" and not arguments.format:
        arguments.format = "json" if arguments.batch else "xml"
    return COMMANDS[arguments.command](arguments)


def _decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", nargs="*", help="hex, base64, a file, or - (V2GTP frames too)")
    parser.add_argument("--batch", metavar="FILE", help="JSON lines with schema, exi, fragment")
    parser.add_argument("--input-form", choices=FORMS, default="auto", help="what the input is")
    parser.add_argument(
        "--format", choices=("xml", "json", "repr"), help="xml, or json for --batch"
    )
    parser.add_argument("--strict", action="store_true", help="tolerate no known deviation")
    parser.add_argument("--loose", action="store_true", help="tolerate lengths and bounds too")
    parser.add_argument("--trailing", action="store_true", help="tolerate octets after the message")
    _schema(parser)
    _form(parser, "best")


def _encode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", help="an XML or JSON text, a file, or -")
    parser.add_argument("--output", metavar="FILE", help="write the octets there")
    parser.add_argument("--base64", action="store_true", help="print base64 instead of hex")
    parser.add_argument("--frame", action="store_true", help="put the V2GTP header in front")
    parser.add_argument("--ends", action="store_true", help="write empty values as EXIficient does")
    parser.add_argument(
        "--unchecked", action="store_true", help="let wrong lengths and bounds pass"
    )
    _schema(parser)


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--schema", help=f"{', '.join(exi.SETS)}; guessed when not given")
    parser.add_argument("--fragment", action="store_true", help="an element on its own, as signed")


def _form(parser: argparse.ArgumentParser, default: str) -> None:
    choices = ("best", "pure", "compiled") if default == "best" else ("all", "pure", "compiled")
    parser.add_argument("--form", choices=choices, default=default, help="which build of the codec")
