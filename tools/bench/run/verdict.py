"""How a played scenario went, in one sentence, and where to look next."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bsw.chrgm.endings import Ending, SessionResult
from tools.bench.run.dashboard import clock
from tools.bench.run.watch import Watch
from tools.bench.scenarios.player import Outcome

if TYPE_CHECKING:
    from tools.bench.run.simulated import Played

NEXT = {
    Ending.ANSWER_TIMEOUT: "look at the station's log, and at the line between the modems",
    Ending.SEQUENCE_TIMEOUT: "look at the vehicle's log: it did not ask again",
    Ending.ONGOING_TIMEOUT: "see what the station waits for: its hardware, or its back end",
    Ending.REFUSED: "the response code names the reason; the station's log says more",
    Ending.TLS_FAILED: "compare both certificate stores: v2g pki show",
    Ending.KEY_FAULT: "look whether the token is there: v2g doctor",
    Ending.ISOLATION_FAULT: "measure the cable's isolation",
    Ending.PILOT_FAULT: "look at plug and pilot",
    Ending.STATION_FAULT: "look at the station's power module",
    Ending.VEHICLE_FAULT: "the vehicle's trouble codes say what: docs/diagnostics.md",
    Ending.NO_PROTOCOL: "compare session.protocols of both",
    Ending.NO_STATION: "look whether the station answers discovery: v2g sdp",
    Ending.NOTHING_CHARGED: "see the vehicle's trouble codes and its permission",
}
LEAST_TOLD = 0.01
"""kWh."""

GENERAL_NEXT = "read the conversation: v2g decode"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``good``: it ended as the scenario expects."""

    good: bool
    sentence: str
    advice: str
    figures: dict[str, Any]


def verdict(watch: Watch, outcome: Outcome, wall: float) -> Verdict:
    flow = 0.0
    if watch.first_flow is not None:
        flow = (watch.last_flow - watch.first_flow) / 1e9
    energy = watch.subject.measured().charged_wh / 1000
    played = watch.subject.now / 1e9
    speed = played / wall if wall else 0.0
    sentence, advice = _told(watch, outcome, energy, flow)
    slow = watch.slowest
    figures = {
        "ended_as_expected": not outcome.wrong,
        "wrong": list(outcome.wrong),
        "endings": [str(one) for one in outcome.results],
        "energy_kwh": round(energy, 3),
        "charging_seconds": round(flow, 1),
        "messages": watch.messages,
        "slowest": {"exchange": slow.exchange, "ms": slow.took_ms, "limit_ms": slow.limit_ms},
        "played_seconds": round(played, 1),
        "wall_seconds": round(wall, 1),
        "speed": round(speed, 1),
        "advice": advice,
    }
    return Verdict(not outcome.wrong, sentence, advice, figures)


def _told(watch: Watch, outcome: Outcome, energy: float, flow: float) -> tuple[str, str]:
    last = outcome.results[-1] if outcome.results else None
    if last is None:
        if energy >= LEAST_TOLD:
            return f"Charged {energy:.2f} kWh by the duty cycle alone", ""
        why = watch.subject.cannot_start or "no session took place"
        return f"Nothing was charged: {why}", "" if not outcome.wrong else GENERAL_NEXT
    charged = f"Charged {energy:.1f} kWh in {_span(flow)}" if flow else "Nothing was charged"
    if not last.ending.good:
        return _unhappy(watch, last, charged), NEXT.get(last.ending, GENERAL_NEXT)
    told = f"{charged}, {watch.messages:,} messages"
    slow = watch.slowest
    if slow.exchange:
        told += f", slowest answer {slow.took_ms:.0f} ms of {slow.limit_ms:.0f} ms"
    return told, ""


def _unhappy(watch: Watch, last: SessionResult, charged: str) -> str:
    """The exchange that was open, the peer, the timer."""
    told = f"{charged}; then: {last}"
    if watch.open is not None:
        told += (
            f"; {watch.open.exchange} was open, the station had {watch.open.limit_ms:.0f} ms for it"
        )
    peer = watch.subject.peer
    return told + (f"; peer {peer}" if peer else "")


def _span(seconds: float) -> str:
    return clock(seconds) if seconds < 120 else f"{seconds / 60:.0f} min"


def places(out: Path, played: "Played", report: Path | None, *, again: str) -> list[str]:
    """Where to look next, a line each."""
    told = []
    if report is not None:
        told.append(f"report    {report}: the session in a browser, with what broke a rule")
    if played.capture is not None:
        word = shlex.quote(str(played.capture))
        told.append(f"capture   {played.capture}: decrypted in Wireshark, or: v2g decode {word}")
    for path, whole in played.traces.items():
        told.append(f"trace     {path}: {whole}")
    if not played.traces:
        told.append(f"traces    v2g trace check {shlex.quote(str(out / 'evcc.trace.jsonl'))}")
    told.append(f"again     v2g bench run {again}")
    told.append("by hand   v2g bench web: http://127.0.0.1:8717/")
    return told
