"""The event memory: debouncing, status octets, freeze frames, ageing, clearing, restarts."""

from pathlib import Path

import pytest

from bsw.dem.events import FRESH, Debounce, Event, Severity, Status
from bsw.dem.memory import Dem, UnknownEvent
from bsw.dlt import silent
from bsw.nvm.service import Nvm
from bsw.nvm.store import Store
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker

LATE = Event("BMS_LATE", 0xC10100, "frame missing", debounce=Debounce(50 * MS, 200 * MS), aging=3)
LOCK = Event("LOCK", 0xB20200, "lock does not move", Severity.STOP, Debounce(), warning=True)
TWICE = Event("TWICE", 0xB20300, "needs two cycles", confirm_after=2)


class Ecu:
    def __init__(self, path: Path | None = None) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.nvm: Nvm | None = None
        log = silent().logger("test")
        if path is not None:
            self.nvm = Nvm(Store(path), self.scheduler, SimulatedWorker(self.scheduler), log)
            self.nvm.open()
        self.heard: list[tuple[str, bool]] = []
        self.dem = Dem(
            (LATE, LOCK, TWICE),
            self.scheduler,
            log,
            nvm=self.nvm,
            circumstances=lambda: {"soc": 42, "volts": 391.5},
            now_unix=lambda: 1_790_000_000 + self.scheduler.now // S,
        )
        self.dem.listen(lambda event, failed: self.heard.append((event.name, failed)))

    def run(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)


def test_nothing_was_tested_at_first() -> None:
    assert Ecu().dem.status("LOCK") == FRESH == Status(0x50)


def test_a_failure_without_debouncing_counts_at_once() -> None:
    ecu = Ecu()
    ecu.dem.failed("LOCK", "no feedback")
    assert ecu.dem.status("LOCK") == Status(0xAF)
    assert ecu.heard == [("LOCK", True)]
    assert ecu.dem.worst() is Severity.STOP


def test_a_short_failure_is_no_failure() -> None:
    ecu = Ecu()
    ecu.dem.passed("BMS_LATE")
    ecu.dem.failed("BMS_LATE")
    ecu.run(40 * MS)
    ecu.dem.passed("BMS_LATE")
    ecu.run(S)
    assert Status.FAILED not in ecu.dem.status("BMS_LATE")
    assert ecu.heard == []


def test_a_failure_that_stands_counts_after_its_time_and_a_recovery_after_its_own() -> None:
    ecu = Ecu()
    ecu.dem.failed("BMS_LATE")
    ecu.run(49 * MS)
    assert not ecu.dem.stands("BMS_LATE")
    ecu.run(2 * MS)
    assert ecu.dem.stands("BMS_LATE")
    ecu.dem.passed("BMS_LATE")
    ecu.run(199 * MS)
    assert ecu.dem.stands("BMS_LATE")
    ecu.run(2 * MS)
    assert not ecu.dem.stands("BMS_LATE")
    assert Status.CONFIRMED in ecu.dem.status("BMS_LATE")
    assert ecu.heard == [("BMS_LATE", True), ("BMS_LATE", False)]


def test_repeating_a_report_does_not_prolong_the_debouncing() -> None:
    ecu = Ecu()
    for _ in range(6):
        ecu.dem.failed("BMS_LATE")
        ecu.run(10 * MS)
    assert ecu.dem.stands("BMS_LATE")


def test_the_first_and_the_latest_circumstances_are_kept() -> None:
    ecu = Ecu()
    ecu.dem.failed("LOCK", "first")
    ecu.dem.passed("LOCK")
    ecu.run(10 * S)
    ecu.dem.failed("LOCK", "second")
    entry = ecu.dem.entry("LOCK")
    assert entry.first is not None
    assert entry.latest is not None
    assert (entry.first["detail"], entry.latest["detail"]) == ("first", "second")
    assert entry.latest["soc"] == 42
    assert entry.occurrences == 2


def test_a_code_that_needs_two_cycles_is_pending_after_one() -> None:
    ecu = Ecu()
    ecu.dem.failed("TWICE")
    assert Status.PENDING in ecu.dem.status("TWICE")
    assert Status.CONFIRMED not in ecu.dem.status("TWICE")
    ecu.dem.begin_cycle()
    ecu.dem.passed("TWICE")
    ecu.run(S)
    ecu.dem.failed("TWICE")
    assert Status.CONFIRMED in ecu.dem.status("TWICE")


