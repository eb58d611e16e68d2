"""How a typed class becomes octets and comes back.

A management message is declared once, as a frozen dataclass whose annotations are the wire
format.  A ``Layout`` compiles the annotations into one ``struct`` call per direction.  Numbers
are little endian, as everywhere in HomePlug; addresses, keys and identifiers are octets in the
order of transmission.  Which messages exist is not known here.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from struct import Struct
from typing import Annotated, Generic, TypeVar, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Code:
    """A ``struct`` format code; ``*`` takes the rest."""

    text: str


U8 = Annotated[int, Code("B")]
U16 = Annotated[int, Code("H")]
U32 = Annotated[int, Code("I")]
Octets3 = Annotated[bytes, Code("3s")]
Octets4 = Annotated[bytes, Code("4s")]
Octets5 = Annotated[bytes, Code("5s")]
Octets8 = Annotated[bytes, Code("8s")]
Octets12 = Annotated[bytes, Code("12s")]
Octets16 = Annotated[bytes, Code("16s")]
Octets17 = Annotated[bytes, Code("17s")]
Mac = Annotated[bytes, Code("6s")]
NetworkId = Annotated[bytes, Code("7s")]
Groups = Annotated[bytes, Code("58s")]
Rest = Annotated[bytes, Code("*")]


class FrameError(ValueError):
    """Octets that are not the message they claim to be."""


class Message:
    """What all management messages have in common: nothing but that."""

    __slots__ = ()


M = TypeVar("M", bound=Message)


class Layout(Generic[M]):
    """One message class and its wire format.

    ``least`` is the number of octets that must be there; shorter entries are refused, missing
    ones after it count as zero.  ``rest`` says how long a trailing ``Rest`` field is, from the
    fields before it; without it the field takes whatever the frame holds.
    """

    def __init__(
        self,
        message: type[M],
        *,
        least: int | None = None,
        rest: Callable[[tuple[int | bytes, ...]], int] | None = None,
    ) -> None:
        self.message: Callable[..., M] = message
        self.title = message.__name__
        hints = get_type_hints(message, include_extras=True)
        self.names = tuple(field.name for field in fields(message))  # type: ignore[arg-type]
        codes = [_code(message, name, hints[name]) for name in self.names]
        self.open_ended = bool(codes) and codes[-1] == "*"
        if "*" in codes[:-1]:
            raise TypeError(f"{message.__name__}: only the last field may be open-ended")
        fixed = codes[:-1] if self.open_ended else codes
        self._struct = Struct("<" + "".join(fixed))
        self._sized = tuple(
            (name, int(code[:-1]))
            for name, code in zip(self.names, codes, strict=True)
            if code.endswith("s")
        )
        self._least = self._struct.size if least is None else least
        self._rest = rest

    @property
    def size(self) -> int:
        """Octets of the fixed part."""
        return self._struct.size

    def pack(self, message: M) -> bytes:
        for name, size in self._sized:
            if len(getattr(message, name)) != size:
                raise ValueError(f"{type(message).__name__}.{name} must have {size} octets")
        values = [getattr(message, name) for name in self.names]
        tail = values.pop() if self.open_ended else b""
        try:
            return self._struct.pack(*values) + tail
        except struct.error as error:
            raise ValueError(f"{type(message).__name__}: {error}") from None

    def unpack(self, data: bytes) -> M:
        size = self._struct.size
        if len(data) < self._least:
            raise FrameError(f"{self.title} needs {self._least} octets, has {len(data)}")
        values = self._struct.unpack(data[:size].ljust(size, b"\0"))
        if not self.open_ended:
            return self.message(**dict(zip(self.names, values, strict=True)))
        tail = data[size:]
        if self._rest is not None:
            length = self._rest(values)
            if len(tail) < length:
                raise FrameError(f"{self.title} announces {length} octets more")
            tail = tail[:length]
        return self.message(**dict(zip(self.names, (*values, tail), strict=True)))


def _code(message: type, name: str, hint: object) -> str:
    if get_origin(hint) is Annotated:
        for extra in get_args(hint)[1:]:
            if isinstance(extra, Code):
                return extra.text
    raise TypeError(f"{message.__name__}.{name} does not say its wire format")
