"""The ``v2g sdp`` commands: words to functions, errors to sentences."""

import argparse
import sys

from bsw.program.hostfault import told
from tools.sdp.find import add_find, find
from tools.sdp.serve import add_serve, serve


def add(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", metavar="COMMAND", required=True)
    finder = words.add_parser("find", help="ask for a station as a vehicle does")
    add_find(finder)
    finder.set_defaults(command=find)
    server = words.add_parser("serve", help="answer as a station does")
    add_serve(server)
    server.set_defaults(command=serve)


def run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.command(arguments)
    except OSError as error:
        print(f"v2g sdp: {told(error)}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"v2g sdp: {error}", file=sys.stderr)
        return 2
    return status
