"""Random damage to octets, from a seed, so that every case can be made again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Damage = Callable[[random.Random, bytearray], None]


def flip_bits(rng: random.Random, data: bytearray) -> None:
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        place = rng.randrange(8 * len(data))
        data[place >> 3] ^= 0x80 >> (place & 7)


def set_octet(rng: random.Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, rng.randrange(256)))


def cut(rng: random.Random, data: bytearray) -> None:
    del data[rng.randrange(1, len(data) + 1) :]


def drop(rng: random.Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    if len(data) > 1:
        del data[start : start + rng.randrange(1, 5)]


def insert(rng: random.Random, data: bytearray) -> None:
    place = rng.randrange(len(data) + 1)
    data[place:place] = rng.randbytes(rng.randrange(1, 9))


def repeat(rng: random.Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 33)]
    data[start:start] = piece * rng.randrange(1, 9)


def shift_bits(rng: random.Random, data: bytearray) -> None:
    """Everything behind a place moves by some bits: what a wrong code does to the rest."""
    place = rng.randrange(len(data))
    bits = rng.randrange(1, 8)
    tail = int.from_bytes(data[place:], "big")
    data[place:] = (tail << bits).to_bytes(len(data) - place + 1, "big")


def long_number(rng: random.Random, data: bytearray) -> None:
    """A number of many octets, as a length that asks for more than there is."""
    place = rng.randrange(len(data))
    octets = bytes([0xFF] * rng.choice((1, 3, 4, 5, 9, 10, 11, 80)) + [rng.randrange(128)])
    bits = rng.randrange(8)
    head = int.from_bytes(octets, "big") << bits
    data[place : place + len(octets)] = head.to_bytes(len(octets) + 1, "big")


DAMAGE: Sequence[Damage] = (
    flip_bits,
    flip_bits,
    set_octet,
    cut,
    drop,
    insert,
    repeat,
    shift_bits,
    long_number,
)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """``data`` with one to four pieces of damage."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        if damaged:
            rng.choice(DAMAGE)(rng, damaged)
    return bytes(damaged)
