"""Which management messages are known, by number and by class.

Message modules add to it with the ``mme`` decorator, vendors' ones included; a number in the
vendor range belongs to a vendor, so those are looked up together with the vendor's identifier.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bsw.slac.frames.layout import Layout, Message

M = TypeVar("M", bound=Message)

MANUFACTURER_RANGE = 0x8000
"""Message types from here on start with the three octets of a vendor's identifier."""


@dataclass(frozen=True, slots=True)
class Declaration(Generic[M]):
    """``version`` is the one to send; version 0 has no fragmentation octets in its header."""

    kind: int
    name: str
    version: int
    oui: bytes
    layout: Layout[M]


_by_number: dict[tuple[int, bytes], Declaration[Message]] = {}
_by_class: dict[type[Message], Declaration[Message]] = {}


def mme(
    kind: int,
    name: str,
    *,
    version: int = 1,
    oui: bytes = b"",
    least: int | None = None,
    rest: Callable[[tuple[int | bytes, ...]], int] | None = None,
) -> Callable[[type[M]], type[M]]:
    """Declare a message class.  See ``Layout`` for ``least`` and ``rest``."""

    def declare(message: type[M]) -> type[M]:
        layout = Layout(message, least=least, rest=rest)
        declaration = Declaration(kind, name, version, oui, layout)
        if (kind, oui) in _by_number:
            raise ValueError(f"message type {kind:#06x} is declared twice")
        _by_number[kind, oui] = declaration  # type: ignore[assignment]  # M is a Message
        _by_class[message] = declaration  # type: ignore[assignment]
        return message

    return declare


def by_number(kind: int, oui: bytes = b"") -> Declaration[Message] | None:
    return _by_number.get((kind, oui))


def by_class(message: type[Message]) -> Declaration[Message]:
    return _by_class[message]


def declared() -> tuple[Declaration[Message], ...]:
    return tuple(_by_number.values())
