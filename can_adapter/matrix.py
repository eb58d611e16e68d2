"""Signal matrices: which messages a bus carries and how signals lie in them.

cantools reads the files (DBC, ARXML and what else it knows); what leaves this module are our own
frozen descriptions, so nobody above depends on a file format.  Three attributes beyond the usual
ones are understood: ``E2EProfile``, ``E2EDataId`` and ``E2EOffset`` of a message.  What a signal is
good for is not known here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bsw.os.clock import MS
from bsw.shipped import shipped
from can_adapter.arxml_extra import Extra, NotReadable, extras
from can_adapter.bus import CLASSIC_LENGTHS, EXTENDED, FD_LENGTHS

if TYPE_CHECKING:
    from cantools.database.can import Message, Signal

SHIPPED: Final = ("bms.dbc", "vcu.dbc", "ems.dbc", "obc.dbc", "inlet.dbc", "evcc.dbc")
SHIPPED_STATION: Final = ("station.dbc",)


ORPHANS: Final = "VECTOR__INDEPENDENT_SIG_MSG"
"""Where DBC editors keep signals that belong to no message."""

NOBODY: Final = "Vector__XXX"
"""How DBC files call a sender that they do not know."""

ARXML: Final = ".arxml"


class SendType(Enum):
    """When a message is sent; the values are the names used in DBC files."""

    CYCLIC = "Cyclic"
    ON_CHANGE = "OnChange"
    CYCLIC_AND_ON_CHANGE = "CyclicAndOnChange"


@dataclass(frozen=True, slots=True)
class E2eSpec:
    """End-to-end protection of a message: AUTOSAR profile, data id, octet of the header."""

    profile: int
    data_id: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Mux:
    """A signal is there only while ``selector`` has one of ``values``."""

    selector: str
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One signal.  ``low`` and ``high`` are physical; ``initial`` is as it lies in the frame."""

    name: str
    start: int
    length: int
    big_endian: bool = False
    signed: bool = False
    floating: bool = False
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[tuple[int, str], ...] = ()
    initial: float = 0
    comment: str = ""
    mux: Mux | None = None
    selects: bool = False

    @property
    def bits(self) -> frozenset[int]:
        """The bits it occupies: 8 x octet + bit, bit 0 the lowest of its octet."""
        if not self.big_endian:
            return frozenset(range(self.start, self.start + self.length))
        bits, position = [], self.start
        for _ in range(self.length):
            bits.append(position)
            position = position + 15 if position % 8 == 0 else position - 1
        return frozenset(bits)


@dataclass(frozen=True, slots=True)
class MessageSpec:
    """One message.  ``cycle`` and ``min_delay`` in nanoseconds, 0 for none."""

    name: str
    id: int
    length: int
    extended: bool = False
    fd: bool = True
    sender: str = ""
    cycle: int = 0
    min_delay: int = 0
    send_type: SendType = SendType.CYCLIC
    signals: tuple[SignalSpec, ...] = ()
    e2e: E2eSpec | None = None
    comment: str = ""
    origin: str = ""

    @property
    def key(self) -> int:
        return self.id | EXTENDED if self.extended else self.id

    def signal(self, name: str) -> SignalSpec | None:
        return next((signal for signal in self.signals if signal.name == name), None)

    @property
    def selector(self) -> SignalSpec | None:
        """The signal that tells which of the multiplexed ones are there."""
        return next((signal for signal in self.signals if signal.selects), None)


