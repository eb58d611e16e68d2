"""What a process loads at its start codes every message that a session can come to."""

import pytest

from bsw.chrgm.coding.rehearsal import rehearse
from bsw.chrgm.protocols import SPOKEN, protocol


@pytest.mark.parametrize("name", [one.name for one in SPOKEN])
def test_every_exchange_is_rehearsed(name: str) -> None:
    """Whatever applications there are: their message sets need not go together in one session."""
    steps = list(rehearse(name))
    assert [one.removeprefix(f"{name} ") for one in steps[1:]] == list(
        protocol(name).table.exchanges
    )
