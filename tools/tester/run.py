"""One run at a device: case after case, each with its folder, and what an earlier try left."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, Final

from tools.conformance.station.cases import Case
from tools.tester import evidence
from tools.tester.applicable import why_not
from tools.tester.place.equipment import Equipment
from tools.tester.place.station_bench import ForeignStation
from tools.tester.place.vehicle_bench import ForeignVehicle
from tools.tester.profile import Device
from tools.tester.verdict import Bench, Result, Verdict, play

ABOUT: Final = "run.json"
VERDICT: Final = "verdict.json"


MakeBench = Callable[[Equipment, Any, Any], Bench]
"""From the equipment, what is recorded, and the set-up of a case."""


BENCHES: Final[dict[str, MakeBench]] = {"secc": ForeignStation, "evcc": ForeignVehicle}


class CannotRun(Exception):
    """The folder, or what is in it, does not fit; the text says what to do."""


class Run:
    """``folder`` gets one folder a case and the report."""

    def __init__(
        self,
        folder: Path,
        device: Device,
        cases: Sequence[Case],
        make: MakeBench | None = None,
    ) -> None:
        self._make: MakeBench = make or BENCHES[device.role]
        self.folder = folder
        self.device = device
        self.cases = cases

    def begin(self, *, resume: bool) -> None:
        """An empty folder, or one that the same run has begun."""
        mark = {"device": self.device.name, "profile": fingerprint(self.device)}
        path = self.folder / ABOUT
        if resume and path.exists():
            if json.loads(path.read_text(encoding="utf-8")) != mark:
                raise CannotRun(
                    f"{self.folder} was begun with another profile; name another folder"
                )
            return
        if path.exists():
            raise CannotRun(
                f"{self.folder} holds a run; go on with --resume, or name another folder"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(mark) + "\n", encoding="utf-8")

    def results(self, equipment: Callable[[], Equipment]) -> Iterator[Result]:
        """The equipment is asked for when there is something to play."""
        for case in self.cases:
            reason = why_not(case, self.device)
            kept = self._kept(case)
            if reason:
                yield Result(case.id, case.title, Verdict.NOT_APPLICABLE, reason)
            elif kept is not None:
                yield kept
            else:
                yield self._played(case, equipment())

    def _kept(self, case: Case) -> Result | None:
        path = self.folder / "cases" / case.id / VERDICT
        if not path.exists():
            return None
        return Result.of(json.loads(path.read_text(encoding="utf-8")))

    def _played(self, case: Case, equipment: Equipment) -> Result:
        folder = self.folder / "cases" / case.id
        folder.mkdir(parents=True, exist_ok=True)
        recorded = equipment.world.record(folder)
        began, since = datetime.now(tz=timezone.utc), time.monotonic()
        played = play(case, partial(self._make, equipment, recorded))
        files, findings = evidence.keep(recorded, folder)
        result = Result(
            case.id,
            case.title,
            played.verdict,
            played.why,
            tuple(played.unseen),
            round(time.monotonic() - since, 3),
            began.isoformat(timespec="milliseconds"),
            files,
            findings,
        )
        beside = folder / f"{VERDICT}.new"
        beside.write_text(json.dumps(result.as_json(), ensure_ascii=False, indent=1) + "\n")
        beside.replace(folder / VERDICT)
        return result


def fingerprint(device: Device) -> str:
    return hashlib.sha256(device.model_dump_json().encode()).hexdigest()
