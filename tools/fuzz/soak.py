"""``v2g soak``: both roles as processes, one good session after the other, as long as asked.

The driver and the power electronics are behind the two local doors: a source that follows what
the vehicle asks for, and a battery behind a resistance.  Told each minute: memory and descriptors
of both; at the end also sessions by kind, how long they took, and what went wrong.
"""

from __future__ import annotations

import argparse
import select
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bsw.chrgm.modes import mode_of
from bsw.program.hostfault import sentence
from tools.api.client import Client, Trouble
from tools.bench.run.bench import CannotPrepare, keys
from tools.fuzz.behind import Behind
from tools.fuzz.driver import BATTERY, NO_WEAR, Driver
from tools.fuzz.ecu import Ecu, EcuDown, Load
from tools.fuzz.figures import Figures
from tools.fuzz.plan import Plan, end_on_interrupt, free_ports, rested

ISO2: Final = (("ISO15118D2", "DC_extended"), ("ISO15118D2", "AC_three_phase_core"))
PLAIN: Final = (("DIN70121", "DC_extended"), *ISO2)
"""DIN knows no TLS."""

SECURE: Final = {
    "evcc": {
        "session.security": "tls",
        "session.without_tls": "refuse",
        "keym.secc.revocation": "soft-fail",  # there is no responder
    },
    "secc": {"session.tls": "true", "session.payment": "[Contract, ExternalPayment]"},
}
TARGET: Final = "dc_ev_target_voltage_current"
STEP: Final = 20.0
"""Amperes by which the source's current moves from one request to the next."""
RESISTANCE: Final = 0.05
FLOWS: Final = 45.0
"""Amperes from which on a DC session has what it asked for."""
MINUTE: Final = 60.0
LOOPS: Final = frozenset({"CurrentDemand", "ChargingStatus"})
WARM_AFTER: Final = 20
SESSION_WITHIN: Final = 60.0
IN_THE_LOOP: Final = 0.3


class SoakDriver(Driver):
    """A driver who stops once the loop has run, and whose inlet carries what the source gives."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.state = ""
        client.ask(watch=["session_state"])

    def offer(self, protocol: str) -> None:
        self._ask("set_protocol_offer", protocols=[protocol])

    def _heard(self, name: str, value: object) -> None:
        if name == "session_state":
            self.state = str(value)
        else:
            super()._heard(name, value)


class Source(Behind):
    """Power electronics on whose cable a vehicle hangs that measures as well."""

    def __init__(self, client: Client, driver: Driver) -> None:
        self._driver = driver
        self._flows = False
        self.amps = self.most = 0.0
        super().__init__(client)
        client.ask(watch=[TARGET])

    def attend(self) -> None:
        for name, value in self._client.poll():
            if name == TARGET:
                self._follow(float(value["dc_ev_target_current"]))
            else:
                self._heard(name)

    def _follow(self, wanted: float) -> None:
        """As quickly as it can."""
        if self._flows:
            self.amps += max(-STEP, min(STEP, wanted - self.amps))
            self.most = max(self.most, self.amps)
            self._put(BATTERY + RESISTANCE * self.amps, self.amps)

    def _measure(self, volts: float, amps: float) -> None:
        """Voltage alone; current is the vehicle's to ask for."""
        self._flows, self.amps = amps > 0.0, 0.0
        self._put(volts, 0.0)

    def _put(self, volts: float, amps: float) -> None:
        super()._measure(volts, amps)
        self._driver.measure(volts, amps)

    def _heard(self, name: str) -> None:
        super()._heard(name)
        if name == "current_demand_finished":
            self._driver.open()  # no event of the vehicle's tells us to


