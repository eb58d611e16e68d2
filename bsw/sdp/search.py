"""The vehicle's side of discovery: how often to ask, for what, and which answer to believe.

Takes datagrams and the time, gives datagrams and a result; no sockets.  One search is one run of
the retry rules, repeated for the configured number of cycles.
"""

import ipaddress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bsw.os.clock import MS, S
from bsw.sdp.messages import (
    Defect,
    Diagnosis,
    Problem,
    Request,
    Response,
    Security,
    WirelessRequest,
    WirelessResponse,
    parse,
)


class Mismatch(Enum):
    """What to do when a station offers another security than was asked for."""

    ACCEPT = "accept"
    REFUSE = "refuse"  # end the search with that as the reason
    IGNORE = "ignore"  # go on asking, another station may answer
    ASK_OTHER = "ask-other"  # ask once more, for what the station seems to have


@dataclass(frozen=True, slots=True)
class SearchRules:
    """How a vehicle searches.  The defaults are the norm's, and never downgrade silently.

    ``offered_less`` judges an answer without TLS where TLS was asked for, ``offered_more`` the
    reverse.  ``within`` bounds the whole search, as the communication-setup time does.
    """

    ask: Security = Security.TLS
    offered_less: Mismatch = Mismatch.REFUSE
    offered_more: Mismatch = Mismatch.ACCEPT
    interval: int = 250 * MS  # [V2G2-159]
    attempts: int = 50  # [V2G2-161]
    cycles: int = 1
    within: int = 20 * S
    ongoing: int = 60 * S  # wireless: how long a station may say "ongoing"
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A station that may be connected to."""

    address: str
    port: int
    security: Security
    asked: Security
    requests: int
    evseid: str = ""


class Missing(Enum):
    SILENCE = "no station answers"
    UNUSABLE = "what answers is no acceptable SDP response"
    SECURITY = "the station does not offer the security we ask for"
    DIAGNOSIS = "the station cannot tell where we stand"


@dataclass(frozen=True, slots=True)
class NotFound:
    """No station, and what was heard instead (each defect once, in order of appearance)."""

    reason: Missing
    requests: int
    heard: tuple[Defect, ...] = ()

    def __str__(self) -> str:
        words = f"{self.reason.value} ({self.requests} requests)"
        return words + "".join(f"; ignored: {defect.value}" for defect in self.heard)


Result = Found | NotFound

_HEARD_BOUND: Final = 16


class Search:
    """One search.  ``begin``, then ``hear`` each datagram and call ``tick`` at ``due``.

    A request to send is in ``outgoing`` after ``begin`` and ``tick``; ``result`` ends it.
    """

    def __init__(self, rules: SearchRules, wireless: WirelessRequest | None = None) -> None:
        self.result: Result | None = None
        self.due = 0
        self.requests = 0
        self._rules = rules
        self._wireless = wireless
        self._asking = rules.ask
        self._left = 0
        self._cycles = rules.cycles
        self._ends = 0
        self._ongoing_until: int | None = None
        self._asked_other = False
        self._mismatched = False
        self._heard: dict[Defect, None] = {}
        self._outgoing: bytes | None = None

    def begin(self, now: int) -> None:
        self._left = self._rules.attempts
        self._ends = now + self._rules.within
        self._ask(now)

    def outgoing(self) -> bytes | None:
        """The request to send now, handed over once."""
        taken, self._outgoing = self._outgoing, None
        return taken

    def tick(self, now: int) -> None:
        if self.result is not None or now < self.due:
            return
        if now >= self._limit():
            self._give_up()
        elif self._left:
            self._ask(now)
        elif self._cycles > 1:
            self._cycles -= 1
            self._left = self._rules.attempts
            self._ask(now)
        else:
            self._give_up()

    def hear(self, datagram: bytes, now: int) -> None:
        if self.result is not None:
            return
        match parse(datagram):
            case Response() as response if self._wireless is None:
                self._judge(response, "")
            case WirelessResponse() as response if self._wireless is not None:
                self._diagnose(response, now)
            case Request() | WirelessRequest() | Response() | WirelessResponse():
                pass  # another vehicle's request to the same group, or the other kind of answer
            case defect:
                self._note(defect)

    def _limit(self) -> int:
        return self._ends if self._ongoing_until is None else self._ongoing_until

    def _ask(self, now: int) -> None:
        self._left -= 1
        self.requests += 1
        self.due = min(now + self._rules.interval, self._limit())
        if self._wireless is None:
            self._outgoing = Request(self._asking).octets()
        else:
            self._outgoing = self._wireless.octets()

    def _judge(self, response: Response | WirelessResponse, evseid: str) -> None:
        if ipaddress.IPv6Address(response.address).is_loopback and not self._rules.loopback:
            self._note(Problem.ADDRESS)
            return
        reaction = self._reaction(response.security)
        if reaction is Mismatch.REFUSE:
            self.result = NotFound(Missing.SECURITY, self.requests, tuple(self._heard))
        elif reaction is Mismatch.IGNORE:
            self._mismatched = True
        elif reaction is Mismatch.ASK_OTHER:
            self._asking = response.security
            self._asked_other = True
        else:
            self.result = Found(
                address=response.address,
                port=response.port,
                security=response.security,
                asked=self._asking,
                requests=self.requests,
                evseid=evseid,
            )

    def _reaction(self, offered: Security) -> Mismatch:
        if offered is self._asking:
            return Mismatch.ACCEPT
        rules = self._rules
        less = offered is Security.NONE
        reaction = rules.offered_less if less else rules.offered_more
        if reaction is Mismatch.ASK_OTHER and self._asked_other:
            return Mismatch.REFUSE  # it contradicts itself
        return reaction

    def _diagnose(self, response: WirelessResponse, now: int) -> None:
        if response.diagnosis is Diagnosis.ERROR:
            self.result = NotFound(Missing.DIAGNOSIS, self.requests, tuple(self._heard))
        elif response.diagnosis is Diagnosis.ONGOING:
            self._left = self._rules.attempts
            if self._ongoing_until is None:
                self._ongoing_until = now + self._rules.ongoing
        else:
            self._judge(response, response.evseid)

    def _note(self, defect: Defect) -> None:
        if len(self._heard) < _HEARD_BOUND:
            self._heard[defect] = None

    def _give_up(self) -> None:
        if self._ongoing_until is not None:
            reason = Missing.DIAGNOSIS
        elif self._mismatched:
            reason = Missing.SECURITY
        else:
            reason = Missing.UNUSABLE if self._heard else Missing.SILENCE
        self.result = NotFound(reason, self.requests, tuple(self._heard))
