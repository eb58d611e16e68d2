"""Duty cycles and currents, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.cp.duty import Meaning, current_from_duty, duty_from_current, meaning


@pytest.mark.parametrize(
    ("duty", "what", "current"),
    [
        (0.0, Meaning.NOT_ALLOWED, 0),
        (2.9, Meaning.NOT_ALLOWED, 0),
        (3.0, Meaning.DIGITAL, 0),
        (5.0, Meaning.DIGITAL, 0),
        (7.0, Meaning.DIGITAL, 0),
        (7.5, Meaning.NOT_ALLOWED, 0),
        (8.0, Meaning.CURRENT, 6),
        (9.9, Meaning.CURRENT, 6),
        (10.0, Meaning.CURRENT, 6),
        (50.0, Meaning.CURRENT, 30),
        (85.0, Meaning.CURRENT, 51),
        (86.0, Meaning.CURRENT, 55),
        (96.0, Meaning.CURRENT, 80),
        (97.0, Meaning.CURRENT, 80),
        (97.5, Meaning.NOT_ALLOWED, 0),
        (100.0, Meaning.STEADY, 0),
    ],
)
def test_what_a_duty_cycle_says(duty: float, what: Meaning, current: float) -> None:
    assert meaning(duty) is what
    assert current_from_duty(duty) == pytest.approx(current)


@pytest.mark.parametrize(
    ("current", "duty"),
    [(6, 10), (16, 26.667), (32, 53.333), (51, 85), (52, 85), (63, 89.2), (80, 96)],
)
def test_which_duty_cycle_offers_a_current(current: float, duty: float) -> None:
    assert duty_from_current(current) == pytest.approx(duty, abs=0.001)


@given(st.floats(6, 51) | st.floats(52.51, 80))
def test_a_current_comes_back_as_it_went(current: float) -> None:
    assert current_from_duty(duty_from_current(current)) == pytest.approx(current)


@given(st.floats(6, 80))
def test_no_more_is_read_than_was_offered(current: float) -> None:
    assert current_from_duty(duty_from_current(current)) <= current + 1e-9


@given(st.floats(0, 100))
def test_every_duty_cycle_has_a_meaning_and_a_sane_current(duty: float) -> None:
    assert 0 <= current_from_duty(duty) <= 80
    assert (current_from_duty(duty) > 0) == (meaning(duty) is Meaning.CURRENT)


@pytest.mark.parametrize("current", [0, 5.9, 80.1, -1])
def test_what_a_pilot_cannot_say_is_refused(current: float) -> None:
    with pytest.raises(ValueError, match="6 to 80 A"):
        duty_from_current(current)