class Soak:
    """``plan.secure``: all sessions over TLS, paid by contract."""

    def __init__(self, plan: Plan, say: Callable[[str], None] = lambda _line: None) -> None:
        self.plan = plan
        self.figures = Figures(kept=plan.kept())
        self._say = say
        self.took: list[float] = []
        self.most = 0.0  # amperes
        self.kinds: Counter[str] = Counter()
        folder = plan.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (sdp,) = free_ports(1)
        modes = "[DC_extended, AC_three_phase_core]"
        if plan.secure:
            keys(folder)
        self.station = Ecu(
            "secc",
            folder,
            {
                "network.sdp_port": sdp,
                "session.modes": modes,
                "customer.accept": "false",
                "hardware.power": "north",
                "trace.file": folder.absolute() / "secc.trace.jsonl",
                **self._secure("secc"),
            },
        )
        self.vehicle = Ecu(
            "evcc",
            folder,
            {
                "network.sdp_port": sdp,
                "api.values": "north",
                "can.bus.interface": "none",
                "session.tries": 1,
                **NO_WEAR,
                "trace.file": folder.absolute() / "evcc.trace.jsonl",
                **self._secure("evcc"),
            },
        )

    def _secure(self, role: str) -> dict[str, object]:
        if not self.plan.secure:
            return {}
        folder = self.plan.folder.absolute() / role
        stores = {"keym.folder": folder / "certificates", "csm.software.folder": folder / "keys"}
        return {**stores, **SECURE[role]}

    def run(self) -> Figures:
        """Until the plan is over or one of them is down; then both are stopped and judged."""
        figures, began = self.figures, time.monotonic()
        try:
            self._soak()
        except (EcuDown, Trouble) as error:
            figures.found(str(error))
        figures.seconds = time.monotonic() - began
        for ecu in (self.vehicle, self.station):
            status = ecu.stop()
            if status:
                figures.found(f"{ecu.role} ended with status {status}: {ecu.last_words()}")
            for line in ecu.complaints()[:5]:
                figures.found(f"{ecu.role}'s log: {line}")
        return figures

    def _soak(self) -> None:
        began, kinds = time.monotonic(), ISO2 if self.plan.secure else PLAIN
        warm: list[Load] = []
        minutes = 0
        with self.vehicle.client() as car, self.station.client() as box:
            driver = SoakDriver(car)
            source = Source(box, driver)
            while self.figures.sessions < len(kinds) or not self.plan.over(self.figures, began):
                number = self.figures.sessions
                if number == WARM_AFTER:
                    warm = [rested(self.vehicle), rested(self.station)]
                self.figures.sessions += 1
                protocol, mode = kinds[number % len(kinds)]
                self._session(driver, source, protocol, mode)
                if time.monotonic() - began >= (minutes + 1) * MINUTE:
                    minutes = int((time.monotonic() - began) / MINUTE)
                    self._tell(minutes)
            last = [rested(self.vehicle), rested(self.station)]
            for before, after in zip(warm or last, last, strict=True):
                self.figures.judge_load(before, after)

    def _tell(self, minutes: int) -> None:
        loads = f"evcc {self.vehicle.load()}; secc {self.station.load()}"
        self._say(f"minute {minutes}: {self.figures.sessions} sessions; {loads}")

    def _session(self, driver: SoakDriver, source: Source, protocol: str, mode: str) -> None:
        began = time.monotonic()
        driver.offer(protocol)
        driver.state = ""
        dc = mode_of(mode).dc
        source.most = 0.0
        self.figures.begin(session=str(self.figures.sessions), kind=f"{protocol} {mode}")
        driver.begin(mode)
        driver.authorised = True  # our own station says so; its customer is behind it
        looped: float | None = None
        while driver.result is None and time.monotonic() - began < SESSION_WITHIN:
            select.select([driver.fileno(), source.fileno()], [], [], 0.05)
            source.attend()
            driver.attend()
            ready = source.most >= FLOWS or not dc
            if driver.state in LOOPS and looped is None and ready:
                looped = time.monotonic()
            if looped and time.monotonic() - looped > IN_THE_LOOP:
                driver.stop()
                looped = 0.0  # once
        self.took.append(time.monotonic() - began)
        self.most = max(self.most, source.most)
        self.kinds[f"{protocol} {mode}"] += 1
        ending = "none" if driver.result is None else driver.result["ending"]
        if ending == "terminated" and looped is not None:
            self.figures.good += 1
        else:
            what = driver.result or f"no end, at {driver.state}"
            self.figures.found(f"session {self.figures.sessions}, {protocol} {mode}: {what}")
        for wrong in (*driver.wrongs, *source.wrongs):
            self.figures.found(f"session {self.figures.sessions}: {wrong}")
        driver.wrongs.clear()
        source.wrongs.clear()


def _say(line: str) -> None:
    print(line, flush=True)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=600.0, help="for so long (600)")
    parser.add_argument(
        "--tls", action="store_true", help="all sessions over TLS, paid by contract"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("run/soak"), metavar="FOLDER", help="for logs (run/soak)"
    )


def run(arguments: argparse.Namespace) -> int:
    """0 if nothing was found."""
    end_on_interrupt()
    plan = Plan(arguments.seconds, None, 1, arguments.out / "ecus", secure=arguments.tls)
    try:
        soak = Soak(plan, _say)
    except (CannotPrepare, OSError) as error:
        print(f"v2g soak: {sentence(error)}", file=sys.stderr)
        return 1
    figures = soak.run()
    for kind, count in sorted(soak.kinds.items()):
        print(f"{count:6} sessions of {kind}")
    if soak.took:
        ordered = sorted(soak.took)
        middle, worst = ordered[len(ordered) // 2], ordered[-1]
        print(f"a session took {middle:.2f} s, at most {worst:.2f} s; up to {soak.most:.0f} A")
    print(f"{figures.good} of {figures.sessions} good, {figures.seconds:.0f} s")
    for role, (warm, last) in zip(("evcc", "secc"), figures.loads, strict=False):
        print(f"{role}: {warm} when warm, {last} at the end")
    for what in figures.findings:
        print(f"v2g soak: FOUND: {what}", file=sys.stderr)
    return 1 if figures.findings else 0
