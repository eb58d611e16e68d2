"""What is known of a charge at one moment, for whoever shows it: terminal, browser, a program.

Plain values with their units in the names of the fields.  Who looks, and how it is drawn, is not
known here.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from bsw.os.clock import S
from tools.report.digest import PHASES

PLUG, SLAC, SDP, TLS, AUTHORIZATION, CABLE_CHECK, PRE_CHARGE, CHARGING, STOP = STRIP = (
    "Plug",
    "SLAC",
    "SDP",
    "TLS",
    "Authorization",
    "Cable check",
    "Pre-charge",
    "Charging",
    "Stop",
)
WITHOUT: Final[dict[str, tuple[str, ...]]] = {"AC": (CABLE_CHECK, PRE_CHARGE), "plain": (TLS,)}
"""Phases that do not come, and why: of an AC charge, without TLS."""

_FOLDED: Final = {"Set-up": AUTHORIZATION, "Services": AUTHORIZATION, "Parameters": AUTHORIZATION}


def phase_of(exchange: str) -> str:
    """The part of the strip that an exchange belongs to, or nothing."""
    for name, words in PHASES:
        if exchange.startswith(words):
            found = _FOLDED.get(name, name)
            return found if found in STRIP else ""
    return ""


@dataclass(slots=True)
class Phase:
    """``limit`` is the norm's, in seconds; ``None``: it has none."""

    name: str
    limit: float | None = None
    began: float | None = None
    ended: float | None = None
    failed: bool = False

    def took(self, now: float) -> float | None:
        if self.began is None:
            return None
        return max(0.0, (now if self.ended is None else self.ended) - self.began)

    @property
    def state(self) -> str:
        if self.failed:
            return "failed"
        if self.began is None:
            return "waits"
        return "runs" if self.ended is None else "done"


@dataclass(frozen=True, slots=True)
class Line:
    """A message in words."""

    seconds: float
    side: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that the vehicle's ECU knows of, with its cause if it has told one."""

    seconds: float
    name: str
    code: str
    text: str
    detail: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """How long an answer took, and how long it might have taken, in milliseconds."""

    exchange: str = ""
    took_ms: float = 0.0
    limit_ms: float = 0.0

    @property
    def share(self) -> float:
        return self.took_ms / self.limit_ms if self.limit_ms else 0.0


@dataclass(frozen=True, slots=True)
class Half:
    """One side: what it measures and what it is doing."""

    doing: str = ""
    volts_v: float = 0.0
    amps_a: float = 0.0
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackEnd:
    """What a back end has heard: calls, events that are booked, and how many of them twice."""

    calls: int
    events: int
    repeats: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    title: str
    protocol: str
    security: str
    seconds: float
    speed: float
    pilot: str
    soc_percent: float
    target_percent: float
    power_kw: float
    energy_kwh: float
    vehicle: Half
    station: Half
    phases: tuple[Phase, ...]
    lines: tuple[Line, ...]
    trouble: tuple[Trouble, ...]
    made: tuple[str, ...]
    note: str
    """What a person shall do now."""

    messages: int
    slowest: Answer
    endings: tuple[str, ...]
    over: bool = False
    back_end: BackEnd | None = None

    def as_json(self) -> dict[str, Any]:
        found = asdict(self)
        found["phases"] = [
            {"name": one.name, "state": one.state, "seconds": one.took(self.seconds),
             "limit_seconds": one.limit}
            for one in self.phases
        ]  # fmt: skip
        return found


def seconds(time: int) -> float:
    return time / S
