"""``v2g fuzz vehicle``: our vehicle as a process, and a station that answers with hostility.

The vehicle finds the station by discovery, connects, and is answered well up to an exchange;
from there on most answers are blows.  Every so often a station is a good one to the end.
"""

from __future__ import annotations

import random
import shutil
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from bsw.chrgm.applications import Link
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import dialect_of, protocol
from bsw.chrgm.record import Said
from bsw.sdp.client import ALL_NODES
from bsw.sdp.messages import Response, Security
from tools.api.client import Trouble
from tools.bench.run.bench import keys
from tools.fuzz.ambush import PLAIN, SECURE, Ambush, Kind
from tools.fuzz.blows.mutate import mutated
from tools.fuzz.driver import NO_WEAR, Driver
from tools.fuzz.ecu import Ecu, EcuDown, Load
from tools.fuzz.figures import Figures
from tools.fuzz.line import Line
from tools.fuzz.plan import Plan, chosen, free_ports, rested
from tools.fuzz.visitor.raid import HandshakeDialect

GOOD_EACH: Final = 200
WARM_AFTER: Final = 1_500
"""Sessions.  A vehicle that pays by contract over TLS grows by 16 MiB in its first thousand, and by
2 MiB in the next sixteen thousand.
"""
FOUND_WITHIN: Final = 30.0
ENDED_WITHIN: Final = 30.0
BAD_DISCOVERY: Final = 0.1


def attack_vehicle(plan: Plan) -> Figures:
    """One vehicle, attacked as planned."""
    return VehicleFuzz(plan).run()


