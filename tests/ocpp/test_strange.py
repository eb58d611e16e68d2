"""Some back ends that say anything; ``python -m tests.ocpp.strange`` plays more of them."""

import pytest

from tests.ocpp.strange import strange


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_back_end_says_is_answered_and_the_station_goes_on(seed: int) -> None:
    run = strange(seed)
    assert run.wrong == []
    assert run.answers > 10
