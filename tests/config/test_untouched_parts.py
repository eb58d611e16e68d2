"""A part of which nothing is written is its class's default, made without a look at each value."""

from collections.abc import Iterator

import pytest

from bsw.ecuc.part import Part
from evcc.config import EvccConfig
from secc.config import SeccConfig


def parts(whole: Part, path: str = "") -> Iterator[tuple[str, Part]]:
    for name in type(whole).model_fields:
        value = getattr(whole, name)
        if isinstance(value, Part):
            yield f"{path}{name}", value
            yield from parts(value, f"{path}{name}.")


@pytest.mark.parametrize("role", [EvccConfig, SeccConfig])
def test_a_default_is_what_its_values_say_when_they_are_checked(role: type[Part]) -> None:
    found = dict(parts(role()))
    assert len(found) > 30
    for path, part in found.items():
        again = type(part).model_validate(part.model_dump(by_alias=True))
        assert again == part, path
        assert hash(again.model_dump_json()) == hash(part.model_dump_json()), path
