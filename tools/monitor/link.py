"""What comes before the first message: matching, discovery, TLS."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any, Final

from bsw.os.clock import MS, S
from keym.x509.certificate import Malformed, parse
from tools.capture.events import Event
from tools.monitor.finding import Finding, late

_ANSWER: Final = 200 * MS  # TT_match_response
_STEP: Final = 400 * MS  # TT_match_sequence
_RESULTS: Final = 1200 * MS  # TT_EV_atten_results
_SESSION: Final = 10 * S  # TT_EVSE_match_session
_MOST_RUNS: Final = 64
_LEAST_SOUNDS: Final = 1

SDP_EVERY: Final = 225 * MS
"""250 ms of the norm, less what a capture's clock may be off.  # [V2G2-159]"""
SDP_ANSWER: Final = 250 * MS
SDP_MOST: Final = 50  # [V2G2-161]
_SDP_PAUSE: Final = 5 * S
"""Who asks after so long begins anew."""


@dataclass(slots=True)
class _Run:
    """One matching, by its RunID.  Times in nanoseconds; ``None`` did not happen yet."""

    asked: int | None = None
    answered: int | None = None
    started: int | None = None
    announced: int = 0
    sounds: int = 0
    told: int | None = None
    accepted: int | None = None
    wanted: int | None = None
    pev: bytes = b""
    evse: bytes = b""


class Slac:
    """Order, times and values of the matching."""

    def __init__(self) -> None:
        self._runs: OrderedDict[bytes, _Run] = OrderedDict()
        self._judges: dict[str, Any] = {
            "CM_SLAC_PARM.REQ": self._parm_req,
            "CM_SLAC_PARM.CNF": self._parm_cnf,
            "CM_START_ATTEN_CHAR.IND": self._start,
            "CM_MNBC_SOUND.IND": self._sound,
            "CM_ATTEN_CHAR.IND": self._told,
            "CM_ATTEN_CHAR.RSP": self._accepted,
            "CM_SLAC_MATCH.REQ": self._match_req,
            "CM_SLAC_MATCH.CNF": self._match_cnf,
        }

    def judge(self, event: Event) -> Iterator[Finding]:
        judge = self._judges.get(event.name)
        run_id = event.fields.get("run_id")
        if judge is None or not isinstance(run_id, bytes):
            return
        for name in ("application_type", "security_type"):
            if event.fields.get(name):
                yield Finding("value", f"{event.name}: {name} {event.fields[name]}, not 0")
        run = self._runs.get(run_id)
        if run is None:
            if self._runs and event.name != "CM_SLAC_PARM.REQ":
                yield Finding("order", f"{event.name} of a run that nobody began")
                return
            run = self._begin(run_id)
            if event.name != "CM_SLAC_PARM.REQ":
                return  # joined in the middle
        yield from judge(run, event)

    def _begin(self, run_id: bytes) -> _Run:
        if len(self._runs) >= _MOST_RUNS:
            self._runs.popitem(last=False)
        run = self._runs[run_id] = _Run()
        return run

    def _parm_req(self, run: _Run, event: Event) -> Iterator[Finding]:
        run.asked = event.when
        yield from ()

    def _parm_cnf(self, run: _Run, event: Event) -> Iterator[Finding]:
        run.answered = event.when
        yield from _within(event, run.asked, _ANSWER)

    def _start(self, run: _Run, event: Event) -> Iterator[Finding]:
        if run.asked is not None and run.answered is None:
            yield Finding("order", f"{event.name} before CM_SLAC_PARM.CNF")
        if run.started is None or run.sounds:
            run.started, run.sounds = event.when, 0
            if run.answered is not None and event.when - run.answered > _STEP:
                yield late("next request", event.name, event.when - run.answered, _STEP)
        run.announced = int(event.fields.get("num_sounds", 0))

    def _sound(self, run: _Run, event: Event) -> Iterator[Finding]:
        if run.started is None and run.asked is not None:
            yield Finding("order", f"{event.name} before CM_START_ATTEN_CHAR.IND")
        run.sounds += 1
        if run.announced and run.sounds > run.announced:
            yield Finding("order", f"sound {run.sounds}, where {run.announced} were announced")

    def _told(self, run: _Run, event: Event) -> Iterator[Finding]:
        first, run.told = run.told is None, event.when
        if run.started is None:
            if run.asked is not None:
                yield Finding("order", f"{event.name} before any sound")
            return
        if first and run.sounds < run.announced:
            yield Finding("order", f"{event.name} after {run.sounds} of {run.announced} sounds")
        told = int(event.fields.get("num_sounds", 0))
        if not _LEAST_SOUNDS <= told <= max(run.sounds, _LEAST_SOUNDS):
            yield Finding("value", f"{event.name} of {told} sounds, where {run.sounds} were made")
        if first:
            yield from _within(event, run.started, _RESULTS)

    def _accepted(self, run: _Run, event: Event) -> Iterator[Finding]:
        if run.told is None and run.asked is not None:
            yield Finding("order", f"{event.name} before CM_ATTEN_CHAR.IND")
        if event.fields.get("result"):
            yield Finding("value", f"{event.name}: result {event.fields['result']}, not 0")
        if run.accepted is None:
            yield from _within(event, run.told, _STEP)
        run.accepted = event.when

    def _match_req(self, run: _Run, event: Event) -> Iterator[Finding]:
        if run.accepted is None and run.asked is not None:
            yield Finding("order", f"{event.name} before CM_ATTEN_CHAR.RSP")
        elif run.wanted is None:
            yield from _within(event, run.accepted, _SESSION)
        run.wanted = event.when
        run.pev, run.evse = event.fields.get("pev_mac", b""), event.fields.get("evse_mac", b"")

    def _match_cnf(self, run: _Run, event: Event) -> Iterator[Finding]:
        if run.wanted is None:
            if run.asked is not None:
                yield Finding("order", f"{event.name} before CM_SLAC_MATCH.REQ")
            return
        yield from _within(event, run.wanted, _ANSWER)
        for name, asked in (("pev_mac", run.pev), ("evse_mac", run.evse)):
            if event.fields.get(name) != asked:
                yield Finding("value", f"{event.name}: {name} is not the one that asked")


