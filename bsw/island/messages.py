"""The messages between host and island: what stands where, both ways.

``docs/island.md`` is the page of it.  A payload longer than known comes from a later minor
version and is read as far as it is known; a shorter one, or an unknown type, is none of ours.
Pure: values in, octets out, and back.
"""

import struct
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from typing import ClassVar, Final, TypeVar

from bsw.cp.table import FAULTS, STATES

MAJOR: Final = 1
MINOR: Final = 1
HEAD: Final = struct.Struct("<BBBB")
SCHEMA: Final = 1
UPDATE_WORD: Final = 0x45544455

Role = IntEnum("Role", {"STATION": 0, "VEHICLE": 1})
Power = IntEnum("Power", {"AC": 0, "DC": 1})
State = IntEnum("State", {"INIT": 0, "READY": 1, "CLOSED": 2, "SAFE": 3, "UPDATE": 4})
DriveWish = IntEnum("DriveWish", {"F": 0, "X1": 1, "PWM": 2, "E": 3})
Show = IntEnum("Show", {"B": 0, "C": 1, "D": 2})
Lock = IntEnum("Lock", {"UNKNOWN": 0, "OPEN": 1, "CLOSED": 2})
LockWish = IntEnum("LockWish", {"KEEP": 0, "OPEN": 1, "CLOSE": 2})
Stop = IntEnum("Stop", {"NONE": 0, "NORMAL": 1, "FAST": 2, "EMERGENCY": 3})
Plug = IntEnum("Plug", {"NONE": 0, "IN": 1, "BUTTON": 2, "SHORT": 3})
Job = IntEnum("Job", {"CONTACTORS": 1, "LOCK": 2})
Outcome = IntEnum("Outcome", {"DONE": 0, "REFUSED": 1, "FAILED": 2})
EdgeKind = IntEnum("EdgeKind", {"PILOT": 0, "PROXIMITY": 1, "STOP": 2})


class Has(IntFlag):
    """What is wired to the island and wanted of it."""

    LOCK = 1
    METERS = 2
    VENTILATION = 4
    PROXIMITY = 8
    NEGATIVE = 16


class Why(IntFlag):
    """Why contactors are not closed; the last one: why the lock does not open."""

    STATE = 1
    PILOT = 2
    PWM = 4
    DIODE = 8
    LOCK = 16
    HOST = 32
    PERMIT = 64
    ARMED = 128
    FAULT = 256
    PLUG = 512
    OPENING = 1024
    UNLOCK = 2048


class Bits(IntFlag):
    """Of STATUS."""

    STOP_LINE = 1
    METERED = 2
    OPEN = 4
    DIODE = 8


def fault_names(mask: int) -> tuple[str, ...]:
    return tuple(name for name, fault in FAULTS.items() if mask >> fault[0] & 1)


def fold(host_nonce: int, island_nonce: int) -> int:
    """Both nonces in 16 bits: the mark of one session."""
    both = host_nonce ^ island_nonce
    return (both >> 16) ^ (both & 0xFFFF)


def state_name(number: int) -> str:
    return STATES[number] if number < len(STATES) else "FAULT"


@dataclass(frozen=True, slots=True)
class Hello:
    TYPE: ClassVar = 0x01
    FORM: ClassVar = struct.Struct("<BBBBII")
    major: int
    minor: int
    role: int
    spare: int
    nonce: int
    config_crc: int


@dataclass(frozen=True, slots=True)
class HelloAck:
    TYPE: ClassVar = 0x81
    FORM: ClassVar = struct.Struct("<BBBBBBBBIIII")
    major: int
    minor: int
    role: int
    reset_reason: int
    version_major: int
    version_minor: int
    version_patch: int
    state: int
    capabilities: int
    config_crc: int
    nonce: int
    island_nonce: int


@dataclass(frozen=True, slots=True)
class Config:
    """Milliseconds, hundredths of a percent, tenths of a degree."""

    TYPE: ClassVar = 0x02
    FORM: ClassVar = struct.Struct("<BBBBBBHHHHHHHhH")
    schema: int
    role: int
    power: int
    connector: int
    has: int
    sensors: int
    link: int
    valid: int
    closing: int
    feedback: int
    lock: int
    loop: int
    most_duty: int
    hottest: int
    fold: int

    @property
    def block(self) -> bytes:
        """What the CRC of a configuration is made of: all but the session's mark."""
        return _pack(self)[:-2]


@dataclass(frozen=True, slots=True)
class ConfigAck:
    TYPE: ClassVar = 0x82
    FORM: ClassVar = struct.Struct("<B3xI")
    result: int
    config_crc: int


@dataclass(frozen=True, slots=True)
class Control:
    TYPE: ClassVar = 0x10
    FORM: ClassVar = struct.Struct("<BBHBBBBBBHH")
    drive: int
    show: int
    duty: int
    permit: int
    permit_inverse: int
    lock: int
    stop: int
    ventilation: int
    edge_ack: int
    valid: int
    fold: int


