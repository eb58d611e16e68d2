"""One run at a device: case after case, each with its folder, and what an earlier try left."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, Final

from tools.conformance.station.cases import Case
from tools.tester import evidence
from tools.tester.applicable import fitted, why_not
from tools.tester.place.equipment import Equipment
from tools.tester.place.facts import facts, setup_of
from tools.tester.place.station_bench import ForeignStation
from tools.tester.place.vehicle_bench import ForeignVehicle
from tools.tester.profile import Device
from tools.tester.verdict import Bench, Result, Verdict, play

ABOUT: Final = "run.json"
VERDICT: Final = "verdict.json"
FIRST: Final = "first"
"""What was kept of a try at a worn device, in the case's own folder."""


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
        controls: Sequence[Case] = (),
    ) -> None:
        self._make: MakeBench = make or BENCHES[device.role]
        self._controls = {case.id: case for case in (*controls, *cases)}
        self._tried: set[str] = set()
        """Played in this run, not in an earlier one."""
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
        for case in self._in_order():
            yield self._result(case, equipment)

    def _in_order(self) -> Sequence[Case]:
        """A program that is started for each set-up is not started more often than it has to be."""
        if self.device.process.each != "setup":
            return self.cases
        return sorted(
            self.cases, key=lambda one: setup_of(facts("", fitted(one.setup, self.device)))
        )

    def _result(self, case: Case, equipment: Callable[[], Equipment]) -> Result:
        reason = why_not(case, self.device)
        if reason:
            return Result(case.id, case.title, Verdict.NOT_APPLICABLE, reason)
        kept = self._kept(case)
        if kept is not None:
            return kept
        if case.control:
            control = self._result(self._controls[case.control], equipment)
            if control.verdict is not Verdict.PASS:
                why = f"its control {control.id}: {control.verdict.value}, {control.why}"
                return Result(case.id, case.title, Verdict.INCONCLUSIVE, why)
        return self._played(case, equipment())

    def _kept(self, case: Case) -> Result | None:
        """A verdict of an earlier try; what was inconclusive there is played again."""
        path = self.folder / "cases" / case.id / VERDICT
        if not path.exists():
            return None
        found = Result.of(json.loads(path.read_text(encoding="utf-8")))
        again = found.verdict is Verdict.INCONCLUSIVE and case.id not in self._tried
        return None if again else replace(found, kind=case.kind)

    def _played(self, case: Case, equipment: Equipment) -> Result:
        """What is not passed at a worn device is played again at one that is as new."""
        self._tried.add(case.id)
        worn = equipment.wear.before
        folder = self.folder / "cases" / case.id
        result = self._once(case, equipment, folder)
        if worn and equipment.renewable and result.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}:
            kept = _aside(folder)
            told = f"the first time, after {worn}: {result.verdict.value}, {result.why}"
            again = self._once(case, equipment, folder)
            result = replace(again, remarks=(*again.remarks, told))
            kept.rename(folder / FIRST)
        beside = folder / f"{VERDICT}.new"
        beside.write_text(json.dumps(result.as_json(), ensure_ascii=False, indent=1) + "\n")
        beside.replace(folder / VERDICT)
        return result

    def _once(self, case: Case, equipment: Equipment, folder: Path) -> Result:
        folder.mkdir(parents=True, exist_ok=True)
        recorded = equipment.world.record(folder)
        began, since = datetime.now(tz=timezone.utc), time.monotonic()
        played = play(case, partial(self._make, equipment, recorded))
        equipment.wear.played(case.id, good=played.verdict is Verdict.PASS)
        files, findings = evidence.keep(recorded, folder)
        return Result(
            case.id,
            case.title,
            played.verdict,
            played.why,
            tuple(played.unseen),
            round(time.monotonic() - since, 3),
            began.isoformat(timespec="milliseconds"),
            files,
            findings,
            tuple(played.remarks),
            case.kind,
        )


def _aside(folder: Path) -> Path:
    """The first try's evidence, out of the way of the second's."""
    shutil.rmtree(folder / FIRST, ignore_errors=True)
    kept = folder.with_name(f".{folder.name}")
    shutil.rmtree(kept, ignore_errors=True)
    return folder.rename(kept)


def fingerprint(device: Device) -> str:
    """Of what was said, not of the defaults: those grow with each version of ours."""
    said = device.model_dump_json(exclude_defaults=True)
    return hashlib.sha256(said.encode()).hexdigest()