class MatrixError(Exception):
    """A matrix file cannot be used.  Names the file and what to do."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


@dataclass(frozen=True)
class Matrix:
    """The messages of one bus, from one file or several."""

    messages: tuple[MessageSpec, ...]
    _by_name: dict[str, MessageSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {spec.name: spec for spec in self.messages})

    def __iter__(self) -> Iterator[MessageSpec]:
        return iter(self.messages)

    def message(self, name: str) -> MessageSpec | None:
        return self._by_name.get(name)

    def signal(self, path: str) -> tuple[MessageSpec, SignalSpec] | None:
        """``signal("BMS_Battery.Soc")``, or ``None`` if there is no such signal."""
        name, _, signal_name = path.partition(".")
        message = self._by_name.get(name)
        signal = message.signal(signal_name) if message else None
        return (message, signal) if message and signal else None

    def paths(self) -> tuple[str, ...]:
        return tuple(f"{spec.name}.{signal.name}" for spec in self for signal in spec.signals)

    def sent_by(self, *nodes: str) -> "Matrix":
        return Matrix(tuple(spec for spec in self.messages if spec.sender in nodes))


def shipped_matrix(name: str) -> Path:
    """A matrix that comes with the product."""
    return shipped("config") / "dbc" / name


def find(path: Path) -> Path:
    """The file itself, or the shipped matrix of that name."""
    if path.is_file():
        return path
    ours = shipped_matrix(path.name)
    if path.suffix.lower() == ARXML:
        ours = shipped("arxml") / path.name
    if ours.is_file():
        return ours
    known = sorted(file.name for file in ours.parent.glob("*.dbc"))
    raise ValueError(f"there is no file {str(path)!r}; shipped are {', '.join(known)}")


def load(paths: Iterable[Path]) -> Matrix:
    """Read matrix files into one matrix.  The same message twice, or the same id, is an error."""
    specs: list[MessageSpec] = []
    names: dict[str, MessageSpec] = {}
    keys: dict[int, MessageSpec] = {}
    for path in paths:
        for spec in _read_once(path, _stamp(path)):
            for twin, what in ((names.get(spec.name), "name"), (keys.get(spec.key), "identifier")):
                if twin is not None:
                    reason = f"message {spec.name} (0x{spec.id:X}) has the {what} of {twin.name}"
                    raise MatrixError(path, f"{reason} in {twin.origin}; give it another {what}")
            names[spec.name] = keys[spec.key] = spec
            specs.append(spec)
    return Matrix(tuple(specs))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise MatrixError(path, f"cannot be read: {error.strerror}") from None
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=32)
def _read_once(path: Path, _stamp: tuple[int, int]) -> tuple[MessageSpec, ...]:
    """A file is read when it is checked and again when it is used: remember it in between."""
    return tuple(_read(path))


def _read(path: Path) -> list[MessageSpec]:
    from cantools.database import load_file  # noqa: PLC0415 - 120 ms with python-can

    try:
        more = extras(path) if path.suffix.lower() == ARXML else {}
    except NotReadable as error:
        raise MatrixError(error.where, error.reason) from None
    try:
        database = load_file(path, strict=False, prune_choices=False)  # we check for ourselves
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MatrixError(path, f"cannot be read as a signal matrix: {reason}") from error
    return [_completed(spec, more.get(spec.name)) for spec in _messages(database, path)]


def _completed(spec: MessageSpec, more: Extra | None) -> MessageSpec:
    """With what an ARXML file says beyond what cantools reads."""
    if more is None:
        return spec
    signals = spec.signals
    if more.selector and spec.selector is not None:
        signals = tuple(_renamed(signal, spec.selector.name, more.selector) for signal in signals)
    kind = spec.send_type
    if more.on_change:
        kind = SendType.CYCLIC_AND_ON_CHANGE if spec.cycle else SendType.ON_CHANGE
    e2e = replace(spec.e2e, offset=more.e2e_offset) if spec.e2e is not None else None
    return replace(spec, signals=signals, send_type=kind, min_delay=more.min_delay, e2e=e2e)


def _renamed(signal: SignalSpec, old: str, new: str) -> SignalSpec:
    if signal.name == old:
        return replace(signal, name=new)
    if signal.mux is not None and signal.mux.selector == old:
        return replace(signal, mux=Mux(new, signal.mux.values))
    return signal


def _messages(database: object, path: Path) -> list[MessageSpec]:
    messages: Sequence[Message] | None = getattr(database, "messages", None)
    if messages is None:
        raise MatrixError(path, "is a diagnostics database, not a signal matrix")
    return [_message(message, path) for message in messages if message.name != ORPHANS]


def _message(message: "Message", path: Path) -> MessageSpec:
    fd = message.is_fd or (message.dbc is None and message.length > 8)  # not all formats say it
    legal = FD_LENGTHS if fd else CLASSIC_LENGTHS
    if message.length not in legal:
        hint = "set VFrameFormat to StandardCAN_FD" if message.length in FD_LENGTHS else "change it"
        reason = f"message {message.name}: no frame has {message.length} octets; {hint}"
        raise MatrixError(path, reason)
    return MessageSpec(
        name=message.name,
        id=message.frame_id,
        length=message.length,
        extended=message.is_extended_frame,
        fd=fd,
        sender=next((sender for sender in message.senders if sender != NOBODY), ""),
        cycle=(message.cycle_time or 0) * MS,
        min_delay=_number(message, "GenMsgDelayTime") * MS,
        send_type=_send_type(message),
        signals=tuple(_signal(signal) for signal in message.signals),
        e2e=_e2e(message),
        comment=message.comment or "",
        origin=path.name,
    )


def _signal(signal: "Signal") -> SignalSpec:
    choices = tuple((number, str(text)) for number, text in sorted((signal.choices or {}).items()))
    mux = None
    if signal.multiplexer_ids and signal.multiplexer_signal:
        mux = Mux(signal.multiplexer_signal, frozenset(signal.multiplexer_ids))
    return SignalSpec(
        name=signal.name,
        start=signal.start,
        length=signal.length,
        big_endian=signal.byte_order == "big_endian",
        signed=signal.is_signed,
        floating=signal.is_float,
        scale=signal.scale,
        offset=signal.offset,
        low=signal.minimum,
        high=signal.maximum,
        unit=signal.unit or "",
        choices=choices,
        initial=float(signal.raw_initial or 0) if signal.is_float else int(signal.raw_initial or 0),
        comment=signal.comment or "",
        mux=mux,
        selects=signal.is_multiplexer,
    )


def _attribute(message: "Message", name: str) -> object:
    if message.dbc is None:
        return None
    attribute = message.dbc.attributes.get(name)
    if attribute is not None:
        return attribute.value
    definition = message.dbc.attribute_definitions.get(name)
    return definition.default_value if definition is not None else None


def _number(message: "Message", name: str) -> int:
    value = _attribute(message, name)
    return int(value) if isinstance(value, (int, float)) else 0


def _send_type(message: "Message") -> SendType:
    said = (message.send_type or "").replace("_", "").lower()
    for kind in SendType:
        if kind.value.lower() == said:
            return kind
    if said in {"spontaneous", "event", "triggered", "onwrite", "ifactive"}:
        return SendType.CYCLIC_AND_ON_CHANGE if message.cycle_time else SendType.ON_CHANGE
    return SendType.CYCLIC if message.cycle_time else SendType.ON_CHANGE


def _e2e(message: "Message") -> E2eSpec | None:
    protected = message.autosar.e2e if message.autosar is not None else None
    if protected is not None:
        digits = "".join(sign for sign in protected.category or "" if sign.isdigit())
        data_ids = protected.data_ids or [0]
        return E2eSpec(int(digits), data_ids[0]) if digits else None
    profile = _number(message, "E2EProfile")
    if not profile:
        return None
    data_id, offset = _number(message, "E2EDataId"), _number(message, "E2EOffset")
    return E2eSpec(profile, data_id, offset)
