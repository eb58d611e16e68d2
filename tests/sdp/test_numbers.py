"""The numbers of discovery, as the norm assigns them."""

from enum import IntEnum, IntFlag

import pytest

from bsw.net.ports import Endpoint
from bsw.os.clock import S
from bsw.sdp import search, turnstile
from bsw.sdp.messages import Coupling, Diagnosis, Pairing, Security, Transport
from bsw.sdp.turnstile import Allowance, Turns


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (Security, [0x00, 0x10]),
        (Transport, [0x00]),
        (Coupling, [0, 1, 2, 3, 4, 5, 6, 7, 8, 0xFF]),
        (Diagnosis, [0x00, 0x01, 0x02, 0x10]),
        (Pairing, [0, 1, 2, 4, 8, 16, 32, 64]),
    ],
)
def test_numbers_are_those_of_the_norm(kind: type[IntEnum | IntFlag], numbers: list[int]) -> None:
    assert [one.value for one in kind.__members__.values()] == numbers


def peer(number: int, port: int = 9) -> Endpoint:
    return Endpoint(f"fe80::{number:x}", port)


def test_a_peer_may_send_so_many_at_once_and_one_more_after_each_refill() -> None:
    assert (turnstile.BURST, turnstile.REFILL) == (32, S // 16)
    allowance = Allowance()
    assert [allowance.admits(peer(1), 0) for _ in range(33)] == [True] * 32 + [False]
    assert allowance.admits(peer(2), 0)
    assert not allowance.admits(peer(1), S // 16 - 1)
    assert allowance.admits(peer(1), S // 16)
    assert not allowance.admits(peer(1), S // 16)
    assert [allowance.admits(peer(1), 10 * S) for _ in range(33)] == [True] * 32 + [False]


def test_who_was_silent_for_longest_is_forgotten_first() -> None:
    assert turnstile.PEERS == 512
    allowance = Allowance()
    for number in (1, 2):
        for _ in range(32):
            allowance.admits(peer(number), 0)
    for number in range(3, 513):
        allowance.admits(peer(number), 0)
    assert not allowance.admits(peer(1), 0), "still in mind"
    allowance.admits(peer(600), 0)
    assert allowance.admits(peer(1), 0), "the one before all others"
    assert len(allowance._spent) == 512


def test_addresses_take_turns_within_their_places() -> None:
    assert (turnstile.ADDRESSES, turnstile.WAITING) == (128, 16)
    turns = Turns()
    assert turns.take() is None
    assert [turns.put(bytes((n,)), peer(1)) for n in range(17)] == [True] * 16 + [False]
    assert [turns.put(b"x", peer(n)) for n in range(2, 130)] == [True] * 127 + [False]
    assert len(turns) == 16 + 127
    first, second = turns.take(), turns.take()
    assert first == (b"\x00", peer(1))
    assert second == (b"x", peer(2))
    assert turns.put(b"y", peer(3))
    turns.clear()
    assert len(turns) == 0
    assert search._HEARD_BOUND == 16