def test_a_code_ages_over_healthy_cycles() -> None:
    ecu = Ecu()
    ecu.dem.failed("BMS_LATE")
    ecu.run(S)
    for cycle in range(5):
        confirmed = Status.CONFIRMED in ecu.dem.status("BMS_LATE")
        assert confirmed is (cycle <= LATE.aging)
        ecu.dem.begin_cycle()
        ecu.dem.passed("BMS_LATE")
        ecu.run(S)
    assert Status.CONFIRMED not in ecu.dem.status("BMS_LATE")
    assert ecu.dem.entry("BMS_LATE").first is None


def test_clearing_one_code_leaves_the_others() -> None:
    ecu = Ecu()
    ecu.dem.failed("LOCK")
    ecu.dem.failed("TWICE")
    assert ecu.dem.clear(LOCK.code)
    assert ecu.dem.status("LOCK") == FRESH
    assert ecu.dem.stands("TWICE")
    assert not ecu.dem.clear(0x123456)
    assert ecu.dem.clear()
    assert ecu.dem.matching(Status.FAILED) == []


def test_codes_survive_a_restart_but_do_not_stand(tmp_path: Path) -> None:
    first = Ecu(tmp_path / "nvm.db")
    first.dem.failed("LOCK", "stuck")
    first.run(S)
    second = Ecu(tmp_path / "nvm.db")
    assert Status.CONFIRMED in second.dem.status("LOCK")
    assert not second.dem.stands("LOCK")
    entry = second.dem.entry("LOCK")
    assert entry.first is not None
    assert entry.first["detail"] == "stuck"


def test_the_mask_selects_and_codes_come_in_order() -> None:
    ecu = Ecu()
    ecu.dem.failed("TWICE")
    ecu.dem.failed("LOCK")
    found = [event.name for event, _ in ecu.dem.matching(Status.FAILED)]
    assert found == ["LOCK", "TWICE"]


def test_a_tester_may_freeze_the_memory() -> None:
    ecu = Ecu()
    ecu.dem.enabled = False
    ecu.dem.failed("LOCK")
    assert ecu.dem.status("LOCK") == FRESH


def test_what_still_stands_is_remembered_when_the_setting_returns() -> None:
    ecu = Ecu()
    ecu.dem.failed("TWICE")
    ecu.dem.enabled = False
    ecu.dem.failed("LOCK", "stuck")
    ecu.dem.passed("TWICE")
    ecu.run(S)
    assert Status.FAILED in ecu.dem.status("TWICE")
    ecu.dem.enabled = True
    assert Status.FAILED | Status.CONFIRMED in ecu.dem.status("LOCK")
    first = ecu.dem.entry("LOCK").first
    assert first is not None
    assert first["detail"] == "stuck"
    assert Status.FAILED not in ecu.dem.status("TWICE")


def test_what_came_and_went_while_frozen_is_not_remembered() -> None:
    ecu = Ecu()
    ecu.dem.enabled = False
    ecu.dem.failed("LOCK")
    ecu.dem.passed("LOCK")
    ecu.run(S)
    ecu.dem.enabled = True
    assert ecu.dem.entry("LOCK").occurrences == 0
    assert Status.FAILED_THIS_CYCLE not in ecu.dem.status("LOCK")


def test_a_frozen_memory_does_not_freeze_the_reactions() -> None:
    ecu = Ecu()
    heard: list[tuple[str, bool]] = []
    ecu.dem.listen(lambda event, failed: heard.append((event.name, failed)))
    ecu.dem.enabled = False
    ecu.dem.failed("LOCK")
    assert heard == [("LOCK", True)]
    assert ecu.dem.stands("LOCK")
    assert ecu.dem.count == 1


def test_an_event_nobody_declared_is_our_own_mistake() -> None:
    with pytest.raises(UnknownEvent):
        Ecu().dem.failed("NOBODY")


def test_what_stands_is_counted_whatever_becomes_of_it() -> None:
    ecu = Ecu()
    counts = [ecu.dem.count]
    ecu.dem.failed("LOCK")
    counts.append(ecu.dem.count)
    ecu.dem.failed("LOCK")
    ecu.dem.begin_cycle()
    counts.append(ecu.dem.count)
    ecu.dem.passed("LOCK")
    ecu.run(S)
    counts.append(ecu.dem.count)
    ecu.dem.failed("LOCK")
    ecu.dem.clear()
    counts.append(ecu.dem.count)
    assert counts == [0, 1, 1, 0, 0]


def test_a_memory_is_quiet_until_something_changes_or_waits() -> None:
    ecu = Ecu()
    ecu.dem.passed("BMS_LATE")
    revision = ecu.dem.revision
    assert ecu.dem.quiet_since(revision)
    ecu.dem.failed("BMS_LATE")
    assert not ecu.dem.quiet_since(revision)  # a passing report would take it back
    ecu.run(50 * MS)
    assert not ecu.dem.quiet_since(revision)
    assert ecu.dem.quiet_since(ecu.dem.revision)
