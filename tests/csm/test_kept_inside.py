"""A key that a token makes stays inside, or it is not made."""

from types import SimpleNamespace
from typing import Any

import pytest
from pkcs11 import Attribute

from csm.drivers.token_objects import generate
from csm.errors import KeyExists, NotSupported
from csm.handles import KeyHandle, KeyKind

KEY = KeyHandle.parse("token:session-key")


class Made(dict[Attribute, bool]):
    """A key object of a token: its attributes, and whether it is still there."""

    destroyed = False

    def destroy(self) -> None:
        self.destroyed = True


def token(made: Made, *, there: bool = False) -> Any:  # noqa: ANN401 - of a session what is used
    asked: list[tuple[object, ...]] = []

    def generate_key(key_type: object, bits: int, **more: object) -> Made:
        asked.append((key_type, bits, more["store"], more["label"]))
        return made

    session = SimpleNamespace(generate_key=generate_key)
    return SimpleNamespace(session=session, has=lambda _label: there, asked=asked)


@pytest.mark.parametrize(
    ("extractable", "sensitive", "kept"),
    [(False, True, True), (True, True, False), (False, False, False), (True, False, False)],
)
def test_a_key_that_could_be_taken_out_is_destroyed_again(
    *, extractable: bool, sensitive: bool, kept: bool
) -> None:
    made = Made({Attribute.EXTRACTABLE: extractable, Attribute.SENSITIVE: sensitive})
    where = token(made)
    if kept:
        generate(where, KEY, KeyKind.AES256)
    else:
        with pytest.raises(NotSupported, match="can be taken out"):
            generate(where, KEY, KeyKind.AES256)
    assert made.destroyed is not kept
    [(_, bits, stored, label)] = where.asked
    assert (bits, stored, label) == (256, True, KEY.label)


def test_a_key_that_is_there_is_not_made_again() -> None:
    where = token(Made(), there=True)
    with pytest.raises(KeyExists):
        generate(where, KEY, KeyKind.AES128)
    assert where.asked == []
