"""A port that spoils what is sent through it, frame by frame, on order.

Control units fail in ways that no well-made sender can produce: wrong checksums, counters that
stand still, signals stuck or out of range.  Sitting between a node and its bus, real or
simulated, this port produces them.  Protection is renewed where the failure lies behind it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Literal

from can_adapter.bus import BusCounters, BusState, CanFrame, CanPort, FrameReceiver, StateReceiver
from can_adapter.matrix.codec import Layout, Raw
from can_adapter.matrix.model import Matrix
from can_adapter.matrix.specs import MessageSpec
from can_adapter.rings import Ring, RingListener
from can_adapter.signals.e2e import PROFILES, E2eProtector


@dataclass(frozen=True, slots=True)
class Silence:
    """The message is not sent any more."""


@dataclass(frozen=True, slots=True)
class BrokenChecksum:
    """One bit of the checksum is wrong."""


@dataclass(frozen=True, slots=True)
class StandingCounter:
    """The counter stands still, with a right checksum: the sender's task hangs."""


@dataclass(frozen=True, slots=True)
class JumpingCounter:
    """The counter leaps by more than any receiver takes for lost frames."""

    step: int = 50


@dataclass(frozen=True, slots=True)
class Frozen:
    """The same frame over and over, counter and all."""


@dataclass(frozen=True, slots=True)
class WrongDataId:
    """Protected with another message's identity."""


@dataclass(frozen=True, slots=True)
class Forced:
    """One signal has this raw number, whatever the node thinks; rightly protected."""

    signal: str
    raw: Raw


@dataclass(frozen=True, slots=True)
class Shortened:
    """The frame ends early."""

    length: int = 32


Spoil = (
    Silence
    | BrokenChecksum
    | StandingCounter
    | JumpingCounter
    | Frozen
    | WrongDataId
    | Forced
    | Shortened
)

_CHECKSUM_AT: Final = {1: 0, 2: 0, 4: 8, 5: 0, 6: 0, 7: 0, 11: 0}
"""Octet of the checksum behind the start of the header, by profile."""


class TamperedPort:
    """A ``CanPort`` around another one."""

    def __init__(self, port: CanPort, matrix: Matrix) -> None:
        self._port = port
        self._specs = {spec.key: spec for spec in matrix}
        self._keys = {spec.name: spec.key for spec in matrix}
        self._spoils: dict[int, list[Spoil]] = {}
        self._held: dict[int, bytes] = {}
        self._rings: dict[int, Ring] = {}

    def spoil(self, message: str, how: Spoil) -> None:
        """From now on; several spoils of one message add up."""
        key = self._keys[message]
        if key in self._rings:
            self._rings[key].barred = True
            self._rings.pop(key).play()
        self._spoils.setdefault(key, []).append(how)

    def mend(self, message: str, how: Spoil | None = None) -> None:
        """Take one spoil back, or all of a message."""
        key = self._keys[message]
        left = [one for one in self._spoils.get(key, []) if how is not None and one != how]
        self._held.pop(key, None)
        if left:
            self._spoils[key] = left
        else:
            self._spoils.pop(key, None)

    @property
    def name(self) -> str:
        return self._port.name

    @property
    def state(self) -> BusState:
        return self._port.state

    @property
    def counters(self) -> BusCounters:
        return self._port.counters

    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        self._port.listen(receive, changed)

    def accept(self, keys: Collection[int] | None) -> None:
        self._port.accept(keys)

    def repeats_to(self, listener: RingListener) -> None:
        self._port.repeats_to(listener)

    def send(self, frame: CanFrame) -> bool:
        spoils = self._spoils.get(frame.key) if self._spoils else None
        if not spoils:
            if frame.ring is not None:
                self._rings[frame.key] = frame.ring
                frame.ring.barred = False
            return self._port.send(frame)
        spec, data = self._specs[frame.key], bytearray(frame.data)
        for spoil in spoils:
            if isinstance(spoil, Silence):
                return True
            data = self._spoiled(spec, data, spoil)
        return self._port.send(replace(frame, data=bytes(data)))

    def catch_up(self) -> None:
        self._port.catch_up()

    def recover(self) -> None:
        self._port.recover()

    def close(self) -> None:
        self._port.close()

    def _spoiled(self, spec: MessageSpec, data: bytearray, spoil: Spoil) -> bytearray:
        if isinstance(spoil, Forced):
            return _protected(spec, _forced(spec, data, spoil), _counter(spec, data))
        if isinstance(spoil, Frozen):
            return bytearray(self._held.setdefault(spec.key, bytes(data)))
        if isinstance(spoil, StandingCounter):
            held = self._held.setdefault(spec.key, bytes(data))
            return _protected(spec, data, _counter(spec, held))
        if isinstance(spoil, JumpingCounter):
            return _protected(spec, data, _counter(spec, data) * spoil.step)
        if isinstance(spoil, Shortened):
            return data[: spoil.length]
        return _misprotected(spec, data, spoil)


def _misprotected(spec: MessageSpec, data: bytearray, spoil: Spoil) -> bytearray:
    if spec.e2e is None:
        return data
    if isinstance(spoil, WrongDataId):
        other = replace(spec, e2e=replace(spec.e2e, data_id=spec.e2e.data_id ^ 1))
        return _protected(other, data, _counter(spec, data))
    data[spec.e2e.offset + _CHECKSUM_AT[spec.e2e.profile]] ^= 0x01
    return data


def _counter(spec: MessageSpec, data: bytes | bytearray) -> int:
    return PROFILES[spec.e2e.profile].counter(data, spec.e2e.offset) if spec.e2e else 0


def _protected(spec: MessageSpec, data: bytearray, counter: int) -> bytearray:
    """With this counter and a checksum that fits."""
    if spec.e2e is not None:
        protector = E2eProtector(spec.e2e)
        protector.counter = (counter - 1) % PROFILES[spec.e2e.profile].modulo
        protector.protect(data)
    return data


def _forced(spec: MessageSpec, data: bytearray, spoil: Forced) -> bytearray:
    layout = Layout(spec)
    field = layout.fields[spoil.signal]
    order: Literal["big", "little"] = "big" if field.big_endian else "little"
    image = field.write(int.from_bytes(data, order), spoil.raw)
    return bytearray(image.to_bytes(len(data), order))
