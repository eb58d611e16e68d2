"""The words of signals: bits that stand alone, and constants of a matrix within their range."""

from enum import Enum, IntFlag

import pytest

from can_adapter.signals import values
from can_adapter.signals.binding import constant
from can_adapter.signals.roles import Kind, Role

FLAGS = [
    one
    for one in vars(values).values()
    if isinstance(one, type) and issubclass(one, IntFlag) and one is not IntFlag
]
WORDS = [
    one
    for one in vars(values).values()
    if isinstance(one, type) and issubclass(one, values.Word) and one is not values.Word
]


@pytest.mark.parametrize("flag", FLAGS)
def test_each_bit_of_an_offer_is_the_next_one(flag: type[IntFlag]) -> None:
    assert [one.value for one in flag.__members__.values()] == [1 << n for n in range(len(flag))]


@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_its_own(word: type[Enum]) -> None:
    assert len(word.__members__) == len(word) == len({one.value for one in word})


VOLTS = Role(Kind.NUMBER, "a voltage", unit="V", low=-10.0, high=1000.0)
COUNT = Role(Kind.NUMBER, "a count", high=7.0, whole=True)
SWITCH = Role(Kind.SWITCH, "on or off")
NAME = Role(Kind.TEXT, "a name", length=4)
PAYS = Role(Kind.CHOICE, "who pays", options=values.PaymentOption)


@pytest.mark.parametrize(
    ("role", "given", "value"),
    [
        (VOLTS, -10.0, -10.0),
        (VOLTS, 1000, 1000.0),
        (VOLTS, -10.1, None),
        (VOLTS, 1000.1, None),
        (VOLTS, True, None),
        (VOLTS, "5", None),
        (COUNT, 0, 0),
        (COUNT, 7.0, 7),
        (COUNT, 8, None),
        (SWITCH, True, True),
        (SWITCH, False, False),
        (SWITCH, 1, None),
        (NAME, "abcdef", "abcd"),
        (NAME, "ab", "ab"),
        (NAME, 4, None),
        (PAYS, "Contract", values.PaymentOption.CONTRACT),
        (PAYS, "Nobody", None),
    ],
)
def test_a_constant_is_a_value_of_its_role_or_none(
    role: Role, given: object, value: object
) -> None:
    made = constant(role, given)
    assert made == value
    assert type(made) is type(value)
