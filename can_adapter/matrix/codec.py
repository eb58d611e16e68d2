"""Signals in frames: where the bits of a signal lie, reading them and writing them.

A frame is held as one integer per byte order, so reading a signal is a shift and a mask, and
what changed between two frames is an exclusive or.  Values here are *raw*: whole numbers as they
lie in the frame, or floats for floating-point signals.  Scaling and meaning are not known here.
"""

import struct
from collections.abc import Iterator
from typing import Final

from can_adapter.matrix.specs import MessageSpec, SignalSpec

Raw = int | float

_FLOATS: Final = {16: struct.Struct(">e"), 32: struct.Struct(">f"), 64: struct.Struct(">d")}


class Field:
    """The place of one signal in the integer of its byte order."""

    __slots__ = ("_float", "_limit", "_sign", "big_endian", "field_mask", "mask", "shift", "spec")

    def __init__(self, spec: SignalSpec, length: int) -> None:
        self.spec = spec
        self.big_endian = spec.big_endian
        self.shift = _shift(spec, length)
        self.field_mask = (1 << spec.length) - 1
        self.mask = self.field_mask << self.shift
        self._sign = 1 << (spec.length - 1) if spec.signed and not spec.floating else 0
        self._limit = 1 << spec.length
        self._float = _FLOATS[spec.length] if spec.floating else None

    def read(self, image: int) -> Raw:
        bits = image >> self.shift & self.field_mask
        if self._float is not None:
            value: float = self._float.unpack(bits.to_bytes(self._float.size, "big"))[0]
            return value
        return bits - self._limit if bits & self._sign else bits

    def write(self, image: int, raw: Raw) -> int:
        """The image with this signal set; a number that does not fit is a broken promise."""
        if self._float is not None:
            bits = int.from_bytes(self._float.pack(raw), "big")
        else:
            bits = int(raw)
            low, high = self.bounds
            assert low <= bits <= high, f"{self.spec.name}: {bits} is not in {low}..{high}"
            bits &= self.field_mask
        return image & ~self.mask | bits << self.shift

    @property
    def bounds(self) -> tuple[int, int]:
        """The whole numbers that fit into the bits."""
        if self._sign:
            return -self._sign, self._sign - 1
        return 0, self.field_mask


def _shift(spec: SignalSpec, length: int) -> int:
    """Distance of the lowest bit from the lowest bit of the frame's integer."""
    if not spec.big_endian:
        return spec.start
    octet, bit = divmod(spec.start, 8)
    highest = 8 * (length - 1 - octet) + bit
    return highest - spec.length + 1


class Layout:
    """The fields of one message, and which of them are there under which selector."""

    def __init__(self, spec: MessageSpec) -> None:
        self.spec = spec
        self.fields = {signal.name: Field(signal, spec.length) for signal in spec.signals}
        self.big_endian = any(field.big_endian for field in self.fields.values())
        self.selectors = tuple(self._outermost_first())
        guards = self.spec.guards
        self._open = tuple(field for field in self.fields.values() if not guards(field.spec))

    def _outermost_first(self) -> list[Field]:
        selectors = [field for field in self.fields.values() if field.spec.selects]

        def depth(field: Field) -> int:
            mux = field.spec.mux
            return 1 + depth(self.fields[mux.selector]) if mux else 0

        return sorted(selectors, key=depth)

    def images(self, data: bytes) -> tuple[int, int]:
        """The frame as little-endian and, where a signal needs it, as big-endian integer."""
        little = int.from_bytes(data, "little")
        return little, int.from_bytes(data, "big") if self.big_endian else 0

    def page(self, images: tuple[int, int]) -> tuple[Raw, ...]:
        """The values of the selectors: frames of the same page have the same signals."""
        return tuple(field.read(images[field.big_endian]) for field in self.selectors)

    def said(self, data: bytes) -> Iterator[tuple[SignalSpec, Raw]]:
        """Every signal that is there in this frame, but for those that protect it."""
        images = self.images(data[: self.spec.length])
        for field in self._open:
            if self.present(field, images):
                yield field.spec, field.read(images[field.big_endian])

    def masks(self) -> tuple[int, int]:
        """The bits that ``said`` may look at, by byte order, the selectors' included."""
        little = big = 0
        for field in {*self._open, *self.selectors}:
            little |= 0 if field.big_endian else field.mask
            big |= field.mask if field.big_endian else 0
        return little, big

    def present(self, field: Field, images: tuple[int, int]) -> bool:
        """Whether the signal is there in this frame, through nested selectors."""
        mux = field.spec.mux
        while mux is not None:
            selector = self.fields[mux.selector]
            if selector.read(images[selector.big_endian]) not in mux.values:
                return False
            mux = selector.spec.mux
        return True


Page = tuple[tuple[str, int], ...]
"""Selectors and their values; empty for a message without multiplexing."""


class FrameImage:
    """A frame under construction, starting from the initial values of its signals.

    ``version`` is another one after each change of its bits.
    """

    __slots__ = ("_big", "_layout", "_little", "version")

    def __init__(self, layout: Layout, page: Page = ()) -> None:
        self._layout = layout
        self._little = 0
        self._big = 0
        self.version = 0
        for name, raw in page:
            self.set(layout.fields[name], raw)
        for field in layout.fields.values():
            if not field.spec.selects and self.holds(field):
                self.set(field, field.spec.initial)

    def holds(self, field: Field) -> bool:
        """Whether the signal is there on this page."""
        return self._layout.present(field, (self._little, self._big))

    def set(self, field: Field, raw: Raw) -> bool:
        """Write a signal; tell whether a bit is another one now."""
        before = self._big if field.big_endian else self._little
        after = field.write(before, raw)
        if after == before:
            return False
        self.version += 1
        if field.big_endian:
            self._big = after
        else:
            self._little = after
        return True

    def octets(self) -> bytearray:
        length = self._layout.spec.length
        if not self._big:
            return bytearray(self._little.to_bytes(length, "little"))
        big = int.from_bytes(self._big.to_bytes(length, "big"), "little")
        return bytearray((self._little | big).to_bytes(length, "little"))


def pages(layout: Layout) -> tuple[Page, ...]:
    """The pages a sender of this message goes through, in ascending order."""
    found: tuple[Page, ...] = ((),)
    for selector in layout.selectors:
        values = sorted(_values(layout, selector.spec.name))
        found = tuple(
            page
            for before in found
            for page in (
                ((*before, (selector.spec.name, value)) for value in values)
                if _selected(selector.spec, before)
                else (before,)
            )
        )
    return found


def _values(layout: Layout, selector: str) -> set[int]:
    muxes = (field.spec.mux for field in layout.fields.values())
    return {value for mux in muxes if mux and mux.selector == selector for value in mux.values}


def _selected(spec: SignalSpec, page: Page) -> bool:
    return spec.mux is None or any(
        name == spec.mux.selector and value in spec.mux.values for name, value in page
    )
