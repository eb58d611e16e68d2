"""The scripted vehicle of ISO 15118-20 before a station behind a real interface.

SLAC, discovery, TCP and TLS 1.3 with a certificate on both sides are the tester's own; what may
follow is read from the same table that a station goes by.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bsw.chrgm import sap
from bsw.chrgm.agreement import Agreement
from bsw.chrgm.applications import Link, applications_of
from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.model import Message
from bsw.chrgm.protocols import approach_of, protocol
from bsw.chrgm.record import Heard, Said, code_of, refused
from bsw.chrgm.sequence.model import Cursor
from bsw.cp.pilot import PilotState
from bsw.os.clock import S
from secc.session.profile import CONFORMANCE, StationProfile
from tools.conformance.bench import Deviation, NotReached, StationBench
from tools.conformance.judge import SLACK, on_time, require, tolerance
from tools.conformance.newer.setup import NewerSetup, application_of
from tools.conformance.newer.tester import NewerVehicle, ScriptedVehicle
from tools.conformance.station.scripted_vehicle import VehicleTester, judged_offer

LAB: Final = sap.SapRules(lab_iso20_on_any_link=True)


class Follower:
    """Which exchanges are due, by what was asked and answered so far."""

    def __init__(self, application: str) -> None:
        self._table = protocol(application).table
        self._cursor = Cursor(self._table)
        self._agreed = Agreement(secure=True, approach=approach_of(application))

    @property
    def due(self) -> tuple[str, ...]:
        return self._cursor.allowed(self._agreed)

    def heard(self, request: Message, answer: Message) -> None:
        exchange = self._table.named(type(request))
        if exchange is None or exchange.name not in self.due or refused(code_of(answer)):
            return
        self._cursor.step(exchange.name, self._agreed)
        self._agreed = exchange.learn(self._agreed, request, answer)


class WireVehicle(NewerVehicle):
    """At a bench of the tester for devices."""

    def __init__(self, setup: NewerSetup, control: str, lab: StationBench) -> None:
        super().__init__(setup.service, control)
        self._setup = setup
        self.lab = lab
        self.tester = VehicleTester(lab)
        self._reach(self.tester.plug_in)

    def _reach(self, link: Callable[[], object]) -> None:
        try:
            link()
            self.tester.connect()
            self._agree()
        except Deviation as deviation:
            raise NotReached(f"before SessionSetup: {deviation}") from deviation

    def _agree(self) -> None:
        name = application_of(self._setup.service)
        secure = self.lab.setup.tls
        link = Link.TLS13 if secure else Link.PLAIN
        offered = sap.offer(applications_of([name]), link, sap.DEFAULT_RULES if secure else LAB)
        answer = self.tester.offer(offered.request)
        judged_offer(name, answer, closed=not self.tester.is_open)
        self.tester.speak(name)
        self._order = Follower(name)

    @property
    def now(self) -> int:
        return self.lab.now

    @property
    def allowed(self) -> tuple[str, ...]:
        return self._order.due

    @property
    def energised(self) -> bool | None:
        return self.lab.energised

    def run(self, duration: int) -> None:
        self.lab.run(duration)

    def ask(self, body: Message, stream: int | None) -> Heard | None:
        if not self.tester.is_open:
            return None
        stamped = body.replace(header=header(self.lab.today.unix()))
        answer = self.tester.ask(Said(stamped, payload_type=stream), session_id=self.session)
        if answer is not None and stream is None:
            self._order.heard(body, answer.body)
        return answer

    def octets_of(self, body: Message) -> bytes:
        """The request as it would go over TCP, header included."""
        self.tester.session_id = self.session
        return self.tester.octets_of(Said(body.replace(header=header(self.lab.today.unix()))))

    def ready(self, *, ready: bool) -> None:
        self.tester.show(PilotState.C if ready else PilotState.B)

    def contactors(self, *, closed: bool) -> None:
        self.lab.battery(connected=closed)

    def ended(self, *_endings: Ending) -> None:
        """By its own word from inside; from here it closes the connection."""
        closed = self.tester.silent_until_closed(self.lab.limits.close + S)
        require(closed is not None, "the connection stays open")

    def silence_ends(self, limit: int, ending: Ending) -> None:
        limits = self.lab.limits
        since = self.tester.heard_at
        longest = limit
        if ending is Ending.SETUP_TIMEOUT:
            since, limit = self.lab.listening_since, limits.setup
            longest = max(limits.setup, limits.sequence)  # some begin with the connection
        elif limit > S:
            limit = longest = limits.sequence
        most = longest + limits.close
        closed = self.tester.silent_until_closed(most + tolerance(most))
        require(
            closed is not None, f"open {limits.close // S} s after {longest / S:.1f} s of silence"
        )
        assert closed is not None
        took = (closed - since) / S
        early = closed - since < limit - SLACK
        if early and ending is Ending.SETUP_TIMEOUT and not self.lab.knows_plug:
            self.unseen(f"whether {limit // S} s were waited for: a person plugged in")
        else:
            on_time(not early, f"closed after {took:.1f} s, before the limit")

    def again(self) -> "WireVehicle":
        self.tester.hang_up()
        self.tester.link.pause()
        self.run(5 * S)
        self._reach(lambda: self.tester.resume("vehicle"))
        return self

    def pay(self) -> None:
        self.lab.pay()

    def unseen(self, what: str) -> None:
        self.lab.unseen.append(what)


def opened(
    setup: NewerSetup,
    *,
    control: str = "scheduled",
    profile: StationProfile = CONFORMANCE,
    contactor: bool = True,
) -> NewerVehicle:
    """At the place this set-up names; the switches are for our own engine."""
    if setup.bench is None:
        return ScriptedVehicle(setup.service, control=control, profile=profile, contactor=contactor)
    lab: StationBench = setup.bench(replace(setup))
    return WireVehicle(setup, control, lab)
