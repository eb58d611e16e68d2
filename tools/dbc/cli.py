"""``v2g dbc``: document the matrices, start a mapping, look at a bus."""

import argparse
import sys
from pathlib import Path
from textwrap import indent

from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.program.hostfault import at
from can_adapter.bus import BusUnavailable
from can_adapter.config import BusConfig
from can_adapter.drivers.choose import open_port
from can_adapter.matrix.model import SHIPPED, SHIPPED_STATION, load, shipped_matrix
from can_adapter.matrix.specs import MatrixError
from can_adapter.station.config import StationCanConfig
from tools.bench.hardware.options import add_bus_options, bus_config
from tools.dbc.page import page
from tools.dbc.template import template
from tools.dbc.watch import Watcher

PAGE = Path("docs") / "signals.md"
BOOK = Path("config") / "dbc"


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    signals = commands.add_parser("signals", help="write the page that documents every signal")
    signals.add_argument("--output", type=Path, default=PAGE, help="default: %(default)s")
    signals.add_argument("--check", action="store_true", help="only say whether it is up to date")
    signals.set_defaults(act=_signals)
    mapping = commands.add_parser("mapping", help="print a mapping to start from")
    mapping.add_argument("matrix", type=Path, nargs="*", help="your own; default: the shipped ones")
    mapping.add_argument("--station", action="store_true", help="for the power module's bus")
    mapping.add_argument(
        "--node",
        default="",
        metavar="NAME",
        help="what the matrix calls this ECU; only its "
        "messages are sent (default: one called like EVCC or CCU, if there is one)",
    )
    mapping.set_defaults(act=_mapping)
    watch = commands.add_parser("watch", help="show what changes on a bus, in words and units")
    watch.add_argument("matrix", type=Path, nargs="*", help="default: the shipped ones")
    watch.add_argument("--station", action="store_true", help="the power module's bus")
    watch.add_argument("--seconds", type=float, default=0.0, help="stop after so long; 0: never")
    add_bus_options(watch)
    watch.set_defaults(act=_watch)
    book = commands.add_parser("book", help="write the book that spares an ECU reading matrices")
    book.add_argument("folder", type=Path, nargs="?", default=BOOK, help="default: %(default)s")
    book.set_defaults(act=_book)
    interfaces = commands.add_parser("interfaces", help="list the bus interfaces of python-can")
    interfaces.set_defaults(act=_interfaces)


def run(arguments: argparse.Namespace) -> int:
    try:
        status: int = arguments.act(arguments)
    except (MatrixError, BusUnavailable) as error:
        print(f"v2g dbc: {error}", file=sys.stderr)
        return 1 if isinstance(error, BusUnavailable) else 2
    return status


def _signals(arguments: argparse.Namespace) -> int:
    text, output = page(), arguments.output
    if arguments.check:
        same = output.is_file() and output.read_text(encoding="utf-8") == text
        print(f"{output} is {'up to date' if same else 'not up to date: run v2g dbc signals'}")
        return 0 if same else 1
    with at(output):
        output.write_text(text, encoding="utf-8")
    print(f"wrote {output}: {text.count(chr(10))} lines")
    return 0


def _book(arguments: argparse.Namespace) -> int:
    from tools.dbc.book import put  # noqa: PLC0415 - brings cantools with it

    print(f"wrote {put(arguments.folder)}")
    return 0


def _mapping(arguments: argparse.Namespace) -> int:
    side = "station" if arguments.station else "vehicle"
    print(f"can:\n{indent(template(side, tuple(arguments.matrix), arguments.node), '  ')}", end="")
    return 0


def _watch(arguments: argparse.Namespace) -> int:
    shipped = SHIPPED_STATION if arguments.station else SHIPPED
    files = arguments.matrix or [shipped_matrix(name) for name in shipped]
    default = StationCanConfig().bus if arguments.station else BusConfig()
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    port = open_port(scheduler, bus_config(arguments, default), "watch", clock=clock)
    watcher = Watcher(scheduler, port, load(files), print)
    end = scheduler.now + round(arguments.seconds * S) if arguments.seconds else None
    try:
        scheduler.run(end)
    except KeyboardInterrupt:
        pass
    finally:
        print("\n".join(watcher.summary()))
        port.close()
    return 0


def _interfaces(_arguments: argparse.Namespace) -> int:
    from can.interfaces import VALID_INTERFACES  # noqa: PLC0415 - costs only who asks

    print("\n".join(sorted([*VALID_INTERFACES, "none", "simulated"])))
    return 0
