"""What a session trace notes of the bus: each message that says something new, nothing twice."""

import random
from collections.abc import Iterator

import pytest

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.trace import MemoryTrace, Trace
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.matrix.codec import FrameImage, Layout, Raw, pages
from can_adapter.matrix.specs import E2eSpec, MessageSpec, Mux, SignalSpec
from can_adapter.signals.noted import BEGINS, EVERY, CanNotes
from tests.can.worlds import world

PLAIN = MessageSpec(
    "Plain",
    0x10,
    8,
    e2e=E2eSpec(5, 1),
    signals=(
        SignalSpec("Checksum", 0, 16),
        SignalSpec("Counter", 16, 8),
        SignalSpec("Speed", 24, 8, scale=0.5),
        SignalSpec("Big", 39, 8, big_endian=True),
    ),
)
PAGED = MessageSpec(
    "Paged",
    0x11,
    8,
    signals=(
        SignalSpec("Which", 0, 2, selects=True),
        SignalSpec("One", 8, 8, mux=Mux("Which", frozenset({1}))),
        SignalSpec("Two", 8, 4, mux=Mux("Which", frozenset({2}))),
    ),
)


def frames(spec: MessageSpec, seed: int) -> Iterator[CanFrame]:
    """Cyclic ones: the counter always moves, a value seldom, a bit that belongs to nobody often."""
    chance, layout = random.Random(seed), Layout(spec)
    images = [FrameImage(layout, page) for page in pages(layout)]
    for number in range(400):
        image = images[number % len(images)]
        for name, field in layout.fields.items():
            often = 1.0 if name == "Counter" else 0.02
            if image.holds(field) and not field.spec.selects and chance.random() < often:
                image.set(field, chance.randrange(4) if name != "Counter" else number % 256)
        octets = image.octets()
        octets[7] = chance.randrange(2)
        yield CanFrame(spec.id, bytes(octets))


def noted(spec: MessageSpec, seed: int, pace: int) -> list[tuple[int, dict[str, object]]]:
    scheduler, memory = Scheduler(VirtualClock()), MemoryTrace()
    trace = Trace(scheduler.clock.now, (memory,))
    with world("simulated") as made:
        canif = CanIf(scheduler, made.one)
    notes = CanNotes(scheduler, canif, trace, [spec])
    trace.add(BEGINS)
    for frame in frames(spec, seed):
        scheduler.run(scheduler.now + pace)
        notes._received(frame)
    return [(one.time, dict(one.fields)) for one in memory.records if one.kind == "can"]


def expected(spec: MessageSpec, seed: int, pace: int) -> list[tuple[int, dict[str, object]]]:
    """By reading each signal of each frame."""
    layout, found = Layout(spec), []
    said: dict[str, Raw] = {}
    when = -EVERY
    for number, frame in enumerate(frames(spec, seed), 1):
        now = number * pace
        values = {signal.name: raw for signal, raw in layout.said(frame.data)}
        if now - when >= EVERY and values != said:
            said, when = values, now
            scales = {signal.name: signal.scale for signal in spec.signals}
            told = {name: raw * scales[name] for name, raw in values.items()}
            found.append((now, {**told, "frame": spec.name, "octets": frame.data}))
    return found


@pytest.mark.parametrize("spec", [PLAIN, PAGED], ids=lambda spec: spec.name)
@pytest.mark.parametrize("pace", [100 * MS, S], ids=["fast", "slow"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_noted_is_what_says_something_new(spec: MessageSpec, pace: int, seed: int) -> None:
    found = noted(spec, seed, pace)
    assert len(found) > 5
    assert found == expected(spec, seed, pace)


def test_a_frame_with_a_new_counter_alone_is_not_taken_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[bytes] = []
    said = Layout.said

    def counted(layout: Layout, data: bytes) -> Iterator[tuple[SignalSpec, Raw]]:
        looks.append(data)
        return said(layout, data)

    monkeypatch.setattr(Layout, "said", counted)
    found = noted(PLAIN, 1, S)
    assert len(found) <= len(looks) < len(found) + 5


@pytest.mark.parametrize(
    ("profile", "offset", "hidden"),
    [
        (1, 0, {0, 8}),  # CRC, counter; the half octet above it is a signal's
        (2, 0, {0, 8}),
        (5, 0, {0, 8, 16}),
        (5, 8, {64, 72, 80}),
        (6, 0, {0, 8, 16, 24, 32}),
        (4, 0, {0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88}),
    ],
)
def test_what_protects_a_frame_is_not_said_and_all_else_is(
    profile: int, offset: int, hidden: set[int]
) -> None:
    small = [SignalSpec(f"s{start}", start, 4) for start in range(0, 256, 8)]
    upper = SignalSpec("upper", 8 * offset + 12, 4)
    spec = MessageSpec(
        "M", 1, 32, signals=(*small, upper), e2e=E2eSpec(profile, data_id=1, offset=offset)
    )
    said = {signal.name for signal, _ in Layout(spec).said(bytes(32))}
    assert {one.start for one in small if one.name not in said} == hidden
    assert ("upper" in said) == (profile in {1, 2, 11})
