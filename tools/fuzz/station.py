"""``v2g fuzz station``: our station as a process, attacked at every state over real sockets.

Sessions of all kinds, one after the other: a good vehicle walks to a state, then strikes until
the station ends the session.  Every so often a session is a good one to its end.  A share of the
sessions is paid by nobody; there no energy may ever be asked for.
"""

from __future__ import annotations

import random
import shutil
import ssl
import time
from pathlib import Path
from typing import Final

from bsw.chrgm.applications import Link
from tools.api.client import Trouble
from tools.bench.run.bench import keys
from tools.fuzz.behind import Behind
from tools.fuzz.ecu import Ecu, EcuDown
from tools.fuzz.figures import Figures
from tools.fuzz.line import Gone, Line, dial
from tools.fuzz.plan import Plan, chosen, free_ports, rested
from tools.fuzz.visitor.kinds import HANDSHAKE, KINDS, Kind
from tools.fuzz.visitor.purse import Purse
from tools.fuzz.visitor.raid import Raid, Unexpected

GOOD_EACH: Final = 500
WARM_AFTER: Final = 1_000
"""Sessions until caches, rings and pools have their size."""
SHARES: Final = (20, 25, 20, 5, 10, 6, 4, 4, 4, 4)
"""Of the kinds.  A handshake of TLS 1.3 with two long chains costs both sides most of a session."""
UNPAID: Final = 0.3
REDIALS: Final = 50


def attack_station(plan: Plan) -> Figures:
    """One station, attacked as planned."""
    return StationFuzz(plan).run()


class StationFuzz:
    """One station and its attacker."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.figures = Figures(kept=plan.kept())
        folder = plan.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        keys(folder, newer=True)
        self._plain, self._tls, sdp = free_ports(3)
        self.ecu = Ecu("secc", folder, self._settings(sdp))
        pki = folder / "pki"
        self._contexts = {
            Link.PLAIN: None,
            Link.TLS12: context(pki / "iso2" / "trust" / "v2g.pem"),
            Link.TLS13: newer_context(pki / "iso20"),
        }
        self._purse = Purse(pki / "iso2")
        self._newer_purse = Purse(pki / "iso20", newer=True)

    def _settings(self, sdp: int) -> dict[str, object]:
        folder = self.plan.folder.absolute()
        return {
            "network.sdp_port": sdp,
            "network.connections.per_second": 10_000,  # all attackers share one address
            "network.connections.per_peer_second": 10_000,
            "network.plain_port": self._plain,
            "network.tls_port": self._tls,
            "session.protocols": "[iso20, iso2, din]",
            "session.modes": "[DC_extended, DC_BPT, AC_three_phase_core]",
            "session.payment": "[Contract, ExternalPayment]",
            "session.tls": "true",
            "customer.accept": "false",
            "hardware.power": "north",
            "keym.folder": folder / "secc" / "certificates",
            "csm.software.folder": folder / "secc" / "keys",
        }

    def run(self) -> Figures:
        """Until the plan is over or the station is down; then it is stopped and judged."""
        figures, began = self.figures, time.monotonic()
        try:
            self._attack(began)
        except (EcuDown, Trouble) as error:
            figures.found(str(error))
        figures.seconds = time.monotonic() - began
        status = self.ecu.stop()
        if status:
            figures.found(f"the station ended with status {status}: {self.ecu.last_words()}")
        self._complaints()
        return figures

    def _complaints(self) -> None:
        for line in self.ecu.complaints():
            self.figures.found(f"the station's log: {line}")

    def _attack(self, began: float) -> None:
        rng = random.Random(self.plan.seed)  # noqa: S311 - damage, not secrets
        warm = None
        with self.ecu.client() as client:
            self._behind = Behind(client)
            for kind in KINDS:
                self._good(kind, "at first")
            while not self.plan.over(self.figures, began):
                number = self.figures.sessions
                if number == WARM_AFTER:
                    warm = rested(self.ecu)
                if number % GOOD_EACH == GOOD_EACH - 1:
                    self._good(rng.choice(KINDS), f"after {number} sessions")
                self._session(rng, f"{self.plan.seed}/{number}")
            for kind in KINDS:
                self._good(kind, "at the end")
            last = rested(self.ecu)
            self.figures.judge_load(warm or last, last)

    def _session(self, rng: random.Random, seed: str) -> None:
        kind = rng.choices(KINDS, SHARES)[0]
        paid = kind.contract or rng.random() >= UNPAID
        places = kind.places
        if not paid:
            places = places[: places.index("Authorization") + 1]
        place = chosen(rng, places)
        self.figures.sessions += 1
        self.figures.begin(session=seed, kind=kind.name, place=place, paid=str(paid))
        self._behind.accepts, self._behind.receipts = paid, kind.receipts
        line = self._dial(kind)
        raid = Raid(kind, line, self.figures, seed, self._purse_for(kind))
        try:
            if place != HANDSHAKE:
                raid.agree()
                raid.walk(place)
            raid.strike(place)
        except (Unexpected, Gone, TimeoutError) as error:
            self.figures.found(f"[{seed}] {kind.name}: good messages to {place}: {error!r}")
        finally:
            line.close(reset=rng.random() < 0.2)
        self._watch(seed)

    def _good(self, kind: Kind, when: str) -> None:
        """A session that must go to its end."""
        self.figures.begin(session=f"good, {when}", kind=kind.name)
        self._behind.accepts, self._behind.receipts = True, kind.receipts
        line = self._dial(kind)
        try:
            Raid(kind, line, self.figures, "good", self._purse_for(kind)).whole()
            self.figures.good += 1
        except (Unexpected, Gone, TimeoutError) as error:
            self.figures.found(f"a good session ({kind.name}) {when}: {error!r}")
        finally:
            line.close()
        self._watch(when)

    def _purse_for(self, kind: Kind) -> Purse:
        return self._newer_purse if kind.newer else self._purse

    def _dial(self, kind: Kind) -> Line:
        """A station that has not yet noticed our last farewell may refuse us for a moment."""
        port, tls = self._tls if kind.secure else self._plain, self._contexts[kind.link]
        for attempt in range(REDIALS):
            try:
                line = dial(port, tls)
            except OSError as error:
                if not self.ecu.alive:
                    raise EcuDown(f"the station is gone: {self.ecu.last_words()}") from None
                reason = error
                time.sleep(0.01 * (attempt + 1))
                continue
            line.aside, line.attend = self._behind, self._behind.attend
            return line
        raise EcuDown(f"the station takes no connection any more: {reason}")

    def _watch(self, seed: str) -> None:
        self._behind.attend()
        for wrong in self._behind.wrongs:
            self.figures.found(f"[{seed}] {wrong}")
        self._behind.wrongs.clear()
        self._complaints()


def context(root: Path) -> ssl.SSLContext:
    """A vehicle's TLS 1.2 of ISO 15118-2, without a certificate of its own."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.load_verify_locations(cafile=str(root))
    return made


def newer_context(pki: Path) -> ssl.SSLContext:
    """A vehicle's TLS 1.3 of ISO 15118-20, which shows a certificate of its own."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_verify_locations(cafile=str(pki / "trust" / "v2g.pem"))
    made.load_cert_chain(pki / "chains" / "vehicle.pem", pki / "keys" / "vehicle.key")
    return made