class VehicleFuzz:
    """One vehicle and its hostile station, whose door is secure or not."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.figures = Figures(kept=plan.kept())
        secure = plan.secure
        self._kinds = SECURE if secure else PLAIN
        folder = plan.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        keys(folder, newer=True)
        (self._sdp_port,) = free_ports(1)
        pki = folder / "pki"
        self._contexts = {
            Link.TLS12: context(pki / "iso2"),
            Link.TLS13: newer_context(pki / "iso20"),
        }
        self._listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
        self._listener.settimeout(0.05)
        self._sdp = discovery(self._sdp_port)
        self.ecu = Ecu("evcc", folder, self._settings(secure=secure))

    def _settings(self, *, secure: bool) -> dict[str, object]:
        folder = self.plan.folder.absolute()
        plain: dict[str, object] = {
            "network.sdp_port": self._sdp_port,
            "api.values": "north",
            "can.bus.interface": "none",
            "session.tries": 1,
            **NO_WEAR,
            "session.loop_pause": "0 ms",
        }
        if not secure:
            return plain
        return plain | {
            "session.security": "tls",
            "session.protocols": "[iso20, iso2]",
            "keym.folder": folder / "evcc" / "certificates",
            "keym.secc.revocation": "soft-fail",  # our station has no staple
            "csm.software.folder": folder / "evcc" / "keys",
        }

    def run(self) -> Figures:
        """Until the plan is over or the vehicle is down; then it is stopped and judged."""
        figures, began = self.figures, time.monotonic()
        try:
            self._attack(began)
        except (EcuDown, Trouble) as error:
            figures.found(str(error))
        figures.seconds = time.monotonic() - began
        status = self.ecu.stop()
        self._listener.close()
        self._sdp.close()
        if status:
            figures.found(f"the vehicle ended with status {status}: {self.ecu.last_words()}")
        self._complaints()
        return figures

    def _complaints(self) -> None:
        for line in self.ecu.complaints():
            self.figures.found(f"the vehicle's log: {line}")

    def _attack(self, began: float) -> None:
        rng = random.Random(self.plan.seed)  # noqa: S311 - damage, not secrets
        warm: Load | None = None
        warm_up(self._kinds)
        with self.ecu.client() as client:
            self._driver = Driver(client)
            for kind in self._kinds:
                self._session(rng, kind, "", "at first")
            while not self.plan.over(self.figures, began):
                number = self.figures.sessions
                if number == WARM_AFTER:
                    warm = rested(self.ecu)
                if number % GOOD_EACH == GOOD_EACH - 1:
                    self._session(rng, rng.choice(self._kinds), "", f"after {number} sessions")
                self.figures.sessions += 1
                kind = rng.choice(self._kinds)
                place = chosen(rng, kind.places)
                self._session(rng, kind, place, f"{self.plan.seed}/{number}")
            for kind in self._kinds:
                self._session(rng, kind, "", "at the end")
            last = rested(self.ecu)
            self.figures.judge_load(warm or last, last)

    def _session(self, rng: random.Random, kind: Kind, place: str, seed: str) -> None:
        driver = self._driver
        self.figures.begin(session=seed, kind=kind.name, place=place)
        driver.begin(kind.mode)
        line = self._await_vehicle(rng, kind, place, seed)
        if line is not None:
            line.aside, line.attend = driver, driver.attend
            try:
                Ambush(kind, line, driver, self.figures, seed=seed, place=place).play()
            except TimeoutError:
                if not place:
                    self.figures.found(f"a good session ({kind.name}) {seed}: no request came")
            line.close(reset=bool(place) and rng.random() < 0.2)
        self._await_end(kind, place, seed)

    def _await_vehicle(self, rng: random.Random, kind: Kind, place: str, seed: str) -> Line | None:
        """Answer discovery until it connects; ``None`` where its handshake failed."""
        deadline = time.monotonic() + FOUND_WITHIN
        security = Security.NONE if kind.link is Link.PLAIN else Security.TLS
        answer = Response("::1", self._listener.getsockname()[1], security).octets()
        while time.monotonic() < deadline:
            self._answer_discovery(kind, answers(rng, answer, hostile=bool(place)))
            self._driver.attend()
            if self._driver.result is not None:
                return None  # it believed an answer that we had damaged
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                continue
            sock.settimeout(10.0)
            try:
                tls = self._contexts.get(kind.link)
                return Line(sock if tls is None else tls.wrap_socket(sock, server_side=True))
            except OSError as error:
                self.figures.found(f"[{seed}] {kind.name}: no TLS with the vehicle: {error}")
                sock.close()
                return None
        if not self.ecu.alive:
            raise EcuDown(f"the vehicle is gone: {self.ecu.last_words()}")
        raise EcuDown(f"[{seed}] {kind.name}: the vehicle does not come any more")

    def _answer_discovery(self, kind: Kind, said: tuple[bytes, ...]) -> None:
        try:
            _, asking = self._sdp.recvfrom(2048)
        except TimeoutError:
            return
        for datagram in said:
            self._sdp.sendto(datagram, asking)
        for damaged in said[:-1]:
            self.figures.put("discovery", (damaged,))
            self.figures.hit(kind.name, "discovery", "left")

    def _await_end(self, kind: Kind, place: str, seed: str) -> None:
        driver = self._driver
        deadline = time.monotonic() + ENDED_WITHIN
        while driver.result is None and time.monotonic() < deadline:
            time.sleep(0.002)
            driver.attend()
        self.figures.good += not place
        ending = "" if driver.result is None else driver.result["ending"]
        if not ending:
            self.figures.found(f"[{seed}] {kind.name}, {place}: the session does not end")
        elif not place and ending != "terminated":
            self.figures.found(f"a good session ({kind.name}) {seed} ended: {driver.result}")
        for wrong in driver.wrongs:
            self.figures.found(f"[{seed}] {kind.name}, {place}: {wrong}")
        driver.wrongs.clear()
        self._complaints()


def warm_up(kinds: Sequence[Kind]) -> None:
    """Make what coding needs, which may take longer than a vehicle waits for its first answer."""
    HandshakeDialect()
    for name in {kind.application for kind in kinds}:
        dialect = dialect_of(name)
        for exchange in protocol(name).table.exchanges.values():
            for said in (exchange.request, exchange.response):
                body: Any = smallest(said)
                with suppress(MessageError):  # of another application of the protocol
                    dialect.decode(*dialect.encode(bytes(8), Said(body)))


def answers(rng: random.Random, good: bytes, *, hostile: bool) -> tuple[bytes, ...]:
    """To one request of discovery: the good one, to hostile sessions at times a damaged one first.

    A vehicle may believe what the damage left in order, and then finds nobody.
    """
    if hostile and rng.random() < BAD_DISCOVERY:
        return mutated(rng, good)[:1400], good
    return (good,)


def discovery(port: int) -> socket.socket:
    """A station's socket for discovery, on the loopback interface."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("::", port))
    scope = socket.if_nametoindex("lo")
    group = socket.inet_pton(socket.AF_INET6, ALL_NODES) + struct.pack("@I", scope)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
    sock.settimeout(0.05)
    return sock


def context(pki: Path) -> ssl.SSLContext:
    """A station's TLS 1.2 of ISO 15118-2."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(pki / "chains" / "secc.pem", pki / "keys" / "secc.key")
    return made


def newer_context(pki: Path) -> ssl.SSLContext:
    """A station's TLS 1.3 of ISO 15118-20, which asks for the vehicle's certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(pki / "chains" / "secc.pem", pki / "keys" / "secc.key")
    made.verify_mode = ssl.CERT_REQUIRED
    for root in ("oem", "v2g"):
        made.load_verify_locations(cafile=str(pki / "trust" / f"{root}.pem"))
    return made
