"""How old a pause may get: by the calendar, over restarts, and by the process's own time."""

import pytest

from bsw.chrgm.pause import PauseAge
from bsw.os.clock import HOUR, S
from bsw.stbm import Quality, TimeBase

NOON = 1_790_000_000


class Life:
    """One run of a process."""

    def __init__(self, calendar: int) -> None:
        self.now = 5 * S
        self.calendar = calendar
        self.age = PauseAge(lambda: self.now, lambda: self.calendar, 24 * HOUR)

    def wait(self, hours: float) -> "Life":
        self.now += int(hours * HOUR)
        self.calendar += int(hours * 3_600) if self.calendar else 0
        return self


@pytest.mark.parametrize("calendar", [0, NOON])
def test_in_one_run_of_the_process(calendar: int) -> None:
    life = Life(calendar).wait(100)
    since = life.age.begin()
    assert not life.wait(23.9).age.over(since)
    assert life.wait(0.2).age.over(since)


def test_over_a_restart_by_the_calendar() -> None:
    since = Life(NOON).age.begin()
    assert not Life(NOON + 23 * 3_600).age.over(since)
    assert Life(NOON + 25 * 3_600).age.over(since)
    assert Life(NOON + 23 * 3_600).wait(1.1).age.over(since)


@pytest.mark.parametrize(("then", "now"), [(0, 0), (0, NOON), (NOON, 0), (NOON, NOON - 9)])
def test_a_calendar_that_nobody_knows_or_that_went_back_ends_no_pause(then: int, now: int) -> None:
    since = Life(then).age.begin()
    assert not Life(now).age.over(since)
    assert Life(now).wait(24.1).age.over(since)


def test_a_time_that_was_never_told_is_no_time() -> None:
    base = TimeBase(lambda: 7 * S)
    assert base.unix_if_known() == 0
    base.set(NOON, Quality.STATION)
    assert base.unix_if_known() == base.unix() == NOON
