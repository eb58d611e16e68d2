"""``v2g csms``: a back end on this machine, for a bench or for trying a station with faults.

Says what happens as lines of JSON, and takes orders as lines on standard input:
``CS-0001 TriggerMessage {"requestedMessage": "Heartbeat"}`` makes a call by hand,
``fault TransactionEvent cut`` orders a fault, ``stations`` lists who is there.
"""

import argparse
import contextlib
import json
import os
import signal
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bsw.dlt import silent
from bsw.net.host.uplink import Uplink
from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.program.hostfault import at, told
from bsw.stbm import TimeBase
from bsw.tls.uplink import UplinkTls, UplinkUnusable, uplink_server
from csm.randomness import HostRandomness
from ocpp.backend.office import Fault, Office, OfficeRules
from ocpp.catalogue import Catalogue, Refused
from ocpp.connection import Means
from ocpp.server import Server
from ocpp.station.translation import timestamp
from ocpp.versions import Version
from tools.pki.folder import FolderTrouble

if TYPE_CHECKING:
    from tools.csms.papers import PkiPapers

OWN_NAMES = ("localhost", "::1", "127.0.0.1")
VERSIONS = {version.number: version for version in Version}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--listen", default="::1", metavar="ADDRESS", help="default: ::1")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one; default: 9000")
    parser.add_argument(
        "--speak", action="append", choices=VERSIONS, help="spoken; default: all three"
    )
    parser.add_argument("--strict", action="store_true", help="tolerate no deviation")
    parser.add_argument("--password", action="append", default=[], metavar="IDENTITY=PASSWORD")
    parser.add_argument(
        "--refuse", action="append", default=[], metavar="TOKEN=STATUS", help="e.g. 04E1=Blocked"
    )
    parser.add_argument("--interval", type=int, default=300, help="of heartbeats, in seconds")
    parser.add_argument("--boot", choices=["Accepted", "Pending", "Rejected"], default="Accepted")
    parser.add_argument("--certificate", type=Path, help="PEM chain: serve wss")
    parser.add_argument("--key", type=Path, help="PEM key of the certificate")
    parser.add_argument("--roots", type=Path, help="PEM: demand a certificate of the station")
    parser.add_argument(
        "--secure",
        action="store_true",
        help="serve wss with a certificate of --pki for this machine (written there as csms.pem), "
        "and ask stations for theirs; who has none yet may come for one",
    )
    parser.add_argument(
        "--pki",
        type=Path,
        metavar="DIR",
        help="made by v2g pki make: its contracts, certificates for stations, standings",
    )
    parser.add_argument(
        "--install-roots", action="store_true", help="those of --pki, into each station after boot"
    )
    parser.add_argument(
        "--schedules",
        type=Path,
        metavar="FILE",
        help="JSON: a list of chargingSchedule for vehicles that say what they need",
    )
    parser.add_argument(
        "--allow-transfer",
        action="append",
        default=[],
        metavar="NAME",
        help="2.1: drivers may use this transfer of energy alone, as DC_BPT; more than once",
    )
    parser.add_argument("--record", type=Path, help="keep all lines in this file as well")


def run(arguments: argparse.Namespace) -> int:
    try:
        bench = Csms(arguments)
    except (UplinkUnusable, FolderTrouble, ValueError) as error:
        print(f"v2g csms: {error}", file=sys.stderr)
        return 2
    return bench.run()


