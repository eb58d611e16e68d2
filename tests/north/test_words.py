"""What a person types after ``v2g api ... call NAME``."""

import pytest

from tools.api.words import Unreadable, arguments


def test_values_are_json_or_text_and_dots_lead_into_objects() -> None:
    assert arguments(["a=1.5", "b.c=Contract", "b.d=true", 'e="5"', "f=[1,2]", "g="]) == {
        "a": 1.5,
        "b": {"c": "Contract", "d": True},
        "e": "5",
        "f": [1, 2],
        "g": "",
    }


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["SoC"], "is no argument; write key=value"),
        (["=5"], "is no argument"),
        (["a=1", "a=2"], "a is given twice"),
        (["a=1", "a.b=2"], "a has a value of its own already"),
        (["a.b=1", "a=2"], "a is given twice"),
    ],
)
def test_what_cannot_be_read_is_named(words: list[str], text: str) -> None:
    with pytest.raises(Unreadable, match=text):
        arguments(words)
