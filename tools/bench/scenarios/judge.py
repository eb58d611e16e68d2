"""Whether a charge ended as its scenario expects, by what anybody can tell of it afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass

from bsw.chrgm.endings import Ending, SessionResult
from tools.bench.scenarios.model import Expectation, Step

FLOWS = 1.0
"""Amperes that count as current when nobody charges."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """``None``: nobody here can tell, and what is expected of it is not looked at."""

    results: tuple[SessionResult, ...] | None
    station: tuple[SessionResult, ...] | None
    soc: float | None
    said: frozenset[str]
    """The names of all messages."""

    trouble: frozenset[str] | None
    most_amps: float | None
    amps: float = 0.0
    """That still flow."""

    untold: Step | None = None
    cannot_start: str = ""


def judged(expect: Expectation, ended: Ended) -> Iterator[str]:
    """What is not as expected, a sentence each."""
    if ended.cannot_start:
        yield f"an ECU cannot start: {ended.cannot_start}"
        return  # all else follows from it
    if ended.untold is not None:
        step = ended.untold
        yield f"it never came to {str(step.do)!r}, which waits for {step.when or 'its time'}"
    if ended.results is not None:
        yield from _endings("vehicle", ended.results, expect.vehicle)
        if expect.at and (not ended.results or ended.results[-1].exchange != expect.at):
            at = ended.results[-1].exchange if ended.results else "nothing"
            yield f"it ended at {at}, not {expect.at}"
    if ended.station is not None:
        wanted = expect.station
        if wanted is None and ended.results is None:
            wanted = expect.vehicle  # of two that agree, the one that is seen
        if wanted is not None:
            yield from _endings("station", ended.station, wanted)
    yield from _values(expect, ended)
    yield from (f"nobody sent {name}" for name in expect.messages if name not in ended.said)
    yield from (f"somebody sent {name}" for name in expect.never if name in ended.said)
    if ended.trouble is not None:
        missing = set(expect.trouble) - ended.trouble
        yield from (f"the vehicle did not notice {name}" for name in sorted(missing))
    if abs(ended.amps) > FLOWS:
        yield f"{ended.amps:.1f} A flow after the end"


def _values(expect: Expectation, ended: Ended) -> Iterator[str]:
    soc, amps = ended.soc, ended.most_amps
    if soc is not None and expect.soc_from is not None and soc < expect.soc_from:
        yield f"the battery is at {soc:.1f} %, below {expect.soc_from:g} %"
    if soc is not None and expect.soc_to is not None and soc > expect.soc_to:
        yield f"the battery is at {soc:.1f} %, above {expect.soc_to:g} %"
    if amps is not None and expect.most_amps is not None and amps > expect.most_amps:
        yield f"{amps:.1f} A flowed, more than {expect.most_amps:g} A"


def _endings(
    who: str, results: tuple[SessionResult, ...], wanted: tuple[Ending, ...]
) -> Iterator[str]:
    found = tuple(one.ending for one in results)
    if found != wanted:
        told = "; ".join(map(str, results)) or "nothing"
        yield f"the {who}'s end: {told}; not {', '.join(one.value for one in wanted) or 'nothing'}"
