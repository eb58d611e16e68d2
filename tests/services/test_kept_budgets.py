"""A restart refills no budget of wear; time does, and so does another plug."""

from pathlib import Path

import pytest

from bsw.dlt import silent
from bsw.nvm.budgets import KeptBudgets
from bsw.nvm.service import Nvm
from bsw.nvm.store import Store
from bsw.os.budget import Budget
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from evcc.plug.wear import Wear
from evcc.plug.wear_config import WearConfig

EACH = 300 * S
NOON = 1_790_000_000


class Start:
    """One life of an ECU on the same disk; ``began`` is the calendar, 0 where nobody knows it."""

    def __init__(self, path: Path, began: int = 0, uptime: int = 0) -> None:
        self.scheduler = Scheduler(VirtualClock(uptime))
        worker = SimulatedWorker(self.scheduler)
        nvm = Nvm(Store(path), self.scheduler, worker, silent().logger("nvm"))
        nvm.open()

        def calendar() -> int:
            return began + (self.scheduler.now - uptime) // S if began else 0

        self.budgets = KeptBudgets(nvm, lambda: self.scheduler.now, calendar)
        config = WearConfig(sessions=3, session_each=EACH, closings=3, closing_each=EACH)
        self.wear = Wear(self.scheduler, config, keep=self.budgets.adopt)

    def run(self, duration: int = S) -> None:
        self.scheduler.run(self.scheduler.now + duration)


def worn(path: Path, began: int = 0) -> None:
    start = Start(path, began)
    for _ in range(3):
        assert start.wear.session() == 0
        assert start.wear.closing() == 0
    assert start.wear.session()
    assert start.wear.closing()
    start.run()


@pytest.mark.parametrize("uptime", [0, 5 * S, 10**6 * S])
@pytest.mark.parametrize(("then", "now"), [(0, 0), (NOON, 0), (0, NOON), (NOON, NOON - 9_000)])
def test_a_restart_refills_nothing_where_nobody_knows_how_long_it_took(
    then: int, now: int, uptime: int, tmp_path: Path
) -> None:
    worn(tmp_path / "evcc.nvm", then)
    again = Start(tmp_path / "evcc.nvm", now, uptime)
    assert again.wear.session() > EACH - 5 * S
    assert again.wear.closing() > EACH - 5 * S
    again.run(EACH)
    assert again.wear.session() == 0
    assert again.wear.session() > 0


def test_what_came_back_while_it_was_off_is_there(tmp_path: Path) -> None:
    worn(tmp_path / "evcc.nvm", NOON)
    again = Start(tmp_path / "evcc.nvm", NOON + 650)
    assert again.wear.session() == again.wear.session() == 0
    assert again.wear.session() > 0


def test_restart_after_restart_gives_nothing_either(tmp_path: Path) -> None:
    worn(tmp_path / "evcc.nvm", NOON)
    closed = 0
    for life in range(20):  # a crash each 30 s
        start = Start(tmp_path / "evcc.nvm", NOON + 30 * life)
        closed += start.wear.closing() == 0
        start.run()
    assert closed <= 2


def test_another_plug_is_remembered_too(tmp_path: Path) -> None:
    worn(tmp_path / "evcc.nvm")
    start = Start(tmp_path / "evcc.nvm")
    start.wear.unplugged()
    start.run()
    again = Start(tmp_path / "evcc.nvm")
    assert again.wear.session() == again.wear.closing() == 0


def test_a_budget_that_is_not_adopted_yet_keeps_its_debt(tmp_path: Path) -> None:
    first = Start(tmp_path / "evcc.nvm", NOON)
    link = Budget(2, EACH)
    first.budgets.adopt("matchings", link)
    link.spend(first.scheduler.now)
    link.spend(first.scheduler.now)
    first.run()
    second = Start(tmp_path / "evcc.nvm", NOON + 10)
    second.wear.closing()  # writes, and knows nothing of matchings
    second.run()
    third = Start(tmp_path / "evcc.nvm", NOON + 20)
    late = Budget(2, EACH)
    third.run(30 * S)
    third.budgets.adopt("matchings", late)
    assert EACH - 60 * S < late.wait(third.scheduler.now) < EACH - 40 * S


def test_a_debt_of_other_settings_is_no_longer_than_all_there_is() -> None:
    budget = Budget(3, 10)
    budget.owe(100, 10**9)
    assert budget.wait(100) == 10
    budget.owe(100, 0)
    assert budget.debt(100) == 30
