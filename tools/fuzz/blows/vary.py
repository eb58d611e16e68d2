"""Messages that the schema allows and nobody means: one to three values of a good one changed.

What comes out can be coded, so that it reaches the code behind the codec.  Draws only from the
generator it is given.
"""

from __future__ import annotations

import random
from enum import EnumMeta
from typing import Any, Final

from bsw.chrgm.messages.kinds import Boolean, Integer, MessageError, Octets, Text
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.specs import Field, Group
from bsw.chrgm.placeholder import smallest

_MOST: Final = 64
"""Items, characters and octets, where the schema sets no bound."""
_TRIES: Final = 8


def varied(rng: random.Random, message: Any) -> Any:  # noqa: ANN401 - a message of any protocol
    """A copy that differs in some values; the message itself where nothing could be changed."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        message = _changed(rng, message)
    return message


def _changed(rng: random.Random, message: Message) -> Message:
    for _ in range(_TRIES):
        if not type(message).__fields__:
            return message
        field = rng.choice(type(message).__fields__)
        try:
            return message.replace(**{field.name: _other(rng, field, getattr(message, field.name))})
        except MessageError:
            continue  # a choice that excludes another, or a bound of the whole
    return message


def _other(rng: random.Random, field: Field, value: object) -> object:
    if field.default is None and value is not None and rng.random() < 0.2:
        return None
    if field.many:
        return _items(rng, field, value if isinstance(value, tuple) else ())
    if isinstance(value, Message) and rng.random() < 0.8:
        return _changed(rng, value)
    return made(rng, field.kind)


def _items(rng: random.Random, field: Field, items: tuple[object, ...]) -> tuple[object, ...]:
    """None, more, fewer, the same in another order, or one of them changed."""
    high = _MOST if field.high is None else field.high
    way = rng.randrange(5)
    if way == 0 or not items:
        count = rng.choice((field.low, min(high, field.low + 1), high))
        return tuple(made(rng, field.kind) for _ in range(count))
    if way == 1:
        return (items * high)[:high]
    if way == 2:
        return items[: max(field.low, len(items) - 1)]
    if way == 3:
        return tuple(reversed(items))
    place = rng.randrange(len(items))
    one = items[place]
    new = _changed(rng, one) if isinstance(one, Message) else made(rng, field.kind)
    return (*items[:place], new, *items[place + 1 :])


def made(rng: random.Random, kind: Any) -> Any:  # noqa: ANN401 - whatever a field may hold
    """Any value of this kind, the edges more often than the rest."""
    if isinstance(kind, Group):
        kind = rng.choice([cls for cls in kind.members.values() if cls is not None])
    if isinstance(kind, type) and issubclass(kind, Message):
        return _changed(rng, smallest(kind))
    if isinstance(kind, EnumMeta):
        return rng.choice(list(kind))
    if isinstance(kind, Boolean):
        return rng.random() < 0.5
    if isinstance(kind, Integer):
        return _integer(rng, kind)
    high = _MOST if kind.high is None else min(kind.high, 4096)
    size = rng.choice((kind.low, high, rng.randint(kind.low, max(kind.low, high))))
    if isinstance(kind, Text):
        return "".join(
            rng.choice("0Z\x00\x7f\u00e9\u4e2d\U0001f50c<&'\"%s{}/.-") for _ in range(size)
        )
    assert isinstance(kind, Octets), f"unknown kind {kind}"
    return rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size)))


def _integer(rng: random.Random, kind: Integer) -> int:
    low = -(2**63) if kind.low is None else kind.low
    high = 2**63 if kind.high is None else kind.high
    edges = (low, high, low + 1, high - 1, 0, 1, -1, rng.randint(low, high), rng.randint(-300, 300))
    return min(high, max(low, rng.choice(edges)))
