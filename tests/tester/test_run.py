"""A run: verdicts, what is kept, going on after an interruption, and the report."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import parse

import pytest

from bsw.net.record.config import CaptureConfig
from bsw.net.record.recording import Recording
from bsw.os.clock import VirtualClock
from bsw.os.scheduler import Fault, Scheduler, SchedulerFault
from tools.conformance.bench import Clockwork, Deviation, NotFromHere, NotReached, Setup, Untimely
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.station.cases import Case
from tools.tester import report
from tools.tester.place.hands import NotDone
from tools.tester.place.wear import Wear
from tools.tester.profile import Device, ProcessPart
from tools.tester.run import CannotRun, Run, fingerprint
from tools.tester.verdict import Result, Verdict

STALLED = [0]
DEVICE = Device(name="a charger")


class FakeBench(Clockwork):
    """Nothing is there; it is handled all the same."""

    def __init__(self, _equipment: object, _recorded: object, _setup: Setup) -> None:
        super().__init__(Scheduler(VirtualClock()))
        self.finished = 0
        self.stalled = STALLED[0]

    def prepare(self) -> None:
        self.unseen.append("whether energy flows on")
        self.remarks.append("octets behind a message are tolerated")

    def finish(self) -> None:
        self.finished += 1


class FakeWorld:
    def record(self, folder: Path) -> SimpleNamespace:
        secrets, file = folder / "secrets.keylog", folder / "wire.pcapng"
        recording = Recording(CaptureConfig(file=file), Scheduler(VirtualClock()), secrets)
        return SimpleNamespace(file=file, secrets=secrets, close=recording.close)


def case(identity: str, error: Exception | None = None) -> Case:
    def how(setup: Setup) -> None:
        assert setup.bench is not None
        setup.bench(setup)
        if error is not None:
            raise error

    return Case(identity, f"about {identity}", how, Setup())


def in_a_task(found: Exception) -> SchedulerFault:
    fault = SchedulerFault(Fault("tcp", found))
    fault.__cause__ = found
    return fault


CASES = [
    case("GOOD"),
    case("BAD", Deviation("answered with OK, expected FAILED")),
    case("EARLY", NotReached("before Loop: no answer at PreCharge")),
    case("ALONE", NotDone("'plug in now' needs a person")),
    case("BARE", NotFromHere("0 ohms need hardware")),
    case("BROKEN", ZeroDivisionError("ours")),
    case("UNREADABLE", in_a_task(Deviation("an answer that cannot be read"))),
    case("UNLINKED", in_a_task(NotReached("no data link"))),
    case("FAULTY", in_a_task(ZeroDivisionError("ours"))),
    Case("INSIDE", "", lambda _setup: None, NewerSetup(inside="inside only: of its memory")),
]


def played(
    folder: Path,
    cases: list[Case] = CASES,
    *,
    resume: bool = False,
    controls: tuple[Case, ...] = (),
    device: Device = DEVICE,
) -> list[Result]:
    made = Run(folder, device, cases, FakeBench, controls)
    made.begin(resume=resume)
    renewable = device.process.each == "setup"
    equipment: Any = SimpleNamespace(world=FakeWorld(), wear=Wear(), renewable=renewable)
    return list(made.results(lambda: equipment))


def test_each_end_has_its_verdict(tmp_path: Path) -> None:
    found = {one.id: (one.verdict, one.why) for one in played(tmp_path / "out")}
    assert found["GOOD"] == (Verdict.PASS, "")
    assert found["BAD"] == (Verdict.FAIL, "answered with OK, expected FAILED")
    assert found["UNREADABLE"] == (Verdict.FAIL, "an answer that cannot be read")
    for name in ("EARLY", "ALONE", "BARE", "BROKEN", "UNLINKED", "FAULTY"):
        assert found[name][0] is Verdict.INCONCLUSIVE, name
    assert "ZeroDivisionError: ours (test_run.py:" in found["BROKEN"][1]
    assert found["INSIDE"][0] is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("stalled", "verdict"), [(0, Verdict.FAIL), (80_000_000, Verdict.INCONCLUSIVE)]
)
def test_a_late_bench_does_not_call_a_device_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stalled: int, verdict: Verdict
) -> None:
    monkeypatch.setattr(f"{__name__}.STALLED", [stalled])
    (found,) = played(tmp_path / "out", [case("LATE", Untimely("closed after 61.2 s"))])
    assert found.verdict is verdict
    assert ("80 ms" in found.why) == bool(stalled)


def test_what_could_not_be_seen_is_said(tmp_path: Path) -> None:
    good = played(tmp_path / "out")[0]
    assert good.unseen == ("whether energy flows on",)
    assert good.remarks == ("octets behind a message are tolerated",)
    assert good.files == ("wire.pcapng", "ladder.txt", "events.jsonl")


def test_a_run_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = played(out, CASES[:2])
    again = played(out, [case("GOOD", Deviation("played again")), *CASES[1:]], resume=True)
    assert again[:2] == first
    assert len(again) == len(CASES)


def worn(times: list[str], *, identity: str = "WORN", good_at: int = 2) -> Case:
    """A case that is not passed before it is played for the ``good_at``-th time."""

    def how(setup: Setup) -> None:
        assert setup.bench is not None
        setup.bench(setup)
        times.append(identity)
        if times.count(identity) < good_at:
            raise Deviation(f"wrong {times.count(identity)}")

    return Case(identity, "", how, Setup())


ANEW = Device(name="a program", process=ProcessPart(run="x", each="setup"))


def test_what_fails_at_a_worn_device_is_judged_at_one_that_is_as_new(tmp_path: Path) -> None:
    times: list[str] = []
    out = tmp_path / "out"
    found = played(out, [case("GOOD"), worn(times)], device=ANEW)
    assert [one.verdict for one in found] == [Verdict.PASS, Verdict.PASS]
    assert "the first time, after GOOD: fail, wrong 1" in found[1].remarks
    assert (out / "cases" / "WORN" / "first" / "wire.pcapng").exists()
    assert (out / "cases" / "WORN" / "wire.pcapng").exists()


def test_a_failure_that_comes_again_is_one(tmp_path: Path) -> None:
    found = played(tmp_path / "out", [case("GOOD"), worn([], good_at=3)], device=ANEW)
    assert found[1].verdict is Verdict.FAIL
    assert found[1].why == "wrong 2"


@pytest.mark.parametrize(
    ("cases", "device"), [([worn([])], ANEW), ([case("GOOD"), worn([])], DEVICE)]
)
def test_at_a_device_that_is_as_new_or_cannot_be_made_so_once_is_enough(
    tmp_path: Path, cases: list[Case], device: Device
) -> None:
    found = played(tmp_path / "out", cases, device=device)
    assert found[-1].verdict is Verdict.FAIL


def test_a_program_that_is_started_for_each_set_up_is_started_seldom(tmp_path: Path) -> None:
    order: list[str] = []
    dc, ac = Setup(), Setup(mode="AC_three_phase_core")
    device = Device(
        protocols=("iso2",), modes=("DC_extended", "AC_three_phase_core"), process=ANEW.process
    )
    mixed = [
        replace(worn(order, identity=name, good_at=1), setup=setup)
        for name, setup in (("A", dc), ("B", ac), ("C", dc), ("D", ac))
    ]
    played(tmp_path / "out", mixed, device=device)
    assert "".join(order) in {"ACBD", "BDAC"}


def test_what_was_inconclusive_is_tried_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    played(out, [case("SHY", NotReached("before Loop")), case("BAD", Deviation("wrong"))])
    again = played(out, [case("SHY"), case("BAD")], resume=True)
    assert [one.verdict for one in again] == [Verdict.PASS, Verdict.FAIL]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(None, Verdict.PASS), (Deviation("refused"), Verdict.INCONCLUSIVE)],
)
def test_a_refusal_says_nothing_where_its_control_fails(
    tmp_path: Path, error: Exception | None, verdict: Verdict
) -> None:
    bad = [replace(case(name), control="GOOD") for name in ("NEG-1", "NEG-2")]
    found = played(tmp_path / "out", bad, controls=(case("GOOD", error),))
    assert [one.verdict for one in found] == [verdict, verdict]
    assert all(("its control GOOD: fail, refused" in one.why) == bool(error) for one in found)
    kept = json.loads((tmp_path / "out" / "cases" / "GOOD" / "verdict.json").read_text())
    assert kept["id"] == "GOOD"


def test_a_folder_with_a_run_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    played(out)
    with pytest.raises(CannotRun, match="--resume"):
        played(out)


def test_another_profile_does_not_go_on(tmp_path: Path) -> None:
    played(tmp_path / "out")
    other = Run(tmp_path / "out", Device(name="another charger"), CASES, FakeBench)
    with pytest.raises(CannotRun, match="another profile"):
        other.begin(resume=True)


def test_the_report_says_the_same_in_every_form(tmp_path: Path) -> None:
    out = tmp_path / "out"
    results = played(out)
    report.write(out, DEVICE, {"interface": "lo"}, results)
    told = json.loads((out / "results.json").read_text())
    assert told["counts"] == {"pass": 1, "fail": 2, "inconclusive": 6, "not applicable": 1}
    assert [Result.of(one) for one in told["cases"]] == results
    suite = parse(out / "junit.xml").getroot()
    wanted = {"tests": "10", "failures": "2", "errors": "6", "skipped": "1"}
    assert {name: suite.get(name) for name in wanted} == wanted
    page = (out / "report.html").read_text()
    assert "answered with OK, expected FAILED" in page
    assert "remark: octets behind a message are tolerated" in page
    assert 'href="cases/BAD/wire.pcapng"' in page


def test_a_conversation_that_cannot_be_told_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_capture: Path, _secrets: bytes) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("tools.tester.evidence.events", broken)
    (found,) = played(tmp_path / "out", CASES[:1])
    assert found.verdict is Verdict.PASS
    assert found.findings == ("the conversation is not whole: ZeroDivisionError: ours",)


def test_a_case_that_comes_again_is_unplugged_in_between(tmp_path: Path) -> None:
    order: list[str] = []

    class Noting(FakeBench):
        def prepare(self) -> None:
            order.append("prepare")

        def finish(self) -> None:
            order.append("finish")

    def how(setup: Setup) -> None:
        assert setup.bench is not None
        setup.bench(setup)
        setup.bench(setup)

    made = Run(tmp_path, DEVICE, [Case("TWICE", "", how, Setup())], Noting)
    equipment: Any = lambda: SimpleNamespace(  # noqa: E731
        world=FakeWorld(), wear=Wear(), renewable=False
    )
    (found,) = made.results(equipment)
    assert found.verdict is Verdict.PASS
    assert order == ["prepare", "finish", "prepare", "finish"]


def test_a_key_that_a_newer_version_knows_does_not_make_it_another_profile() -> None:
    class Newer(Device):
        novelty: int = 0

    assert fingerprint(Newer(name="a charger")) == fingerprint(Device(name="a charger"))
    assert fingerprint(Device(plain=True)) == fingerprint(Device())
    assert fingerprint(Device(name="a charger")) != fingerprint(Device())


def test_what_was_not_reached_says_that_the_bench_was_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.STALLED", [80_000_000])
    (found,) = played(tmp_path / "out", [case("FAR", NotReached("CurrentDemand was never asked"))])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.why.startswith("CurrentDemand was never asked; the bench itself was late by 80 ms")


def test_failures_of_one_kind_are_one_line(tmp_path: Path) -> None:
    out, bad = tmp_path / "out", Deviation("goes on")
    cases = [replace(case(f"CERT-{n}", bad), kind="breaks the profile") for n in range(3)]
    cases += [replace(case("OTHER", bad), kind="seen once"), case("ALONE", bad)]
    cases.append(replace(case("GOOD"), kind="breaks the profile"))
    report.write(out, DEVICE, {}, played(out, cases))
    told = json.loads((out / "results.json").read_text())
    assert told["failed alike"] == {"breaks the profile": ["CERT-0", "CERT-1", "CERT-2"]}
    page = (out / "report.html").read_text()
    assert page.count("breaks the profile") == 1
    assert '<a href="#CERT-2">' in page
    assert '<tr id="CERT-2">' in page
    report.write(out, DEVICE, {}, [])
    assert "Failed alike" not in (out / "report.html").read_text()


def test_what_was_kept_has_the_kind_that_the_case_has_now(tmp_path: Path) -> None:
    one = case("BAD", Deviation("goes on"))
    played(tmp_path / "out", [one])
    (kept,) = played(tmp_path / "out", [replace(one, kind="alike")], resume=True)
    assert kept.kind == "alike"
