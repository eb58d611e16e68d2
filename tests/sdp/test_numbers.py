"""The numbers of discovery, as the norm assigns them."""

from enum import IntEnum, IntFlag

import pytest

from bsw.sdp.messages import Coupling, Diagnosis, Pairing, Security, Transport


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
