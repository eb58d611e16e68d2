"""Private keys at the edges of what is one."""

import pytest

from csm.errors import BadKey
from csm.handles import PAIRS, KeyKind
from csm.material import ORDERS, load
from csm.secret import PrivateKey, Secret

CURVES = [KeyKind.P256, KeyKind.P521]


def scalar(kind: KeyKind, number: int) -> PrivateKey:
    return PrivateKey(kind, Secret(number.to_bytes(PAIRS[kind].private, "big")))


@pytest.mark.parametrize("kind", CURVES)
def test_a_scalar_lies_between_nothing_and_the_order(kind: KeyKind) -> None:
    for number in (1, ORDERS[kind] - 1):
        load(scalar(kind, number))
    for number in (0, ORDERS[kind]):
        with pytest.raises(BadKey, match="at least 1 and less than the curve's order"):
            load(scalar(kind, number))


@pytest.mark.parametrize(
    ("kind", "size", "good"),
    [
        (KeyKind.HMAC, 0, False),
        (KeyKind.HMAC, 1, True),
        (KeyKind.HMAC, 1024, True),
        (KeyKind.HMAC, 1025, False),
        (KeyKind.AES128, 15, False),
        (KeyKind.AES128, 16, True),
        (KeyKind.AES128, 17, False),
        (KeyKind.AES256, 32, True),
        (KeyKind.AES256, 16, False),
        (KeyKind.ED448, 56, False),
        (KeyKind.ED448, 57, True),
        (KeyKind.X448, 56, True),
        (KeyKind.X448, 57, False),
    ],
)
def test_a_key_has_the_octets_of_its_kind(kind: KeyKind, size: int, *, good: bool) -> None:
    key = PrivateKey(kind, Secret(b"\x01" * size))
    if good:
        load(key)
    else:
        with pytest.raises(BadKey, match="octets"):
            load(key)