class Csms:
    """The back end on the host's loop."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        mailbox = Mailbox()
        self._clock = HostClock(mailbox)
        self._scheduler = Scheduler(self._clock, mailbox=mailbox)
        self._calendar = TimeBase(lambda: self._scheduler.now)
        self._calendar.set_from_host()
        self._record = None
        if arguments.record is not None:
            self._record = arguments.record.open("ab", buffering=0)
        papers = _papers(arguments)
        self._office = Office(
            self._scheduler,
            self,
            now=self._now,
            rules=OfficeRules(
                interval=arguments.interval,
                boot=arguments.boot,
                passwords=pairs(arguments.password, "--password"),
                refused=pairs(arguments.refuse, "--refuse"),
                schedules=_schedules(arguments.schedules),
                transfers=tuple(arguments.allow_transfer),
                roots=papers.roots if papers is not None and arguments.install_roots else (),
            ),
            papers=papers,
        )
        wanted = [VERSIONS[name] for name in arguments.speak or VERSIONS]
        means = Means(
            self._scheduler,
            HostRandomness(),
            {version: Catalogue(version, strict=arguments.strict) for version in wanted},
            silent().logger("csms"),
        )
        context = _secured(arguments, papers)
        tls = None if context is None else lambda: UplinkTls(context)  # one engine a connection
        self._server = Server(means, self._office, tls=tls)
        self._uplink = Uplink(self._scheduler, self._clock)
        listener = self._uplink.listen(
            self._server.accept, port=arguments.port, address=arguments.listen
        )
        scheme = "ws" if tls is None else "wss"
        self._url = f"{scheme}://[{listener.local.address}]:{listener.local.port}"
        self._orders = b""

    def run(self) -> int:
        try:
            self.told("", "listening", self._url, {})
            self._listen_to_orders()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: self._scheduler.post(self._stop, name="signal"))
            self._scheduler.run()
        finally:
            self._uplink.close()
            self._clock.close()
            if self._record is not None:
                self._record.close()
        return 0

    def _listen_to_orders(self) -> None:
        """A file or nothing at all as standard input gives no orders."""
        with contextlib.suppress(PermissionError):
            self._watch = self._clock.watch(0, "orders", readable=self._read)
            os.set_blocking(0, False)

    def told(self, station: str, what: str, action: str, fields: object) -> None:
        """From the office: a line for whoever reads."""
        line = json.dumps(
            {"at": self._now(), "station": station, "what": what, "name": action, "data": fields},
            ensure_ascii=False,
        )
        print(line, flush=True)
        if self._record is not None:
            with at(Path(self._record.name)):
                self._record.write((line + "\n").encode())

    def _now(self) -> str:
        return timestamp(self._calendar.unix() * S)

    def _read(self) -> None:
        octets = os.read(0, 65_536)
        if not octets:
            self._clock.forget(self._watch)  # nobody orders anything any more
            return
        *lines, self._orders = (self._orders + octets).split(b"\n")
        for line in lines:
            if line.strip():
                self._obey(line.decode(errors="replace").strip())

    def _obey(self, line: str) -> None:
        words = line.split(maxsplit=2)
        try:
            if words == ["stations"]:
                self.told("", "stations", "", list(self._office.stations))
            elif words[0] == "fault":
                self._office.order(words[1], Fault(words[2]))
            else:
                fields = json.loads(words[2]) if len(words) > 2 else {}
                self._office.call(words[0], words[1], fields)
        except (Refused, ValueError, IndexError) as error:
            self.told("", "not understood", line, {"why": str(error)})

    def _stop(self) -> None:
        self._server.close("the back end stops")
        self._scheduler.after(S // 2, self._scheduler.stop, name="stop")


def _papers(arguments: argparse.Namespace) -> "PkiPapers | None":
    """Raises ``FolderTrouble``, or ``ValueError`` for words that need a PKI."""
    if arguments.pki is None:
        lacking = [word for word in ("secure", "install_roots") if getattr(arguments, word)]
        if lacking:
            raise ValueError(f"--{lacking[0].replace('_', '-')} needs --pki DIR")
        return None
    from tools.csms.papers import PkiPapers  # noqa: PLC0415 - brings PKI and messages with it

    return PkiPapers(arguments.pki)


def _secured(arguments: argparse.Namespace, papers: "PkiPapers | None") -> ssl.SSLContext | None:
    """How wss is served; ``None`` for ws."""
    if arguments.secure:
        assert papers is not None, "looked at before"
        try:
            made = papers.secured(OWN_NAMES, arguments.pki)
        except OSError as error:
            raise ValueError(f"--secure: {told(error)}") from None
        return uplink_server(made.certificate, made.key, made.roots, demanded=False)
    if arguments.certificate is None:
        return None
    if arguments.key is None:
        raise ValueError("--certificate needs --key")
    return uplink_server(arguments.certificate, arguments.key, arguments.roots)


def _schedules(path: Path | None) -> tuple[dict[str, object], ...]:
    """Raises ``ValueError`` for what is no list of schedules."""
    if path is None:
        return ()
    try:
        found = json.loads(path.read_bytes())
    except ValueError:  # no text, or no JSON
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"--schedules {path}: write a JSON list of chargingSchedule objects")
    return tuple(found)


def pairs(words: list[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` words; raises ``ValueError`` for others."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f"{option} {word}: write NAME=VALUE")
        found[name] = value
    return found
