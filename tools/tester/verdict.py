"""Playing one case at a device, and what came of it."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from bsw.os.clock import MS
from bsw.os.scheduler import SchedulerFault
from tools.conformance.bench import Deviation, NotFromHere, NotReached, Untimely
from tools.conformance.station.cases import Case
from tools.tester.place.hands import NotDone

TOLERABLE: Final = 20 * MS
"""So much a judgement on times can bear that the bench is late itself."""


class Verdict(Enum):
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Result:
    """``why`` is empty for a pass; ``unseen`` is what a case wanted to judge and could not."""

    id: str
    title: str
    verdict: Verdict
    why: str = ""
    unseen: tuple[str, ...] = ()
    took: float = 0.0
    began: str = ""
    files: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    """What the rules of ``v2g decode`` say to the conversation; no part of the verdict."""
    remarks: tuple[str, ...] = ()
    """What is not by the letter, and no reason to fail."""
    kind: str = ""
    """What it has in common with other cases."""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict.value}

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Result":
        """What ``as_json`` has made."""
        lists = {
            name: tuple(told.get(name, ())) for name in ("unseen", "files", "findings", "remarks")
        }
        return cls(**{**told, **lists, "verdict": Verdict(told["verdict"])})


class Bench(Protocol):
    """A bench of either role, as the play of a case sees it from outside."""

    @property
    def unseen(self) -> list[str]: ...
    @property
    def remarks(self) -> list[str]: ...
    @property
    def stalled(self) -> int: ...
    def prepare(self) -> None: ...
    def finish(self) -> None: ...


@dataclass
class Played:
    """A verdict on its way."""

    verdict: Verdict = Verdict.PASS
    why: str = ""
    unseen: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def play(case: Case, make: Any) -> Played:  # noqa: ANN401 - makes a bench from a set-up
    """``make`` makes the bench; what goes wrong before the case's own question is no failure."""
    benches: list[Bench] = []
    played = Played()

    def opened(setup: Any) -> Bench:  # noqa: ANN401 - of either role
        """A case may come back to the device: then it is unplugged in between."""
        if benches:
            _finish(benches[-1], played)
        bench: Bench = make(setup)
        benches.append(bench)
        bench.prepare()
        return bench

    try:
        _told(lambda: case.play_at(opened))
    except (NotReached, NotDone, NotFromHere) as trouble:
        played.verdict, played.why = Verdict.INCONCLUSIVE, f"{trouble}{_late(benches)}"
    except Untimely as deviation:
        late = _late(benches)
        played.verdict = Verdict.INCONCLUSIVE if late else Verdict.FAIL
        played.why = f"{deviation}{late}"
    except Deviation as deviation:
        played.verdict, played.why = Verdict.FAIL, str(deviation)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not end the run of a night
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        told = f"the tester could not go on: {type(error).__name__}: {error} ({place})"
        played.verdict, played.why = Verdict.INCONCLUSIVE, told
    for bench in benches[-1:]:
        _finish(bench, played)
    for bench in benches:
        played.unseen += [text for text in bench.unseen if text not in played.unseen]
        played.remarks += bench.remarks
    return played


def _late(benches: Sequence[Bench]) -> str:
    """What the bench itself has to do with it; empty: nothing."""
    stalled = max((bench.stalled for bench in benches), default=0)
    if stalled <= TOLERABLE:
        return ""
    return f"; the bench itself was late by {stalled // MS} ms: use a quieter machine"


def _told(work: Callable[[], None]) -> None:
    """What was found while a message came in is a finding like any other."""
    try:
        work()
    except SchedulerFault as fault:
        if isinstance(fault.__cause__, Deviation):
            raise fault.__cause__ from None
        raise


def _finish(bench: Bench, played: Played) -> None:
    try:
        bench.finish()
    except (NotDone, NotFromHere) as trouble:
        played.unseen.append(f"whether the device came back: {trouble}")