@dataclass(frozen=True, slots=True)
class Limits:
    """mV and mA, 0 for none; tenths of a degree."""

    TYPE: ClassVar = 0x11
    FORM: ClassVar = struct.Struct("<iiihH")
    emergency: int
    error: int
    trip: int
    hottest: int
    fold: int


@dataclass(frozen=True, slots=True)
class Clear:
    TYPE: ClassVar = 0x12
    FORM: ClassVar = struct.Struct("<BBH")
    fault: int
    occurrence: int
    fold: int


@dataclass(frozen=True, slots=True)
class Action:
    TYPE: ClassVar = 0x13
    FORM: ClassVar = struct.Struct("<BBH")
    job: int
    number: int
    fold: int


@dataclass(frozen=True, slots=True)
class Update:
    TYPE: ClassVar = 0x1F
    FORM: ClassVar = struct.Struct("<IH")
    word: int
    fold: int


@dataclass(frozen=True, slots=True)
class Status:
    """Levels in mV and mA, duty in hundredths of a percent, temperatures in tenths of a degree."""

    TYPE: ClassVar = 0x90
    FORM: ClassVar = struct.Struct("<BBBBBBBBhhHHHhhiiIIIHBBI")
    state: int
    pilot: int
    driven: int
    contactors: int
    feedback: int
    lock: int
    plug: int
    bits: int
    high: int
    low: int
    duty: int
    frequency: int
    proximity: int
    temperature_1: int
    temperature_2: int
    current: int
    voltage: int
    inhibit: int
    active: int
    latched: int
    age: int
    sequence: int
    quality: int
    uptime: int


@dataclass(frozen=True, slots=True)
class Edge:
    TYPE: ClassVar = 0x91
    FORM: ClassVar = struct.Struct("<BBBBII")
    kind: int
    before: int
    after: int
    number: int
    at: int
    lasted: int


@dataclass(frozen=True, slots=True)
class Fault:
    TYPE: ClassVar = 0x95
    FORM: ClassVar = struct.Struct("<BBBxiiI")
    code: int
    how: int
    occurrence: int
    first: int
    second: int
    uptime: int

    @property
    def name(self) -> str:
        return next((name for name, row in FAULTS.items() if row[0] == self.code), "unknown")

    @property
    def active(self) -> bool:
        return bool(self.how & 1)

    @property
    def latched(self) -> bool:
        return bool(self.how & 2)


@dataclass(frozen=True, slots=True)
class Result:
    """Of an action, by its number."""

    TYPE: ClassVar = 0x93
    FORM: ClassVar = struct.Struct("<BBBx")
    job: int
    number: int
    outcome: int


@dataclass(frozen=True, slots=True)
class UpdateAck:
    TYPE: ClassVar = 0x9F
    FORM: ClassVar = struct.Struct("<B3x")
    result: int


@dataclass(frozen=True, slots=True)
class Counters:
    TYPE: ClassVar = 0x96
    FORM: ClassVar = struct.Struct("<11H")
    crc: int
    dropped: int
    nonce: int
    replayed: int
    permit: int
    lost: int
    cycles: int
    under_load: int
    worst_loop: int
    edges: int
    refused: int


ToIsland = Hello | Config | Control | Limits | Clear | Action | Update
ToHost = HelloAck | ConfigAck | Status | Edge | Result | Fault | Counters | UpdateAck
Message = ToIsland | ToHost
_Kind = TypeVar("_Kind", bound=Message)

TO_ISLAND: Final[dict[int, type[ToIsland]]] = {
    kind.TYPE: kind for kind in (Hello, Config, Control, Limits, Clear, Action, Update)
}
TO_HOST: Final[dict[int, type[ToHost]]] = {
    kind.TYPE: kind
    for kind in (HelloAck, ConfigAck, Status, Edge, Result, Fault, Counters, UpdateAck)
}


def _pack(message: Message) -> bytes:
    names = (field.name for field in fields(message))
    return message.FORM.pack(*(getattr(message, name) for name in names))


def body(message: Message, sequence: int, port: int = 0) -> bytes:
    return HEAD.pack(message.TYPE, port, sequence & 0xFF, 0) + _pack(message)


def read(octets: bytes, kinds: dict[int, type[_Kind]]) -> tuple[int, _Kind] | None:
    """Sequence number and message; ``None`` for what is none of ``kinds``."""
    kind = kinds.get(octets[0]) if len(octets) >= HEAD.size and octets[1] == 0 else None
    if kind is None or len(octets) < HEAD.size + kind.FORM.size:
        return None
    return octets[2], kind(*kind.FORM.unpack_from(octets, HEAD.size))
