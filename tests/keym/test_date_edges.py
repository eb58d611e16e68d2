"""To the second: how long an answer about revocation is believed, and when a credential calls."""

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from keym.judging.revocation import FRESH, Unusable, still_holds
from keym.judging.status import State
from keym.keeping.expiry import LEAD, ROOT_LEAD
from keym.x509.profile import Use

MADE = datetime(2026, 6, 1, tzinfo=timezone.utc)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def judged(
    at: datetime, until: datetime | None, state: State = State.GOOD, *, trusted: bool = True
) -> str:
    answer: Any = SimpleNamespace(this_update=MADE, next_update=until, state=state)
    moment: Any = SimpleNamespace(at=at, trusted=trusted)
    try:
        still_holds(answer, moment, FRESH)
    except Unusable as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("at", "until", "words"),
    [
        (MADE, None, ""),
        (MADE - timedelta(minutes=5), None, ""),
        (MADE - timedelta(minutes=5) - SECOND, None, "from the future"),
        (MADE + DAY, MADE + DAY, ""),
        (MADE + DAY + SECOND, MADE + DAY, "held until 2026-06-02 00:00"),
        (MADE + 7 * DAY, None, ""),
        (MADE + 7 * DAY + SECOND, None, "too long ago"),
        (MADE + 7 * DAY, MADE + 30 * DAY, ""),
        (MADE + 7 * DAY + SECOND, MADE + 30 * DAY, "too long ago"),
    ],
)
def test_an_answer_holds_to_its_last_second(
    at: datetime, until: datetime | None, words: str
) -> None:
    told = judged(at, until)
    assert words in told
    assert bool(told) is bool(words)
    assert judged(at, until, trusted=False) == ""


def test_revoked_holds_for_ever_but_not_before_it_was_said() -> None:
    assert judged(MADE + 999 * DAY, MADE + DAY, State.REVOKED) == ""
    assert "future" in judged(MADE - DAY, None, State.REVOKED)


def test_a_credential_calls_so_many_days_before_its_end() -> None:
    days = {Use.SECC: 7, Use.CPS: 14, Use.CONTRACT: 21, Use.PROVISIONING: 180, Use.VEHICLE: 60}
    assert {use: lead.days for use, lead in LEAD.items()} == days
    assert timedelta(days=365) == ROOT_LEAD
    assert (FRESH.longest, FRESH.skew) == (timedelta(days=7), timedelta(minutes=5))
