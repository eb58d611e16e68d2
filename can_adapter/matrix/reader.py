"""Matrix files as cantools reads them (DBC, ARXML and what else it knows), in our own words.

Three attributes beyond the usual ones are understood: ``E2EProfile``, ``E2EDataId`` and
``E2EOffset`` of a message.  Importing this module brings cantools and python-can with it: a tenth
of a second and eight mebibytes, which an ECU only pays for files that no book knows.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cantools.database import load_file, load_string
from cantools.database.can import Message, Signal

from bsw.ecuc.arxml.text import arxml_text, usual
from bsw.os.clock import MS
from can_adapter.bus import CLASSIC_LENGTHS, FD_LENGTHS
from can_adapter.matrix.arxml_extra import MOST_OCTETS, Extra, NotReadable, extras
from can_adapter.matrix.arxml_place import line_of
from can_adapter.matrix.specs import (
    ARXML,
    E2eSpec,
    MatrixError,
    MessageSpec,
    Mux,
    SendType,
    SignalSpec,
)

ORPHANS: Final = "VECTOR__INDEPENDENT_SIG_MSG"
"""Where DBC editors keep signals that belong to no message."""

NOBODY: Final = "Vector__XXX"
"""How DBC files call a sender that they do not know."""


def read(path: Path) -> list[MessageSpec]:
    """The messages of one file.  Raises ``MatrixError``."""
    try:
        more = extras(path) if path.suffix.lower() == ARXML else {}
    except NotReadable as error:
        raise MatrixError(error.where, error.reason) from None
    try:
        database = _database(path)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MatrixError(
            _place(path, reason), f"cannot be read as a signal matrix: {reason}"
        ) from error
    return [
        _completed(_message(message, path, more.get(message.name)), more.get(message.name))
        for message in _messages(database, path)
    ]


def _database(path: Path) -> object:
    """We check for ourselves what cantools would be strict about."""
    if path.suffix.lower() != ARXML:
        return load_file(path, strict=False, prune_choices=False)
    text = usual(arxml_text(path, MOST_OCTETS))
    return load_string(text, "arxml", strict=False, prune_choices=False)


def _place(path: Path, reason: str) -> Path | str:
    """With the line, if the file is ARXML and the message gives a clue."""
    if path.suffix.lower() != ARXML:
        return path
    line = line_of(arxml_text(path, MOST_OCTETS), reason)
    return path if line is None else f"{path}:{line}"


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


def _messages(database: object, path: Path) -> list[Message]:
    messages: Sequence[Message] | None = getattr(database, "messages", None)
    if messages is None:
        raise MatrixError(path, "is a diagnostics database, not a signal matrix")
    return [message for message in messages if message.name != ORPHANS]


def _message(message: Message, path: Path, more: Extra | None) -> MessageSpec:
    line = "" if more is None else f":{more.line}"
    fd = message.is_fd or (message.dbc is None and message.length > 8)  # not all formats say it
    legal = FD_LENGTHS if fd else CLASSIC_LENGTHS
    if message.length not in legal:
        hint = "set VFrameFormat to StandardCAN_FD" if message.length in FD_LENGTHS else "change it"
        reason = f"message {message.name}: no frame has {message.length} octets; {hint}"
        raise MatrixError(f"{path}{line}", reason)
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
        origin=f"{path.name}{line}",
    )


def _signal(signal: Signal) -> SignalSpec:
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


def _attribute(message: Message, name: str) -> object:
    if message.dbc is None:
        return None
    attribute = message.dbc.attributes.get(name)
    if attribute is not None:
        return attribute.value
    definition = message.dbc.attribute_definitions.get(name)
    return definition.default_value if definition is not None else None


def _number(message: Message, name: str) -> int:
    value = _attribute(message, name)
    return int(value) if isinstance(value, (int, float)) else 0


def _send_type(message: Message) -> SendType:
    said = (message.send_type or "").replace("_", "").lower()
    for kind in SendType:
        if kind.value.lower() == said:
            return kind
    if said in {"spontaneous", "event", "triggered", "onwrite", "ifactive"}:
        return SendType.CYCLIC_AND_ON_CHANGE if message.cycle_time else SendType.ON_CHANGE
    return SendType.CYCLIC if message.cycle_time else SendType.ON_CHANGE


def _e2e(message: Message) -> E2eSpec | None:
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
