"""The bits of the island's messages: each its own, in the order of the C header."""

from enum import IntFlag

import pytest

from bsw.island.messages import Bits, Has, Why


@pytest.mark.parametrize("flags", [Has, Why, Bits])
def test_each_bit_is_the_next_one(flags: type[IntFlag]) -> None:
    assert [one.value for one in flags] == [1 << bit for bit in range(len(flags))]
    assert len(flags.__members__) == len(flags) > 3
