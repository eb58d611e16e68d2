"""``v2g completion``: what a shell needs to complete the words of our three commands."""

import argparse
import sys
from importlib import import_module

from bsw.program import cli as roles
from bsw.program.parser import Parser

PROGRAMS = ("v2g", "evcc", "secc")
SHELLS = ("bash", "zsh", "tcsh")
_HOW = """\
for this shell:    eval "$(v2g completion bash)"
for all to come:   v2g completion bash > ~/.local/share/bash-completion/completions/v2g"""


def add(parser: Parser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _HOW
    parser.add_argument("shell", choices=SHELLS, help="for which shell")
    parser.add_argument("--for", dest="program", choices=PROGRAMS, default="v2g", help="of which")


def run(arguments: argparse.Namespace) -> int:
    try:
        shtab = import_module("shtab")
    except ModuleNotFoundError:
        remedy = "pip install 'pilotwire[completion]'"
        print(f"v2g completion: it needs shtab, which is not here: {remedy}", file=sys.stderr)
        return 1
    print(shtab.complete(grown(words_of(arguments.program)), shell=arguments.shell))
    return 0


def words_of(program: str) -> Parser:
    if program == "v2g":
        whole: Parser = import_module("tools.cli").parser()
        return whole
    return roles.parser(import_module(f"{program}.cli").ROLE)


def grown(parser: Parser) -> Parser:
    """With everything that is put off until it is named."""
    parser.complete()
    for action in parser._actions:  # noqa: SLF001 - argparse tells it in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            for below in action.choices.values():
                grown(below)
        elif isinstance(action.choices, dict):  # shtab takes that for words with words below
            action.choices = tuple(action.choices)
    return parser
