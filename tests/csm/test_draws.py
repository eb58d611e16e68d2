"""Draws from a repeatable stream: the stream itself, no value favoured, chances as said."""

import hashlib

import pytest

from csm.randomness import SeededRandomness


def test_the_stream_is_the_hashes_of_seed_and_count() -> None:
    seed = hashlib.sha256(b"7").digest()
    blocks = b"".join(hashlib.sha256(seed + bytes(7) + bytes((n,))).digest() for n in range(3))
    chance = SeededRandomness(7)
    assert chance.octets(5) + chance.octets(0) + chance.octets(80) == blocks[:85]
    assert SeededRandomness("7").octets(85) == blocks[:85]


class Given(SeededRandomness):
    """A stream of octets that the test has written."""

    def __init__(self, octets: str) -> None:
        super().__init__(0)
        self._pool = bytes.fromhex(octets)

    @property
    def left(self) -> int:
        return len(self._pool)


@pytest.mark.parametrize(
    ("bound", "octets", "value", "left"),
    [
        (1, "ff", 0, 1),
        (2, "80", 1, 0),
        (2, "7f", 0, 0),
        (3, "ff bf", 2, 0),
        (128, "fe", 127, 0),
        (129, "ff 80", 128, 0),
        (256, "ff", 255, 0),
        (257, "ffff 8000", 256, 0),
    ],
)
def test_a_draw_out_of_range_is_drawn_again(bound: int, octets: str, value: int, left: int) -> None:
    chance = Given(octets)
    assert chance.below(bound) == value
    assert chance.left == left


@pytest.mark.parametrize("bound", [0, -1])
def test_below_nothing_there_is_nothing(bound: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        SeededRandomness(1).below(bound)


@pytest.mark.parametrize(
    ("octets", "probability", "happens"),
    [
        ("00000000000000", 0.0, False),
        ("00000000000000", 1e-15, True),
        ("7fffffffffffff", 0.5, True),
        ("80000000000000", 0.5, False),
        ("ffffffffffffff", 1.0, True),
        ("ffffffffffffff", 0.999, False),
    ],
)
def test_a_chance_is_as_likely_as_it_is_said(
    octets: str, probability: float, *, happens: bool
) -> None:
    assert Given(octets).chance(probability) is happens


def test_a_fork_draws_from_a_stream_of_its_own() -> None:
    one, other = SeededRandomness(1), SeededRandomness(1)
    fork = one.fork("line")
    assert fork.octets(8) == other.fork("line").octets(8) != other.fork("can").octets(8)
    assert one.octets(8) == other.octets(8)
