"""``v2g api evcc|secc``: what a running role offers, its commands called, its variables heard."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.api.client import Client, Trouble
from tools.api.words import Unreadable, arguments

INTERFACES = {"evcc": "vehicle", "secc": "station"}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=INTERFACES)
    parser.add_argument(
        "--socket",
        type=Path,
        metavar="PATH",
        help="what api.socket of the role's configuration says (run/evcc.sock, run/secc.sock)",
    )
    words = parser.add_subparsers(dest="word", metavar="COMMAND", required=True)
    listed = words.add_parser("list", help="commands and variables, or one of them in full")
    listed.add_argument("name", nargs="?", metavar="NAME")
    call = words.add_parser("call", help="call a command, e.g. call update_soc SoC=55")
    call.add_argument("name", metavar="NAME")
    call.add_argument("arguments", nargs="*", metavar="KEY=VALUE")
    get = words.add_parser("get", help="the last value of a variable")
    get.add_argument("name", metavar="NAME")
    watch = words.add_parser("watch", help="print variables as they come, all of them by default")
    watch.add_argument("names", nargs="*", metavar="NAME")
    watch.add_argument("--count", type=int, metavar="N", help="end after so many values")
    watch.add_argument(
        "--quiet-for", type=float, metavar="SECONDS", help="end when nothing came for so long"
    )


def run(args: argparse.Namespace) -> int:
    path = args.socket or Path("run") / f"{args.role}.sock"
    try:
        with Client(path) as client:
            return _do(client, args)
    except (Trouble, Unreadable) as error:
        print(f"v2g api: {error}", file=sys.stderr)
    except TimeoutError:
        print(f"v2g api: {path}: no answer in time; is the role stopped?", file=sys.stderr)
    return 1


def _do(client: Client, args: argparse.Namespace) -> int:
    if args.word == "list":
        return _list(client.ask(list=True), args)
    if args.word == "call":
        result = client.ask(cmd=args.name, args=arguments(args.arguments))
        print("done" if result is None else _text(result))
    elif args.word == "get":
        print(_text(client.ask(get=args.name)))
    else:
        _watch(client, args)
    return 0


def _list(offered: dict[str, Any], args: argparse.Namespace) -> int:
    if offered["interface"] != INTERFACES[args.role]:
        raise Trouble(f"this is the {offered['interface']}'s door, not one of {args.role}")
    named = {**offered["commands"], **offered["variables"]}
    if args.name is not None:
        if args.name not in named:
            raise Trouble(f"{args.name!r} is neither a command nor a variable; list shows all")
        print(json.dumps(named[args.name], indent=2))
        return 0
    for title in ("commands", "variables"):
        print(f"{title}:")
        for name, one in offered[title].items():
            known = one.get("arguments", {}).get("properties", {})
            needed = set(one.get("arguments", {}).get("required", ()))
            words = " ".join(key if key in needed else f"[{key}]" for key in known)
            print(f"  {name} {words}".rstrip())
            print(f"      {one['meaning']}" + (f"  ({one['idle']})" if "idle" in one else ""))
    return 0


def _watch(client: Client, args: argparse.Namespace) -> None:
    for count, (name, value) in enumerate(client.watch(args.names, args.quiet_for), start=1):
        print(name if value is None else f"{name} {_text(value)}", flush=True)
        if count == args.count:
            return


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
