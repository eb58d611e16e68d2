"""``v2g slac``: run either half of the matching, or a simulated power line."""

import argparse
import sys

from bsw.net.host.rawsocket import RawSocketUnavailable
from tools.slac.ask import add_ask_options, run_ask
from tools.slac.host import add_host_options, run_host
from tools.slac.keys import add_decode_options, add_key_options, run_decode, run_key
from tools.slac.plc import add_modem_options, run_modem
from tools.slac.settings import BadSetting, run_settings
from tools.slac.sim import add_sim_options, run_sim


def add(parser: argparse.ArgumentParser) -> None:
    roles = parser.add_subparsers(dest="role", metavar="COMMAND", required=True)
    for role, whose in (("ev", "vehicle"), ("evse", "station")):
        host = roles.add_parser(role, help=f"match as the {whose}, on a real interface (root)")
        add_host_options(host)
        host.set_defaults(command=run_host)
    listing = roles.add_parser("settings", help="all timers, counters and switches")
    listing.set_defaults(command=run_settings)
    for name, purpose, options, command in (
        (
            "modem",
            "simulate modems and line between interfaces (root)",
            add_modem_options,
            run_modem,
        ),
        (
            "ask",
            "ask the own modem for version and link, or reset it (root)",
            add_ask_options,
            run_ask,
        ),
        ("sim", "vehicle and stations in simulated time", add_sim_options, run_sim),
        ("key", "NMK and NID from a password or a key", add_key_options, run_key),
        ("decode", "name the fields of management frames", add_decode_options, run_decode),
    ):
        one = roles.add_parser(name, help=purpose)
        options(one)
        one.set_defaults(command=command)


def run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.command(arguments)
    except RawSocketUnavailable as error:
        print(f"v2g slac: {error.strerror}", file=sys.stderr)
        return 1
    except BadSetting as error:
        print(f"v2g slac: {error}", file=sys.stderr)
        return 2
    return status