def _within(event: Event, since: int | None, limit: int) -> Iterator[Finding]:
    if since is not None and event.when - since > limit:
        yield late("answer", event.name, event.when - since, limit)


class Discovery:
    """Who asks how often, who answers when, and whether the connection is what was announced."""

    def __init__(self) -> None:
        self._asked: int | None = None
        self._asker = ""
        self._count = 0
        self._told: dict[int, str] = {}  # ports and their security

    def judge(self, event: Event) -> Iterator[Finding]:
        if event.name == "SDP request":
            yield from self._request(event)
        elif event.name == "SDP response":
            yield from self._response(event)

    def _request(self, event: Event) -> Iterator[Finding]:
        again = self._asked is not None and event.source.rpartition(":")[0] == self._asker
        gap = event.when - (self._asked or 0)
        self._count = self._count + 1 if again and gap < _SDP_PAUSE else 1
        if self._count > 1 and gap < SDP_EVERY:
            text = f"SDP request {gap / MS:.0f} ms after the last, where 250 ms are the least"
            yield Finding("interval", text, 250 * MS, gap)
        if self._count == SDP_MOST + 1:
            yield Finding("interval", f"more than {SDP_MOST} SDP requests in a row")
        self._asked, self._asker = event.when, event.source.rpartition(":")[0]

    def _response(self, event: Event) -> Iterator[Finding]:
        if self._asked is not None:
            yield from _within(event, self._asked, SDP_ANSWER)
        port, security = event.fields.get("port"), event.fields.get("security")
        if isinstance(port, int):
            if len(self._told) >= _MOST_RUNS:
                self._told.clear()
            self._told[port] = str(getattr(security, "name", security))

    def connected(self, event: Event, *, secure: bool) -> Iterator[Finding]:
        """The first message of a connection, or its TLS."""
        port = (event.destination if event.side.value == "vehicle" else event.source).rpartition(
            ":"
        )[2]
        told = self._told.get(int(port)) if port.isdigit() else None
        if told is None:
            if self._told and port.isdigit():
                known = ", ".join(str(one) for one in sorted(self._told))
                yield Finding("order", f"a connection to port {port}, where {known} was told")
        elif secure is not (told == "TLS"):
            spoken = "TLS" if secure else "plain text"
            yield Finding("security", f"{spoken} on a port that was told with security {told}")


def tls(event: Event) -> Iterator[Finding]:
    """Alerts that end a connection, and certificates that prove nothing at that time."""
    if event.name == "TLS alert" and event.fields.get("level") == "fatal":
        yield Finding("tls", f"fatal alert {event.fields.get('alert')}")
    elif event.name == "certificates":
        yield from _chain(event)


def _chain(event: Event) -> Iterator[Finding]:
    try:
        chain = [parse(one) for one in event.fields.get("chain", ())]
    except Malformed as error:
        yield Finding("certificate", f"cannot be read: {error}")
        return
    for place, (one, issuer) in enumerate(pairwise(chain)):
        if not one.signed_by(issuer):
            yield Finding("certificate", f"number {place + 1} of the chain is not by the next one")
    if not 31_536_000 * S < event.when < 4_102_444_800 * S:
        return  # no calendar
    now = datetime.fromtimestamp(event.when // S, tz=timezone.utc)
    for place, one in enumerate(chain):
        if not one.not_before <= now <= one.not_after:
            text = f"number {place + 1} of the chain holds from {one.not_before} to {one.not_after}"
            yield Finding("certificate", text)
