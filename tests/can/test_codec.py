"""Signals lie in frames where cantools says they lie, in every order and size."""

import math
import struct
from dataclasses import dataclass

import pytest
from cantools.database.can import Message, Signal
from cantools.database.conversion import BaseConversion
from hypothesis import given
from hypothesis import strategies as st

from can_adapter.matrix.codec import Field, FrameImage, Layout, Raw, pages
from can_adapter.matrix.overlap import misfits
from can_adapter.matrix.specs import MessageSpec, Mux, SignalSpec


@dataclass(frozen=True)
class Content:
    message: MessageSpec
    raws: dict[str, Raw]


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """A message whose signals do not overlap, and a raw value for each."""
    length = draw(st.sampled_from([8, 12, 24, 64]))
    free = set(range(8 * length))
    signals: list[SignalSpec] = []
    for number in range(draw(st.integers(1, 12))):
        signal = _signal(draw, number, length)
        if signal.bits <= free:
            free -= signal.bits
            signals.append(signal)
    message = MessageSpec("M", 1, length, signals=tuple(signals))
    return Content(message, {signal.name: _raw(draw, signal) for signal in signals})


def _signal(draw: st.DrawFn, number: int, length: int) -> SignalSpec:
    floating = draw(st.booleans())
    return SignalSpec(
        name=f"S{number}",
        start=draw(st.integers(0, 8 * length - 1)),
        length=draw(st.sampled_from([16, 32, 64]) if floating else st.integers(1, 64)),
        big_endian=draw(st.booleans()),
        signed=draw(st.booleans()) or floating,
        floating=floating,
    )


def _raw(draw: st.DrawFn, signal: SignalSpec) -> Raw:
    if signal.floating:
        return draw(st.floats(width=signal.length, allow_nan=False))  # type: ignore[arg-type]
    return draw(st.integers(*Field(signal, 64).bounds))


def theirs(message: MessageSpec) -> Message:
    signals = [
        Signal(
            signal.name,
            signal.start,
            signal.length,
            "big_endian" if signal.big_endian else "little_endian",
            signal.signed,
            conversion=BaseConversion.factory(is_float=signal.floating),
        )
        for signal in message.signals
    ]
    return Message(message.id, message.name, message.length, signals, is_fd=True)


@given(contents())
def test_writing_agrees_with_cantools(content: Content) -> None:
    layout = Layout(content.message)
    image = FrameImage(layout)
    for name, raw in content.raws.items():
        image.set(layout.fields[name], raw)
    expected = theirs(content.message).encode(content.raws, scaling=False, strict=False)
    assert image.octets() == expected


@given(contents(), st.binary(min_size=64, max_size=64))
def test_reading_agrees_with_cantools(content: Content, octets: bytes) -> None:
    data = octets[: content.message.length]
    layout = Layout(content.message)
    images = layout.images(data)
    read = {name: field.read(images[field.big_endian]) for name, field in layout.fields.items()}
    expected = theirs(content.message).decode(data, decode_choices=False, scaling=False)
    assert isinstance(expected, dict)
    for name, value in read.items():
        other = expected[name]
        assert isinstance(other, (int, float))
        assert value == other or (math.isnan(value) and math.isnan(other))


@given(contents())
def test_what_is_written_is_read(content: Content) -> None:
    layout = Layout(content.message)
    image = FrameImage(layout)
    for name, raw in content.raws.items():
        image.set(layout.fields[name], raw)
    images = layout.images(bytes(image.octets()))
    for name, raw in content.raws.items():
        assert layout.fields[name].read(images[layout.fields[name].big_endian]) == raw


def test_a_frame_starts_with_the_initial_values() -> None:
    message = MessageSpec(
        "M", 1, 8, signals=(SignalSpec("A", 0, 8, initial=7), SignalSpec("B", 8, 8, initial=9))
    )
    assert FrameImage(Layout(message)).octets() == b"\x07\x09" + bytes(6)


def multiplexed() -> MessageSpec:
    return MessageSpec(
        "M",
        1,
        8,
        signals=(
            SignalSpec("Page", 0, 8, selects=True),
            SignalSpec("Always", 8, 8, initial=5),
            SignalSpec("First", 16, 16, initial=1, mux=Mux("Page", frozenset({0}))),
            SignalSpec("Second", 16, 16, initial=2, mux=Mux("Page", frozenset({1, 3}))),
            SignalSpec("Inner", 32, 8, selects=True, mux=Mux("Page", frozenset({1}))),
            SignalSpec("Deep", 40, 8, initial=4, mux=Mux("Inner", frozenset({2}))),
        ),
    )


def test_every_page_of_a_multiplexed_message_is_sent_with_its_own_signals() -> None:
    layout = Layout(multiplexed())
    found = {page: bytes(FrameImage(layout, page).octets()) for page in pages(layout)}
    assert found == {
        (("Page", 0),): bytes([0, 5, 1, 0, 0, 0, 0, 0]),
        (("Page", 1), ("Inner", 2)): bytes([1, 5, 2, 0, 2, 4, 0, 0]),
        (("Page", 3),): bytes([3, 5, 2, 0, 0, 0, 0, 0]),
    }


def test_a_signal_is_there_only_on_its_page_through_nested_selectors() -> None:
    layout = Layout(multiplexed())

    def there(*octets: int) -> set[str]:
        images = layout.images(bytes(octets))
        return {name for name, field in layout.fields.items() if layout.present(field, images)}

    assert there(0, 0, 0, 0, 2, 0, 0, 0) == {"Page", "Always", "First"}
    assert there(1, 0, 0, 0, 2, 0, 0, 0) == {"Page", "Always", "Second", "Inner", "Deep"}
    assert there(1, 0, 0, 0, 1, 0, 0, 0) == {"Page", "Always", "Second", "Inner"}
    assert there(9, 0, 0, 0, 2, 0, 0, 0) == {"Page", "Always"}


def test_overlapping_signals_are_found_unless_the_selector_keeps_them_apart() -> None:
    assert misfits(multiplexed()) == ()
    message = MessageSpec(
        "M",
        1,
        8,
        signals=(
            SignalSpec("A", 0, 9),
            SignalSpec("B", 8, 8),
            SignalSpec("Motorola", 23, 16, big_endian=True),
            SignalSpec("Late", 60, 8),
        ),
    )
    assert misfits(message) == (
        "signals A and B overlap",
        "signal Late does not fit into 8 octets",
    )


def test_a_number_without_room_is_our_own_mistake() -> None:
    field = Field(SignalSpec("A", 0, 4), 8)
    with pytest.raises(AssertionError, match="A: 16 is not in"):
        field.write(0, 16)


def test_a_float_signal_is_ieee_754_in_either_order() -> None:
    little = Field(SignalSpec("A", 0, 32, floating=True), 8)
    assert little.write(0, 1.5).to_bytes(8, "little")[:4] == struct.pack("<f", 1.5)
    big = Field(SignalSpec("A", 7, 32, floating=True, big_endian=True), 8)
    assert big.write(0, 1.5).to_bytes(8, "big")[:4] == struct.pack(">f", 1.5)
