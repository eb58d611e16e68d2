"""How often somebody may come: a flood of one address leaves room for others, and has an end."""

from collections.abc import Iterable

import pytest

from bsw.net.admission import PEERS_KNOWN, Admission
from bsw.net.connections_config import ConnectionsConfig
from bsw.os.clock import MS, S

BOUNDS = ConnectionsConfig(per_second=200, per_peer_second=100)


class Door:
    def __init__(self, bounds: ConnectionsConfig = BOUNDS) -> None:
        self.now = 7 * S
        self.admission = Admission(bounds, lambda: self.now)

    def come(self, peers: Iterable[str]) -> int:
        """How many of them get in, all at this moment."""
        return sum(self.admission.admits(peer) for peer in peers)


def test_one_address_gets_its_share_and_the_next_still_comes_in() -> None:
    door = Door()
    assert door.come(["fe80::1"] * 1_000) == BOUNDS.per_peer_second
    assert door.come(["fe80::2"]) == 1
    assert door.admission.refused == 900


def test_many_addresses_together_have_a_bound_too() -> None:
    door = Door()
    assert door.come(f"fe80::{number:x}" for number in range(1_000)) == BOUNDS.per_second


@pytest.mark.parametrize("peers", [["fe80::1"], [f"fe80::{number:x}" for number in range(50)]])
def test_the_allowance_comes_back_with_time_and_no_more_of_it(peers: list[str]) -> None:
    door = Door()
    rate = BOUNDS.per_peer_second if len(peers) == 1 else BOUNDS.per_second
    admitted = 0
    for _ in range(500):  # five seconds of a flood
        admitted += door.come(peers * 4)
        door.now += 10 * MS
    assert 5 * rate <= admitted <= 6 * rate
    door.now += 3_600 * S
    assert door.come(peers * 1_000) == rate, "nobody saves up"


def test_addresses_that_change_are_forgotten() -> None:
    door = Door()
    for number in range(10_000):
        door.admission.admits(f"fe80::{number:x}")
    assert len(door.admission._peers) == PEERS_KNOWN
