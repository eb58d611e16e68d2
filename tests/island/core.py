"""The C core in this process: its structs, its calls, its messages."""

import ctypes
import os
from ctypes import POINTER, Structure, c_bool, c_int16, c_int32, c_uint8, c_uint16, c_uint32
from functools import cache
from pathlib import Path

import pytest

from bsw.cp.table import FAULTS, OPENINGS, STATES
from bsw.island.frame import Decoder, encode
from bsw.island.messages import TO_HOST, ToHost, ToIsland, body, read
from tools.island.build import UNDEFINED, CannotBuild, library

STEADY = 10_000
ACTIONS = ("keep", "close", *OPENINGS, *FAULTS)


class Inputs(Structure):
    _fields_ = (
        ("high_mv", c_int32),
        ("low_mv", c_int32),
        ("duty", c_uint16),
        ("frequency_hz", c_uint16),
        ("proximity_ohm", c_uint32),
        ("current_ma", c_int32),
        ("voltage_mv", c_int32),
        ("temperature", c_int16 * 2),
        ("quality", c_uint8 * 2),
        ("lock", c_uint8),
        ("feedback", c_uint8),
        ("metered", c_bool),
        ("stop_ok", c_bool),
    )


class Outputs(Structure):
    _fields_ = (
        ("contactors", c_uint8),
        ("drive", c_uint8),
        ("duty", c_uint16),
        ("show", c_uint8),
        ("motor", c_uint8),
        ("stop_line", c_bool),
        ("update", c_bool),
    )


@cache
def loaded() -> ctypes.CDLL:
    """The core, built with UBSan; the coverage test names another build of it."""
    try:
        path = Path(os.environ.get("ISLAND_LIBRARY") or library(*UNDEFINED))
    except CannotBuild as error:
        pytest.skip(str(error))
    core = ctypes.CDLL(str(path))
    core.island_send.restype = ctypes.c_size_t
    core.shim_size.restype = ctypes.c_size_t
    core.frame_crc.restype = c_uint32
    core.frame_encode.restype = ctypes.c_size_t
    core.frame_unstuff.restype = c_bool
    core.frame_unstuff.argtypes = [ctypes.c_char_p, POINTER(ctypes.c_size_t)]
    core.pilot_classify.restype = c_uint8
    core.proximity_classify.restype = c_uint8
    assert core.shim_size(1) == ctypes.sizeof(Inputs)
    assert core.shim_size(2) == ctypes.sizeof(Outputs)
    return core


class Core:
    """One island on a clock that the test turns."""

    def __init__(self, *, start: int = 0, entropy: int = 0x1234_5678, reason: int = 1) -> None:
        self.now = start
        self.inputs = Inputs(
            stop_ok=True, metered=True, proximity_ohm=2**32 - 1, duty=STEADY, lock=1
        )
        self.inputs.quality[:] = (1, 1)
        self.outputs = Outputs()
        self.raw = bytearray()
        self._core = loaded()
        self._me = ctypes.create_string_buffer(self._core.shim_size(0))
        self._decoder = Decoder()
        self._sequence: dict[int, int] = {}
        self._core.island_start(self._me, c_uint32(entropy), reason)

    def step(self, ms: int = 1) -> Outputs:
        self.now = (self.now + ms) & 0xFFFF_FFFF
        self._core.island_step(
            self._me, ctypes.byref(self.inputs), c_uint32(self.now), ctypes.byref(self.outputs)
        )
        return self.outputs

    def receive(self, octets: bytes) -> None:
        self._core.island_receive(self._me, octets, ctypes.c_size_t(len(octets)))

    def say(self, message: ToIsland, sequence: int | None = None) -> None:
        if sequence is None:
            sequence = self._sequence.get(message.TYPE, 0)
            self._sequence[message.TYPE] = sequence + 1
        self.receive(encode(body(message, sequence)))

    def heard(self) -> list[ToHost]:
        """All that the island has to say now."""
        found = []
        wire = ctypes.create_string_buffer(80)
        while count := self._core.island_send(self._me, wire, ctypes.c_size_t(80)):
            self.raw += wire.raw[:count]
            (one,) = self._decoder.feed(wire.raw[:count])
            told = read(one, TO_HOST)
            assert told is not None
            found.append(told[1])
        return found

    def damage(self, how: int) -> None:
        self._core.shim_damage(self._me, how)

    @property
    def view(self) -> "View":
        values = (c_uint32 * 10)()
        self._core.shim_pilot(self._me, values)
        return View(*values)


class View:
    """What stands inside, for tests that ask before a message tells it."""

    def __init__(self, *values: int) -> None:
        (
            state,
            action,
            active,
            latched,
            self.inhibit,
            self.trip,
            self.plug,
            self.worst,
            _,
            self.updating,
        ) = values
        self.state = STATES[state]
        self.action = ACTIONS[action]
        self.active = names(active)
        self.latched = names(latched)


def names(mask: int) -> set[str]:
    return {name for name, row in FAULTS.items() if mask >> row[0] & 1}
